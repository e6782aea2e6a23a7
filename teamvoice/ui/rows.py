"""The team in rows: who, in which state, and what is asked with the keys that answer it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from teamvoice.cli.output import plain

NAME_CELLS = 24  # of a longer name, or as many as are free beside the state and the question
_NAME_COLUMN = 14
_STATE_COLUMN = 8
_LABEL_CELLS = 8  # that are left of an option in any case
_SUBJECT_CELLS = 12  # and of what is asked about, where the options are cut
_STATE_STYLES = {"idle": "green", "working": "cyan", "waiting": "bold yellow"}


def asks_nothing(name: str, members: Sequence[dict[str, Any]]) -> str:
    """That a number answers nothing of this member's, and whom to choose instead."""
    waiting = [str(each["name"]) for each in members if each.get("question")]
    who = f"{', '.join(waiting)} {'waits' if len(waiting) == 1 else 'wait'}"
    choose = f"; {who}: choose with ↑ and ↓" if waiting else " that a number answers"
    return f"{name} asks nothing{choose}"


def row(member: dict[str, Any], cells: int) -> Text:
    """A member in one row: name, state, and what is to be known, as far as there is room.

    Args:
        member: As the daemon's status has it.
        cells: The room that there is, in cells of the terminal.
    """
    state = f"{plain(member.get('state', 'unknown')):<{_STATE_COLUMN}}"
    name = plain(member.get("name", "?"))
    taken = max(_NAME_COLUMN, min(NAME_CELLS, cell_len(name))) + cell_len(f" {state} ")
    about = _about(member, cells - taken)
    name = _cut(name, max(NAME_CELLS, cells - cell_len(f" {state} {about}")))
    name = set_cell_size(name, max(_NAME_COLUMN, cell_len(name)))
    text = Text(f"{name} ", no_wrap=True, overflow="ellipsis")
    text.append(state, style=_STATE_STYLES.get(state.strip(), "red"))
    text.append(f" {about}", style="dim")
    return text


def _about(member: dict[str, Any], cells: int) -> str:
    """What a member waits for, with the keys that answer; else what else is known.

    Where room is short what is asked about is cut before the options, which are what the keys do.
    """
    question = member.get("question")
    if not question:
        return _one_line(member.get("detail", ""))
    subject = _one_line(question.get("subject") or question.get("text"))
    labels = [_one_line(option["label"]) for option in question["options"]]
    room = cells - min(cell_len(subject), _SUBJECT_CELLS) - 1
    if labels and cell_len(_numbered(labels)) > room:
        share = max(_LABEL_CELLS, room // len(labels) - cell_len(" 1:"))
        labels = [_cut(label, share) for label in labels]
    options = _numbered(labels)
    return f"{_cut(subject, max(_SUBJECT_CELLS, cells - cell_len(options) - 1))} {options}".rstrip()


def _numbered(labels: Sequence[str]) -> str:
    return " ".join(f"{number}:{label}" for number, label in enumerate(labels, 1))


def _cut(text: str, cells: int) -> str:
    return text if cell_len(text) <= cells else set_cell_size(text, cells - 1).rstrip() + "…"


def _one_line(text: object) -> str:
    return " ".join(plain(text).split())
