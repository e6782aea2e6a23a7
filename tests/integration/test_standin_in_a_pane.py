from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest
from libtmux import Server

from teamvoice.config import Member
from teamvoice.team.processes import read_tree
from teamvoice.team.receipts import Outcome
from teamvoice.team.team import Team
from tests.support.panes import open_pane, own_server, pid_of, screen_of, standin, team_of
from tests.support.wait import until

pytestmark = pytest.mark.needs("tmux")


@pytest.fixture
def server() -> Iterator[Server]:
    with own_server() as own:
        yield own


@pytest.mark.parametrize("how", ["key", "signal"])
async def test_the_terminal_is_put_back(server: Server, how: str) -> None:
    pane = open_pane(server, "developer", "exec env PS1='ready> ' bash --norc -i")
    await until(lambda: "ready>" in screen_of(pane), "the shell is ready")
    pane.send_keys("stty -g > /dev/stderr; " + standin("developer").removeprefix("exec "))
    await until(lambda: "? for shortcuts" in screen_of(pane), "the stand-in is ready", within=15)
    if how == "key":
        pane.cmd("send-keys", "C-c")
    else:
        os.kill(read_tree(pid_of(pane)).foreground[0].pid, signal.SIGTERM)
    await until(lambda: "? for shortcuts" not in screen_of(pane), "the first screen is back")
    pane.send_keys("stty -g > /dev/stderr; echo over")
    await until(lambda: "\nover" in screen_of(pane), "the shell is back")
    settings = [line for line in screen_of(pane).splitlines() if line.count(":") > 10]
    assert len(settings) == 2
    assert settings[0] == settings[1]


@pytest.mark.parametrize("width", [60, 100, 200])
async def test_it_is_read_rightly_at_any_width(server: Server, width: int) -> None:
    pane = open_pane(server, "developer", standin("developer", 30))
    pane.window.cmd("resize-window", "-x", str(width), "-y", "24")
    await until(lambda: "? for shortcuts" in screen_of(pane), "it is ready", within=15)
    text = "a message that is longer than one line of a narrow pane, and of 日本語 too " * 3
    async with Team(team_of(server, Member(name="developer"))) as team:
        assert (await team.send("developer", text)).outcome is Outcome.SUBMITTED
        assert (await team.send("developer", "please deploy")).outcome is Outcome.QUEUED
        began = time.monotonic()
        assert (await team.interrupt("developer")).outcome is Outcome.SUBMITTED
        await until(lambda: "❯ 1. Yes" in screen_of(pane), "the queued message asks")
        (status,) = await team.status()
        assert status.state.kind == "waiting"
        now = time.monotonic()
        assert status.as_json(now)["age_s"] <= now - began + 0.1, "since it asks"


async def test_a_numbered_message_is_no_menu(server: Server) -> None:
    pane = open_pane(server, "developer", standin("developer", 1))
    await until(lambda: "? for shortcuts" in screen_of(pane), "it is ready", within=15)
    async with Team(team_of(server, Member(name="developer"))) as team:
        receipt = await team.send("developer", "1. fix the login\n2. test it")
        assert receipt.outcome is Outcome.SUBMITTED
        await until(lambda: screen_of(pane).count("1. fix the login") >= 1, "it arrived")
        pane.send_keys("1. half a thought", enter=False)
        await until(lambda: "1. half a thought" in screen_of(pane), "it is typed")
        (status,) = await team.status()
        assert status.state.kind != "waiting"
        assert (await team.send("developer", "more")).outcome is Outcome.REFUSED
