"""What the person wants to know of what is seen: pure.

States go in as they are seen; news comes out: somebody waits for an answer, has finished, or is in
the state that was asked about. Each is told once. Agents look idle for a moment between two steps,
so idle counts only when it has lasted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from teamvoice.team.digest import say_question, within
from teamvoice.team.receipts import spoken
from teamvoice.team.screen import fence
from teamvoice.team.sight import Kind, State

LASTS_S = 1.5  # before idle counts
_QUESTION_TOKENS = 80


@dataclass(frozen=True, slots=True)
class News:
    """Something to tell.

    Args:
        about: Whom.
        kind: ``waiting``, ``finished``, or ``wish``: it was asked for.
        text: A clause that can be spoken; text from the pane stands in its fence.
        question: What marks the question that it tells of; empty when it tells of none.
    """

    about: str
    kind: Literal["waiting", "finished", "wish"]
    text: str
    question: str = ""


@dataclass(slots=True)
class _Known:
    """A member as far as it was seen."""

    kind: Kind
    since: float
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

    def seen(self, states: Iterable[tuple[str, State]], at: float) -> list[News]:
        """Members were looked at; what is new."""
        return [news for name, state in states for news in self._see(name, state, at)]

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

    def _see(self, name: str, state: State, at: float) -> Iterable[News]:
        if state.kind is Kind.UNKNOWN:
            return []
        known = self._known.get(name)
        if known is None:  # how it was when we came is no news
            self._known[name] = known = _Known(state.kind, at, question=mark(state))
        if known.kind is not state.kind:
            known.kind, known.since = state.kind, at
        known.worked = known.worked or state.kind is Kind.WORKING
        news = self._news(name, known, state, at)
        self._open |= {name: state.kind} if news else {}
        return [news] if news else []

    def _news(self, name: str, known: _Known, state: State, at: float) -> News | None:
        if state.kind is Kind.IDLE and at - known.since < LASTS_S:
            return None
        wished = (name, state.kind) in self._wishes
        self._wishes.discard((name, state.kind))
        text = f"{spoken(name)} {_say(name, state)}"
        if state.kind is Kind.WAITING and known.question != mark(state):
            known.question = mark(state)
            return News(name, "wish" if wished else "waiting", text, mark(state))
        if state.kind is Kind.IDLE and known.worked:
            known.worked = False
            return News(name, "wish" if wished else "finished", text)
        if state.kind is not Kind.WAITING:
            known.question = ""
        return News(name, "wish", text, mark(state)) if wished else None


def summary(states: Iterable[tuple[str, State]]) -> str:
    """The team in a few words, for a status line."""
    return " · ".join(f"{name} {state.kind}" for name, state in states)


def mark(state: State) -> str:
    """What tells one question from another; empty when none is open."""
    if state.kind is not Kind.WAITING:
        return ""
    return state.question.fingerprint if state.question else f"a question: {state.detail}"


def _say(name: str, state: State) -> str:
    if state.kind is Kind.IDLE:
        return "has finished"
    if state.kind is not Kind.WAITING:
        return f"is {state.kind} now"
    asked = say_question(state.question) if state.question else ""
    text = within([asked], _QUESTION_TOKENS)
    return (
        f"is waiting for your answer:\n{fence(name, text)}"
        if text
        else "is waiting for your answer"
    )
