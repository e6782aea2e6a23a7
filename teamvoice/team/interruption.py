"""Interrupting an agent, as a machine without I/O: look, press, look.

It speaks the commands and events of ``writing``. The key is pressed once, and only while the
agent is seen to work: Escape on an open question refuses it, and at an idle prompt it may open
another mode.
"""

from __future__ import annotations

from teamvoice.team.receipts import Outcome
from teamvoice.team.sight import Kind, View
from teamvoice.team.write import Step, Write, in_mode
from teamvoice.team.writing import (
    Command,
    Denied,
    Done,
    Event,
    Failed,
    Left,
    Look,
    Looked,
    Order,
    Patience,
)


class Interruption(Write):
    """One interrupt on its way."""

    def __init__(self, order: Order, patience: Patience | None = None) -> None:
        super().__init__(order, patience)
        self._stops = 0  # interrupts that the screen told of before this one

    def handle(self, event: Event) -> Command:
        """What is to be done next, now that this happened."""
        match event:
            case Looked(at=at, view=view) if self._step is Step.LOOKING:
                return self._see_whether_fit(view, self._waited(at))
            case Looked(at=at, view=view):
                return self._see_it_stop(view, self._waited(at))
            case Done(at=at):
                self._step, self._since = Step.SEEING, at
                return Look(0.05)
            case Denied() | Left():
                return self._look_again()
            case Failed(reason=reason):
                return self._break_off(reason)

    def _see_whether_fit(self, view: View, waited: float) -> Command:
        if reason := self._unfit(view) or in_mode(view):
            return self._refuse(reason)
        if view.state.kind is Kind.UNKNOWN and waited < self._patience.settle:
            return Look(0.1)
        if view.state.kind is not Kind.WORKING or view.profile is None:
            return self._refuse("there is no work to interrupt")
        self._stops = view.stops
        return self._press(view.profile.keys.interrupt, view)

    def _see_it_stop(self, view: View, waited: float) -> Command:
        if view.stops > self._stops:
            return self._finish(Outcome.SUBMITTED, "", "it says so")
        if reason := self._unfit(view):
            return self._finish(Outcome.UNCONFIRMED, reason)
        if view.state.kind is Kind.IDLE:
            return self._finish(Outcome.SUBMITTED, "", "it is idle now")
        if waited >= self._patience.arrive:
            return self._finish(Outcome.UNCONFIRMED, "it still seems to work")
        return Look(0.1)
