"""What the person wants to know of what is seen: pure.

States go in as they are seen; news comes out: somebody waits for an answer, has finished, or is in
the state that was asked about. Each is told once. Idle is news only when it is settled.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from teamvoice.team.digest import say_question, within
from teamvoice.team.receipts import short, spoken
from teamvoice.team.screen import fence
from teamvoice.team.sight import Kind, State

_QUESTION_TOKENS = 80
_FINISHED = "has finished"
_DOES = {Kind.WAITING: "is waiting for your answer"}

NewsKind = Literal["waiting", "finished", "wish"]


@dataclass(frozen=True, slots=True)
class News:
    """Something to tell.

    Args:
        about: Whom.
        kind: ``waiting``, ``finished``, or ``wish``: it was asked for.
        text: A clause that can be read and spoken.
        fenced: The same for a model, where it has text from the pane: that stands in its fence.
        who: Whom, as a sentence names them.
        all_do: What several do of whom the same is told, as the end of a clause.
        question: What marks the question that it tells of; empty when it tells of none.
    """

    about: str
    kind: NewsKind
    text: str
    fenced: str = ""
    who: str = ""
    all_do: str = ""
    question: str = ""


@dataclass(slots=True)
class _Known:
    """A member as far as it was seen."""

    kind: Kind
    program: str = ""  # in which they were seen last
    worked: bool = False  # since it was last said to be done
    question: str = ""  # the one that was told


class Newsdesk:
    """Remembers what was seen and told."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}
        self._wishes: set[tuple[str, Kind]] = set()
        self._open: dict[str, Kind] = {}  # news that was given out, by the state that it is about

    def notify_when(self, member: str, kind: Kind) -> None:
        """Tell once when a member is in a state; at the next sight if it is already."""
        self._wishes.add((member, kind))

    def seen(self, states: Iterable[tuple[str, State]]) -> list[News]:
        """Members were looked at; what is new."""
        return [news for name, state in states for news in self._see(name, state)]

    def told(self, name: str, state: State) -> None:
        """The person was told of this state just now, by other means."""
        if known := self._known.get(name):
            known.question = mark(state) or known.question
            known.worked = known.worked and state.kind is not Kind.IDLE

    def passed(self) -> list[str]:
        """Members of whom the news is old: they are in another state now."""
        old = [name for name, kind in self._open.items() if self._known[name].kind is not kind]
        for name in old:
            del self._open[name]
        return old

    def _see(self, name: str, state: State) -> Iterable[News]:
        if state.kind is Kind.UNKNOWN:
            return []
        known = self._known.get(name)
        if known is None:  # how it was when we came is no news
            self._known[name] = known = _Known(state.kind, question=mark(state))
        if state.is_of_another(known.program):
            known.worked = False  # whoever is idle there now has not finished anything
        known.kind, known.program = state.kind, state.program or known.program
        known.worked = state.kind is Kind.WORKING or (known.worked and not _ends_work(state))
        news = self._news(name, known, state)
        self._open |= {name: state.kind} if news else {}
        return [news] if news else []

    def _news(self, name: str, known: _Known, state: State) -> News | None:
        if not state.settled:
            return None
        wished = (name, state.kind) in self._wishes
        self._wishes.discard((name, state.kind))
        if state.kind is Kind.WAITING and known.question != mark(state):
            known.question = mark(state)
            return _news_of(name, "wish" if wished else "waiting", state)
        if state.kind is Kind.IDLE and known.worked:
            known.worked = False
            return _news_of(name, "wish" if wished else "finished", state, _FINISHED)
        if state.kind is not Kind.WAITING:
            known.question = ""
        return _news_of(name, "wish", state) if wished else None


def _ends_work(state: State) -> bool:
    """Who was at work is gone: whoever is idle there later has finished nothing."""
    gone = state.kind in {Kind.SHELL, Kind.DEAD, Kind.MISSING}
    return gone and state.source != "ssh"  # a machine that is out of reach may work on


def summary(states: Iterable[tuple[str, State]]) -> str:
    """The team in a few words, for a status line."""
    return " · ".join(f"{name} {state.kind}" for name, state in states)


def mark(state: State) -> str:
    """What tells one question from another; empty when none is open."""
    if state.kind is not Kind.WAITING:
        return ""
    return state.question.fingerprint if state.question else f"a question: {state.detail}"


def _news_of(name: str, kind: NewsKind, state: State, does: str = "") -> News:
    who, does = spoken(short(name)), does or _DOES.get(state.kind, f"is {state.kind} now")
    text, fenced = f"{who} {does}", ""
    question = say_question(state.question, _QUESTION_TOKENS) if state.question else ""
    if asked := within([question], _QUESTION_TOKENS):
        text, fenced = f"{text}: {asked}", f"{text}:\n{fence(short(name), asked)}"
    return News(name, kind, text, fenced, who, _all(does), mark(state))


def _all(does: str) -> str:
    """What one does as what several do."""
    verb, _, rest = does.partition(" ")
    return f"{'have' if verb == 'has' else 'are'} {rest}"
