"""What became of a write to a pane, and how that is said."""

from __future__ import annotations

import enum
from dataclasses import asdict, dataclass


class Outcome(enum.StrEnum):
    """The four ends of a write."""

    SUBMITTED = "submitted"  # seen: the agent took it
    QUEUED = "queued"  # seen: the agent is busy and holds it
    REFUSED = "refused"  # nothing was typed
    UNCONFIRMED = "unconfirmed"  # typed, and not seen to arrive


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a write.

    Args:
        outcome: One of the four ends.
        why: For ``refused`` and ``unconfirmed``: the reason, as a clause that can be spoken.
        evidence: What was seen. It may hold text from the pane: data, never to be spoken as ours.
        member: Whose pane.
        pane: Its ``%id``; empty when there is none.
    """

    outcome: Outcome
    why: str = ""
    evidence: str = ""
    member: str = ""
    pane: str = ""

    @property
    def arrived(self) -> bool:
        """The agent has it."""
        return self.outcome in {Outcome.SUBMITTED, Outcome.QUEUED}

    def as_json(self) -> dict[str, str]:
        """For ``--json`` and the journal."""
        return {name: str(value) for name, value in asdict(self).items()}


def spoken(name: str) -> str:
    """A member's name as part of a sentence: ``the developer``, ``the PM``, ``Alice``."""
    if len(name) <= 2:
        return f"the {name.upper()}"
    return name if name[0].isupper() else f"the {name}"


def say_sent(receipt: Receipt) -> str:
    """A message's receipt as one sentence."""
    who = spoken(receipt.member)
    match receipt.outcome:
        case Outcome.SUBMITTED:
            return f"Submitted to {who}."
        case Outcome.QUEUED:
            return f"Queued for {who}, who is still working."
        case Outcome.REFUSED:
            return f"Not sent to {who}: {receipt.why}."
        case Outcome.UNCONFIRMED:
            return f"Typed for {who}, but not confirmed: {receipt.why}."


def say_interrupted(receipt: Receipt) -> str:
    """An interrupt's receipt as one sentence."""
    who = spoken(receipt.member)
    match receipt.outcome:
        case Outcome.REFUSED:
            return f"Did not interrupt {who}: {receipt.why}."
        case Outcome.UNCONFIRMED:
            return f"Pressed the key to interrupt {who}, but not confirmed: {receipt.why}."
        case _:
            return f"Interrupted {who}."
