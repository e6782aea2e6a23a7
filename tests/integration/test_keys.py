"""Real keys on a real X server."""

from __future__ import annotations

import threading

import pytest

from teamvoice.errors import HotkeyUnavailable
from teamvoice.hotkey.pynput_source import PynputSource
from tests.support.desk import NEEDS_DISPLAY, Display
from tests.support.finger import Finger
from tests.support.wait import until

pytestmark = pytest.mark.needs(*NEEDS_DISPLAY)


def source_of(finger: Finger, key: str) -> PynputSource:
    return PynputSource(key, finger.on_edge, finger.lost.append)


def listeners() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if type(thread).__name__ == "Listener"}


async def test_a_hold_is_an_edge_down_and_an_edge_up(display: Display) -> None:
    finger = Finger()
    async with source_of(finger, "<f9>"):
        await display.key_down("F9")
        await finger.felt(True)
        await display.key_up("F9")
        await finger.felt(True, False)
    assert finger.times == sorted(finger.times)
    assert finger.lost == []


async def test_auto_repeat_is_left_out(display: Display) -> None:
    finger, other = Finger(), Finger()
    async with source_of(finger, "<f9>"), source_of(other, "pause"):
        for _ in range(5):  # a press with no release before is what auto-repeat looks like
            await display.key_down("F9")
        await display.key_up("F9")
        await display.tap("Pause")
        await other.felt(True, False)
    assert finger.edges == [True, False]


async def test_other_keys_are_not_edges(display: Display) -> None:
    finger = Finger()
    async with source_of(finger, "<f9>"):
        await display.tap("F8", "a", "space", "Insert")
        await display.tap("F9")
        await finger.felt(True, False)


@pytest.mark.parametrize("control", ["Control_L", "Control_R"])
async def test_a_chord_is_down_when_all_are_and_up_when_one_is_not(
    display: Display, control: str
) -> None:
    finger = Finger()
    async with source_of(finger, "<ctrl>+<alt>+space"):
        await display.key_down(control)
        await display.key_down("Alt_L")
        await display.key_down("space")
        await finger.felt(True)
        await display.key_up("Alt_L")
        await finger.felt(True, False)
        await display.key_up("space")
        await display.key_up(control)
    assert finger.edges == [True, False]


async def test_a_letter_let_go_under_shift_is_let_go(display: Display) -> None:
    finger = Finger()
    async with source_of(finger, "1"):
        await display.key_down("1")
        await finger.felt(True)
        await display.key_down("Shift_L")
        await display.key_up("1")
        await finger.felt(True, False)
        await display.key_up("Shift_L")


@pytest.mark.parametrize("key", ["Pause", "Scroll_Lock", "Insert"])
async def test_named_keys_are_seen(display: Display, key: str) -> None:
    finger = Finger()
    async with source_of(finger, key.lower()):
        await display.tap(key)
        await finger.felt(True, False)


async def test_leaving_ends_the_thread_and_the_edges(display: Display) -> None:
    finger, other = Finger(), Finger()
    before = listeners()
    async with source_of(finger, "<f9>"):
        (thread,) = listeners() - before
    await until(lambda: not thread.is_alive(), "the thread's end")
    async with source_of(other, "<f9>"):
        await display.tap("F9")
        await other.felt(True, False)
    assert finger.edges == []
    assert finger.lost == []


async def test_a_dead_display_is_reported_once(own_display: Display) -> None:
    finger = Finger()
    async with source_of(finger, "<f9>"):
        own_display.break_down()
        await until(lambda: finger.lost, "the loss is told")
    assert len(finger.lost) == 1
    name = own_display.environment["DISPLAY"]
    assert finger.lost[0] == f'keys are no longer seen: the display "{name}" is gone'


# python-xlib forgets to close the socket with which it could not connect.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_display_that_is_gone_cannot_be_watched(own_display: Display) -> None:
    own_display.break_down()
    with pytest.raises(HotkeyUnavailable, match="cannot be reached"):
        async with source_of(Finger(), "<f9>"):
            pass


async def test_without_a_display_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("XDG_SESSION_TYPE", raising=False)
    with pytest.raises(HotkeyUnavailable, match="there is no display") as caught:
        async with source_of(Finger(), "<f9>"):
            pass
    assert "teamvoice ptt" in caught.value.mend


async def test_a_wayland_server_beside_an_x11_session_changes_nothing(
    display: Display, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    finger = Finger()
    async with source_of(finger, "<f9>"):
        await display.tap("F9")
        await finger.felt(True, False)


async def test_under_wayland_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_SESSION_TYPE", "wayland")
    with pytest.raises(HotkeyUnavailable, match="Wayland"):
        async with source_of(Finger(), "<f9>"):
            pass
