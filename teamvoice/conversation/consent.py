"""Writes that wait for the person's hand: at most one lot at a time, so that it is clear which.

A part of the conversation machine. What waits is done when the person confirms it after it was
asked for, and is not done when anything else comes first: new words, a cancel, time, a lost link.
"""

from __future__ import annotations

from dataclasses import dataclass

from teamvoice.conversation import commands as do
from teamvoice.conversation.commands import Command
from teamvoice.conversation.draft import Draft
from teamvoice.conversation.events import ToolCall
from teamvoice.conversation.policy import Policy, describe

TIMER = "confirm"
NOTHING_WAITS = "nothing waits for a confirmation"
NOT_DONE = "Not done: "  # begins the result of a call that was not confirmed


@dataclass(frozen=True, slots=True)
class Waiting:
    """Calls of one turn that wait, since when."""

    calls: tuple[ToolCall, ...]
    draft: Draft
    since: float


class Consent:
    """What waits now, and the calls that were confirmed and still run."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.waiting: Waiting | None = None
        self._confirmed: set[str] = set()

    def ask(self, asked: list[tuple[ToolCall, str]], draft: Draft, at: float) -> list[Command]:
        """Let calls wait, each with its reason; nothing may wait already."""
        self.waiting = Waiting(tuple(call for call, _ in asked), draft, at)
        outputs = [
            do.AddToolOutput(call.call_id, self.policy.say_waiting(why)) for call, why in asked
        ]
        shown = [do.Tell("confirm", f"{self.policy.confirm_by} to {describe(c)}") for c, _ in asked]
        return [
            *outputs,
            do.Chime("confirm"),
            *shown,
            do.SetTimer(TIMER, self.policy.confirm_s),
        ]

    def confirm(self) -> Waiting | None:
        """The person confirmed; what is to be run now."""
        waiting, self.waiting = self.waiting, None
        if waiting:
            self._confirmed |= {call.call_id for call in waiting.calls}
        return waiting

    def drop(self, why: str, at: float) -> list[Command]:
        """What waits will not be done."""
        waiting, self.waiting = self.waiting, None
        if waiting is None:
            return []
        told: list[Command] = [do.StopTimer(TIMER)]
        for call in waiting.calls:
            waiting.draft.call_ended(call.call_id, f"{NOT_DONE}{why}.", at)
            told.append(do.Tell("notice", f"not done, {why}: {describe(call)}"))
        return told

    def ended(self, call_id: str) -> bool:
        """A call is over; whether it was one that had been confirmed."""
        was = call_id in self._confirmed
        self._confirmed.discard(call_id)
        return was
