"""The words that the machines which write to a pane speak: commands, events, and what both know.

A machine (``Delivery``, ``Answer``, ``Interruption``) gives one command at a time; the actor of the
pane carries it out and tells what came of it. Frozen data and pure judgements alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from teamvoice.team.receipts import Receipt
from teamvoice.team.sight import Kind, View


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done: this text to this very pane (its id and its first program)."""

    member: str
    pane: str
    pid: int
    text: str = ""
    command: str = ""  # the program in the foreground when the pane was pinned; empty: any


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that each step may take."""

    settle: float = 1.0  # for a prompt to show itself
    appear: float = 4.0  # for the pasted text to stand in it
    arrive: float = 6.0  # for the prompt to be empty after Enter
    again: float = 1.5  # between one Enter and the next: longer than any redraw takes, so that
    # no second Enter meets a question that the first one led to


@dataclass(frozen=True, slots=True)
class Still:
    """What must still hold when something is typed; checked by tmux together with the deed.

    Args:
        command: The program in the foreground, as tmux names it; empty: any.
        rows: Rows of the screen, each as the number (from 1) of the first row that fits a pattern,
            and the pattern: a POSIX extended regular expression of harmless characters.
    """

    command: str = ""
    rows: tuple[tuple[int, str], ...] = ()


# Commands --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Look:
    """Look at the pane, after so many seconds; answered by ``Looked``."""

    after: float = 0.0


@dataclass(frozen=True, slots=True)
class LeaveMode:
    """Leave copy mode; answered by ``Left``."""


@dataclass(frozen=True, slots=True)
class RestoreView:
    """Show again what was looked at in copy mode; answered by ``Done`` or ``Denied``."""

    scrolled: Scrolled


@dataclass(frozen=True, slots=True)
class Paste:
    """Paste a text if the pane still takes it; answered by ``Done`` or ``Denied``."""

    text: str
    still: Still = Still()


@dataclass(frozen=True, slots=True)
class Press:
    """Press keys if the pane still takes them; answered by ``Done`` or ``Denied``."""

    keys: tuple[str, ...]
    still: Still = Still()


@dataclass(frozen=True, slots=True)
class Finish:
    """It is over."""

    receipt: Receipt


Command = Look | LeaveMode | RestoreView | Paste | Press | Finish

# Events ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scrolled:
    """Where a person was in copy mode.

    Args:
        mode: tmux's name of the mode; only ``copy-mode`` can be restored.
        position: Lines above the end of the history.
        history: How long the history was then.
    """

    mode: str
    position: int
    history: int


@dataclass(frozen=True, slots=True)
class Looked:
    """What was seen."""

    at: float
    view: View


@dataclass(frozen=True, slots=True)
class Left:
    """Copy mode was left."""

    at: float
    scrolled: Scrolled


@dataclass(frozen=True, slots=True)
class Done:
    """The command was carried out."""

    at: float


@dataclass(frozen=True, slots=True)
class Denied:
    """The pane was not fit for it any more: nothing was typed by this command."""

    at: float


@dataclass(frozen=True, slots=True)
class Failed:
    """tmux failed in the midst of the command: it may or may not have been carried out."""

    at: float
    reason: str


Event = Looked | Left | Done | Denied | Failed

# Judgements ------------------------------------------------------------------------------------


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


def unfit(view: View, order: Order) -> str:
    """Why no message may be typed into the pane, as a clause; empty when one may."""
    if reason := barred(view, order):
        return reason
    return "it waits for an answer to a question" if view.state.kind is Kind.WAITING else ""


def still(view: View, rows: Sequence[int]) -> Still:
    """What must still hold of a view: its program, and these rows (numbers from 0)."""
    command = view.pane.command if view.pane else ""
    patterns = [row_pattern(view.lines[number]) for number in rows]
    first = ((_first(pattern, view.lines), pattern) for pattern in dict.fromkeys(patterns))
    return Still(command, tuple(first))


def row_pattern(row: str) -> str:
    """A pattern for a row by its words and its first sign, however the rest of it is drawn."""
    sign = row.lstrip()[:1]
    start = f"[ ]*{sign}" if sign and not sign.isascii() and not sign.isalnum() else ""
    gap = "[^A-Za-z0-9]*"
    return f"^{start}{gap}{gap.join(re.findall('[A-Za-z0-9]+', row))}{gap}$".replace(gap * 2, gap)


def _first(pattern: str, rows: Sequence[str]) -> int:
    return next((n for n, row in enumerate(rows, 1) if re.search(pattern, row)), 0)


def _is_another(view: View, order: Order) -> bool:
    return bool(order.command) and view.pane is not None and view.pane.command != order.command


def _named(view: View) -> str:
    return f", {view.state.detail}" if view.state.detail else ""
