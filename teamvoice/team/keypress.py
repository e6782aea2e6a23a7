"""Pressing a few named keys, as a machine without I/O: look, press.

It speaks the commands and events of ``writing``. It is for menus that cannot be read as a question;
so nothing is pressed into a shell, and while nothing is asked nothing is typed or submitted: only
keys that move about are pressed then. tmux itself checks that the menu still stands there.
"""

from __future__ import annotations

import typing

from teamvoice.config import KeyName
from teamvoice.team.newsdesk import mark
from teamvoice.team.receipts import Outcome
from teamvoice.team.sight import Kind, View
from teamvoice.team.write import Write, in_mode
from teamvoice.team.writing import (
    Command,
    Denied,
    Done,
    Event,
    Failed,
    Left,
    Looked,
    Order,
    Patience,
)

MOVES = frozenset({"Escape", "Up", "Down", "Tab", "BTab"})  # all other keys type or submit


class KeyPress(Write):
    """Some keys on their way.

    Args:
        order: The pane.
        patience: How long each step may take.
        keys: By tmux's names.
        expected: The ``mark`` of the question that they are for, empty for none; by default the
            one that stands there at the first look.
    """

    def __init__(
        self,
        order: Order,
        patience: Patience | None = None,
        *,
        keys: tuple[str, ...],
        expected: str | None = None,
    ) -> None:
        super().__init__(order, patience)
        self._keys = keys
        self._expected = expected

    def begin(self) -> Command:
        """The first command."""
        known = self._keys and set(self._keys) <= set(typing.get_args(KeyName))
        return super().begin() if known else self._refuse("there is no such key to press")

    def handle(self, event: Event) -> Command:
        """What is to be done next, now that this happened."""
        match event:
            case Looked(view=view):
                return self._see_whether_fit(view)
            case Done():
                return self._finish(Outcome.SUBMITTED)
            case Denied() | Left():
                return self._look_again()
            case Failed(reason=reason):
                return self._break_off(reason)

    def _see_whether_fit(self, view: View) -> Command:
        if reason := self._barred(view) or in_mode(view) or self._unasked(view):
            return self._refuse(reason)
        stands = mark(view.state)
        self._expected = stands if self._expected is None else self._expected
        if stands != self._expected:
            return self._refuse("the question has changed")
        return self._press(self._keys, view)

    def _unasked(self, view: View) -> str:
        """Why these keys would be typed into a prompt, as a clause; empty when they would not."""
        has_prompt = view.draft is not None or view.state.kind in {Kind.IDLE, Kind.WORKING}
        if view.state.kind is Kind.WAITING or not has_prompt:
            return ""
        if view.draft:  # Tab sends one in Codex, Escape twice wipes it in Claude Code
            return (
                "there is a half-typed draft in the prompt, which these keys would change or send"
            )
        if set(self._keys) <= MOVES:
            return ""
        return "nothing is asked there, and these keys would be typed into the prompt"
