"""Pressing a few named keys, as a machine without I/O: look, press.

It speaks the commands and events of ``writing``. It is for menus that cannot be read as a question;
so nothing is pressed into a shell, and while nothing is asked nothing is typed or submitted: only
keys that move about are pressed then. tmux itself checks that the menu still stands there.
"""

from __future__ import annotations

import enum
import typing

from teamvoice.config import KeyName
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
    barred,
    still,
)

MOVES = frozenset({"Escape", "Up", "Down", "Tab", "BTab"})  # all other keys type or submit
_ROWS = 24  # rows of a menu that are checked together with the deed


class Step(enum.Enum):
    """Where it stands."""

    LOOKING = enum.auto()
    PRESSING = enum.auto()


class KeyPress:
    """Some keys on their way.

    Args:
        order: The pane.
        patience: As every machine takes it; one look is enough here.
        keys: By tmux's names.
    """

    def __init__(
        self, order: Order, patience: Patience | None = None, *, keys: tuple[str, ...]
    ) -> None:
        del patience
        self._order = order
        self._keys = keys
        self._step = Step.LOOKING

    def begin(self) -> Command:
        """The first command."""
        known = self._keys and set(self._keys) <= set(typing.get_args(KeyName))
        return Look() if known else self._finish(Outcome.REFUSED, "there is no such key to press")

    def handle(self, event: Event) -> Command:
        """What is to be done next, now that this happened."""
        match event:
            case Looked(view=view):
                return self._see_whether_fit(view)
            case Done():
                return self._finish(Outcome.SUBMITTED, "")
            case Denied() | Left():
                return self._finish(Outcome.REFUSED, "its pane is in copy mode, or has changed")
            case Failed(reason=reason):
                untouched = self._step is Step.LOOKING
                return self._finish(Outcome.REFUSED if untouched else Outcome.UNCONFIRMED, reason)

    def _see_whether_fit(self, view: View) -> Command:
        if reason := barred(view, self._order) or self._unasked(view):
            return self._finish(Outcome.REFUSED, reason)
        self._step = Step.PRESSING
        asks = view.state.kind is Kind.WAITING
        rows = [n for n, row in enumerate(view.lines) if row.strip()] if asks else []
        return Press(self._keys, still(view, rows[-_ROWS:]))

    def _unasked(self, view: View) -> str:
        """Why these keys would be typed into a prompt, as a clause; empty when they would not."""
        has_prompt = view.draft is not None or view.state.kind in {Kind.IDLE, Kind.WORKING}
        if set(self._keys) <= MOVES or view.state.kind is Kind.WAITING or not has_prompt:
            return ""
        if view.draft:
            return (
                "there is a half-typed draft in the prompt, which these keys would change or send"
            )
        return "nothing is asked there, and these keys would be typed into the prompt"

    def _finish(self, outcome: Outcome, why: str) -> Finish:
        return Finish(Receipt(outcome, why, "", self._order.member, self._order.pane))
