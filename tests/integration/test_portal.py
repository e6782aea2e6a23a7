"""The key by the portal: the talk on a private bus, with a portal that is strict."""

from __future__ import annotations

import asyncio
import time

import pytest

from teamvoice.errors import ConfigError, HotkeyRefused, HotkeyUnavailable
from teamvoice.hotkey.portal_source import APP_ID, PortalSource, look
from tests.support.bus import NEEDS_BUS, PrivateBus
from tests.support.finger import Finger
from tests.support.portal import Portal
from tests.support.wait import until

pytestmark = pytest.mark.needs(*NEEDS_BUS)


@pytest.fixture(autouse=True)
def session(bus: PrivateBus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)


def source_of(finger: Finger, key: str = "<f9>") -> PortalSource:
    return PortalSource(key, finger.on_edge, finger.lost.append)


async def test_the_talk_is_as_the_portal_demands(bus: PrivateBus) -> None:
    finger = Finger()
    async with Portal(bus) as portal:
        async with source_of(finger, "<ctrl>+<alt>+space") as source:
            assert portal.trigger == "CTRL+ALT+space"
            assert source.describe() == "F9 by the desktop's portal"
        assert portal.asked == ["Register", "Get", "CreateSession", "BindShortcuts", "Close"]
        assert list(portal.registered.values()) == [APP_ID]
        assert portal.faults == []
    assert finger.lost == []


async def test_a_portal_of_old_knows_no_registry(bus: PrivateBus) -> None:
    finger = Finger()
    async with Portal(bus, registry=None) as portal, source_of(finger):
        await portal.press()
        await finger.felt(True)


async def test_a_stamp_of_our_own_clock_is_the_time_and_any_other_is_not(bus: PrivateBus) -> None:
    finger = Finger()
    async with Portal(bus) as portal, source_of(finger):
        pressed = time.monotonic() - 0.25
        await portal.press(int(pressed * 1000))
        await finger.felt(True)
        before = time.monotonic()
        await portal.release(int(time.time() * 1000))
        await finger.felt(True, False)
    assert finger.times[0] == pytest.approx(pressed, abs=0.002)
    assert before <= finger.times[1] <= time.monotonic()


async def test_a_press_after_a_release_that_never_came_counts(bus: PrivateBus) -> None:
    finger = Finger()
    source = PortalSource("<f9>", finger.on_edge, finger.lost.append, repeats_s=0.0)
    async with Portal(bus) as portal, source:
        await portal.press()
        await portal.press()  # the screen was locked meanwhile, and the release went to the lock
        await portal.release()
        await finger.felt(True, False, True, False)
    assert finger.times == sorted(finger.times)


async def test_signals_of_others_are_not_edges(bus: PrivateBus) -> None:
    finger = Finger()
    impostor = Portal(bus)
    impostor.name = "org.example.Impostor"
    async with Portal(bus) as portal, impostor, source_of(finger) as source:
        impostor.client, impostor.session, impostor.is_bound = portal.client, portal.session, True
        await impostor.press()
        await portal.set_key("F8")
        await until(lambda: source.describe().startswith("F8"), "what came after has arrived")
        assert finger.edges == []


async def test_the_person_may_think_about_it_and_then_says_yes(bus: PrivateBus) -> None:
    finger = Finger()
    source = source_of(finger)
    async with Portal(bus, answer=None) as portal, asyncio.TaskGroup() as tasks:
        entering = tasks.create_task(source.__aenter__())
        await until(lambda: portal.binding, "the person is asked")
        assert "allow it" in source.describe()
        portal.decide(0)
        await entering
        await source.__aexit__()
        assert not portal.is_bound


@pytest.mark.parametrize(("answer", "why"), [(1, "you declined"), (2, "did not say why")])
async def test_no_is_taken_for_an_answer(bus: PrivateBus, answer: int, why: str) -> None:
    async with Portal(bus, answer=answer):
        with pytest.raises(HotkeyRefused, match=why) as caught:
            await source_of(Finger()).__aenter__()
    assert "restart" in caught.value.mend


async def test_a_portal_that_goes_while_the_person_thinks_is_no_refusal(bus: PrivateBus) -> None:
    async with asyncio.TaskGroup() as tasks:
        async with Portal(bus, answer=None) as portal:
            entering = tasks.create_task(_refusal_of(source_of(Finger())))
            await until(lambda: portal.binding, "the person is asked")
        refusal = await entering
    assert not isinstance(refusal, HotkeyRefused)
    assert "went away" in refusal.message


async def test_a_portal_that_wants_a_desktop_file_is_told_of_with_the_mend(bus: PrivateBus) -> None:
    async with Portal(bus, registry="org.example.Other"):
        refusal = await _refusal_of(source_of(Finger()))
    assert "no .desktop file for" in refusal.message
    assert "teamvoice keys bind portal" in refusal.mend


async def test_a_desktop_without_shortcuts_or_without_a_portal_is_told(bus: PrivateBus) -> None:
    assert "no portal" in (await _refusal_of(source_of(Finger()))).message
    async with Portal(bus, shortcuts=False):
        assert "offers no shortcuts" in (await _refusal_of(source_of(Finger()))).message


async def test_a_look_asks_nobody(bus: PrivateBus) -> None:
    with pytest.raises(HotkeyUnavailable, match="no portal"):
        await look()
    async with Portal(bus, shortcuts=False):
        with pytest.raises(HotkeyUnavailable, match="offers no shortcuts"):
            await look()
    async with Portal(bus) as portal:
        await look()
        assert portal.asked == ["Register", "Get"]


async def test_without_a_bus_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    assert "cannot be reached" in (await _refusal_of(source_of(Finger()))).message


async def test_a_key_that_is_not_set_yet_is_told_until_it_is(bus: PrivateBus) -> None:
    async with Portal(bus, key="") as portal, source_of(Finger()) as source:
        assert "given no key" in source.describe()
        await portal.set_key("press Super+T")
        await until(lambda: source.describe() == "Super+T by the desktop's portal", "it is known")


async def test_the_desktop_may_take_the_key_away(bus: PrivateBus) -> None:
    finger = Finger()
    async with Portal(bus) as portal, source_of(finger):
        await portal.end_session()
        await until(lambda: finger.lost, "the loss is told")
    assert finger.lost == ["the key is no longer seen: the desktop ended the binding of the key"]


async def test_what_no_desktop_can_bind_is_a_fault_of_the_configuration() -> None:
    with pytest.raises(ConfigError, match="one key, with Ctrl"):
        source_of(Finger(), "a+b")


async def _refusal_of(source: PortalSource) -> HotkeyUnavailable:
    with pytest.raises(HotkeyUnavailable) as caught:
        await source.__aenter__()
    return caught.value
