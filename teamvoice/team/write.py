"""What the machines that write to a pane have in common: the first look, and how they end.

A machine (``Delivery``, ``Answer``, ``Interruption``, ``KeyPress``) speaks the words of
``writing``: events in, one command out. :meth:`Write.begin` gives the first command; whoever drives
the machine carries it out and tells it what came of it, until the command is ``Finish``.

A write is for the very process that its first look saw: an agent that is started anew meanwhile has
taken nothing of what was typed before.
"""

from __future__ import annotations

import enum

from teamvoice.team.profiles import found
from teamvoice.team.receipts import Outcome, Receipt
from teamvoice.team.sight import Kind, View
from teamvoice.team.writing import (
    Command,
    Event,
    Finish,
    Look,
    Order,
    Patience,
    Press,
    Still,
    still,
)

_ROWS = 24  # rows of a menu that are checked together with the deed
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

    def begin(self) -> Command:
        """The first command."""
        return Look()

    def handle(self, event: Event) -> Command:
        """What is to be done next, now that this happened."""
        raise NotImplementedError

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

    def _press(self, keys: tuple[str, ...], view: View) -> Press:
        """Press keys while the menu, or else the prompt, that was seen still stands there."""
        self._step = Step.PRESSING
        if view.state.kind is Kind.WAITING:
            menu = [n for n, row in enumerate(view.lines) if row.strip()][-_ROWS:]
            return Press(keys, still(view, menu))
        return Press(keys, self._prompt_stands(view, _EXACT_LOOKS))

    def _prompt_stands(self, view: View, exact: int) -> Still:
        """The rows of the prompt, unless tmux has denied so often that it reads them otherwise."""
        return still(view, prompt_rows(view) if self._denials < exact else [])

    def _look_again(self) -> Command:
        """The screen changed since the look: nothing was typed by this."""
        self._denials += 1
        if self._denials > _LOOKS:
            return self._refuse("its screen keeps changing")
        self._step = Step.LOOKING
        return Look(0.03)

    def _refuse(self, reason: str) -> Command:
        return self._finish(Outcome.REFUSED, reason)

    def _doubt(self, reason: str) -> Command:
        return self._finish(Outcome.UNCONFIRMED, reason)

    def _break_off(self, reason: str) -> Command:
        """A command of tmux failed: nothing was typed yet, or nobody knows."""
        untouched = self._step in {Step.LOOKING, Step.LEAVING}
        return self._refuse(reason) if untouched else self._doubt(reason)

    def _finish(self, outcome: Outcome, why: str = "", evidence: str = "") -> Command:
        self._step = Step.OVER
        return Finish(self._receipt(outcome, why, evidence))

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


def in_mode(view: View) -> str:
    """That the pane is in copy mode, as a clause; empty when it is not."""
    return "its pane is in copy mode" if view.pane is not None and view.pane.in_mode else ""


def prompt_rows(view: View) -> list[int]:
    """The numbers of the rows that the prompt takes: its first ones and its last."""
    if view.profile is None:
        return []
    prompt = view.profile.prompt
    pairs = enumerate(zip(("", *view.lines), view.lines, strict=False))
    starts = [
        number
        for number, (above, row) in pairs
        if found(prompt.line, row) and (not prompt.above or found(prompt.above, above))
    ]
    rows: list[int] = []
    for number in range(starts[-1] if starts else len(view.lines), len(view.lines)):
        if rows and found(prompt.end, view.lines[number]):
            break
        rows.append(number)
    return [*rows[:3], *rows[3:][-3:]]


def _is_another(view: View, order: Order) -> bool:
    return bool(order.command) and view.pane is not None and view.pane.command != order.command


def _named(view: View) -> str:
    return f", {view.state.detail}" if view.state.detail else ""
