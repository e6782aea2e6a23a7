"""The tools by which the voice reaches the team.

Each result is small plain text made for speaking. What comes from a screen stands in a fence that
says that it is data; it is never mixed with our own words.
"""

# The annotations below are evaluated while this runs (no ``from __future__``): the description of
# a member's name is made from the configuration.

import asyncio
from collections.abc import Sequence
from typing import Annotated

import msgspec

from teamvoice.config import Member
from teamvoice.team.receipts import Outcome, Receipt, say_interrupted, say_sent, spoken
from teamvoice.team.screen import fence, tail
from teamvoice.team.sight import Kind
from teamvoice.team.team import Status, Team
from teamvoice.tools.registry import Function

_STATUS_COST = 2300  # what a team's status may cost, in characters of English: under 600 tokens
_DEAR = 4  # a character beyond ASCII may cost a token, which is four characters of English
_READ_CHARS = 1400

_SAID = {
    Kind.IDLE: "idle",
    Kind.WORKING: "working",
    Kind.WAITING: "waiting for an answer to a question",
    Kind.SHELL: "not running; there is only a shell in the pane",
    Kind.DEAD: "dead; the program in the pane has ended",
    Kind.MISSING: "missing; no pane was found",
    Kind.UNKNOWN: "in a state that could not be read",
}


def team_tools(team: Team) -> list[Function]:
    """The tools for a team, in the order in which a session declares them."""
    who = Annotated[str, f"Whom: {_names(team.members)}"]
    message = Annotated[str, "The message, as it is to be typed for them"]
    lines = Annotated[int, msgspec.Meta(ge=1, le=60, description="How many lines of the screen")]

    async def list_team() -> str:
        """Say who is on the team, with the names they answer to."""
        return f"On the team: {_names(team.members)}."

    async def team_status() -> str:
        """See what every member is doing now: idle, working, waiting for an answer, or gone."""
        return say_status(await team.status())

    async def read_member(member: who, lines: lines = 15) -> str:
        """Read the last lines of a member's screen."""
        found = team.find(member)
        text = _cut(await team.read(found.name, lines), _READ_CHARS)
        return fence(found.name, text) if text else f"The screen of {spoken(found.name)} is empty."

    async def send_message(member: who, text: message) -> str:
        """Type a message into a member's prompt and submit it."""
        return say_sent(await team.send(member, text))

    async def broadcast(text: message) -> str:
        """Send the same message to every member."""
        sends = (team.send(member.name, text) for member in team.members)
        return say_broadcast(await asyncio.gather(*sends))

    async def interrupt(member: who) -> str:
        """Stop what a member is working on."""
        return say_interrupted(await team.interrupt(member))

    return [list_team, team_status, read_member, send_message, broadcast, interrupt]


def say_status(statuses: Sequence[Status]) -> str:
    """A team's status: one sentence each, and a fenced piece of the screen where it says more.

    The pieces share what is left of the budget, so that no screen makes the whole long.
    """
    sentences = [_sentence(status) for status in statuses]
    told = [status for status in statuses if _tells_more(status)]
    overhead = sum(len(fence(status.member.name, "")) + 1 for status in told)
    rest = _STATUS_COST - sum(map(_cost, sentences)) - overhead - len(statuses)
    share = min(300, rest // max(1, len(told)))
    parts = []
    for status, sentence in zip(statuses, sentences, strict=True):
        text = _cut(_more(status), share) if share >= 20 and _tells_more(status) else ""
        parts.append(f"{sentence}\n{fence(status.member.name, text)}" if text else sentence)
    return "\n".join(parts)


def say_broadcast(receipts: Sequence[Receipt]) -> str:
    """Several receipts in as few sentences as the truth allows."""
    sentences = []
    for outcome, words in ((Outcome.SUBMITTED, "Submitted to"), (Outcome.QUEUED, "Queued for")):
        names = [spoken(r.member) for r in receipts if r.outcome is outcome]
        sentences += [f"{words} {_listed(names)}."] if names else []
    sentences += [say_sent(receipt) for receipt in receipts if not receipt.arrived]
    return " ".join(sentences) or "There is nobody on the team."


def _names(members: Sequence[Member]) -> str:
    return "; ".join(
        f"{m.name} (also {', '.join(m.aliases)})" if m.aliases else m.name for m in members
    )


def _sentence(status: Status) -> str:
    who = spoken(status.member.name)
    state = status.state
    why = f": {state.detail}" if state.kind is Kind.UNKNOWN and state.detail else ""
    return f"{who[:1].upper()}{who[1:]} is {_SAID[state.kind]}{_cut(why, 80)}."


def _tells_more(status: Status) -> bool:
    return status.state.kind in {Kind.IDLE, Kind.WORKING, Kind.WAITING} and bool(_more(status))


def _more(status: Status) -> str:
    if status.state.kind is Kind.WAITING:
        return status.state.detail
    return tail(status.body, max_lines=3, max_chars=300)


def _cost(text: str) -> int:
    return sum(1 if character.isascii() else _DEAR for character in text)


def _cut(text: str, cost: int) -> str:
    """The end of a text that costs no more than this."""
    for start, character in reversed(list(enumerate(text))):
        cost -= _cost(character)
        if cost < 0:
            return text[start + 1 :].strip()
    return text


def _listed(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
