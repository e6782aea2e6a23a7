"""Pictures of the terminal face: drawn by textual, compared with those in ``tests/golden/face``.

A picture that changed on purpose is written anew with ``FACE_PICTURES=write``; look at it before it
is committed: ``rsvg-convert`` or a browser shows it.
"""

from __future__ import annotations

import asyncio
import copy
import os
import re
import socket
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("textual")

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.widgets import Input, OptionList, RichLog, Static

from scripts.picture import COMMANDS, PICTURE, draw, tidied
from teamvoice.demo.stage import Stage
from teamvoice.ui import wire
from teamvoice.ui.closer import Closer
from teamvoice.ui.face import Face, Messages
from teamvoice.ui.picture import Reach
from tests.support.faces import (
    MANY,
    MEMBERS,
    QUESTION,
    STATES,
    STATUS,
    TOLD,
    Told,
    is_whole,
    keys_of,
    name_of_selected,
    screen_of,
    words_of,
)
from tests.support.wait import until

GOLDEN = Path(__file__).parents[1] / "golden" / "face"


async def check(name: str, state: str, columns: int, *, read_only: bool = False) -> None:
    """The face as textual draws it is, once all is told and drawn, what it was."""
    file = GOLDEN / f"{name}.svg"
    told = Told(STATES[state])
    face = Face(read_only=read_only, watch=told.watch)

    def drawn() -> str:
        return tidied(face.export_screenshot())

    async with face.run_test(size=(columns, 24)) as pilot:
        await told.is_over.wait()
        await until(lambda: "quit" in keys_of(face), "the keys are told")
        await pilot.pause()
        if os.environ.get("FACE_PICTURES") == "write":
            file.parent.mkdir(exist_ok=True)
            file.write_text(drawn(), encoding="utf-8")
        picture = file.read_text(encoding="utf-8")
        await until(lambda: drawn() == picture, f"{name}: FACE_PICTURES=write, and look")


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize("state", STATES)
async def test_the_face_looks_as_it_did(state: str, columns: int) -> None:
    await check(f"{state}-{columns}", state, columns)


@pytest.mark.parametrize("state", ["question", "turn"])
async def test_it_can_be_read_without_colour(state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    await check(f"{state}-80-plain", state, 80)


async def test_who_only_looks_has_no_keys_to_talk() -> None:
    await check("watch-80", "turn", 80, read_only=True)


@pytest.mark.parametrize(
    ("read_only", "told"),
    [(False, "CONFIRM press Y to send message"), (True, "CONFIRM tap the key to send message")],
)
async def test_a_confirmation_names_the_key_that_works_here(read_only: bool, told: str) -> None:
    daemon = Told(STATES["question"])
    face = Face(read_only=read_only, watch=daemon.watch)
    async with face.run_test(size=(80, 24)):
        await daemon.is_over.wait()
        await until(lambda: told in words_of(tidied(face.export_screenshot())), "it is drawn")


async def test_the_newest_line_stays_in_view_while_a_turn_is_typed() -> None:
    spoken = [{"event": "heard", "text": f"line {n}"} for n in range(40)]
    told = Told([{"status": STATUS}, *spoken])
    face = Face(watch=told.watch)
    async with face.run_test(size=(80, 24)) as pilot:
        await told.is_over.wait()
        for key in ("t", "escape"):
            await until(lambda: any("line 39" in row for row in screen_of(face)), "it is seen")
            await pilot.press(key)
        await until(lambda: any("line 39" in row for row in screen_of(face)), "it is seen")
        face.query_one("#talk", RichLog).scroll_home(animate=False)
        await until(lambda: any("line 0" in row for row in screen_of(face)), "it is read again")
        await pilot.press("t")
        assert any("line 0" in row for row in screen_of(face))


async def test_what_is_understood_is_seen_as_it_comes() -> None:
    told = Told([{"status": STATUS}, {"event": "hearing", "id": "i1", "text": "who is"}])
    face = Face(watch=told.watch)
    async with face.run_test(size=(80, 24)):
        await until(lambda: any("who is" in row for row in screen_of(face)), "it is seen")


@pytest.mark.parametrize(("rows", "seen"), [(24, 3), (12, 1)])
async def test_of_a_long_answer_the_newest_words_are_seen(rows: int, seen: int) -> None:
    words = [f"word{n}" for n in range(200)]
    told = Told([{"status": STATUS}, {"event": "saying", "text": " ".join(words)}])
    face = Face(watch=told.watch)
    async with face.run_test(size=(60, rows)):
        await until(lambda: any("word199" in row for row in screen_of(face)), "its end is seen")
        assert sum("word" in row for row in screen_of(face)) == seen


async def test_what_was_said_before_can_be_read_and_the_end_is_found_again() -> None:
    confirmed, goes_on, asks = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def much() -> Messages:
        yield {"status": copy.deepcopy(STATUS)}
        yield {"event": "confirm", "text": "tap the key to send message: pm: go on"}
        for n in range(40):
            yield {"event": "heard", "text": f"line {n}"}
        await confirmed.wait()
        yield {"event": "confirmed"}
        await goes_on.wait()
        for n in range(40, 100):
            yield {"event": "heard", "text": f"line {n}"}
        await asks.wait()
        yield {"event": "confirm", "text": "tap the key to send message: pm: stop"}
        await asyncio.Event().wait()

    face = Face(watch=much)
    async with face.run_test(size=(80, 24)) as pilot:
        await until(lambda: any("line 39" in row for row in screen_of(face)), "its end is seen")
        await pilot.press("pageup", "pageup", "pageup")
        await until(lambda: any("line 0" in row for row in screen_of(face)), "its begin is seen")
        assert name_of_selected(face) == "developer", "the team stays"
        confirmed.set()
        await until(lambda: any(line.kind == "settled" for line in face._written), "it is settled")
        await pilot.pause()
        assert any("line 0" in row for row in screen_of(face)), "it stays where it is read"
        await pilot.press(*["pagedown"] * 5)  # more than it takes
        await until(lambda: any("line 39" in row for row in screen_of(face)), "its end is seen")
        goes_on.set()
        await until(lambda: any("line 99" in row for row in screen_of(face)), "and stays in view")
        await pilot.press(*["pageup"] * 3)
        await until(lambda: not any("line 99" in row for row in screen_of(face)), "it is left")
        asks.set()
        await until(lambda: any("CONFIRM" in row for row in screen_of(face)), "what asks is seen")


async def test_the_newest_line_stays_in_view_when_much_comes_at_once_and_is_drawn_anew() -> None:
    lines = [{"event": "heard", "text": f"line {n}"} for n in range(80)]
    asks = {"event": "confirm", "text": "tap the key to send message: pm: go on"}
    told = Told([{"status": STATUS}, asks, *lines[:60], {"event": "confirmed"}, *lines[60:]])
    face = Face(watch=told.watch)
    async with face.run_test(size=(80, 24)) as pilot:
        await until(lambda: any("line 79" in row for row in screen_of(face)), "its end is seen")
        for columns in (60, 120):
            await pilot.resize_terminal(columns, 24)
            await until(lambda: any("line 79" in row for row in screen_of(face)), "as before")


async def test_a_team_of_nobody_is_told() -> None:
    told = Told([{"status": {**STATUS, "members": []}}])
    face = Face(watch=told.watch)
    async with face.run_test(size=(60, 24)):
        await until(lambda: "nobody is on the team" in " ".join(screen_of(face)), "it is told")


async def test_a_paste_of_several_lines_is_one_and_all_of_it() -> None:
    told = Told(STATES["idle"])
    face = Face(watch=told.watch)
    async with face.run_test(size=(80, 24)) as pilot:
        await told.is_over.wait()
        await pilot.press("t", "a")
        face.post_message(events.Paste("tell the pm to write\nthree lines\n\nof text\n"))
        line = face.query_one("#typed", Input)
        await until(lambda: line.value == "atell the pm to write three lines of text", "all of it")


async def test_a_number_says_whom_to_choose_where_another_waits() -> None:
    waits = {"name": "reviewer", "state": "waiting", "question": QUESTION}
    told = Told([{"status": {**STATUS, "members": [*MEMBERS[:2], waits]}}])
    face = Face(watch=told.watch)
    async with face.run_test(size=(80, 24)) as pilot:
        await told.is_over.wait()
        await pilot.press("down", "1")
        row = "developer asks nothing; reviewer waits: choose with ↑ and ↓"
        await until(lambda: any(row in line for line in screen_of(face)), "it is said")


@pytest.mark.parametrize("columns", [60, 80])
async def test_a_line_that_is_too_long_goes_on_under_its_words(columns: int) -> None:
    long = f"{TOLD}, 你好, {'x' * 120}"
    told = Told([{"status": STATUS}, {"event": "heard", "text": long}])
    face = Face(watch=told.watch)

    def lines() -> list[str]:
        return [strip.text.rstrip() for strip in face.query_one("#talk", RichLog).lines]

    async with face.run_test(size=(columns, 24)):
        await told.is_over.wait()
        await until(
            lambda: lines() and all(cell_len(row) < columns for row in lines()),
            "it is drawn as wide as there is room",
        )
        rows = lines()
    assert [row[:8] for row in rows] == ["you     ", *[" " * 8] * (len(rows) - 1)]
    assert "".join(row[8:] for row in rows).replace(" ", "") == long.replace(" ", "")


async def test_it_can_end_while_much_is_told() -> None:
    async def endless() -> Messages:
        yield {"status": copy.deepcopy(STATUS)}
        while True:
            yield {"event": "level", "of": "voice", "db": -9}
            await asyncio.sleep(0)

    face = Face(watch=endless)
    async with face.run_test(size=(80, 24)) as pilot:
        await until(lambda: face.picture.reach is Reach.ANSWERS, "it listens")
        await pilot.pause()


@pytest.mark.needs("tmux", "flite", "python:pocketsphinx")
async def test_the_picture_of_the_readme_says_what_talk_says_today(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CONFIG_DIR", "STATE_DIR"):
        monkeypatch.setenv(f"TEAMVOICE_{name}", str(tmp_path))
    monkeypatch.setenv("TEAMVOICE_SOCKET", str(tmp_path / "control.sock"))
    with await asyncio.to_thread(Stage, keep=False) as stage:
        drawn = await draw(stage.socket)
    shown = PICTURE.read_text(encoding="utf-8")
    assert stable_words(drawn) == stable_words(shown), "make picture, and look"
    for svg in (drawn, shown):
        words = words_of(svg)
        assert f"you {COMMANDS[0]} does team_status() -> The developer is idle." in words
        assert "@font-face" not in svg
        assert socket.gethostname() not in svg
        assert tempfile.gettempdir() not in svg


def stable_words(svg: str) -> set[str]:
    """The words, without figures, times and meters, whatever is just being spoken."""
    text = words_of(re.sub("<style>.*?</style>", "", svg, flags=re.DOTALL))
    return set(re.sub(r"\d+|\[[#.]*\]", "", text).split())


async def test_the_selection_stays_with_its_member_when_the_team_changes() -> None:
    """A digit answers whom the person looked at, not whoever stands in that row now."""
    changes: asyncio.Queue[list[dict[str, Any]]] = asyncio.Queue(1)

    async def team() -> Messages:
        yield {"status": copy.deepcopy(STATUS)}
        while True:
            yield {"event": "members", "members": await changes.get()}

    def rows(*names: str) -> list[dict[str, Any]]:
        return [{"name": name, "state": "idle"} for name in names]

    face = Face(watch=team)
    async with face.run_test(size=(80, 24)) as pilot:
        await until(lambda: len(face.picture.members) == 3, "the team is there")
        await pilot.press("down")
        assert name_of_selected(face) == "pm"
        await changes.put(rows("pm", "reviewer"))
        await until(lambda: len(face.picture.members) == 2, "the developer is gone")
        assert name_of_selected(face) == "pm"
        await changes.put(rows("another", "developer", "pm"))
        await until(lambda: len(face.picture.members) == 3, "two have come")
        assert name_of_selected(face) == "pm"
        await changes.put(rows("another", "developer"))
        await until(lambda: len(face.picture.members) == 2, "the one that was selected is gone")
        assert name_of_selected(face) is None, "nobody is answered who was not chosen"


async def test_who_waits_is_seen_wherever_the_rows_of_a_large_team_are() -> None:
    changes: asyncio.Queue[list[dict[str, Any]]] = asyncio.Queue(1)

    async def team() -> Messages:
        yield {"status": {**STATUS, "members": [{**m, "state": "idle"} for m in MANY]}}
        while True:
            yield {"event": "members", "members": await changes.get()}

    face = Face(watch=team)
    async with face.run_test(size=(80, 24)) as pilot:
        await until(lambda: len(face.picture.members) == len(MANY), "the team is there")
        await pilot.press(*["down"] * 9)
        assert name_of_selected(face) == "agent-10"
        await changes.put(MANY)
        await until(lambda: face.picture.members[0]["state"] == "waiting", "the PM waits")
        await pilot.pause()
        assert name_of_selected(face) == "agent-10", "a digit answers nobody else"
        words = words_of(tidied(face.export_screenshot()))
        assert "3 more · waiting: pm" in words
        assert "agent-10 working" in words
        await pilot.press("home")
        assert name_of_selected(face) == "pm"


async def test_the_meters_have_the_width_that_there_is_now() -> None:
    told = Told(STATES["idle"])
    face = Face(watch=told.watch)
    async with face.run_test(size=(30, 24)) as pilot:
        await told.is_over.wait()
        await pilot.resize_terminal(120, 24)
        await until(lambda: "." * 24 in str(face.query_one("#meters", Static).render()), "wide")


@pytest.mark.parametrize("name", ["a-name-that-goes-on-" * 4, "担当" * 20])
@pytest.mark.parametrize("columns", [60, 80, 120])
async def test_a_long_name_hides_neither_the_state_nor_what_can_be_answered(
    name: str, columns: int
) -> None:
    member = {"name": name, "state": "waiting", "question": QUESTION}
    told = Told([{"status": {**STATUS, "members": [member]}}])
    face = Face(watch=told.watch)
    async with face.run_test(size=(columns, 24)):
        await told.is_over.wait()
        team = face.query_one("#team", OptionList)

        def shown() -> str:
            """What stands before the answers."""
            row = team.get_option_at_index(0).prompt
            assert isinstance(row, Text)
            return row.plain[: row.plain.index("1:Yes")]

        await until(
            lambda: team.option_count == 1 and cell_len(shown()) < columns,
            "there is room for what can be answered",
        )


async def test_a_long_name_stands_whole_once_there_is_room_for_it() -> None:
    name = "developer-" + "x" * 43
    told = Told([{"status": {**STATUS, "members": [{"name": name, "state": "working"}]}}])
    face = Face(watch=told.watch)

    def row() -> str:
        team = face.query_one("#team", OptionList)
        return str(team.get_option_at_index(0).prompt) if team.option_count else ""

    async with face.run_test(size=(60, 24)) as pilot:
        await until(lambda: "… working" in row(), "it is cut, the state is seen")
        assert len(row().rstrip()) > 50, "it is cut to what room there is"
        await pilot.resize_terminal(120, 24)
        await until(lambda: f"{name} working" in row(), "it stands whole")
        assert name_of_selected(face) == name
        await pilot.resize_terminal(50, 24)
        await until(lambda: "… working" in row(), "it is cut again")


@pytest.mark.parametrize("size", [(20, 5), (39, 24), (80, 9)])
async def test_a_terminal_that_is_too_small_says_so_until_it_grows(size: tuple[int, int]) -> None:
    told = Told([*STATES["question"], {"status": {**STATUS, "members": MANY}}])
    face = Face(watch=told.watch)
    async with face.run_test(size=size) as pilot:
        await told.is_over.wait()
        small = ["needs 40×10, q quits", *[""] * (size[1] - 1)]
        await until(lambda: screen_of(face) == small, "it says so, and nothing else")
        await pilot.press("t", "1", "m")  # what they would do is not to be seen
        assert screen_of(face) == small
        for columns, rows in ((40, 10), (60, 12), (80, 24)):
            await pilot.resize_terminal(columns, rows)
            await until(partial(is_whole, face, rows), "all of it is seen")
        face.push_screen(Closer("pm: idle"))
        await pilot.resize_terminal(*size)
        await pilot.press("x")
        await until(lambda: screen_of(face)[0].startswith("needs"), "it is too small again")
        await pilot.press("q")
        await until(lambda: not face.is_running, "it has ended")


async def test_who_types_has_the_keys_of_that_and_of_nothing_else() -> None:
    told = Told(STATES["idle"])
    face = Face(watch=told.watch)
    async with face.run_test(size=(40, 10)) as pilot:
        await told.is_over.wait()
        await pilot.press("t")
        await until(lambda: keys_of(face) == "⏎ ask  esc leave", "the keys are those of typing")
        await pilot.press("q")
        await until(lambda: screen_of(face)[-2] == "q", "it is typed")
        await pilot.press("escape")
        await until(lambda: "q quit" in keys_of(face), "the keys are those of talking")


@pytest.mark.parametrize("before", ["", "t"])
async def test_ctrl_c_quits(before: str) -> None:
    told = Told(STATES["idle"])
    face = Face(watch=told.watch)
    async with face.run_test() as pilot:
        await told.is_over.wait()
        await pilot.press(*before, "ctrl+c")
        await until(lambda: not face.is_running, "it has ended")


async def test_a_click_on_a_key_is_that_key() -> None:
    told = Told(STATES["idle"])
    face = Face(watch=told.watch)
    async with face.run_test(size=(80, 24)) as pilot:
        await told.is_over.wait()
        await until(lambda: "t type" in keys_of(face), "the keys are told")
        await pilot.click("#keys", offset=(keys_of(face).index("t type"), 0))
        await until(lambda: "esc leave" in keys_of(face), "what is typed next is a turn")
        await pilot.click("#keys", offset=(keys_of(face).index("esc"), 0))
        await until(lambda: "q quit" in keys_of(face), "it is left")
        await pilot.click("#keys", offset=(keys_of(face).index("q quit"), 0))
        await until(lambda: not face.is_running, "it has ended")


async def test_enter_pressed_twice_opens_one_box(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []
    may_end = asyncio.Event()

    async def look(_requests: wire.Requests, name: str) -> str:
        looks.append(name)
        await may_end.wait()
        return f"{name}: idle"

    monkeypatch.setattr(wire.Requests, "look", look)
    told = Told(STATES["idle"])
    face = Face(watch=told.watch)
    async with face.run_test(size=(80, 24)) as pilot:
        await told.is_over.wait()
        await pilot.press("enter", "enter")
        await until(lambda: len(looks) == 2, "both look")
        may_end.set()
        await until(lambda: isinstance(face.screen, Closer), "it is open")
        await until(lambda: all(w.group != "deeds" for w in face.workers), "both are done")
        assert len(face.screen_stack) == 2
        await pilot.press("x")
        await until(lambda: len(face.screen_stack) == 1, "it is closed")
