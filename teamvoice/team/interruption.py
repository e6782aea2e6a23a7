"""Interrupting an agent, as a machine without I/O: look, press, look.

It speaks the commands and events of ``writing``. The key is pressed once, and only while the
agent is seen to work: Escape on an open question refuses it, and at an idle prompt it may open
another mode.
"""

from __future__ import annotations

import enum

from teamvoice.team.receipts import Outcome, Receipt
from teamvoice.team.sight import Kind, View
from teamvoice.team.writing import (
    Command,
    Denied,
    Done,
    Event,
    Failed,
    Finish,
    Left,
    Look,
    Looked,
    Order,
    Patience,
    Press,
    unfit,
)


class Step(enum.Enum):
    """Where an interruption stands."""

    LOOKING = enum.auto()
    PRESSING = enum.auto()
    STOPPING = enum.auto()
    OVER = enum.auto()


class Interruption:
    """One interrupt on its way."""

    def __init__(self, order: Order, patience: Patience | None = None) -> None:
        self._order = order
        self._patience = patience or Patience()
        self._step = Step.LOOKING
        self._since: float | None = None
        self._stops = 0  # interrupts that the screen told of before this one

    def begin(self) -> Command:
        """The first command."""
        return Look()

    def handle(self, event: Event) -> Command:
        """What is to be done next, now that this happened."""
        match event:
            case Looked(at=at, view=view) if self._step is Step.LOOKING:
                return self._see_whether_fit(view, self._waited(at))
            case Looked(at=at, view=view):
                return self._see_it_stop(view, self._waited(at))
            case Done(at=at):
                self._step, self._since = Step.STOPPING, at
                return Look(0.05)
            case Denied() | Left():
                return self._refuse("its pane is in copy mode, or has changed")
            case Failed(reason=reason) if self._step is Step.LOOKING:
                return self._refuse(reason)
            case Failed(reason=reason):
                return self._finish(Outcome.UNCONFIRMED, reason)

    def _waited(self, at: float) -> float:
        self._since = at if self._since is None else self._since
        return at - self._since

    def _see_whether_fit(self, view: View, waited: float) -> Command:
        if reason := unfit(view, self._order):
            return self._refuse(reason)
        if view.state.kind is Kind.UNKNOWN and waited < self._patience.settle:
            return Look(0.1)
        if view.state.kind is not Kind.WORKING or view.profile is None:
            return self._refuse("there is no work to interrupt")
        self._step, self._stops = Step.PRESSING, view.stops
        return Press(view.profile.keys.interrupt)

    def _see_it_stop(self, view: View, waited: float) -> Command:
        if view.stops > self._stops:
            return self._finish(Outcome.SUBMITTED, "", "it says so")
        if reason := unfit(view, self._order):
            return self._finish(Outcome.UNCONFIRMED, reason)
        if view.state.kind is Kind.IDLE:
            return self._finish(Outcome.SUBMITTED, "", "it is idle now")
        if waited >= self._patience.arrive:
            return self._finish(Outcome.UNCONFIRMED, "it still seems to work")
        return Look(0.1)

    def _refuse(self, reason: str) -> Finish:
        return self._finish(Outcome.REFUSED, reason)

    def _finish(self, outcome: Outcome, why: str, evidence: str = "") -> Finish:
        self._step = Step.OVER
        return Finish(Receipt(outcome, why, evidence, self._order.member, self._order.pane))
