"""Linux input devices: what ``linux/input.h`` says of them, and no more than a key needs.

Our own, because the libraries for it come as source alone for most machines and would make every
first run need a compiler, while the kernel's interface is a struct and three calls that never
change.
"""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from teamvoice.errors import ConfigError
from teamvoice.hotkey.chords import Chord

EVENT = struct.Struct("@llHHi")  # seconds, microseconds, type, code, value
EV_SYN, EV_KEY = 0, 1
SYN_DROPPED = 3
UP, DOWN, REPEAT = 0, 1, 2

_BITS = 96  # bytes: one bit for each of the 768 keys
_CLOCK_MONOTONIC = 1


def _request(direction: int, number: int, size: int) -> int:
    return direction << 30 | size << 16 | ord("E") << 8 | number


EVIOCGKEY = _request(2, 0x18, _BITS)  # which keys are down
EVIOCGBIT_KEY = _request(2, 0x20 + EV_KEY, _BITS)  # which keys there are
EVIOCSCLOCKID = _request(1, 0xA0, 4)


class InputEvent(NamedTuple):
    """One event: ``at`` in seconds on the device's clock."""

    at: float
    type: int
    code: int
    value: int


class Kernel:
    """The calls on a device. Every one of them raises ``OSError`` when the device is gone."""

    def open(self, path: Path) -> int:
        """A device for reading, never waiting, grabbing nothing: others see its keys as before."""
        return os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)

    def keys(self, device: int) -> frozenset[int]:
        """The keys that it has."""
        return self._bits(device, EVIOCGBIT_KEY)

    def down(self, device: int) -> frozenset[int]:
        """The keys that are down now."""
        return self._bits(device, EVIOCGKEY)

    def use_monotonic_clock(self, device: int) -> None:
        """Let events have the times of the machine's monotonic clock."""
        fcntl.ioctl(device, EVIOCSCLOCKID, struct.pack("i", _CLOCK_MONOTONIC))

    @staticmethod
    def _bits(device: int, request: int) -> frozenset[int]:
        bits = bytearray(_BITS)
        fcntl.ioctl(device, request, bits)
        return frozenset(n for n in range(_BITS * 8) if bits[n // 8] & 1 << n % 8)


def events(data: bytes) -> Iterator[InputEvent]:
    """The events of what a device gave to read: whole ones, as the kernel promises."""
    for seconds, micros, kind, code, value in EVENT.iter_unpack(data):
        yield InputEvent(seconds + micros / 1e6, kind, code, value)


def _row(first: int, keys: str) -> dict[int, str]:
    return {first + index: key for index, key in enumerate(keys)}


NAMES: dict[int, str] = {
    **_row(2, "1234567890-="),
    **_row(16, "qwertyuiop[]"),
    **_row(30, "asdfghjkl;'`"),
    **_row(43, "\\zxcvbnm,./"),
    **{59 + index: f"f{index + 1}" for index in range(10)},
    87: "f11",
    88: "f12",
    **{183 + index: f"f{index + 13}" for index in range(8)},
    1: "esc",
    14: "backspace",
    15: "tab",
    28: "enter",
    57: "space",
    58: "caps_lock",
    29: "ctrl",
    97: "ctrl",
    42: "shift",
    54: "shift",
    56: "alt",
    100: "alt_gr",
    125: "cmd",
    126: "cmd",
    127: "menu",
    139: "menu",
    69: "num_lock",
    70: "scroll_lock",
    99: "print_screen",
    119: "pause",
    102: "home",
    103: "up",
    104: "page_up",
    105: "left",
    106: "right",
    107: "end",
    108: "down",
    109: "page_down",
    110: "insert",
    111: "delete",
    113: "media_volume_mute",
    114: "media_volume_down",
    115: "media_volume_up",
    163: "media_next",
    164: "media_play_pause",
    165: "media_previous",
    166: "media_stop",
}
"""Keys by their code, named as in :mod:`teamvoice.hotkey.chords`; characters by their place on a
US keyboard."""


def check(chord: Chord) -> None:
    """All its keys have a code.

    Raises:
        ConfigError: One has none.
    """
    missing = chord - set(NAMES.values())
    if missing:
        raise ConfigError(f'a keyboard has no key "{min(missing)}" for evdev to see')
