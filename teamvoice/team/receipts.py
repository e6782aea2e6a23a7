"""What became of a write to a pane, and how that is said."""

from __future__ import annotations

import enum
import re
from dataclasses import asdict, dataclass

_PROGRAM = re.compile(r"(?P<said>an unknown program runs there), (?P<name>.*)", re.DOTALL)
_LONG = 20  # characters
_PROPER = frozenset({"aider", "claude", "codex", "copilot", "cursor", "gemini", "opencode"})
_NAME = re.compile(r"[A-Za-z0-9._+-]{1,20}")


class Outcome(enum.StrEnum):
    """The ends of a write."""

    SUBMITTED = "submitted"  # seen: the agent took it
    QUEUED = "queued"  # seen: the agent is busy and holds it
    REFUSED = "refused"  # nothing was typed
    UNCONFIRMED = "unconfirmed"  # typed, and not seen to arrive
    HELD = "held"  # kept here until the agent is idle; nothing was typed yet


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a write.

    Args:
        outcome: One of the ends.
        why: For ``refused`` and ``unconfirmed``: the reason, as a clause that can be spoken. For
            ``held``: what has to change there first; empty when it is work that ends by itself. Of
            an interrupt: what else came of it.
        evidence: What was seen. It may hold text from the pane: data, never to be spoken as ours.
        member: Whose pane.
        pane: Its ``%id``; empty when there is none.
        ticket: For ``held``: by which the message is withdrawn.
        option: Of an answer: the label of the option that was chosen. From the pane: data.
        subject: Of an answer: what it was about (the command, the file), else the question. Data.
    """

    outcome: Outcome
    why: str = ""
    evidence: str = ""
    member: str = ""
    pane: str = ""
    ticket: str = ""
    option: str = ""
    subject: str = ""

    @property
    def arrived(self) -> bool:
        """The agent has it."""
        return self.outcome in {Outcome.SUBMITTED, Outcome.QUEUED}

    def as_json(self) -> dict[str, str]:
        """For ``--json`` and the journal."""
        return {name: str(value) for name, value in asdict(self).items()}


def spoken(name: str) -> str:
    """A member's name in a sentence: ``the developer``, ``the PM``, ``Alice``, ``Claude 2``."""
    if len(name) <= 2:
        return f"the {name.upper()}"
    if name.partition(" ")[0] in _PROPER:
        return name.capitalize()
    return name if name[0].isupper() else f"the {name}"


def short(name: str) -> str:
    """A member's name where many are told: a long one is cut."""
    return name[:_LONG]


def say_sent(receipt: Receipt) -> str:
    """A message's receipt as one sentence."""
    who = spoken(receipt.member)
    match receipt.outcome:
        case Outcome.SUBMITTED:
            return f"Submitted to {who}."
        case Outcome.QUEUED:
            return f"Queued for {who}, who is still working."
        case Outcome.REFUSED:
            return f"Not sent to {who}: {_why(receipt)}."
        case Outcome.UNCONFIRMED:
            return f"Typed for {who}, but not confirmed: {_why(receipt)}."
        case Outcome.HELD:
            if not receipt.why:
                return f"Held for {who}, until the work there is done."
            return f"Held for {who}, until an agent is idle there: now {receipt.why}."


def say_answered(receipt: Receipt) -> str:
    """An answer's receipt as one sentence; it says nothing that comes from the pane."""
    who = spoken(receipt.member)
    match receipt.outcome:
        case Outcome.REFUSED:
            return f"Did not answer {who}: {_why(receipt)}."
        case Outcome.UNCONFIRMED:
            return f"Pressed the key to answer {who}, but not confirmed: {_why(receipt)}."
        case _:
            return f"Answered {who}."


def say_pressed(receipt: Receipt) -> str:
    """A receipt for keys as one sentence."""
    who = spoken(receipt.member)
    match receipt.outcome:
        case Outcome.REFUSED:
            return f"Pressed nothing for {who}: {_why(receipt)}."
        case Outcome.UNCONFIRMED:
            return f"Tried to press it for {who}, but not confirmed: {_why(receipt)}."
        case _:
            return f"Pressed for {who}."


def say_interrupted(receipt: Receipt) -> str:
    """An interrupt's receipt as one sentence."""
    who = spoken(receipt.member)
    match receipt.outcome:
        case Outcome.REFUSED:
            return f"Did not interrupt {who}: {_why(receipt)}."
        case Outcome.UNCONFIRMED:
            return f"Pressed the key to interrupt {who}, but not confirmed: {_why(receipt)}."
        case _:
            return f"Interrupted {who}{f'; {receipt.why}' if receipt.why else ''}."


def _why(receipt: Receipt) -> str:
    """The reason, without the name of a program that could be read as words to us."""
    program = _PROGRAM.fullmatch(receipt.why)
    return receipt.why if not program or _NAME.fullmatch(program["name"]) else program["said"]
