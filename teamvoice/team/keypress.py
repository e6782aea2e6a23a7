"""Pressing a few named keys, as a machine without I/O: look, press, look, press.

It speaks the commands and events of ``writing``. It is for menus that cannot be read as a question;
so nothing is pressed into a shell, and while nothing is asked nothing is typed or submitted: only
keys that move about are pressed then. tmux itself checks that the menu still stands there.

A key that may choose (a digit, Enter, Escape) may lead to another menu, and the keys after it are
not for that. So they wait until the agent has had time to draw what came of it, and are pressed
only if the same menu still stands there.
"""

from __future__ import annotations

import typing

from teamvoice.config import KeyName
from teamvoice.team.newsdesk import mark
from teamvoice.team.receipts import Outcome
from teamvoice.team.sight import Kind, State, View
from teamvoice.team.write import Step, Write, in_mode
from teamvoice.team.writing import Command, Look, Order, Patience

MOVES = frozenset({"Escape", "Up", "Down", "Tab", "BTab"})  # all other keys type or submit
_LEAVES = MOVES - {"Escape"}  # whatever menu stands there still stands there afterwards


def stands(state: State) -> str:
    """What tells one screen that keys are for from another; empty when nothing is asked there."""
    if state.kind is Kind.UNKNOWN and state.looks:
        return f"a screen: {state.looks}"
    return mark(state)


class KeyPress(Write):
    """Some keys on their way.

    Args:
        order: The pane.
        patience: How long each step may take.
        keys: By tmux's names.
        expected: What ``stands`` there, which they are for; by default what stands there at the
            first look.
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
        self._pressed = 0  # how many of them
        self._next = 0  # how many will be after this press

    def begin(self) -> Command:
        """The first command."""
        known = self._keys and set(self._keys) <= set(typing.get_args(KeyName))
        return super().begin() if known else self._refuse("there is no such key to press")

    def _on_look(self, view: View, at: float) -> Command:
        if self._pressed:
            return self._see_whether_it_stands(view, self._waited(at))
        return self._see_whether_fit(view, self._waited(at))

    def _on_done(self, at: float) -> Command:
        self._pressed = self._next
        if self._pressed == len(self._keys):
            return self._finish(Outcome.SUBMITTED)
        self._step, self._since = Step.SEEING, at
        return Look(0.1)

    def _on_denied(self) -> Command:
        command = super()._on_denied()
        if self._pressed and isinstance(command, Look):
            self._step = Step.SEEING
        return command

    def _refuse(self, reason: str) -> Command:
        return self._stop(reason) if self._pressed else super()._refuse(reason)

    def _see_whether_fit(self, view: View, waited: float) -> Command:
        copy = "its pane is in copy mode" if in_mode(view) else ""
        if reason := self._barred(view) or copy or self._unasked(view):
            return self._refuse(reason)
        now = stands(view.state)
        self._expected = now if self._expected is None else self._expected
        if now != self._expected:
            return self._refuse("the question has changed")
        return self._hands(view, waited) or self._press_some(view)

    def _see_whether_it_stands(self, view: View, waited: float) -> Command:
        if reason := self._barred(view):
            return self._stop(reason)
        if stands(view.state) != self._expected or in_mode(view) or self._unasked(view):
            return self._stop("what stood there is gone")
        if waited < self._patience.again:
            return Look(0.1)
        return self._hands(view, waited) or self._press_some(view)

    def _press_some(self, view: View) -> Command:
        """Press on to the first key that may choose."""
        self._next = self._pressed + 1
        while self._next < len(self._keys) and self._keys[self._next - 1] in _LEAVES:
            self._next += 1
        return self._press(self._keys[self._pressed : self._next], view)

    def _stop(self, reason: str) -> Command:
        last, left = self._keys[self._pressed - 1], " ".join(self._keys[self._pressed :])
        return self._doubt(f"{reason} after {last}, so {left} was not pressed")

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
