"""What the machines that write to a pane have in common: the first look, and how they end.

A machine (``Delivery``, ``Answer``, ``Interruption``, ``KeyPress``) speaks the words of
``writing``: events in, one command out. :meth:`Write.begin` gives the first command; whoever drives
the machine carries it out and tells it what came of it, until the command is ``Finish``.

A write is for the very process that its first look saw: an agent that is started anew meanwhile has
taken nothing of what was typed before.

Copy mode is left only right before something is typed, and its view restored before the end.

A person may type in the same pane. What an agent has got and not drawn yet nobody can see; so after
a person's last key it is given time to draw it, and tmux presses nothing if another came since.
"""

from __future__ import annotations

import enum
from dataclasses import replace

from teamvoice.team.receipts import Outcome, Receipt
from teamvoice.team.sight import Kind, View, prompt_span
from teamvoice.team.writing import (
    Command,
    Denied,
    Done,
    Event,
    Failed,
    Finish,
    LeaveMode,
    Left,
    Look,
    Looked,
    Order,
    Patience,
    Press,
    RestoreView,
    Scrolled,
    Still,
    still,
)

_ROWS = 24  # rows of a menu that are checked together with the deed
_HANDS_S = 3  # whole seconds, the first cut short, after which what a person typed has been drawn
_LOOKS = 5  # deeds that tmux may deny because the screen changed since the look
_EXACT_LOOKS = 4  # … of which so many insist on the row of the prompt, however it is drawn


class Step(enum.Enum):
    """Where a write stands."""

    LOOKING = enum.auto()
    LEAVING = enum.auto()
    PASTING = enum.auto()
    APPEARING = enum.auto()
    PRESSING = enum.auto()
    SEEING = enum.auto()  # what came of the keys
    RESTORING = enum.auto()
    OVER = enum.auto()


class Write:
    """A write on its way.

    Args:
        order: What is to be done, to which pane.
        patience: How long each step may take.
    """

    def __init__(self, order: Order, patience: Patience | None = None) -> None:
        self._order = order
        self._patience = patience or Patience()
        self._step = Step.LOOKING
        self._since: float | None = None  # when the step that looks again and again began
        self._denials = 0
        self._process: str | None = None  # whom the first look saw
        self._scrolled: Scrolled | None = None  # where the person was in copy mode
        self._decided: Receipt | None = None

    def begin(self) -> Command:
        """The first command."""
        return Look()

    def handle(self, event: Event) -> Command:
        """What is to be done next, now that this happened."""
        if self._step is Step.OVER:
            raise ValueError("the write is over")
        if self._step is Step.RESTORING:
            return self._end(restored=isinstance(event, Done))
        match event:
            case Looked(at=at, view=view):
                return self._on_look(view, at)
            case Left(scrolled=scrolled):
                self._scrolled = scrolled
                self._step, self._since = Step.LOOKING, None
                return Look()
            case Denied():
                return self._on_denied()
            case Done(at=at):
                return self._on_done(at)
            case Failed(reason=reason, unasked=unasked):
                return self._break_off(reason, unasked=unasked)

    def _on_look(self, view: View, at: float) -> Command:
        raise NotImplementedError

    def _on_done(self, at: float) -> Command:
        raise NotImplementedError

    def _on_denied(self) -> Command:
        """The screen changed since the look: nothing was typed by this."""
        self._denials += 1
        if self._denials > _LOOKS:
            return self._refuse("its screen keeps changing")
        self._step = Step.LOOKING
        return Look(0.03)

    def _waited(self, at: float) -> float:
        self._since = at if self._since is None else self._since
        return at - self._since

    def _barred(self, view: View) -> str:
        """Why no key may be pressed in the pane, as a clause; empty when one may."""
        if reason := barred(view, self._order):
            return reason
        self._process = view.process if self._process is None else self._process
        return "" if view.process == self._process else "its agent was started anew"

    def _unfit(self, view: View) -> str:
        """Why no message may be typed into the pane, as a clause; empty when one may."""
        if reason := self._barred(view):
            return reason
        waits = view.state.kind is Kind.WAITING
        return "it waits for an answer to a question" if waits else ""

    def _hands(self, view: View, waited: float) -> Command | None:
        """Wait for a person who types in this pane; ``None`` when nobody does."""
        if not is_touched(view):
            return None
        late = waited >= self._patience.hands
        return self._refuse("somebody is typing in its pane") if late else Look(0.1)

    def _leave_mode(self) -> Command:
        if self._scrolled is not None:
            return self._refuse("its pane went into copy mode again")
        self._step = Step.LEAVING
        return LeaveMode()

    def _press(self, keys: tuple[str, ...], view: View) -> Press:
        """Press keys while the menu, or else the prompt, that was seen still stands there."""
        self._step = Step.PRESSING
        if view.state.kind in {Kind.WAITING, Kind.UNKNOWN}:
            menu = [n for n, row in enumerate(view.lines) if row.strip()][-_ROWS:]
            return Press(keys, still(view, menu))
        return Press(keys, self._prompt_stands(view, _EXACT_LOOKS))

    def _prompt_stands(self, view: View, exact: int) -> Still:
        """The rows of the prompt, unless tmux has denied so often that it reads them otherwise."""
        return still(view, prompt_rows(view) if self._denials < exact else [])

    def _refuse(self, reason: str) -> Command:
        return self._finish(Outcome.REFUSED, reason)

    def _doubt(self, reason: str) -> Command:
        return self._finish(Outcome.UNCONFIRMED, reason)

    def _break_off(self, reason: str, *, unasked: bool) -> Command:
        """A command of tmux failed: nothing was typed yet, or nobody knows."""
        untouched = self._step in {Step.LOOKING, Step.LEAVING}
        untouched |= self._step is Step.PASTING and unasked
        return self._refuse(reason) if untouched else self._doubt(reason)

    def _finish(self, outcome: Outcome, why: str = "", evidence: str = "") -> Command:
        self._decided = self._receipt(outcome, why, evidence)
        if self._scrolled is not None:
            self._step = Step.RESTORING
            return RestoreView(self._scrolled)
        self._step = Step.OVER
        return Finish(self._decided)

    def _end(self, *, restored: bool) -> Finish:
        if self._decided is None:
            raise ValueError("nothing was decided yet")
        self._step = Step.OVER
        left = "copy mode was left, and " + ("its view restored" if restored else "stays left")
        evidence = "; ".join(filter(None, (self._decided.evidence, left)))
        return Finish(replace(self._decided, evidence=evidence))

    def _receipt(self, outcome: Outcome, why: str, evidence: str) -> Receipt:
        return Receipt(outcome, why, evidence, self._order.member, self._order.pane)


def barred(view: View, order: Order) -> str:
    """Why no key may be pressed in the pane, as a clause; empty when one may."""
    if view.pane is None:
        return "its pane is gone"
    reasons = (
        (view.pane.dead, "the program in its pane has ended"),
        (view.pane.pid != order.pid, "another program was started in its pane"),
        (view.pane.input_off, "input to its pane is switched off"),
        (view.pane.synchronized, "its pane is synchronised with others, which would get the keys"),
        (view.state.kind is Kind.SHELL, "only a shell is running there"),
        (_is_another(view, order), "another program has taken over its pane"),
        (view.profile is None, f"an unknown program runs there{_named(view)}"),
    )
    return next((reason for holds, reason in reasons if holds), "")


def in_mode(view: View) -> bool:
    """Whether the pane is in copy mode. Its screen is looked at all the same."""
    return view.pane is not None and view.pane.in_mode


def is_touched(view: View) -> bool:
    """A person has used the pane so lately that the agent may not have drawn it yet."""
    untouched = view.pane.untouched_s if view.pane else None
    return untouched is not None and untouched < _HANDS_S


def prompt_rows(view: View) -> list[int]:
    """The numbers of the rows that the prompt takes: its first ones and its last."""
    span = prompt_span(view.lines, view.profile) if view.profile else None
    rows = list(range(*span)) if span else []
    return [*rows[:3], *rows[3:][-3:]]


def _is_another(view: View, order: Order) -> bool:
    return bool(order.command) and view.pane is not None and view.pane.command != order.command


def _named(view: View) -> str:
    return f", {view.state.detail}" if view.state.detail else ""
