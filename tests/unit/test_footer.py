"""The keys of the terminal face in a line."""

from __future__ import annotations

import pytest

from teamvoice.ui.footer import LOOK, TALK, TYPE, footer


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        (80, "space talk m mute c cancel y confirm t type 1-9 answer ⏎ look ↑↓ choose q quit"),
        (60, "space talk m mute c cancel y confirm t type ⏎ look q quit"),
        (40, "space talk m mute c cancel t type q quit"),
        (17, "space talk q quit"),
        (9, "q quit"),
        (5, ""),
    ],
)
def test_the_keys_that_are_needed_most_have_the_room(columns: int, line: str) -> None:
    assert footer(TALK, columns).plain == line


def test_keys_stand_apart_where_there_is_room_for_all_of_them() -> None:
    told = [f"{key.sign} {key.does}" for key in TALK]
    assert footer(TALK, 86).plain == "  ".join(told)
    assert footer(TALK, 85).plain == " ".join(told)


def test_who_looks_and_who_types_have_keys_of_their_own() -> None:
    assert footer(LOOK, 60).plain == "⏎ look  ↑↓ choose  q quit"
    assert footer(TYPE, 60).plain == "⏎ ask  esc leave"
