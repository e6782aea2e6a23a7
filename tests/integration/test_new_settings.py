"""The daemon follows its settings while it runs: real tmux, a real provider, and no sound card."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import pty
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog
from libtmux import Server

from teamvoice import config, preflight
from teamvoice.audio.virtual import SpokenMicrophone
from teamvoice.daemon import serve as serving
from teamvoice.daemon.app import App
from teamvoice.daemon.desk import Desk, spoken_desk
from teamvoice.daemon.serve import Serving
from teamvoice.daemon.session import LOCKED, LogindSession, Session
from teamvoice.errors import AudioUnavailable
from teamvoice.hotkey import kernel
from teamvoice.hotkey.evdev_source import EvdevSource
from teamvoice.hotkey.source import Choice, OnEdge, OnLost
from teamvoice.offline.server import Settings, serve
from tests.support.bus import NEEDS_BUS, PrivateBus
from tests.support.cli import Cli
from tests.support.input_devices import Keyboard, Recorded
from tests.support.logind import Logind
from tests.support.offline_parts import ExactEars, LiteralMind, ToneVoice, sound_of
from tests.support.panes import name_of, open_standins, own_server
from tests.support.processes import wait_for
from tests.support.wait import until

TOKEN = "a-token-of-the-test"
SEND = 'call send_message {"member": "dev", "text": "fix the login"}'
PAUSE = bytes(960 * 6)

pytestmark = pytest.mark.needs("tmux")


@pytest.fixture(autouse=True)
def _own_log() -> Iterator[None]:
    """The daemon sets up the log of its process, which is this one."""
    root, handlers = logging.getLogger(), logging.getLogger().handlers[:]
    level = root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


class Person:
    """At the desk, with an editor for the settings and a terminal beside."""

    def __init__(self, folder: Path, url: str, tmux: str) -> None:
        self.folder = folder
        self.url = url
        self.tmux = tmux
        self.microphone = SpokenMicrophone()
        self.desks = 0
        self.kernel = Recorded()
        self.keyboard = Keyboard(folder, "event3", self.kernel)
        self.meanwhile: tuple[int, ...] = ()  # what the key does while the settings change
        self.session: Session | None = None
        self.daemon: Serving | None = None
        self.socket = folder / "control.sock"

    def write(self, text: str = "", *, mode: str = "hold", url: str = "") -> None:
        draft = self.folder / "draft"
        draft.write_text(
            text
            or f'[provider]\nurl = "{url or self.url}"\n[hotkey]\nmode = "{mode}"\n'
            f'[audio]\nchimes = false\n[team]\nsocket = "{self.tmux}"\n'
        )
        draft.replace(self.folder / "config.toml")

    def write_key(self, key: str) -> None:
        file = self.folder / "env"
        file.touch(0o600)
        file.write_text(f"TEAMVOICE_API_KEY={key}\n")

    def sit_down(self, settings: config.Config) -> Desk:
        if settings.audio.output == "broken":
            raise AudioUnavailable("the speaker is broken")
        self.desks += 1
        desk, self.microphone = spoken_desk()
        for value in self.meanwhile if self.desks > 1 else ():
            self.keyboard.key("f9", value)
        choice = Choice("evdev", "it is a test", self.watch_key)
        return replace(desk, key=lambda: choice, session=self.session)

    def watch_key(self, on_edge: OnEdge, on_lost: OnLost) -> EvdevSource:
        return EvdevSource("<f9>", on_edge, on_lost, folder=self.folder, kernel=self.kernel)

    def daemon_is_busy(self) -> bool:
        assert self.daemon
        voice = self.daemon._standing.control._voice
        return isinstance(voice, App) and not voice.is_at_rest

    def hang_up(self) -> None:
        """As a signal does, which would come a moment later."""
        assert self.daemon
        self.daemon._signalled(signal.SIGHUP)

    def daemon_has_new_settings(self) -> bool:
        assert self.daemon
        return self.daemon._new is not None

    def daemon_has_looked(self) -> bool:
        assert self.daemon
        return not self.daemon._asked

    async def ask(self, **message: Any) -> dict[str, Any]:
        async with self.connected() as client:
            return await client.ask(**message)

    async def status(self, part: str) -> Any:
        return (await self.ask(do="status"))["status"][part]

    async def mode(self) -> str:
        return str((await self.status("hotkey"))["mode"])

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[Client]:
        reader, writer = await asyncio.open_unix_connection(str(self.socket), limit=2**20)
        try:
            yield Client(reader, writer)
        finally:
            writer.close()


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def ask(self, **message: Any) -> dict[str, Any]:
        self._writer.write(json.dumps(message).encode() + b"\n")
        return await self.next()

    async def next(self) -> dict[str, Any]:
        reply: dict[str, Any] = json.loads(await asyncio.wait_for(self._reader.readline(), 20))
        return reply

    async def event(self, kind: str, text: str = "") -> dict[str, Any]:
        """The next event of a kind, with a text in it."""
        while True:
            event = await self.next()
            if event["event"] == kind and text in str(event.get("text", "")):
                return event


@pytest.fixture
def tmux() -> Iterator[Server]:
    with own_server() as server:
        open_standins(server, 0.2, "developer", "pm")
        yield server


@pytest.fixture
async def person(
    tmux: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Person]:
    """A daemon with the right key runs; it ends by a signal when the test is over."""
    monkeypatch.setenv("TEAMVOICE_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("TEAMVOICE_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("TEAMVOICE_SOCKET", str(tmp_path / "control.sock"))
    monkeypatch.delenv("TEAMVOICE_API_KEY", raising=False)
    monkeypatch.setattr(serving, "LOOK_S", 0.05)
    monkeypatch.setattr(serving, "QUIET_S", 0.05)
    async with serve(Settings(token=TOKEN), ExactEars, LiteralMind(), ToneVoice()) as url:
        person = Person(tmp_path, url, name_of(tmux))
        person.write()
        person.write_key(TOKEN)
        async with asyncio.TaskGroup() as tasks:
            person.daemon = Serving(preflight.read(None).config, None, person.sit_down)
            running = tasks.create_task(person.daemon.run())
            try:
                await until(lambda: _is_there(person), "the socket")
                await until(lambda: _is_up(person), "the link is up", 20)
                yield person
            finally:
                os.kill(os.getpid(), signal.SIGTERM)
        assert running.result() == 0


async def _is_there(person: Person) -> bool:
    try:
        async with person.connected():
            return True
    except OSError:  # there is no socket yet, or nobody listens at it yet
        return False


async def _key_is_ready(person: Person) -> bool:
    return bool((await person.status("hotkey"))["state"] == "ready")


async def _is_locked(person: Person) -> bool:
    return bool((await person.status("session"))["reason"] == LOCKED)


async def _is_open(person: Person) -> bool:
    return bool((await person.status("session"))["state"] == "open")


async def _is_up(person: Person) -> bool:
    return bool((await person.status("link"))["state"] == "up")


async def test_new_settings_wait_for_the_end_of_what_is_said(person: Person) -> None:
    async with person.connected() as watcher:
        await watcher.ask(do="watch")
        await person.ask(do="ptt", action="press")
        person.microphone.say(PAUSE + sound_of(SEND) + PAUSE)
        person.write(mode="auto")
        os.kill(os.getpid(), signal.SIGHUP)
        await person.microphone.wait_spoken()
        assert await person.mode() == "hold", "the key is held"
        await person.ask(do="ptt", action="release")
        turn = (await watcher.event("turn"))["turn"]
        assert (turn["outcome"], turn["heard"]) == ("answered", SEND)
        await watcher.event("notice", "the new settings are in force")
        link = await watcher.event("link")
        assert (link["state"], link["provider"]) == ("connecting", "generic"), "it is another one"
    assert await person.mode() == "auto"
    assert person.desks == 2
    assert (await person.status("turn"))["heard"] == SEND


async def test_a_key_that_goes_down_while_the_settings_change_begins_a_hold(
    person: Person,
) -> None:
    person.meanwhile = (kernel.DOWN,)
    async with person.connected() as watcher:
        await watcher.ask(do="watch")
        person.hang_up()
        await watcher.event("microphone")
        person.microphone.say(PAUSE + sound_of("call list_team {}") + PAUSE)
        await person.microphone.wait_spoken()
        person.keyboard.key("f9", kernel.UP)
        turn = (await watcher.event("turn"))["turn"]
    assert (turn["outcome"], turn["heard"]) == ("answered", "call list_team {}")
    assert person.kernel.clocks == 1, "the key is watched by the same source"


async def test_a_key_that_went_up_again_meanwhile_is_told_of(person: Person) -> None:
    person.meanwhile = (kernel.DOWN, kernel.UP)
    async with person.connected() as watcher:
        await watcher.ask(do="watch")
        person.hang_up()
        await watcher.event("trouble", "what was said was not heard")
    assert (await person.status("microphone"))["state"] == "closed"


async def test_another_key_is_watched_from_then_on(person: Person) -> None:
    good = (person.folder / "config.toml").read_text()
    person.write(good.replace("[hotkey]", '[hotkey]\nkey = "<f10>"'))
    await until(lambda: person.desks == 2, "another one sits there")
    await until(lambda: person.kernel.clocks == 2, "another source watches")
    await until(lambda: _key_is_ready(person), "the other key is ready")


@pytest.mark.needs(*NEEDS_BUS)
async def test_a_locked_session_stays_locked_until_somebody_says_otherwise(
    person: Person, bus: PrivateBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", bus.address)
    person.session = LogindSession()
    async with Logind(bus, locked=True):
        person.hang_up()
        await until(lambda: _is_locked(person), "the lock is noticed")
    person.session = LogindSession()
    person.hang_up()
    await until(lambda: person.desks == 3, "another one sits there")
    assert await _is_locked(person), "nobody can be asked"
    async with Logind(bus):
        await until(lambda: _is_open(person), "it is told otherwise")


async def test_settings_that_were_taken_back_before_their_time_never_hold(person: Person) -> None:
    async with person.connected() as watcher:
        await watcher.ask(do="watch")
        await person.ask(do="ptt", action="press")
        person.write(mode="toggle")
        await until(person.daemon_has_new_settings, "they are seen")
        person.write(mode="hold")
        await until(lambda: not person.daemon_has_new_settings(), "what was before is seen")
        person.microphone.say(PAUSE + sound_of("call list_team {}") + PAUSE)
        await person.microphone.wait_spoken()
        assert not person.daemon_has_new_settings(), "nothing is to be taken on"
        await person.ask(do="ptt", action="release")
        await watcher.event("turn")
        person.write(mode="auto")
        await watcher.event("notice", "the new settings are in force")
    assert (await person.mode(), person.desks) == ("auto", 2)


async def test_a_microphone_that_was_muted_and_a_quiet_voice_stay_so(person: Person) -> None:
    await person.ask(do="ptt", action="mute")
    await person.ask(do="ptt", action="quiet")
    os.kill(os.getpid(), signal.SIGHUP)
    await until(lambda: person.desks == 2, "another one sits there")
    assert (await person.status("microphone"))["muted"]
    assert (await person.status("speaker"))["quiet"]
    assert "microphone muted" in await person.status("line")


async def test_broken_settings_are_told_once_and_the_old_ones_stay(person: Person) -> None:
    async with person.connected() as watcher:
        await watcher.ask(do="watch")
        person.write("[hotkey]\nmode = 'hodl'\n")
        told = await watcher.event("trouble", "the old ones stay")
        assert 'Did you mean "hold"?' in told["text"]
        assert "new settings cannot be used" in await person.status("line")
        for _ in range(2):
            person.hang_up()
            await until(person.daemon_has_looked, "it has looked again")
        person.write()
        event = await watcher.next()
        assert event["text"] == "the settings can be used again", "nothing was said in between"
    assert (await person.ask(do="ask", text="call list_team {}"))["turn"]["outcome"] == "answered"


async def test_settings_that_do_not_do_after_all_make_way_for_the_old_ones(person: Person) -> None:
    async with person.connected() as watcher:
        await watcher.ask(do="watch")
        good = (person.folder / "config.toml").read_text()
        person.write(good.replace("[audio]", '[audio]\noutput = "broken"'))
        await watcher.event("trouble", "the speaker is broken")
    assert (await person.status("settings"))["state"] == "refused"
    await until(lambda: _is_up(person), "the old ones are in force")


async def test_what_was_said_under_a_wrong_key_is_answered_under_the_right_one(
    person: Person,
) -> None:
    person.write_key("a-wrong-key")
    os.kill(os.getpid(), signal.SIGHUP)
    await until(lambda: _link_is(person, "stopped"), "the key is refused", 20)
    async with person.connected() as client, asyncio.TaskGroup() as tasks:
        asked = tasks.create_task(client.ask(do="ask", text="call list_team {}"))
        await until(person.daemon_is_busy, "the question is there")
        person.write_key(TOKEN)
        assert (await asked)["turn"]["outcome"] == "answered"
    assert person.desks == 2, "for the key alone nobody makes way"


async def test_what_was_said_to_a_link_that_is_away_is_sent_when_new_settings_mend_it(
    person: Person,
) -> None:
    right = person.url
    person.write(url="ws://127.0.0.1:9/v1/realtime")
    await until(lambda: _link_is(person, "waiting"), "nobody answers there", 20)
    async with person.connected() as client, asyncio.TaskGroup() as tasks:
        asked = tasks.create_task(client.ask(do="ask", text=SEND.replace("dev", "developer")))
        await until(person.daemon_is_busy, "the question is there")
        person.write(url=right)
        turn = (await asked)["turn"]
    assert (turn["outcome"], len(turn["calls"])) == ("answered", 1)
    assert turn["calls"][0]["result"] == "Submitted to the developer."
    journal = person.folder / "state" / "journal.jsonl"

    def turns() -> int:
        return journal.read_text().count('"kind":"turn"')

    await until(turns, "the turn is written down")
    assert turns() == 1, "the turn went over whole"


async def _link_is(person: Person, state: str) -> bool:
    return bool((await person.status("link"))["state"] == state)


def test_a_terminal_that_is_closed_ends_the_daemon(tmp_path: Path) -> None:
    """It would otherwise go on, seen by nobody. A mere signal asks for new settings."""
    cli = Cli(tmp_path, {"TEAMVOICE_HOTKEY_BACKEND": "socket", "TEAMVOICE_PROVIDER_NAME": "localai",
                         "TEAMVOICE_PROVIDER_URL": "ws://127.0.0.1:9/v1"})  # fmt: skip
    terminal, end = pty.openpty()
    log = tmp_path / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "teamvoice", "run"],
            env=cli.variables(), stdin=end, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    try:
        wait_for(lambda: "the link is down" in log.read_text(), "it runs", 20)
        process.send_signal(signal.SIGHUP)
        wait_for(lambda: "the new settings are in force" in log.read_text(), "it goes on")
        os.close(end)
        os.close(terminal)
        process.send_signal(signal.SIGHUP)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait(5)
