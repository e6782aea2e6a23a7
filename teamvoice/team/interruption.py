"""Interrupting an agent, as a machine without I/O: look, press, look.

It speaks the commands and events of ``writing``. The key is pressed only while the agent is seen to
work: Escape on an open question refuses it, and at an idle prompt it may open another mode.

That it has stopped is what its screen says in words, or its own record; else that it has looked
idle for a while: between two steps of its work it looks so too.

Some agents drop a key that comes between two of their steps. So an agent that goes on working gets
it once more, after longer than any redraw takes, if that can do no harm: not where the key pressed
twice ends the agent, or wipes a draft, nor where it would stop the next message instead.
"""

from __future__ import annotations

from teamvoice.team.receipts import Outcome
from teamvoice.team.sight import Kind, View
from teamvoice.team.steady import REST_S
from teamvoice.team.write import Step, Write, in_mode, is_touched
from teamvoice.team.writing import Command, Look, Order, Patience

_TWICE = ("Escape",)  # C-c pressed twice ends most agents


class Interruption(Write):
    """One interrupt on its way."""

    def __init__(self, order: Order, patience: Patience | None = None) -> None:
        super().__init__(order, patience)
        self._before: View | None = None  # as it was when the key was pressed
        self._presses = 0
        self._idle_since: float | None = None

    def _on_look(self, view: View, at: float) -> Command:
        if self._step is Step.LOOKING:
            return self._see_whether_fit(view, self._waited(at))
        return self._see_it_stop(view, self._waited(at), self._rested(view, at))

    def _on_done(self, at: float) -> Command:
        self._step, self._since = Step.SEEING, at
        self._presses += 1
        return Look(0.05)

    def _on_denied(self) -> Command:
        if not self._presses:
            return super()._on_denied()
        self._step = Step.SEEING  # the second one is only tried
        self._presses += 1
        return Look(0.05)

    def _see_whether_fit(self, view: View, waited: float) -> Command:
        if reason := self._unfit(view):
            return self._refuse(reason)
        if view.state.kind is Kind.UNKNOWN and waited < self._patience.settle:
            return Look(0.1)
        if view.state.kind is not Kind.WORKING or view.profile is None:
            return self._refuse("there is no work to interrupt")
        if in_mode(view):
            return self._leave_mode()
        self._before = view
        return self._press(view.profile.keys.interrupt, view)

    def _see_it_stop(self, view: View, waited: float, rested: float) -> Command:
        if self._before is not None and view.stops > self._before.stops:
            return self._finish(Outcome.SUBMITTED, self._gave_back(view), "it says so")
        if reason := self._unfit(view):
            return self._doubt(reason)
        if rested >= REST_S or (rested >= 0 and view.state.source == "native"):
            return self._finish(Outcome.SUBMITTED, self._gave_back(view), "it is idle now")
        if waited >= self._patience.arrive:
            return self._doubt("it still seems to work")
        if waited >= self._patience.again and view.profile and self._may_press_again(view):
            return self._press(view.profile.keys.interrupt, view)
        return Look(0.1)

    def _gave_back(self, view: View) -> str:
        """Claude Code puts a message that it did not begin to answer back into the prompt."""
        came = view.draft and self._before is not None and not self._before.draft
        return "the message that it had not begun on stands in its prompt again" if came else ""

    def _rested(self, view: View, at: float) -> float:
        """For how long it has looked idle without a break, in seconds; less than 0: it does not."""
        if view.state.kind is not Kind.IDLE:
            self._idle_since = None
            return -1.0
        self._idle_since = at if self._idle_since is None else self._idle_since
        return at - self._idle_since

    def _may_press_again(self, view: View) -> bool:
        before = self._before
        if before is None or self._presses > 1 or view.profile is None:
            return False
        held = before.queued or view.queued or before.draft or view.draft
        works = view.state.kind is Kind.WORKING and not is_touched(view) and not in_mode(view)
        return works and not held and view.profile.keys.interrupt == _TWICE
