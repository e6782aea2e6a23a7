"""The calls that run, and whose they are.

A part of the conversation machine. A call goes on whatever happens to its turn and to its session.
One whose session is gone is an orphan: its output answers nothing any more, so the person is told
what came of it, and the session that is up as a note.
"""

from __future__ import annotations

from teamvoice.conversation import commands as do
from teamvoice.conversation.commands import Command
from teamvoice.conversation.draft import Draft
from teamvoice.conversation.events import ResponseEnded, ToolCall, ToolEnded
from teamvoice.conversation.policy import WRITES, Policy, describe, without_screens
from teamvoice.conversation.taint import Taint
from teamvoice.conversation.tidings import BROKE, Tidings

_UNWANTED = "not run: nobody asked for it, or it was cancelled"
_ONE_ID = "two commands came with one id: the second was not done"


class Calls:
    """Open calls and orphans."""

    def __init__(self, tidings: Tidings, taint: Taint) -> None:
        self._tidings = tidings
        self._taint = taint
        self._open: dict[str, Draft] = {}
        self._orphans: dict[str, Draft] = {}

    @property
    def are_open(self) -> bool:
        """The session that is up waits for an output."""
        return bool(self._open)

    @property
    def have_orphans(self) -> bool:
        """One goes on for which no session waits."""
        return bool(self._orphans)

    def open_in(self, draft: Draft, call_id: str) -> bool:
        """The session that is up waits for this one, in this turn."""
        return self._open.get(call_id) is draft

    def begin(
        self, event: ResponseEnded, draft: Draft | None, policy: Policy
    ) -> tuple[list[Command], list[tuple[ToolCall, str]]]:
        """What a completed response asks for.

        Args:
            event: Its end.
            draft: The turn for which it is done; None when nothing of it is wanted.
            policy: What may run at once.

        Returns:
            What to do now, and the calls that must wait for the person, each with the reason.
        """
        calls: dict[str, ToolCall] = {}
        for call in event.calls:
            calls.setdefault(call.call_id, call)
        commands: list[Command] = []
        asked = []
        if len(calls) < len(event.calls):
            commands.append(do.Tell("trouble", _ONE_ID))
        for call in calls.values():
            if draft is None:
                commands.append(do.AddToolOutput(call.call_id, _UNWANTED))
                continue
            draft.call_began(call, event.at)
            if why := policy.judge(call, tainted=self._taint.of(draft)):
                asked.append((call, why))
            else:
                commands.append(self.run(call, draft))
        return commands, asked

    def run(self, call: ToolCall, draft: Draft, *, confirmed: bool = False) -> Command:
        """A call begins."""
        self._open[call.call_id] = draft
        return do.RunTool(call.call_id, call.name, call.arguments, confirmed=confirmed)

    def session_lost(self) -> None:
        """Nobody waits for an output any more."""
        self._orphans |= self._open
        self._open.clear()

    def withdraw(self, call_id: str) -> tuple[ToolCall | None, Draft | None, bool]:
        """A call did nothing, and wants to be confirmed; with its turn, and if it is an orphan."""
        orphan = self._orphans.pop(call_id, None)
        draft = orphan or self._open.pop(call_id, None)
        return (draft.asked[call_id][0] if draft else None), draft, orphan is not None

    def ended(
        self, event: ToolEnded, current: Draft | None, *, confirmed: bool, linked: bool
    ) -> list[Command]:
        """A call is over.

        Args:
            event: Its end.
            current: The turn that is on.
            confirmed: The person had confirmed it: it was answered when it had to wait.
            linked: A session is up.
        """
        if draft := self._orphans.pop(event.call_id, None):
            draft.call_ended(event.call_id, event.output, event.at)
            call = draft.asked[event.call_id][0]
            # What waited for a confirmation may have been a screen's wish: its words stay out.
            about = "What the person confirmed" if confirmed else describe(call)
            shown = [do.Tell("answer", event.output)]
            return [*shown, *self._orphan_ended(call, event, about, linked=linked)]
        if not (draft := self._open.pop(event.call_id, None)):
            return []
        draft.call_ended(event.call_id, event.output, event.at)
        self._taint.came(event.output, draft, current)
        tell = do.Tell("answer", event.output)
        if confirmed:
            self._tidings.confirmed(event.call_id, event.output)
            noted = without_screens(event.output)
            return [tell, do.AddNote(f"The person confirmed it: {noted}")]
        answer = do.AddToolOutput(event.call_id, event.output)
        if draft.asked[event.call_id][0].name not in WRITES:
            return [answer]
        self._tidings.ended(event.call_id, event.output)
        return [answer] if draft is current else [answer, tell]

    def _orphan_ended(
        self, call: ToolCall, event: ToolEnded, about: str, *, linked: bool
    ) -> list[Command]:
        if call.name not in WRITES:
            return []  # what was to be seen then is to be looked at again
        self._tidings.ended_alone(event.call_id, BROKE + event.output)
        if not linked:
            return []  # the next session is told with all else that came before it
        noted = without_screens(event.output)
        return [do.AddNote(f"{about}. It was asked for {BROKE}{noted}")]
