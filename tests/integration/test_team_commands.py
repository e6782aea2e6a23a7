from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from libtmux import Pane, Server

from teamvoice.config import Member
from teamvoice.team.held import Held
from teamvoice.team.team import Team
from tests.support.panes import ROOT, name_of, open_pane, own_server, screen_of, standin, team_of
from tests.support.wait import until

pytestmark = pytest.mark.needs("tmux")

_PROGRAM = """
import argparse, sys
from teamvoice.cli import team_commands
heavy = {"libtmux", "rich", "msgspec", "numpy", "asyncio", "json"}
parser = argparse.ArgumentParser(prog="teamvoice")
team_commands.add_parsers(parser.add_subparsers(required=True))
assert not heavy & set(sys.modules), heavy & set(sys.modules)
args = parser.parse_args()
sys.exit(args.run(args))
"""


@pytest.fixture
def server() -> Iterator[Server]:
    with own_server() as own:
        yield own


class Desk:
    """Runs the commands with a configuration of the test's own."""

    def __init__(self, directory: Path, socket: str) -> None:
        self._directory = directory
        self._environment = os.environ | {
            "TEAMVOICE_CONFIG_DIR": str(directory),
            "TEAMVOICE_STATE_DIR": str(directory),
            "TEAMVOICE_TEAM_SOCKET": socket,
        }

    def run(self, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", _PROGRAM, *words],
            env=self._environment,
            cwd=ROOT,
            input=given,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=40,
            check=False,
        )

    def start(self, *words: str) -> subprocess.Popen[str]:
        """The same, not waited for."""
        return subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, *words],
            env=self._environment,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )


@pytest.fixture
def desk(tmp_path: Path, server: Server) -> Desk:
    return Desk(tmp_path, name_of(server))


async def developer_of(server: Server, work_s: float = 30.0) -> Pane:
    pane = open_pane(server, "developer", standin("developer", work_s))
    await until(lambda: "? for shortcuts" in screen_of(pane), "it is ready", within=15)
    return pane


async def test_a_message_from_the_command_line(server: Server, desk: Desk) -> None:
    pane = await developer_of(server)
    done = desk.run("send", "dev", "start on the login feature")
    assert (done.returncode, done.stdout) == (0, "Submitted to the developer.\n"), done.stderr
    assert "> start on the login feature" in screen_of(pane)
    queued = desk.run("send", "dev", "-", "--json", given="and\nthen that\n")
    assert queued.returncode == 0
    receipt = json.loads(queued.stdout)
    assert (receipt["ok"], receipt["outcome"], receipt["member"]) == (True, "queued", "developer")
    stopped = desk.run("interrupt", "developer", "--json")
    assert json.loads(stopped.stdout)["outcome"] == "submitted"


async def test_a_refusal_is_exit_1_with_its_reason(server: Server, desk: Desk) -> None:
    open_pane(server, "developer", "exec sh")
    done = desk.run("send", "dev", "hello")
    assert done.returncode == 1
    assert done.stderr == "Not sent to the developer: only a shell is running there.\n"
    assert json.loads(desk.run("send", "dev", "hello", "--json").stdout)["ok"] is False


async def test_the_team_is_shown(server: Server, desk: Desk) -> None:
    await developer_of(server)
    shown = desk.run("team")
    assert shown.returncode == 0
    assert "developer" in shown.stdout
    assert "idle" in shown.stdout
    assert "\x1b" not in shown.stdout
    members = json.loads(desk.run("team", "--json").stdout)["members"]
    assert [member["state"] for member in members] == ["idle", "missing"]
    assert members[0]["source"] == "screen"
    assert members[0]["age_s"] >= 0


async def test_who_is_missing_is_told_with_the_mend(server: Server, desk: Desk) -> None:
    await developer_of(server)
    mend = "in its pane: tmux set -p @teamvoice pm; or teamvoice init"
    assert f"\npm: {mend}\n" in desk.run("team").stdout
    sent = desk.run("send", "pm", "hello")
    told = f"Not sent to the PM: no pane of pm was found; {mend}.\n"
    assert (sent.returncode, sent.stderr) == (1, told)
    server.cmd("set-option", "-p", "@teamvoice", "pm")
    members = json.loads(desk.run("team", "--json").stdout)["members"]
    assert members[1]["state"] != "missing"


async def test_a_screen_is_read(server: Server, desk: Desk) -> None:
    await developer_of(server)
    assert "a stand-in agent" in desk.run("read", "dev", "--lines", "5").stdout
    read = json.loads(desk.run("read", "dev", "--json").stdout)
    assert read["member"] == "developer"
    assert "a stand-in agent" in read["text"]


def test_exit_codes_of_what_cannot_be(desk: Desk) -> None:
    assert desk.run("send", "zebra", "hello").returncode == 1
    assert desk.run("read", "dev", "--lines", "0").returncode == 2
    assert "a number between 1 and 400" in desk.run("read", "dev", "--lines", "few").stderr
    assert desk.run("send").returncode == 2
    not_text = desk.run("send", "dev", "-", given="caf\udce9")
    assert (not_text.returncode, not_text.stderr.splitlines()) == (
        2, ["teamvoice: the message is not text in UTF-8", "convert it: iconv -t UTF-8"],
    )  # fmt: skip
    no_server = desk.run("team", "--json")
    assert no_server.returncode == 3
    assert "no tmux server" in json.loads(no_server.stdout)["error"]


def test_a_bad_configuration_is_exit_2(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[team]\nsocet = 1\n", encoding="utf-8")
    done = desk.run("team")
    assert done.returncode == 2
    assert "socet" in done.stderr


async def test_an_open_question_is_answered_once(server: Server, desk: Desk) -> None:
    pane = await developer_of(server)
    assert desk.run("send", "dev", "run the tests").returncode == 0
    await until(lambda: "Do you want to proceed?" in screen_of(pane), "it asks")
    wrong = desk.run("answer", "dev", "maybe")
    assert wrong.returncode == 1
    assert wrong.stderr.splitlines() == [
        'Did not answer the developer: none of its options is "maybe".',
        "It asks: Do you want to proceed? run the tests (1 Yes, 2 No)",
    ]
    done = desk.run("answer", "dev", "no", "--json")
    assert done.returncode == 0, done.stderr
    receipt = json.loads(done.stdout)
    assert (receipt["outcome"], receipt["option"]) == ("submitted", "No")
    assert "Refused: run the tests" in screen_of(pane)
    again = desk.run("answer", "dev", "yes")
    assert again.returncode == 1


async def test_without_a_daemon_a_message_is_held_by_the_command_that_waits(
    server: Server, desk: Desk
) -> None:
    pane = await developer_of(server, work_s=1.0)
    assert desk.run("send", "dev", "first").returncode == 0
    done = desk.run("send", "dev", "then the second", "--when", "idle")
    assert (done.returncode, done.stdout) == (0, "Submitted to the developer.\n"), done.stderr
    assert "waiting here until the developer is idle" in done.stderr
    assert "Done, as a stand-in: first" in screen_of(pane)
    assert "> then the second" in screen_of(pane)
    assert desk.run("held").stdout == "Nothing is held.\n"


async def test_what_cannot_be_held_is_refused_in_a_receipt(
    server: Server, desk: Desk, tmp_path: Path
) -> None:
    await developer_of(server)
    (tmp_path / "held.json").write_text("broken")
    done = desk.run("send", "dev", "hello", "--when", "idle", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["outcome"]) == (1, "refused")
    assert f"the held messages in {tmp_path}/held.json cannot be read" in told["why"]
    assert "Traceback" not in done.stderr
    assert (tmp_path / "held.json").read_text() == "broken"


async def test_each_of_two_that_wait_is_told_what_became_of_its_own_message(
    server: Server, desk: Desk, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    pane = await developer_of(server, work_s=60.0)
    assert desk.run("send", "dev", "first").returncode == 0
    texts = ("the second", "the third", "never")
    waiting = [desk.start("send", "dev", text, "--when", "idle") for text in texts]
    request.addfinalizer(lambda: list(map(subprocess.Popen.kill, waiting)))
    held = Held(tmp_path / "held.json", delivers=False)
    await until(lambda: len(held.list()) == len(texts), "all are held", 15)
    (ticket,) = (message.ticket for message in held.list() if message.text == "never")
    assert held.withdraw(ticket)

    def are_over() -> bool:
        if "esc to interrupt" in screen_of(pane):
            pane.send_keys("Escape", enter=False)
        return all(one.poll() is not None for one in waiting)

    await until(are_over, "they are told, while one work after the other is stopped", 30)
    told = [one.communicate()[0] for one in waiting]
    assert told == ["Submitted to the developer.\n"] * 2 + [""]
    assert [one.returncode for one in waiting] == [0, 0, 1]
    assert "> the second" in screen_of(pane)
    assert "> the third" in screen_of(pane)
    assert "never" not in screen_of(pane)


async def test_a_daemon_takes_over_what_commands_have_delivered(
    server: Server, desk: Desk, tmp_path: Path
) -> None:
    pane = await developer_of(server, work_s=1.0)
    command = Held(tmp_path / "held.json", stays=False)
    assert command.open()
    dev = Member(name="developer", aliases=("dev",))
    async with Team(team_of(server, dev), held=Held(tmp_path / "held.json")) as team:
        ticket = (await team.send("dev", "later", when="idle")).ticket
        command.close()  # it has ended
        await until(lambda: "> later" in screen_of(pane), "the daemon delivers it", 15)
        await until(lambda: not command.list(), "it is held no more", 15)
        fate = command.fate(ticket)
        assert fate is not None
        assert fate.state == "arrived"
        assert command.is_delivered_by_daemon()
        done = desk.run("send", "dev", "and then", "--when", "idle")
        assert (done.returncode, done.stdout.split(" ")[0]) == (0, "Held")


def test_what_is_held_is_listed_and_withdrawn(desk: Desk, tmp_path: Path) -> None:
    message = Held(tmp_path / "held.json").hold("developer", "later\nperhaps")
    assert desk.run("held").stdout == f"{message.ticket} developer waiting later perhaps\n"
    (listed,) = json.loads(desk.run("held", "--json").stdout)["held"]
    assert listed["text"] == "later\nperhaps"
    assert desk.run("held", "--withdraw", message.ticket).stdout == "Withdrawn.\n"
    gone = desk.run("held", "--withdraw", message.ticket)
    assert gone.returncode == 1
    assert gone.stderr.splitlines() == [
        f'teamvoice: no message is held as "{message.ticket}"', "see: teamvoice held",
    ]  # fmt: skip


async def test_the_team_is_watched_until_it_is_ended(server: Server, desk: Desk) -> None:
    pane = await developer_of(server)
    with desk.start("team", "--watch", "--json") as watching:
        assert watching.stdout
        first = json.loads(await asyncio.to_thread(watching.stdout.readline))
        assert first["members"][0]["state"] == "idle"
        pane.send_keys("think")
        then = json.loads(await asyncio.to_thread(watching.stdout.readline))
        assert then["members"][0]["state"] == "working"
        watching.terminate()


async def test_a_pipe_gets_a_table_for_each_change(server: Server, desk: Desk) -> None:
    pane = await developer_of(server)
    with desk.start("team", "--watch") as watching:
        rows = watching.stdout
        assert rows

        async def sees(state: str) -> None:
            while not (row := await asyncio.to_thread(rows.readline)).startswith("developer"):
                assert row
            assert row.split()[1] == state

        await sees("idle")
        pane.send_keys("think")
        await sees("working")
        watching.terminate()


@pytest.mark.parametrize("command", ["team", "send", "read", "answer", "interrupt", "held"])
def test_every_help_has_an_example(desk: Desk, command: str) -> None:
    shown = desk.run(command, "--help")
    assert f"example:\n  teamvoice {command}" in shown.stdout
