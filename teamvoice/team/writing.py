"""The words that the machines which write to a pane speak: commands, events, and what both know.

A machine (see ``write``) gives one command at a time; the actor of the pane carries it out and
tells what came of it. Frozen data and pure judgements alone.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from teamvoice.team.receipts import Receipt
from teamvoice.team.sight import View

_MOST_BYTES = 9_000  # of patterns in a command; tmux takes 16 KiB with all that is around them
_RULE = re.compile(r"([─━╌▔▀▄])\1{7,}")
# What stands for a character that a pattern or a format would read otherwise.
_PLAIN = {c: "\\" + c for c in "\\.^$*+?()[]|{"} | {c: f"[{c}]" for c in "%"}
_PLAIN |= {"#": "[#]", ",": "[#,]", "}": "[#}]", "\ufffd": "."}


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done: this text to this very pane (its id and its first program)."""

    member: str
    pane: str
    pid: int
    text: str = ""
    command: str = ""  # the program in the foreground when the pane was pinned; empty: any
    left: str = ""  # the message that was typed there last


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that each step may take."""

    turn: float = 15.0  # for another process that writes to the same pane
    settle: float = 1.0  # for a prompt to show itself
    draft: float = 0.4  # for a draft that a person has just sent to leave the prompt
    appear: float = 4.0  # for the pasted text to stand in it
    arrive: float = 6.0  # for the prompt to be empty after Enter
    start: float = 30.0  # the same, while an agent says that it is still starting
    again: float = 1.5  # between one Enter and the next: longer than any redraw takes, so that
    # no second Enter meets a question that the first one led to
    record: float = 1.5  # for the agent to write the message down, where it keeps a record
    hands: float = 8.0  # for a person who types in the same pane to pause


@dataclass(frozen=True, slots=True)
class Still:
    """What must still hold when something is typed; checked by tmux together with the deed.

    Args:
        command: The program in the foreground, as tmux names it; empty: any.
        rows: Rows of the screen, each as the number (from 1) of the first row that fits a pattern,
            and the pattern: a POSIX extended regular expression that tmux takes within a format.
        touched: The second in which a person last touched a key in the pane's session; 0: any.
    """

    command: str = ""
    rows: tuple[tuple[int, str], ...] = ()
    touched: int = 0


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
    """tmux failed in the midst of the command: it may or may not have been carried out.

    Args:
        unasked: It was not: tmux never got it.
    """

    at: float
    reason: str
    unasked: bool = False


Event = Looked | Left | Done | Denied | Failed

# Judgements ------------------------------------------------------------------------------------


def still(view: View, rows: Sequence[int]) -> Still:
    """What must still hold of a view: its program, these rows (numbers from 0), nobody's key."""
    pane = view.pane
    touched = pane.touched if pane is not None and pane.untouched_s is not None else 0
    patterns = _affordable([row_pattern(view.lines[number]) for number in rows])
    first = ((_first(pattern, view.lines), pattern) for pattern in dict.fromkeys(patterns))
    return Still(pane.command if pane else "", tuple(first), touched)


def row_pattern(row: str) -> str:
    """A pattern for exactly this row: only how long a rule is, and blanks at its end, are free.

    It reads alike to Python, and to tmux within a format (where ``#,`` is ``,`` and ``#}`` is
    ``}``).
    """
    pieces = _RULE.split(row.rstrip())
    exact = ["".join(_PLAIN.get(c, c) for c in piece) for piece in pieces[::2]]
    rules = [f"{stroke}+" for stroke in pieces[1::2]]
    drawn = "".join(itertools.chain.from_iterable(zip(exact, [*rules, ""], strict=True)))
    return f"^{drawn}[ \t\u00a0\u3000]*$"


def _affordable(patterns: Sequence[str]) -> list[str]:
    """As many of them, from the last, as one command of tmux can hold."""
    sizes = itertools.accumulate(len(p.encode("utf-8", "replace")) for p in reversed(patterns))
    fitting = sum(size <= _MOST_BYTES for size in sizes)
    return list(patterns[len(patterns) - fitting :])


def _first(pattern: str, rows: Sequence[str]) -> int:
    return next((n for n, row in enumerate(rows, 1) if re.search(pattern, row)), 0)
