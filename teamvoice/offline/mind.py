"""The mind: from words to calls of the client's tools, and from their results to an answer.

Pure. It knows commands and nothing else: no conversation, no memory, no guessing of whom a write
is meant for. What it does not understand it says, with what it heard.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from teamvoice.offline import parse, sentence
from teamvoice.offline.answers import joined, spoken_result
from teamvoice.offline.intents import Intent, Kind
from teamvoice.offline.toolkit import ANSWER, LINES, MEMBER, STATE, TEXT, Call, Toolkit
from teamvoice.offline.vocabulary import Vocabulary

NOTHING_HEARD = "I did not hear anything."
_ECHO = 30  # words of what was not understood that are said again
_CANNOT = "I understood, but I cannot do that here."
_CHAT = "I pass on commands to your team; I make no conversation."
_HELP = (
    "You can tell a member something, ask what a member is working on, stop a member, "
    "or ask for the team status."
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do about an utterance.

    Args:
        calls: The tools to call, in order.
        say: What to say besides the results; with no calls it is all there is to say.
    """

    calls: tuple[Call, ...] = ()
    say: str = ""


@dataclass(frozen=True, slots=True)
class _Desk:
    """What a command can be carried out with."""

    kit: Toolkit
    vocabulary: Vocabulary

    def names(self, intent: Intent) -> tuple[str, ...]:
        """The members meant; all of them for everyone."""
        if "all" in intent.members:
            return self.vocabulary.names
        return tuple(self.vocabulary.names[int(mark)] for mark in intent.members)


def understand(text: str, tools: Sequence[Mapping[str, Any]], vocabulary: Vocabulary) -> Plan:
    """What an utterance, spoken or typed, asks for.

    Args:
        text: What was heard or typed.
        tools: The session's tool schemas; no other tool is ever called.
        vocabulary: The members; those that only the schemas name are added.
    """
    if not text.strip():
        return Plan(say=NOTHING_HEARD)
    kit = Toolkit(tools)
    desk = _Desk(kit, kit.members(vocabulary))
    found = parse.intents(sentence.read(text, desk.vocabulary))
    if not found:
        return Plan(say=joined(["I did not understand", f"I heard: {_in_short(text)}"]))
    plans = [_plan(intent, desk) for intent in found]
    says = list(dict.fromkeys(plan.say for plan in plans if plan.say))
    return Plan(tuple(call for plan in plans for call in plan.calls), joined(says))


def answer(plan: Plan, outputs: Sequence[str]) -> str:
    """What to say when the calls have come back, from their results and nothing else.

    Args:
        plan: What was planned.
        outputs: The results, in the order of its calls.
    """
    return joined([*(spoken_result(output) for output in outputs), plan.say])


def _plan(intent: Intent, desk: _Desk) -> Plan:
    shared = next((mark for mark in intent.members if "_" in mark), None)
    if shared:
        names = [desk.vocabulary.names[int(number)] for number in shared.split("_")]
        return Plan(say=f"Which one do you mean, {_either(names)}?")
    return _DO[intent.kind](intent, desk)


def _send(intent: Intent, desk: _Desk) -> Plan:
    if not intent.members:
        return _ask_whom(intent, desk)
    if "all" in intent.members and desk.kit.has("broadcast"):
        return Plan((desk.kit.call("broadcast", (TEXT, intent.text)),))
    return _each("send_message", intent, desk, (TEXT, intent.text))


def _interrupt(intent: Intent, desk: _Desk) -> Plan:
    return _each("interrupt", intent, desk)


def _answer(intent: Intent, desk: _Desk) -> Plan:
    if "all" in intent.members:
        return Plan(say="I answer one member at a time. Which one?")
    return _each("answer_prompt", intent, desk, (ANSWER, intent.text))


def _notify(intent: Intent, desk: _Desk) -> Plan:
    return _each("notify_when", intent, desk, (STATE, intent.text))


def _read(intent: Intent, desk: _Desk) -> Plan:
    if "all" in intent.members or not desk.kit.has("read_member"):
        return _first_of("team_status")(intent, desk)
    wanted = ((LINES, intent.lines),) if intent.lines else ()
    return _each("read_member", intent, desk, *wanted)


def _first_of(*tools: str) -> Callable[[Intent, _Desk], Plan]:
    """A plan that calls the first of some tools without arguments that the client has."""

    def plan(_: Intent, desk: _Desk) -> Plan:
        tool = next((tool for tool in tools if desk.kit.has(tool)), None)
        return Plan((desk.kit.call(tool),)) if tool else Plan(say=_CANNOT)

    return plan


def _say(text: str) -> Callable[[Intent, _Desk], Plan]:
    return lambda _intent, _desk: Plan(say=text)


def _ask_whom(intent: Intent, desk: _Desk) -> Plan:
    if intent.members:
        return Plan(say=f"What is it that {_either(desk.names(intent))} should know or do?")
    names = desk.vocabulary.names
    return Plan(say=f"Who is that for, {_either(names)}?" if names else "Who is that for?")


def _each(tool: str, intent: Intent, desk: _Desk, *more: tuple[Sequence[str], Any]) -> Plan:
    """One call for each member, if the tool is there and takes what it would be given."""
    if not desk.kit.has(tool):
        return Plan(say=_CANNOT)
    names = desk.names(intent)
    given = [*((MEMBER, name) for name in names), *more]
    if not names or not all(desk.kit.takes(tool, *argument) for argument in given):
        return Plan(say=_CANNOT)
    return Plan(tuple(desk.kit.call(tool, (MEMBER, name), *more) for name in names))


def _either(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last


_DO: dict[Kind, Callable[[Intent, _Desk], Plan]] = {
    Kind.SEND: _send,
    Kind.INTERRUPT: _interrupt,
    Kind.ANSWER: _answer,
    Kind.NOTIFY: _notify,
    Kind.READ: _read,
    Kind.STATUS: _first_of("team_status"),
    Kind.LIST: _first_of("list_team"),
    Kind.NEEDS: _first_of("who_needs_me", "team_status"),
    Kind.HELP: _say(_HELP),
    Kind.CHAT: _say(_CHAT),
    Kind.WHO: _ask_whom,
}


def _in_short(text: str) -> str:
    """What was heard, to be said again: at most thirty words."""
    words = text.split()
    return " ".join(words[:_ECHO] if len(words) <= _ECHO else [*words[:_ECHO], "and more"])
