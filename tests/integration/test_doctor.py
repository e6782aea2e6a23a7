"""The doctor: every check shown red, for a reason that it is there for, and all green."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from libtmux import Server

import teamvoice
from teamvoice import apikey
from teamvoice.config import Config
from teamvoice.daemon import doctor, service_check
from teamvoice.daemon.doctor import Finding, examine
from tests.support.cli import Cli
from tests.support.desk import NEEDS_DISPLAY, NEEDS_SOUND, Desk, Sound
from tests.support.panes import name_of, open_pane, own_server, standin
from tests.support.ports import silent_port
from tests.support.processes import running, wait_for
from tests.support.wait import until

pytestmark = pytest.mark.needs("tmux")
SHOWN = "LoadState=loaded\\nActiveState={}\\nResult=exit-code\\nExecMainStatus=1\\nStatusText={}"


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


@pytest.fixture
def port() -> Iterator[int]:
    """At which nobody listens."""
    with silent_port() as port:
        yield port


@pytest.fixture
def daemon(house: Path) -> Iterator[None]:
    with running((sys.executable, "-m", "teamvoice", "run"), {}, house / "log"):
        wait_for((house / "run.sock").exists, "it listens", 40)
        yield


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


def left_behind(directory: Path) -> list[Path]:
    return list(directory.rglob(".doctor-*"))


def only_on_path(directory: Path, monkeypatch: pytest.MonkeyPatch, **programs: str) -> None:
    directory.mkdir()
    for name, script in programs.items():
        write(directory / name, f"#!/bin/sh\n{script}\n", 0o700)
    monkeypatch.setenv("PATH", str(directory))


@dataclass(frozen=True)
class Case:
    """One way in which a part is out of order; the functions :func:`red` marks bring it about."""

    name: str
    cause: str
    mend: str
    bring_about: Callable[[Room], None]


@dataclass(frozen=True)
class Room:
    """What a case may change."""

    home: Path
    patch: pytest.MonkeyPatch
    request: pytest.FixtureRequest


HEARD = pytest.mark.needs(*NEEDS_SOUND)
# Xlib leaves the sockets open with which it was refused.
LEAKS = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
RED: list[Any] = []


def red(
    name: str, cause: str, mend: str, *marks: pytest.MarkDecorator
) -> Callable[[Callable[[Room], None]], Callable[[Room], None]]:
    """A way to break the part of that name.

    Args:
        name: The check.
        cause: What its finding says, among others.
        mend: What the mend says, among others.
        marks: What pytest is to know of it.
    """

    def add(bring_about: Callable[[Room], None]) -> Callable[[Room], None]:
        case = Case(name, cause, mend, bring_about)
        RED.append(pytest.param(case, id=bring_about.__name__, marks=marks))
        return bring_about

    return add


@red("python", "lacks soxr", "make setup")
def a_package_is_missing(room: Room) -> None:
    room.patch.setitem(sys.modules, "soxr", None)


@red("config", 'Did you mean "key"?', "")
def a_setting_is_misspelt(room: Room) -> None:
    write(room.home / "config" / "config.toml", '[hotkey]\nkei = "<f9>"\n')


@red("tmux", "not installed", "sudo apt install tmux")
def there_is_no_tmux(room: Room) -> None:
    only_on_path(room.home / "bin", room.patch)


@red("tmux", "2.9a is too old", "3.2 or newer")
def tmux_is_too_old(room: Room) -> None:
    only_on_path(room.home / "bin", room.patch, tmux="echo tmux 2.9a")


@red("tmux server", "no tmux server answers", "tmux -L tv-nobody-here new -s work")
def no_tmux_server_runs(_room: Room) -> None:
    pass


@red("team", "cannot be seen", "tmux -L tv-nobody-here new -s work")
def the_team_has_no_server(_room: Room) -> None:
    pass


@red("team", "developer missing", "tmux set -p @teamvoice developer; or teamvoice init")
def nobody_of_the_team_is_there(room: Room) -> None:
    open_pane(room.request.getfixturevalue("server"), "elsewhere", "exec sh")


@red("team", "pm missing", "ssh -o BatchMode=yes box.invalid", pytest.mark.needs("ssh"))
def the_machine_of_the_team_is_away(room: Room) -> None:
    member = '[[team.members]]\nname = "pm"\nhost = "box.invalid"\n'
    write(room.home / "config" / "config.toml", member)


@red("display", "no display in this environment", 'hotkey.backend = "socket"')
def there_is_no_display(_room: Room) -> None:
    pass


@red("display", 'the display ":7531" cannot be reached', "import-environment DISPLAY", LEAKS)
def no_x_server_answers(room: Room) -> None:
    room.patch.setenv("DISPLAY", ":7531")


@red("display", 'the display "wayland-9" cannot be reached', "import-environment DISPLAY")
def no_compositor_answers(room: Room) -> None:
    room.patch.setenv("XDG_RUNTIME_DIR", str(room.home))
    room.patch.setenv("WAYLAND_DISPLAY", "wayland-9")


@red("key", "DISPLAY is not set", 'hotkey.backend = "socket"')
def no_key_can_be_seen(_room: Room) -> None:
    pass


@red("microphone", "muted", "pactl set-source-mute", HEARD)
def the_microphone_is_mute(room: Room) -> None:
    room.request.getfixturevalue("own_sound")  # nothing is played into it


@red("speaker", "there is no speaker", "start the sound server", HEARD)
def the_sound_server_is_gone(room: Room) -> None:
    room.request.getfixturevalue("own_sound").break_down()


@red("api key", "others can read it", "chmod 600")
def others_can_read_the_key(room: Room) -> None:
    write(room.home / "config" / "env", "OPENAI_API_KEY=sk-1\n", 0o644)


@red("api key", "not a key of OpenAI's", "begins with sk-")
def the_key_is_none(room: Room) -> None:
    room.patch.setenv("OPENAI_API_KEY", "not-a-key")


@red("online", "cannot be reached", "")
def the_provider_does_not_answer(room: Room) -> None:
    port: int = room.request.getfixturevalue("port")
    room.patch.setenv("TEAMVOICE_PROVIDER_URL", f"ws://127.0.0.1:{port}/v1/realtime")


@red("offline", "neither flite nor espeak-ng", "sudo apt install flite")
def offline_has_no_voice(room: Room) -> None:
    only_on_path(room.home / "bin", room.patch)


@red("service", "failed", "teamvoice service logs")
def the_service_failed(room: Room) -> None:
    only_on_path(room.home / "bin", room.patch, systemctl=systemctl("failed"))


@red("service", "it runs, and waits: config.toml is wrong", "teamvoice config check")
def the_service_waits(room: Room) -> None:
    room.patch.setenv("TEAMVOICE_SOCKET", str(room.home / "no.sock"))
    told = systemctl("active", "waiting: config.toml is wrong")
    only_on_path(room.home / "bin", room.patch, systemctl=told)


@red("daemon", "its key: there is no display", "")
def the_daemon_sees_no_key(room: Room) -> None:
    room.patch.setenv("TEAMVOICE_SOCKET", str(room.home / "run.sock"))
    room.patch.setenv("TEAMVOICE_PROVIDER_CONNECT", "demand")
    room.request.getfixturevalue("daemon")


@red("service", "stopped", "systemctl --user start teamvoice")
def the_service_was_stopped(room: Room) -> None:
    room.patch.setenv("TEAMVOICE_SOCKET", str(room.home / "no.sock"))
    only_on_path(room.home / "bin", room.patch, systemctl=systemctl("inactive"))


@red("journal", "No space left", "free some space on the disk of")
def the_disk_of_the_journal_is_full(room: Room) -> None:
    disk: Path = room.request.getfixturevalue("tiny_disk")
    room.patch.setenv("TEAMVOICE_STATE_DIR", str(disk))
    with contextlib.suppress(OSError):
        (disk / "filler").write_bytes(b"x" * 128 * 1024)


@red("journal", "cannot be written", "mv ")
def the_journal_has_no_place(room: Room) -> None:
    write(room.home / "state", "a file where a directory should be")


@red("clock", "before teamvoice was installed", "timedatectl set-ntp true")
def the_clock_is_in_the_past(room: Room) -> None:
    room.patch.setenv("OPENAI_API_KEY", "sk-1")
    set_installed(room, time.time() + 7 * 86_400)


def systemctl(state: str, told: str = "") -> str:
    shown = SHOWN.format(state, told)
    return f"case $2 in show) printf '{shown}' ;; *) echo HOME=/nowhere ;; esac"


def set_installed(room: Room, when: float) -> None:
    newer = room.home / "__init__.py"
    newer.touch()
    os.utime(newer, (when,) * 2)
    room.patch.setattr(teamvoice, "__file__", str(newer))


@pytest.mark.parametrize("case", RED)
async def test_it_is_red_with_a_cause_and_a_mend(
    case: Case, house: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    case.bring_about(Room(house, monkeypatch, request))
    finding = await found(case.name, online=case.name == "online")
    assert finding.mark == "fail", finding
    assert case.cause in finding.detail
    assert finding.detail
    assert finding.mend
    assert not left_behind(house)
    assert case.mend in finding.mend


def test_every_check_has_been_seen_red() -> None:
    assert {param.values[0].name for param in RED} == set(doctor.NAMES)


async def test_what_it_says_of_the_journal_and_of_tmux_mends_them(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(house / "state", "a file where a directory should be")
    await _ran((await found("journal")).mend)
    assert (await found("journal")).mark == "ok"

    for place in (f"tv-mend-{os.getpid()}", str(house / "a socket")):
        monkeypatch.setenv("TEAMVOICE_TEAM_SOCKET", place)
        mend = (await found("tmux server")).mend.partition(": ")[2]
        await _ran(f"{mend} -d cat")
        try:
            assert (await found("tmux server")).mark == "ok"
        finally:
            await _ran(mend.replace("new -s work", "kill-server"))


async def test_two_panes_that_are_tagged_alike(server: Server, house: Path) -> None:
    write(house / "config" / "config.toml", '[[team.members]]\nname = "developer"\n')
    panes = [open_pane(server, name, standin(name)) for name in ("one", "two")]
    for pane in panes:
        pane.cmd("set-option", "-p", "@teamvoice", "developer")
    finding = await found("team")
    assert finding.mark == "fail"
    assert "developer unknown (The pane of developer could be " in finding.detail
    await _ran(finding.mend.partition(": ")[2])
    assert "could be" not in (await found("team")).detail


async def test_two_members_in_one_pane_are_named(server: Server, house: Path) -> None:
    blocks = [f'[[team.members]]\nname = "{name}"\ntarget = "desk:one"\n' for name in ("a", "b")]
    write(house / "config" / "config.toml", "".join(blocks))
    open_pane(server, "one", standin("one"))

    async def is_named() -> bool:
        finding = await found("team")
        told = finding.mend.startswith("a and b are in one pane (%")
        return finding.mark == "warn" and "a idle, b idle" in finding.detail and told

    await until(is_named, "both are found, and that is said", 30)


async def _ran(command: str) -> None:
    process = await asyncio.create_subprocess_shell(command, stderr=asyncio.subprocess.PIPE)
    _, told = await process.communicate()
    assert process.returncode == 0, told


async def test_a_service_that_takes_on_new_settings_is_waited_for(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = house / "seen"
    first = f'if [ "$2" = show ] && [ ! -e {seen} ]; then : > {seen}; {systemctl("reloading")}; '
    only_on_path(house / "bin", monkeypatch, systemctl=f"{first}else {systemctl('active')}; fi")
    assert (await service_check.service(Config())).mark == "ok"


async def test_a_service_that_is_stopped_while_another_daemon_serves(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_on_path(house / "bin", monkeypatch, systemctl=systemctl("inactive"))
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(house / "control.sock"))
        other.listen()
        monkeypatch.setenv("TEAMVOICE_SOCKET", str(house / "control.sock"))
        finding = await service_check.service(Config())
    assert (finding.mark, "another daemon serves" in finding.detail) == ("warn", True)


async def test_one_of_the_team_is_gone(server: Server) -> None:
    open_pane(server, "developer", standin("developer"))

    async def is_up() -> bool:
        return "developer idle" in (await found("team")).detail

    await until(is_up, "the developer is idle", 30)
    finding = await found("team")
    assert (finding.mark, "pm missing" in finding.detail) == ("warn", True)


async def test_the_number_of_a_window_that_tmux_may_renumber_is_no_trouble_but_a_hint(
    server: Server, house: Path
) -> None:
    pane = open_pane(server, "sh", standin("dev"))
    blocks = [
        f'[[team.members]]\nname = "dev"\ntarget = "{at}"\n' for at in ("desk:0.0", "desk:sh")
    ]
    file = house / "config" / "config.toml"
    write(file, blocks[0])

    async def is_up() -> bool:
        return "dev idle" in (await found("team")).detail

    await until(is_up, "it is idle", 30)
    assert await found("team") == Finding("team", "ok", "dev idle")
    server.cmd("set-option", "-g", "renumber-windows", "on")
    finding = await found("team")
    assert (finding.mark, finding.detail) == ("ok", "dev idle")
    assert finding.mend == (
        "tmux may give desk:0.0 of dev to another pane (renumber-windows is on): "
        f"tmux -L {name_of(server)} set -p -t {pane.pane_id} @teamvoice dev, "
        'and target = "@teamvoice=dev" in [[team.members]]'
    )
    write(file, blocks[1])
    assert (await found("team")).mend == ""


async def test_a_turn_without_a_key_or_a_provider_is_possible(
    house: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    write(house / "config" / "config.toml", '[hotkey]\nbackend = "socket"\n')
    set_installed(Room(house, monkeypatch, request), time.time() + 7 * 86_400)
    assert (await found("display")).mark == "ok"
    key, clock = await found("key"), await found("clock")
    assert (key.mark, clock.mark) == ("warn", "warn")
    assert "teamvoice ptt" in key.mend


async def test_a_keyring_that_is_locked(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apikey, "_KEYRING_S", 0.2)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    sleep = f"exec {shutil.which('sleep')} 60"
    only_on_path(house / "bin", monkeypatch, **{"secret-tool": sleep})
    apikey.look_again()
    try:
        finding = await found("api key")
    finally:
        apikey.look_again()
    assert (finding.mark, "is it locked?" in finding.detail) == ("warn", True)
    assert finding.mend.startswith("unlock it, then: systemctl --user reload")


async def test_a_service_that_knows_no_display_and_one_that_waits_for_another(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_on_path(house / "bin", monkeypatch, systemctl=systemctl("active"))
    monkeypatch.setenv("DISPLAY", ":7")
    finding = await service_check.service(Config())  # alone: nobody is to look for that display
    assert (finding.mark, "import-environment DISPLAY" in finding.mend) == ("warn", True)

    told = systemctl("active", "waiting: a daemon runs already")
    write(house / "bin" / "systemctl", f"#!/bin/sh\n{told}\n", 0o700)
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(house / "control.sock"))
        other.listen()
        monkeypatch.setenv("TEAMVOICE_SOCKET", str(house / "control.sock"))
        finding = await service_check.service(Config())
    assert (finding.mark, "a daemon runs already" in finding.detail) == ("warn", True)


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
    assert [check["name"] for check in checks] == [
        name for name in doctor.NAMES if name != "online"
    ]
    assert {check["mark"] for check in checks} == {"ok"}
    prose = await cli("doctor")
    assert "mend: pactl set-source-mute" in prose.out  # nobody speaks any more
    assert prose.code == 1


async def _speak(sound: Sound) -> None:
    while True:
        await sound.say("somebody speaks")
