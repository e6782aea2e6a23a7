"""A locked session and a machine asleep: what logind tells, and what the key then does."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from teamvoice import config
from teamvoice.conversation.events import Confirmed, Event, HoldBegan, HoldEnded
from teamvoice.daemon.keys import Keys
from teamvoice.daemon.session import ASLEEP, LOCKED, LogindSession
from tests.support.bus import NEEDS_BUS, PrivateBus
from tests.support.logind import Logind
from tests.support.wait import until

pytestmark = pytest.mark.needs(*NEEDS_BUS)


@pytest.fixture(autouse=True)
def system(bus: PrivateBus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", bus.address)


@dataclass
class Room:
    """A key, what it came to, and what was told."""

    gestures: list[Event] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.keys = Keys(
            config.Hotkey(), self.gestures.append, lambda _, text: self.told.append(text)
        )

    def press(self) -> None:
        self.keys.edge(True, asyncio.get_running_loop().time())

    def release(self) -> None:
        self.keys.edge(False, asyncio.get_running_loop().time())


@contextlib.asynccontextmanager
async def followed(room: Room, again_s: float = 0.02) -> AsyncIterator[None]:
    session = LogindSession(again_s)
    async with asyncio.TaskGroup() as tasks:
        following = tasks.create_task(session.run(room.keys.leave, room.known.append))
        try:
            yield
        finally:
            following.cancel()
            room.keys.close()


async def test_a_lock_ends_the_hold_and_a_locked_session_does_not_listen(bus: PrivateBus) -> None:
    room = Room()
    async with Logind(bus) as logind, followed(room):
        await until(lambda: room.known == [""], "it is known")
        room.press()
        await logind.lock(locked=True)
        await until(lambda: room.keys.away == LOCKED, "the lock is noticed")
        assert isinstance(room.gestures[0], HoldBegan)
        assert isinstance(room.gestures[1], HoldEnded)
        assert room.gestures[1].why == LOCKED
        room.release()
        for _ in range(3):
            room.press()
            room.release()
            for action in ("press", "toggle", "confirm"):
                assert room.keys.act(action, 0.0) == LOCKED
            assert room.keys.act("release", 0.0) == ""
        assert len(room.gestures) == 2
        assert room.told == [f"{LOCKED}: the key is ignored meanwhile"]
        await logind.lock(locked=False)
        await until(lambda: not room.keys.away, "the end of it is noticed")
        room.press()
        room.keys.act("confirm", 0.0)
        assert [type(event) for event in room.gestures[2:]] == [HoldBegan, Confirmed]
        assert logind.faults == []


async def test_a_sleep_ends_the_hold_too(bus: PrivateBus) -> None:
    room = Room()
    async with Logind(bus) as logind, followed(room):
        await until(lambda: room.known == [""], "it is known")
        room.press()
        await logind.sleep(asleep=True)
        await until(lambda: room.keys.away == ASLEEP, "the sleep is noticed")
        assert isinstance(room.gestures[-1], HoldEnded)
        assert room.gestures[-1].why == ASLEEP
        await logind.sleep(asleep=False)
        await until(lambda: not room.keys.away, "the end of it is noticed")


async def test_a_session_that_is_locked_when_it_starts_or_that_comes_later_is_found(
    bus: PrivateBus,
) -> None:
    room = Room()
    async with Logind(bus, display=False, locked=True) as logind, followed(room):
        await until(lambda: room.known == [""], "it is known")
        assert not room.keys.away
        await logind.log_in()
        await until(lambda: room.keys.away == LOCKED, "the lock is noticed")


async def test_a_logind_that_comes_back_is_asked_at_once(bus: PrivateBus) -> None:
    room = Room()
    async with followed(room, again_s=60.0):
        await until(lambda: room.known, "it is said")
        async with Logind(bus, locked=True):
            await until(lambda: room.keys.away == LOCKED, "the lock is noticed")
        async with Logind(bus):
            await until(lambda: not room.keys.away, "the end of it is noticed")


async def test_without_logind_it_is_said_once_and_a_lock_is_not_forgotten(bus: PrivateBus) -> None:
    room = Room()
    async with followed(room):
        await until(lambda: room.known, "it is said")
        async with Logind(bus, locked=True):
            await until(lambda: room.keys.away == LOCKED, "the lock is noticed")
        await until(lambda: len(room.known) == 3, "it is said again")
        assert room.keys.away == LOCKED
        async with Logind(bus):
            await until(lambda: not room.keys.away, "the end of it is noticed")
    assert ["not noticed" in known for known in room.known] == [True, False, True, False]


async def test_without_a_system_bus_it_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere")
    room = Room()
    async with followed(room):
        await until(lambda: room.known, "it is said")
        later = asyncio.get_running_loop().time() + 0.1
        await until(lambda: asyncio.get_running_loop().time() > later, "it was tried again")
    (known,) = room.known
    assert known.startswith("a lock of the screen is not noticed: logind: the message bus")
