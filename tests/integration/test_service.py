"""``teamvoice service`` with a real systemd: the wheel is installed, and its unit is started."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from teamvoice.daemon.finding import Finding
from tests.support.cli import Cli
from tests.support.desk import NEEDS_DISPLAY, NEEDS_SOUND, RATE, Sound, display_at
from tests.support.installation import install_into
from tests.support.panes import standin
from tests.support.processes import running, wait_for
from tests.support.systemd import UserManager, user_manager

UNIT = "teamvoice.service"
ODD = 'a "b" \\ %h $HOME ü'
ODD_FOLDER = """it's "q" \\ $x %h;\tü"""
GIVEN = {"TEAMVOICE_PROVIDER_INSTRUCTIONS": ODD, "TEAMVOICE_API_KEY": "secret"}
# Nobody answers there, and nothing is started for it: what is tried here is the service.
CONFIG = """\
[provider]
name = "localai"
url = "ws://127.0.0.1:9/v1/realtime"

[hotkey]
key = "<{key}>"

[team]
socket = "{tmux}"
"""
QUICK = """\
[Service]
StandardError=append:{log}
RestartSec=100ms
TimeoutStopSec=2
TimeoutAbortSec=100ms
"""

LOOK = """\
import asyncio, json
from teamvoice.config import Config
from teamvoice.daemon.service_check import {part}
print(json.dumps(asyncio.run({part}(Config())).as_json()))
"""

pytestmark = pytest.mark.needs("systemctl", "tmux", "python:hatchling")


class Service:
    """The installed service, and the person's terminal beside it."""

    def __init__(self, manager: UserManager, command: Path, tmux: str) -> None:
        self.manager = manager
        self.command = command
        self.tmux = tmux
        self.config = manager.home / ".config" / "teamvoice" / "config.toml"
        self.log = manager.home / "service.log"
        self.muted = manager.home / ".local" / "state" / "teamvoice" / "muted"

    def cli(self, *words: str, **more: str) -> tuple[int, str, str]:
        done = self.manager.run(self.command, *words, **more)
        return done.returncode, done.stdout, done.stderr

    def configure(self, text: str = "", key: str = "f9") -> None:
        draft = self.config.with_name("draft")
        draft.write_text(text or CONFIG.format(tmux=self.tmux, key=key))
        draft.replace(self.config)

    def install(self) -> None:
        code, out, err = self.cli("service", "install")
        assert code == 0, out + err

    def finding(self, here: Mapping[str, str], part: str = "daemon") -> Finding:
        """What the doctor says of the daemon, or of the service, in this session."""
        done = self.manager.run(
            self.command.resolve().with_name("python"), "-P", "-c", LOOK.format(part=part), **here
        )
        assert done.returncode == 0, done.stderr
        return Finding(**json.loads(done.stdout))

    @property
    def pid(self) -> int:
        return int(self.manager.shown(UNIT, "MainPID")[0])

    @property
    def line(self) -> str:
        return self.manager.shown(UNIT, "StatusText")[0]

    @property
    def status(self) -> dict[str, Any]:
        code, out, err = self.cli("status", "--json")
        assert code == 0, err
        status: dict[str, Any] = json.loads(out)
        return status

    def runs_anew(self, before: int) -> bool:
        """It is ready, and is not the process that it was."""
        state, pid = self.manager.shown(UNIT, "ActiveState", "MainPID")
        return state == "active" and int(pid) not in {0, before}


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with user_manager() as manager:
        command = install_into(manager.home)
        service = Service(manager, command, str(manager.home / "tmux"))
        service.config.parent.mkdir(parents=True)
        service.configure()
        manager.add(UNIT, "quick", QUICK.format(log=service.log))
        yield service


@pytest.fixture
def installed(service: Service) -> Service:
    service.configure()
    service.install()
    return service


def test_it_is_installed_once_tells_what_it_did_and_leaves_nothing(service: Service) -> None:
    own = service.config.with_name(f"{ODD}.toml")
    own.write_text(service.config.read_text())
    before = _files(service.manager.home / ".config")
    file = service.manager.units / UNIT
    install = ("service", "install", "--config", str(own))
    code, out, err = service.cli(*install, **GIVEN)
    assert code == 0, err
    wrote, enabled, started = out.splitlines()
    assert (wrote, enabled) == (f"wrote {file}", "enabled: it starts at login")
    assert started.startswith(f"started (pid {service.pid}): link ")
    _was_given(Path(f"/proc/{service.pid}"), own)

    code, out, _ = service.cli(*install, **GIVEN)
    same, login, runs = out.splitlines()
    assert (code, same, login) == (0, f"{file} is as it should be", "it starts at login")
    assert runs.startswith(f"it runs (pid {service.pid}): ")

    checked = service.manager.run("systemd-analyze", "--user", "verify", file)
    assert (checked.stdout, checked.stderr) == ("", "")
    _tells_the_truth(service)

    code, _, err = service.cli("run")
    assert code == 1
    assert f"a daemon runs already (pid {service.pid})" in err

    code, out, _ = service.cli("service", "uninstall")
    assert code == 0
    assert f"removed {file}" in out
    assert _files(service.manager.home / ".config") == before
    # systemd's word that it ended by itself, within the two seconds that it had
    assert service.manager.shown(UNIT, "ActiveState", "Result") == ["inactive", "success"]
    assert not (service.manager.home / "run" / "teamvoice").exists()
    state = service.manager.home / ".local" / "state" / "teamvoice"
    assert not {file.name for file in state.glob("held.*")} - {"held.json"}
    assert service.cli("service", "uninstall")[:2] == (0, "there is no service to take away\n")
    assert service.cli("service", "status")[0] == 4


def test_a_service_that_is_masked_stays_so(service: Service) -> None:
    service.cli("service", "uninstall")
    service.manager.systemctl("mask", UNIT)
    code, _, err = service.cli("service", "install")
    assert (code, "the service is masked" in err) == (1, True)
    code, out, _ = service.cli("service", "uninstall")
    assert (code, "that it is masked stays" in out) == (0, True)
    assert (service.manager.units / UNIT).resolve() == Path("/dev/null")
    service.manager.systemctl("unmask", UNIT)
    service.install()


def _was_given(process: Path, file: Path) -> None:
    assert process.joinpath("cmdline").read_text().split("\0")[-4:-1] == [
        "run",
        "--config",
        str(file),
    ]
    environ = process.joinpath("environ").read_text().split("\0")
    assert f"TEAMVOICE_PROVIDER_INSTRUCTIONS={ODD}" in environ
    assert "secret" not in "".join(environ)


def _tells_the_truth(service: Service) -> None:
    """STATUS is what ``status --line`` says, and ``service status`` what systemd says."""
    wait_for(lambda: "2 " in service.line, "it has looked at the team")
    wait_for(lambda: service.cli("status", "--line")[1] == f"{service.line}\n", "STATUS is true")
    code, out, _ = service.cli("service", "status")
    running, line = out.splitlines()
    assert (code, running) == (0, f"running (pid {service.pid}), starts at login")
    assert line.startswith("link ")
    state = json.loads(service.cli("service", "status", "--json")[1])
    assert (state["manager"], state["state"], state["pid"]) == ("systemd", "running", service.pid)
    code, out, _ = service.cli("service", "logs", "--no-follow", "--lines", "1000")
    assert (code, out) == (0, service.log.read_text())


def test_a_daemon_that_is_killed_or_hangs_is_started_again(installed: Service) -> None:
    before = installed.pid
    installed.manager.add(UNIT, "short", "[Service]\nWatchdogSec=5\n")
    installed.cli("ptt", "mute")
    wait_for(installed.muted.exists, "it is written down")
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: installed.runs_anew(before), "another one is ready", 20)
    assert "microphone muted" in installed.line
    assert installed.status["microphone"]["muted"]
    installed.cli("ptt", "mute")
    wait_for(lambda: not installed.muted.exists(), "it is no longer so")

    before = installed.pid
    os.kill(before, signal.SIGSTOP)
    wait_for(lambda: installed.runs_anew(before), "another one is ready", 20)
    installed.manager.remove(UNIT, "short")


def test_new_settings_are_taken_on_and_broken_ones_refused(installed: Service) -> None:
    pid, line = installed.pid, installed.line
    installed.configure(key="f8")
    installed.manager.systemctl("reload", UNIT)
    wait_for(lambda: installed.status["hotkey"]["key"] == "<f8>", "the new key holds")
    assert installed.pid == pid

    installed.configure("[hotkeys]\n")  # no signal: it sees it by itself
    wait_for(lambda: "new settings cannot be used" in installed.line, "it says so to systemd")
    status = installed.status
    assert status["settings"]["state"] == "refused"
    assert 'Did you mean "hotkey"?' in status["settings"]["reason"]
    assert status["hotkey"]["key"] == "<f8>"

    installed.configure(key="f7")
    wait_for(lambda: installed.status["hotkey"]["key"] == "<f7>", "what was mended holds")
    assert installed.status["settings"] == {"state": "in force", "reason": ""}
    assert "cannot be used" not in installed.line
    assert installed.pid == pid
    assert line.startswith("link ")
    assert installed.log.read_text().count("the old ones stay") == 1


def test_what_keeps_it_from_beginning_is_waited_for_and_told(installed: Service) -> None:
    manager = installed.manager
    manager.systemctl("stop", UNIT)
    installed.configure("[hotkeys]\n")
    manager.systemctl("start", UNIT)
    pid = installed.pid
    assert "waiting: " in installed.line
    assert 'Did you mean "hotkey"?' in installed.line
    code, out, _ = installed.cli("service", "status")
    assert (code, 'Did you mean "hotkey"?' in out) == (0, True)
    code, _, err = installed.cli("status")
    assert (code, "the service runs, and waits: " in err) == (4, True)
    assert 'Did you mean "hotkey"?' in err
    code, out, _ = installed.cli("status", "--line")
    assert (code, out) == (4, f"{installed.line}\n"), "a status bar shows what it waits for"
    code, out, _ = installed.cli("status", "--waybar")
    shown = json.loads(out)
    assert (code, shown["class"]) == (0, ["trouble"])
    assert shown["text"].startswith("waiting: ")
    assert 'Did you mean "hotkey"?' in shown["tooltip"]
    code, _, err = installed.cli("run")
    assert (code, 'Did you mean "hotkey"?' in err) == (2, True), "a terminal is told at once"
    manager.systemctl("reload", UNIT)
    installed.configure()
    wait_for(lambda: installed.line.startswith("link "), "it begins with what was mended", 20)
    manager.systemctl("stop", UNIT)

    with running((installed.command, "run"), manager.environ, installed.log) as other:
        wait_for(lambda: installed.cli("status")[0] == 0, "another one runs", 20)
        code, out, err = installed.cli("service", "install")
        assert code == 0, err
        assert f"waiting: a daemon runs already (pid {other.pid})" in out
        assert installed.pid not in {0, pid, other.pid}
        assert f"(pid {other.pid})" in installed.line
        manager.systemctl("restart", UNIT)  # it neither fails nor is in the other's way
        pid = installed.pid
        assert installed.status["pid"] == other.pid
    wait_for(lambda: installed.line.startswith("link "), "it is its turn", 20)
    assert installed.status["pid"] == installed.pid == pid
    assert manager.shown(UNIT, "NRestarts") == ["0"]


@pytest.mark.needs(*NEEDS_DISPLAY, *NEEDS_SOUND)
def test_it_starts_with_nothing_and_finds_each_thing_when_it_comes(
    installed: Service, tmp_path: Path
) -> None:
    manager, sound = installed.manager, Sound(tmp_path)
    sound._write_files()
    manager.systemctl("set-environment", *(f"{k}={v}" for k, v in sound.environment.items()))
    manager.systemctl("restart", UNIT)
    installed.cli("ptt", "press")
    wait_for(lambda: "microphone" in installed.log.read_text(), "no microphone is told")
    installed.cli("ptt", "release")
    status = installed.status
    assert status["hotkey"]["state"] == "unavailable"
    assert {member["state"] for member in status["members"]} == {"unknown"}

    with ExitStack() as desk:
        display = desk.enter_context(display_at(tmp_path))
        session = ("DISPLAY", "XAUTHORITY")
        values = (f"{name}={display.environment[name]}" for name in session)
        manager.systemctl("set-environment", *values)
        desk.enter_context(sound.serving())
        command = ("tmux", "-S", installed.tmux, "-f", "/dev/null", "new-session", "-d")
        installed.manager.run(*command, "-n", "developer", standin("developer", 0.1))
        desk.callback(installed.manager.run, "tmux", "-S", installed.tmux, "kill-server")

        installed.cli("ptt", "press")
        wait_for(lambda: sound.source_state() == "RUNNING", "the microphone is open")
        installed.cli("ptt", "release")
        wait_for(lambda: "1 idle" in installed.line, "the team is seen", 20)
        wait_for(lambda: "key ready" in installed.line, "the key is seen", 20)
    wait_for(lambda: "key lost" in installed.line or "key unavailable" in installed.line, "gone")


@pytest.mark.needs(*NEEDS_DISPLAY, *NEEDS_SOUND)
def test_the_doctor_asks_the_service_and_its_mends_mend(installed: Service, tmp_path: Path) -> None:
    manager, sound = installed.manager, Sound(tmp_path)
    with ExitStack() as desk:
        display = desk.enter_context(display_at(tmp_path))
        desk.enter_context(sound.serving())
        desk.enter_context(_noise(sound))
        command = ("tmux", "-S", installed.tmux, "-f", "/dev/null", "new-session", "-d")
        manager.run(*command, "-n", "developer", standin("developer", 0.1))
        desk.callback(manager.run, "tmux", "-S", installed.tmux, "kill-server")
        here = {**display.environment, **sound.environment}
        text = CONFIG.format(tmux=installed.tmux, key="f9")
        installed.configure(text.replace("[provider]", '[provider]\nconnect = "demand"'))
        manager.systemctl("set-environment", *(f"{k}={v}" for k, v in here.items() if v))
        manager.systemctl("restart", UNIT)
        assert installed.finding(here).mark == "ok"

        wrong = ("DISPLAY=:7531", "PULSE_SERVER=unix:/nowhere")
        manager.systemctl("set-environment", *wrong)
        manager.systemctl("restart", UNIT)
        finding = installed.finding(here)
        assert finding.mark == "fail"
        for told in ("its key: ", "its microphone: ", "its speaker: ", *wrong):
            assert told in finding.detail
        done = manager.run("sh", "-c", finding.mend, **here)
        assert done.returncode == 0, done.stderr
        assert installed.finding(here).mark == "ok"

        manager.systemctl("set-environment", "DISPLAY=:7531")
        manager.systemctl("reset-failed", UNIT)
        manager.systemctl("restart", UNIT)
        code, out, _ = installed.cli("service", "install", **{**here, "DISPLAY": ":7532"})
        kept = "systemd keeps DISPLAY=:7531: this terminal's display does not answer"
        assert (code, kept in out) == (0, True)
        code, out, _ = installed.cli("service", "install", **here)
        assert (code, "told systemd of this session's DISPLAY" in out) == (0, True)
        assert "started again" in out
    manager.systemctl("unset-environment", *here)


def test_what_the_doctor_says_of_a_service_that_does_not_run_starts_it(
    installed: Service,
) -> None:
    manager = installed.manager
    for told, mend in (
        ("stopped", "systemctl --user start teamvoice"),
        ("it was started too often", "systemctl --user reset-failed teamvoice && "),
    ):
        if mend.endswith("&& "):
            manager.add(UNIT, "limit", "[Unit]\nStartLimitBurst=1\n")
            manager.systemctl("restart", UNIT)
        manager.systemctl("stop", UNIT)
        if mend.endswith("&& "):
            assert manager.run("systemctl", "--user", "start", UNIT).returncode
        finding = installed.finding({}, "service")
        assert (finding.mark, told in finding.detail) == ("fail", True), finding
        assert finding.mend.startswith(mend)
        done = manager.run("sh", "-c", finding.mend)
        assert done.returncode == 0, done.stderr
        assert installed.finding({}, "service").mark == "ok"
    manager.remove(UNIT, "limit")


def test_systemd_s_path_may_hold_any_characters(service: Service) -> None:
    manager = service.manager
    before = manager.environ["PATH"]
    odd = f"{manager.home / ODD_FOLDER}:{before}"
    own = manager.home / "own programs"  # not on systemd's path: it is written into the unit
    own.mkdir()
    (own / "tmux").symlink_to(shutil.which("tmux", path=before) or "")
    manager.systemctl("set-environment", f"PATH={odd}")
    try:
        code, out, err = service.cli("service", "install", PATH=f"{own}:{before}")
        assert code == 0, out + err
        environ = Path(f"/proc/{service.pid}/environ").read_text().split("\0")
        assert f"PATH={own}:{odd}" in environ
    finally:
        manager.systemctl("set-environment", f"PATH={before}")


@contextmanager
def _noise(sound: Sound) -> Iterator[None]:
    """Somebody is near the microphone."""
    file = sound.home / "noise.raw"
    file.write_bytes(os.urandom(2 * RATE * 120))
    how = ("--raw", f"--rate={RATE}", "--channels=1", "--format=s16le")
    with running(
        ("paplay", "--device=micsink", *how, file), sound.environment, sound.home / "noise.log"
    ):
        yield


@pytest.mark.parametrize(
    ("environ", "why"),
    [
        ({"PATH": "/nowhere"}, "there is no systemctl on this machine"),
        ({"XDG_RUNTIME_DIR": ""}, "systemd runs no services for you here"),
    ],
)
async def test_without_systemd_it_says_what_is_missing(
    tmp_path: Path, environ: dict[str, str], why: str
) -> None:
    for action in ("install", "uninstall", "status", "logs"):
        done = await Cli(tmp_path, environ)("service", action)
        what, mend = done.err.splitlines()
        assert (done.code, done.out) == (3, "")
        assert what.startswith(f"teamvoice: {why}")
        assert "teamvoice run" in mend


def _files(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))
