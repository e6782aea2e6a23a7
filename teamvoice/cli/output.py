"""What commands print: JSON for programs, plain or coloured text for people."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # rich takes its time, and --json needs none of it
    from rich.console import Console

_CONTROL = {code: None for code in (*range(0x20), *range(0x7F, 0xA0)) if code not in (0x09, 0x0A)}
_C1_ESCAPED = {code: f"\\u{code:04x}" for code in range(0x7F, 0xA0)}


def write_json(value: Any) -> None:
    """One object on one line. Nothing in it can act upon a terminal."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    sys.stdout.write(text.translate(_C1_ESCAPED) + "\n")
    sys.stdout.flush()


def write(text: str) -> None:
    """A line of plain text, without control characters."""
    sys.stdout.write(plain(text) + "\n")


def plain(text: object) -> str:
    """The text without the control characters that a screen or a speech model may have put in."""
    return str(text).translate(_CONTROL)


def indented(text: str, room: Console, width: int, column: int) -> str:
    """The text in lines that end at ``width``; from the second on they begin at the column.

    The first is to be written from that column on, too.
    """
    from rich.text import Text

    rows = Text(text).wrap(room, max(1, width - column))
    return f"\n{' ' * column}".join(row.plain.rstrip() for row in rows)


def console() -> Console:
    """Where tables go: coloured on a terminal only, and never cut off when read by a program."""
    from rich.console import Console

    class OurConsole(Console):
        def on_broken_pipe(self) -> None:
            raise  # noqa: PLE0704 - called while it is handled; teamvoice.cli.main knows what to do

    terminal = sys.stdout.isatty()
    return OurConsole(
        file=sys.stdout,
        force_terminal=terminal,
        no_color=not terminal or bool(os.environ.get("NO_COLOR")),
        width=None if terminal else 1000,
        highlight=False,
        markup=False,
        emoji=False,
    )
