"""The team in rows: who, in which state, and what is asked with the keys that answer it."""

from __future__ import annotations

from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from teamvoice.cli.output import plain

NAME_CELLS = 24  # of a longer name, or as many as are free beside the state and the question
_NAME_COLUMN = 14
_STATE_STYLES = {"idle": "green", "working": "cyan", "waiting": "bold yellow"}


def option(question: dict[str, Any], choice: str) -> str:
    """A choice with its label, where there is such an option."""
    labels = [plain(option.get("label", "")) for option in question.get("options", ())]
    return f"{choice} {labels[int(choice) - 1]}" if int(choice) <= len(labels) else choice


def row(member: dict[str, Any], cells: int) -> Text:
    """A member in one row: name, state, and what is to be known, as far as there is room.

    Args:
        member: As the daemon's status has it.
        cells: The room that there is, in cells of the terminal.
    """
    state, about = f"{plain(member.get('state', 'unknown')):<8}", _about(member)
    name = plain(member.get("name", "?"))
    room = max(NAME_CELLS, cells - cell_len(f" {state} {about}"))
    if cell_len(name) > room:
        name = set_cell_size(name, room - 1).rstrip() + "…"
    name = set_cell_size(name, max(_NAME_COLUMN, cell_len(name)))
    text = Text(f"{name} ", no_wrap=True, overflow="ellipsis")
    text.append(state, style=_STATE_STYLES.get(state.strip(), "red"))
    text.append(f" {about}", style="dim")
    return text


def _about(member: dict[str, Any]) -> str:
    """What a member waits for, with the keys that answer; else what else is known."""
    question = member.get("question")
    if not question:
        return " ".join(plain(member.get("detail", "")).split())
    options = " ".join(f"{n}:{o['label']}" for n, o in enumerate(question["options"], 1))
    words = f"{question.get('subject') or question.get('text')}  {options}"
    return " ".join(plain(words).split())
