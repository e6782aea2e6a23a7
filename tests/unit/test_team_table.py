"""The table of ``teamvoice team``."""

from __future__ import annotations

import pytest
from rich.console import Console

from teamvoice import config
from teamvoice.cli.team_commands import _table
from teamvoice.team.glimpses import Status
from teamvoice.team.states import Kind, State

LONG = "developer-" + "x" * 43
TASK = "told: write the login feature, with tests, and say when it is done"


def shown(name: str, columns: int, detail: str = "") -> str:
    state = State(Kind.WORKING, "screen", 0, detail=detail)
    status = Status(config.Member(name=name), state, "standin", "%12", "base:1.0")
    console = Console(width=columns)
    with console.capture() as capture:
        console.print(_table([status]))
    return capture.get()


@pytest.mark.parametrize("detail", ["", TASK])
@pytest.mark.parametrize("columns", [20, 40, 60, 80])
@pytest.mark.parametrize("name", [LONG, "担当" * 20, "-".join(["the one who reviews"] * 3)])
def test_a_long_name_is_cut_where_room_is_short_and_never_the_state(
    name: str, columns: int, detail: str
) -> None:
    head, row, *rest = shown(name, columns, detail).splitlines()
    assert head.split()[:2] == ["member", "state"]
    assert row.startswith(name[:2])
    assert "working" in row
    assert not any(name[:6] in line for line in rest), "a member is one row with one name"


def test_a_long_name_stands_whole_where_there_is_room() -> None:
    assert LONG in shown(LONG, 120)
    row = shown(LONG, 90).splitlines()[1]
    assert "…" in row
    assert len(row.rstrip()) == 90, "it is cut to what room there is"


def test_a_short_name_takes_no_room_from_the_state() -> None:
    lines = shown("pm", 80, TASK).splitlines()
    assert [line.split()[:2] for line in lines[:2]] == [["member", "state"], ["pm", "working:"]]
    assert len(lines) == 3
