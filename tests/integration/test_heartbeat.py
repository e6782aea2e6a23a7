"""What systemd is told while the daemon lives, and that it is not told when something is wrong."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from teamvoice.audio import portaudio
from teamvoice.audio.worker import Job
from teamvoice.daemon.heartbeat import Heartbeat
from teamvoice.daemon.keywatch import KeyWatch
from teamvoice.hotkey.source import Choice
from tests.support.wait import until


class Systemd:
    """The service manager's end of the socket."""

    def __init__(self, address: Path) -> None:
        self._channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._channel.bind(str(address))
        self._channel.setblocking(False)
        self.told: list[str] = []

    def hear(self) -> list[str]:
        """All that it was told so far."""
        try:
            while True:
                self.told += self._channel.recv(4096).decode().splitlines()
        except BlockingIOError:
            return self.told

    def close(self) -> None:
        self._channel.close()


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Systemd]:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    systemd = Systemd(tmp_path / "notify")
    yield systemd
    systemd.close()


class Somebody:
    """Is well, or not."""

    def __init__(self) -> None:
        self.is_well = True
        self.how = "link up"

    def line(self) -> str:
        return self.how

    def checks(self) -> dict[str, Callable[[], Awaitable[bool]]]:
        return {"its hand is off": self._holds}

    async def _holds(self) -> bool:
        return self.is_well


async def test_it_says_how_it_is_when_that_changes_and_that_it_is_well(systemd: Systemd) -> None:
    somebody = Somebody()
    async with Heartbeat(0.005) as heart:
        heart.attend(somebody)
        await until(lambda: systemd.hear().count("WATCHDOG=1") > 5, "it beats")
        somebody.how = "link down\nWATCHDOG=no"
        await until(lambda: "STATUS=link down WATCHDOG=no" in systemd.hear(), "the change is told")
    assert [line for line in systemd.told if line.startswith("STATUS")] == [
        "STATUS=link up",
        "STATUS=link down WATCHDOG=no",
    ]


async def test_who_is_not_well_has_no_beat_and_says_why(systemd: Systemd) -> None:
    somebody = Somebody()
    async with Heartbeat(0.005) as heart:
        heart.attend(somebody)
        await until(lambda: "WATCHDOG=1" in systemd.hear(), "it beats")
        somebody.is_well = False
        await until(lambda: "STATUS=its hand is off · link up" in systemd.hear(), "it says why")
        systemd.told.clear()
        somebody.how = "link down"
        await until(lambda: "STATUS=its hand is off · link down" in systemd.hear(), "it goes on")
        assert "WATCHDOG=1" not in systemd.told
        somebody.is_well = True
        await until(lambda: "WATCHDOG=1" in systemd.hear(), "it beats again")


async def test_a_loop_that_hangs_has_no_beat(systemd: Systemd) -> None:
    async with Heartbeat(0.005):
        await until(lambda: "WATCHDOG=1" in systemd.hear(), "it beats")
        systemd.told.clear()
        threading.Event().wait(0.1)  # the loop itself, for twenty beats
        assert systemd.hear() == []


async def test_the_beat_is_faster_than_systemd_waits(
    systemd: Systemd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "30000")
    async with Heartbeat():
        # Once a second, as it does by itself, would take twenty.
        await until(lambda: systemd.hear().count("WATCHDOG=1") >= 20, "it beats", within=15)


class DeadSource:
    """A key's source whose thread is gone, and that does not know it."""

    def __init__(self, *_: Any) -> None:
        pass

    async def __aenter__(self) -> DeadSource:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    def describe(self) -> str:
        return "a dead keyboard"

    def is_alive(self) -> bool:
        return False


async def test_a_key_that_is_watched_by_nobody_is_not_well() -> None:
    watch = KeyWatch(lambda: Choice("dead", "for a test", DeadSource))
    assert await watch.is_well(), "nothing is watched yet, and nothing is claimed"
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(watch.run())
        await until(lambda: watch.state == "ready", "it is attached")
        assert not await watch.is_well()
        running.cancel()


async def test_a_sound_library_that_hangs_is_replaced_and_one_that_is_full_is_not_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(portaudio, "ANSWER_WITHIN", 0.5)
    library, hangs = portaudio.Library(), threading.Event()
    loop = asyncio.get_running_loop()
    library._thread.post(Job(hangs.wait, loop, abandoned=True))
    assert await library.answers(), "another thread has taken over"
    library._thread.post(Job(hangs.wait, loop, abandoned=True))
    with contextlib.suppress(queue.Full):
        while True:
            library._thread.post(Job(hangs.wait, loop, abandoned=True))
    assert not await library.answers()
    hangs.set()
    await until(library.answers, "it has caught up")
