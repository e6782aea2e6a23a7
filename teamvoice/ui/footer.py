"""The keys of the face in a line: as many as there is room for, the most needed before others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text


class Key(NamedTuple):
    """A key: its sign, what it does in a word, the action that a click on it starts, its rank.

    The lowest rank is needed most. Without an action there is nothing to click.
    """

    sign: str
    does: str
    action: str
    rank: int

    @property
    def cells(self) -> int:
        """How wide it is."""
        return cell_len(f"{self.sign} {self.does}")


LOOK = (
    Key("⏎", "look", "closer", 7),
    Key("↑↓", "choose", "", 8),
    Key("q", "quit", "quit", 1),
)
TALK = (
    Key("space", "talk", "key('toggle')", 0),
    Key("m", "mute", "key('mute')", 2),
    Key("c", "cancel", "key('cancel')", 3),
    Key("y", "confirm", "key('confirm')", 4),
    Key("t", "type", "type", 5),
    Key("1-9", "answer", "", 6),
    *LOOK,
)
TYPE = (Key("⏎", "ask", "", 0), Key("esc", "leave", "untype", 1))


def footer(keys: Sequence[Key], columns: int) -> Text:
    """As many keys as fit into so many columns, in their order, with all the room that there is."""
    kept: list[Key] = []
    for key in sorted(keys, key=lambda key: key.rank):
        if _cells([*kept, key], 1) <= columns:
            kept.append(key)
    gap = 2 if _cells(keys, 2) <= columns else 1
    text = Text(no_wrap=True)
    for key in (key for key in keys if key in kept):
        text.append(" " * gap if text else "")
        start = len(text)
        text.append(key.sign, style="bold").append(f" {key.does}")
        if key.action:
            text.stylize(Style(meta={"@click": f"app.{key.action}"}), start)
    return text


def _cells(keys: Sequence[Key], gap: int) -> int:
    return sum(key.cells for key in keys) + gap * (len(keys) - 1)
