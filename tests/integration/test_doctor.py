"""The doctor: every check shown red once, for the reason that it is there for, and all green."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from libtmux import Server

import teamvoice
from teamvoice.daemon import doctor
from teamvoice.daemon.doctor import Finding, examine
from tests.support.cli import Cli
from tests.support.desk import NEEDS_DISPLAY, NEEDS_SOUND, Desk, Sound
from tests.support.panes import name_of, open_pane, own_server, standin
from tests.support.wait import until

pytestmark = pytest.mark.needs("tmux")
NAMES = [
    *("python", "config", "tmux", "tmux server", "team", "display", "key"),
    *("microphone", "speaker", "api key", "offline", "service", "journal", "clock"),
]


@pytest.fixture(autouse=True)
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Directories of the test's own, and nothing of a desk."""
    for variable in [v for v in os.environ if v.startswith("TEAMVOICE_")]:
        monkeypatch.delenv(variable)
    for variable in ("DISPLAY", "WAYLAND_DISPLAY", "OPENAI_API_KEY", "TMUX"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("TEAMVOICE_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("TEAMVOICE_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("TEAMVOICE_TEAM_SOCKET", "tv-nobody-here")
    return tmp_path


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with own_server() as server:
        monkeypatch.setenv("TEAMVOICE_TEAM_SOCKET", name_of(server))
        yield server


async def found(name: str, *, online: bool = False) -> Finding:
    """What is found of one part; what comes after it is not looked at."""
    async with contextlib.aclosing(examine(online=online)) as findings:
        async for finding in findings:
            if finding.name == name:
                return finding
    raise AssertionError(f"there is no check called {name}")


def write(file: Path, text: str, mode: int = 0o600) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    file.chmod(mode)


def only_on_path(directory: Path, monkeypatch: pytest.MonkeyPatch, **programs: str) -> None:
    directory.mkdir()
    for name, script in programs.items():
        write(directory / name, f"#!/bin/sh\n{script}\n", 0o700)
    monkeypatch.setenv("PATH", str(directory))


async def test_a_package_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "soxr", None)
    finding = await found("python")
    assert (finding.mark, "lacks soxr" in finding.detail) == ("fail", True)


async def test_a_configuration_that_cannot_be_used(house: Path) -> None:
    write(house / "config" / "config.toml", '[hotkey]\nkei = "<f9>"\n')
    finding = await found("config")
    assert (finding.mark, 'Did you mean "key"?' in finding.detail) == ("fail", True)
    assert finding.mend


async def test_no_tmux(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only_on_path(house / "bin", monkeypatch)
    finding = await found("tmux")
    assert (finding.mark, finding.mend) == ("fail", "sudo apt install tmux")


async def test_a_tmux_that_is_too_old(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only_on_path(house / "bin", monkeypatch, tmux="echo tmux 2.9a")
    finding = await found("tmux")
    assert (finding.mark, finding.detail) == ("fail", "2.9a is too old")


async def test_no_tmux_server() -> None:
    assert (await found("tmux server")).mark == "fail"
    assert (await found("team")).mark == "fail"


async def test_nobody_of_the_team_is_there(server: Server) -> None:
    open_pane(server, "elsewhere", "exec sh")
    finding = await found("team")
    assert (finding.mark, "@teamvoice 'developer'" in finding.mend) == ("fail", True)


@pytest.mark.needs("ssh")
async def test_a_machine_of_the_team_that_is_away(house: Path) -> None:
    member = '[[team.members]]\nname = "pm"\nhost = "box.invalid"\n'
    write(house / "config" / "config.toml", member)
    assert (await found("tmux server")).mark == "ok"  # none is needed here
    finding = await found("team")
    assert (finding.mark, "ssh -o BatchMode=yes box.invalid" in finding.mend) == ("fail", True)


async def test_one_of_the_team_is_gone(server: Server) -> None:
    open_pane(server, "developer", standin("developer"))

    async def is_up() -> bool:
        return "developer idle" in (await found("team")).detail

    await until(is_up, "the developer is idle", 10)
    finding = await found("team")
    assert (finding.mark, "pm missing" in finding.detail) == ("warn", True)


async def test_no_display_and_so_no_key() -> None:
    display, key = await found("display"), await found("key")
    assert (display.mark, key.mark) == ("warn", "warn")
    assert "import-environment" in display.mend
    assert "teamvoice ptt" in key.mend


@pytest.mark.needs(*NEEDS_SOUND)
async def test_a_microphone_that_is_mute_and_a_sound_server_that_is_gone(own_sound: Sound) -> None:
    mute = await found("microphone")  # nothing is played into it
    assert (mute.mark, "muted" in mute.detail, "pactl" in mute.mend) == ("fail", True, True)
    assert (await found("speaker")).mark == "ok"
    own_sound.break_down()
    gone = await found("speaker")
    assert (gone.mark, bool(gone.mend)) == ("fail", True)


async def test_a_key_that_others_can_read_and_one_that_is_none(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(house / "config" / "env", "OPENAI_API_KEY=sk-1\n", 0o644)
    finding = await found("api key")
    assert (finding.mark, finding.mend.startswith("chmod 600")) == ("fail", True)
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-key")
    finding = await found("api key")
    assert (finding.mark, "not-a-key" in finding.detail) == ("fail", False)


async def test_a_provider_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    async with await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0) as nobody:
        port = nobody.sockets[0].getsockname()[1]
        monkeypatch.setenv("TEAMVOICE_PROVIDER_URL", f"ws://127.0.0.1:{port}/v1/realtime")
        assert (await found("online", online=True)).mark == "fail"


async def test_offline_without_a_voice(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only_on_path(house / "bin", monkeypatch)
    finding = await found("offline")
    assert (finding.mark, finding.mend) == ("fail", "sudo apt install flite")


async def test_a_journal_that_has_no_place(house: Path) -> None:
    write(house / "state", "a file where a directory should be")
    finding = await found("journal")
    assert (finding.mark, "cannot be written" in finding.detail) == ("fail", True)


async def test_a_service_that_failed_and_one_that_knows_no_display(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = "LoadState=loaded\nActiveState=failed\nResult=exit-code\nExecMainStatus=1"
    script = f"case $2 in show) printf '{shown}' ;; *) echo HOME=/nowhere ;; esac"
    only_on_path(house / "bin", monkeypatch, systemctl=script)
    finding = await found("service")
    assert (finding.mark, finding.mend) == ("fail", "teamvoice service logs")
    runs = script.replace("failed", "active")
    write(house / "bin" / "systemctl", f"#!/bin/sh\n{runs}\n", 0o700)
    monkeypatch.setenv("DISPLAY", ":7")
    finding = doctor._service()  # alone: nobody is to look for that display
    assert (finding.mark, "import-environment DISPLAY" in finding.mend) == ("warn", True)


async def test_a_clock_in_the_past(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = house / "__init__.py"
    newer.touch()
    os.utime(newer, (time.time() + 7 * 86_400,) * 2)
    monkeypatch.setattr(teamvoice, "__file__", str(newer))
    assert (await found("clock")).mark == "warn"


@pytest.mark.needs(*NEEDS_SOUND, *NEEDS_DISPLAY, "flite", "python:pocketsphinx")
async def test_a_desk_with_a_team_is_fine(desk: Desk, server: Server, house: Path) -> None:
    for member in ("developer", "pm"):
        open_pane(server, member, standin(member))
    cli = Cli(house, {**desk.environment, "TEAMVOICE_TEAM_SOCKET": name_of(server)})
    async with asyncio.TaskGroup() as tasks:
        speech = tasks.create_task(_speak(desk.sound))
        fine = None

        async def is_fine() -> bool:
            nonlocal fine
            fine = await cli("doctor", "--json")
            return fine.code == 0

        await until(is_fine, "a spoken turn would work", 30)
        speech.cancel()
    assert fine is not None
    checks = msgspec.json.decode(fine.out)["checks"]
    assert [check["name"] for check in checks] == NAMES
    assert {check["mark"] for check in checks} == {"ok"}
    prose = await cli("doctor")
    assert "mend: pactl set-source-mute" in prose.out  # nobody speaks any more
    assert prose.code == 1


async def _speak(sound: Sound) -> None:
    while True:
        await sound.say("somebody speaks")
