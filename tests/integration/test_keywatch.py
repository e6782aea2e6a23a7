"""The key's source as the daemon keeps it: chosen, refused, told of."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from teamvoice import config
from teamvoice.conversation.events import Event, HoldBegan, HoldEnded
from teamvoice.daemon.desk import real_desk
from teamvoice.daemon.keys import Keys
from teamvoice.daemon.keywatch import KeyWatch
from teamvoice.hotkey.source import Choice
from tests.support.bus import NEEDS_BUS, PrivateBus
from tests.support.portal import Portal
from tests.support.wait import until

SWAY = {
    "XDG_SESSION_TYPE": "wayland",
    "WAYLAND_DISPLAY": "wayland-1",
    "XDG_CURRENT_DESKTOP": "sway",
    "DISPLAY": "",
}


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def wayland(bus: PrivateBus, monkeypatch: pytest.MonkeyPatch) -> PrivateBus:
    """A session of sway, with a bus and nothing on it."""
    for name, value in SWAY.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
    return bus


@contextlib.asynccontextmanager
async def watching(told: list[str], key: str = "<f9>") -> AsyncIterator[KeyWatch]:
    settings = config.Config(hotkey=config.Hotkey(key=key))
    keys = Keys(settings.hotkey, lambda _: None, lambda _, text: told.append(text))
    watch = KeyWatch(real_desk(settings).key, 0.02)
    watch.serve(keys, lambda _, text: told.append(text))
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(watch.run())
        try:
            yield watch
        finally:
            running.cancel()


@pytest.mark.needs(*NEEDS_BUS)
async def test_under_wayland_without_a_portal_the_lines_to_add_are_told_once(
    wayland: PrivateBus, told: list[str]
) -> None:
    async with watching(told) as watch:
        await until(lambda: watch.state == "unavailable", "it is known")
        assert watch.status()["why"] == "chosen for a Wayland session"
        async with Portal(wayland) as portal:  # it came later
            await until(lambda: watch.state == "ready", "it is attached to")
            status = watch.status()
            assert portal.is_bound
    assert status == {
        "state": "ready",
        "backend": "portal",
        "why": "chosen for a Wayland session",
        "source": "F9 by the desktop's portal",
        "reason": "",
    }
    assert "bindsym --release F9 exec teamvoice ptt release" in told[0]
    assert "teamvoice ptt serves as the key" in told[0]
    assert [text for text in told if text == told[0]] == told[:1]


@pytest.mark.needs(*NEEDS_BUS)
async def test_who_said_no_is_not_asked_again(wayland: PrivateBus, told: list[str]) -> None:
    async with Portal(wayland, answer=1) as portal, watching(told) as watch:
        await until(lambda: watch.state == "refused", "it is known")
        later = asyncio.get_running_loop().time() + 0.1
        await until(lambda: asyncio.get_running_loop().time() > later, "time goes by")
        assert portal.asked.count("BindShortcuts") == 1
    assert len(told) == 1
    assert "you declined (restart teamvoice to be asked again)" in told[0]


@pytest.mark.needs(*NEEDS_BUS)
async def test_a_question_that_is_open_is_told_in_the_status(
    wayland: PrivateBus, told: list[str]
) -> None:
    async with Portal(wayland, answer=None) as portal, watching(told) as watch:
        await until(lambda: portal.binding, "the person is asked")
        assert watch.state == "starting"
        assert "if your desktop asks, allow it" in watch.reason
    assert told == []


async def test_a_key_that_the_source_cannot_see_is_told_and_not_tried_again(
    monkeypatch: pytest.MonkeyPatch, told: list[str]
) -> None:
    for name, value in SWAY.items():
        monkeypatch.setenv(name, value)
    async with watching(told, "a+b") as watch:
        await until(lambda: watch.state == "refused", "it is known")
    assert len(told) == 1
    assert '"a+b"' in told[0]


async def test_a_hold_by_other_means_needs_no_key_that_can_be_watched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE"):
        monkeypatch.delenv(name, raising=False)
    now = asyncio.get_running_loop().time
    gestures: list[Event] = []
    tries: list[float] = []
    settings = config.Config()
    keys = Keys(settings.hotkey, gestures.append, lambda _, _text: None)
    choose = real_desk(settings).key
    assert choose

    def counted() -> Choice:
        tries.append(now())
        return choose()

    watch = KeyWatch(counted, 0.02)
    watch.serve(keys, lambda _, _text: None)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(watch.run())
        await until(lambda: watch.state == "unavailable", "there is no display")
        keys.act("press", now())
        before = len(tries)
        await until(lambda: len(tries) > before + 2, "it is looked for again and again")
        assert [type(gesture) for gesture in gestures] == [HoldBegan]
        keys.act("release", now() + 1)
        assert [type(gesture) for gesture in gestures] == [HoldBegan, HoldEnded]
        running.cancel()
    keys.close()


@pytest.mark.parametrize("by_key", [True, False])
async def test_who_presses_within_a_hold_is_not_who_began_it(by_key: bool) -> None:
    gestures: list[Event] = []
    keys = Keys(config.Hotkey(), gestures.append, lambda _, _text: None)
    now = asyncio.get_running_loop().time()

    def press(by_key: bool, at: float) -> None:
        if by_key:
            keys.edge(True, at)
        else:
            keys.act("press", at)

    press(by_key, now)
    press(not by_key, now + 0.3)
    keys.lost()
    assert [type(gesture) for gesture in gestures] == [HoldBegan, HoldEnded][: 1 + by_key]
    keys.close()
