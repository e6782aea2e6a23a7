"""Keyboards read as the kernel gives them: recorded events through pipes in a folder of devices."""

from __future__ import annotations

import gc
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from teamvoice.errors import ConfigError, HotkeyUnavailable
from teamvoice.hotkey import kernel as k
from teamvoice.hotkey.evdev_source import EvdevSource
from tests.support.finger import Finger
from tests.support.input_devices import CODES, Keyboard, Recorded
from tests.support.wait import until

F9 = CODES["f9"]


@pytest.fixture
def kernel() -> Recorded:
    return Recorded()


@pytest.fixture
def keyboard(tmp_path: Path, kernel: Recorded) -> Iterator[Keyboard]:
    keyboard = Keyboard(tmp_path, "event3", kernel)
    yield keyboard
    keyboard.unplug()


def source_of(finger: Finger, folder: Path, kernel: Recorded, key: str = "<f9>") -> EvdevSource:
    return EvdevSource(key, finger.on_edge, finger.lost.append, folder=folder, kernel=kernel)


def open_files() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir()}


async def test_a_recorded_hold_is_an_edge_down_and_an_edge_up_with_its_times(
    tmp_path: Path, kernel: Recorded, keyboard: Keyboard
) -> None:
    finger = Finger()
    async with source_of(finger, tmp_path, kernel):
        began = time.monotonic() - 0.5
        keyboard.key("f9", k.DOWN, at=began)
        for number in range(10):
            keyboard.key("f9", k.REPEAT, at=began + 0.2 + number * 0.02)
        keyboard.key("f9", k.UP, at=began + 0.4)
        await finger.felt(True, False)
    assert finger.times == pytest.approx([began, began + 0.4], abs=0.001)
    assert kernel.clocks == 1


async def test_another_clock_is_not_believed(
    tmp_path: Path, kernel: Recorded, keyboard: Keyboard
) -> None:
    finger = Finger()
    async with source_of(finger, tmp_path, kernel):
        before = time.monotonic()
        keyboard.key("f9", k.DOWN, at=1_800_000_000.0)
        await finger.felt(True)
    assert before <= finger.times[0] <= time.monotonic()


async def test_a_chord_may_be_spread_over_two_keyboards(
    tmp_path: Path, kernel: Recorded, keyboard: Keyboard
) -> None:
    pedal = Keyboard(tmp_path, "event7", kernel, "f13")
    finger = Finger()
    async with source_of(finger, tmp_path, kernel, "<ctrl>+<f13>") as source:
        assert source.describe() == "<ctrl>+<f13> on 2 keyboards (evdev)"
        keyboard.write((k.EV_KEY, 97, k.DOWN))  # the right one
        pedal.key("f13", k.DOWN)
        await finger.felt(True)
        keyboard.write((k.EV_KEY, 97, k.UP))
        await finger.felt(True, False)
    pedal.unplug()


async def test_a_lost_release_is_asked_for_when_events_were_dropped(
    tmp_path: Path, kernel: Recorded, keyboard: Keyboard
) -> None:
    finger = Finger()
    async with source_of(finger, tmp_path, kernel):
        keyboard.key("f9", k.DOWN)
        kernel.held = frozenset({F9})
        keyboard.write((k.EV_SYN, k.SYN_DROPPED, 0))
        await finger.felt(True)
        kernel.held = frozenset()
        keyboard.write((k.EV_SYN, k.SYN_DROPPED, 0))
        await finger.felt(True, False)


async def test_a_keyboard_that_goes_while_the_key_is_down_gives_the_release(
    tmp_path: Path, kernel: Recorded, keyboard: Keyboard
) -> None:
    other = Keyboard(tmp_path, "event9", kernel)
    finger = Finger()
    async with source_of(finger, tmp_path, kernel):
        keyboard.key("f9", k.DOWN)
        await finger.felt(True)
        keyboard.unplug()
        await finger.felt(True, False)
        assert finger.lost == []
        other.key("f9", k.DOWN)
        await finger.felt(True, False, True)
        other.unplug()
        await until(lambda: finger.lost, "the loss is told")
    assert finger.edges == [True, False, True, False]
    assert finger.lost == ["the last keyboard with the key is gone"]


@pytest.mark.usefixtures("keyboard")
async def test_a_keyboard_that_is_plugged_in_is_found_also_under_an_old_name(
    tmp_path: Path, kernel: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("teamvoice.hotkey.evdev_source.LOOK_EVERY", 0.01)
    mouse = Keyboard(tmp_path, "event4", kernel, "media_stop")
    finger = Finger()
    async with source_of(finger, tmp_path, kernel) as source:
        mouse.unplug()
        kernel.forbidden.add("event4")  # as before udev has set the group
        second = Keyboard(tmp_path, "event4", kernel)
        await until(lambda: kernel.refused, "it was tried too early")
        kernel.forbidden.clear()
        await until(lambda: "2 keyboards" in source.describe(), "it is found")
        second.key("f9", k.DOWN)
        await finger.felt(True)
    second.unplug()


@pytest.mark.usefixtures("keyboard")
async def test_it_leaves_nothing_open(tmp_path: Path, kernel: Recorded) -> None:
    gc.collect()  # what earlier tests left open is closed now, and not meanwhile
    before = open_files()
    async with source_of(Finger(), tmp_path, kernel):
        assert len(open_files()) == len(before) + 1
    assert open_files() == before


async def test_what_cannot_be_read_is_told_with_the_mend(
    tmp_path: Path, kernel: Recorded, keyboard: Keyboard
) -> None:
    kernel.forbidden.add(keyboard.path.name)
    with pytest.raises(HotkeyUnavailable, match="none may be read") as caught:
        await source_of(Finger(), tmp_path, kernel).__aenter__()
    assert "usermod -aG input" in caught.value.mend


async def test_no_devices_and_no_such_key_are_told(tmp_path: Path, kernel: Recorded) -> None:
    with pytest.raises(HotkeyUnavailable, match="there are no input devices"):
        await source_of(Finger(), tmp_path, kernel).__aenter__()
    mouse = Keyboard(tmp_path, "event0", kernel, "media_stop")
    with pytest.raises(HotkeyUnavailable, match="no keyboard here has <f9>"):
        await source_of(Finger(), tmp_path, kernel).__aenter__()
    mouse.unplug()


async def test_a_file_that_is_no_device_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "event0").write_bytes(b"")
    with pytest.raises(HotkeyUnavailable, match="no keyboard here has"):
        await EvdevSource("<f9>", Finger().on_edge, print, folder=tmp_path).__aenter__()


def test_a_key_that_has_no_code_is_a_fault_of_the_configuration() -> None:
    with pytest.raises(ConfigError, match="for evdev to see"):
        EvdevSource("ü", Finger().on_edge, print)


def test_the_calls_have_the_numbers_of_the_kernel() -> None:
    """As a C compiler prints them from ``linux/input.h``."""
    numbers = (k.EVIOCGKEY, k.EVIOCGBIT_KEY, k.EVIOCSCLOCKID)
    assert numbers == (0x80604518, 0x80604521, 0x400445A0)
    assert k.EVENT.size == (24 if struct.calcsize("l") == 8 else 16)
    assert {k.NAMES[code] for code in (2, 11, 16, 30, 40, 44, 53, 67, 88, 183, 190)} == {
        *("1", "0", "q", "a", "'", "z", "/", "f9", "f12", "f13", "f20")
    }
