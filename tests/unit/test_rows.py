"""A member in a row of the face, however long its question is."""

from __future__ import annotations

from typing import Any

import pytest
from rich.cells import cell_len

from teamvoice.ui.rows import row

SUBJECT = "delete the whole directory of the build and then deploy it to production"
LONG = ("Yes", "Yes, and do not ask again for this command in this project", "No, and tell me why")


def asking(subject: str, *labels: str, name: str = "developer") -> dict[str, Any]:
    question = {"text": "Proceed?", "subject": subject, "options": [{"label": x} for x in labels]}
    return {"name": name, "state": "waiting", "question": question}


@pytest.mark.parametrize("cells", [58, 78, 118])
@pytest.mark.parametrize("name", ["pm", "the very long named member of the team"])
def test_the_options_of_a_long_question_stay_in_view(cells: int, name: str) -> None:
    shown = row(asking(SUBJECT, "Yes", "No", name=name), cells).plain
    assert shown.endswith(" 1:Yes 2:No")
    assert cell_len(shown) <= cells
    assert " waiting  delete the" in shown


@pytest.mark.parametrize("cells", [78, 118])
def test_long_options_are_cut_each_so_that_all_are_seen(cells: int) -> None:
    shown = row(asking(SUBJECT, *LONG), cells).plain
    assert cell_len(shown) <= cells
    assert [f" {n}:{label[:3]}" in shown for n, label in enumerate(LONG, 1)] == [True] * 3


def test_what_has_room_is_whole() -> None:
    shown = row(asking("rm -r build", *LONG), 200).plain
    assert shown.endswith(f"rm -r build 1:{LONG[0]} 2:{LONG[1]} 3:{LONG[2]}")
