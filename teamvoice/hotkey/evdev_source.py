"""The key in any session, read from the keyboards themselves (``/dev/input``).

Who may read these devices can read every key that is typed, passwords included: so this serves only
those who ask for it by name. It takes no key away from other programs. It works on a locked screen
too, and knows no layout: a letter is the key at its place on a US keyboard.

Keyboards come and go: the folder is looked at every second. A keyboard that goes while the key is
down gives the release.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
from pathlib import Path
from typing import Self

from teamvoice.errors import HotkeyUnavailable
from teamvoice.hotkey import kernel as k
from teamvoice.hotkey.chords import parse
from teamvoice.hotkey.source import OnEdge, OnLost

LOOK_EVERY = 1.0  # seconds between two looks for keyboards that came
CLOCKS_AGREE_S = 1.0  # an event that is older than this, or of the future, has another clock

_MEND_GROUP = (
    "sudo usermod -aG input $USER, then log in again; "
    "know that all your programs can then read every key that you type"
)
_READ = k.EVENT.size * 64


class _Keyboard:
    """An open device and the keys of ours that it holds down."""

    def __init__(self, path: Path, device: int) -> None:
        self.path = path
        self.device = device
        self.down: set[str] = set()


class EvdevSource:
    """See :class:`teamvoice.hotkey.source.KeySource`.

    Args:
        key: The key or chord.
        on_edge: As there.
        on_lost: As there: the last keyboard is gone.
        folder: Where the devices are.
        kernel: The calls on them.
    """

    def __init__(
        self,
        key: str,
        on_edge: OnEdge,
        on_lost: OnLost,
        *,
        folder: Path = Path("/dev/input"),
        kernel: k.Kernel | None = None,
    ) -> None:
        self._key = key
        self._chord = parse(key)
        k.check(self._chord)
        self._on_edge = on_edge
        self._on_lost = on_lost
        self._folder = folder
        self._kernel = kernel or k.Kernel()
        self._keyboards: dict[Path, _Keyboard] = {}
        self._others: set[tuple[Path, int, int]] = set()  # looked at: they have none of our keys
        self._forbidden: set[Path] = set()
        self._is_down = False
        self._is_over = False
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._find()
        if not self._keyboards:
            raise self._nothing()
        self._timer = self._loop.call_later(LOOK_EVERY, self._look)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._end()

    def describe(self) -> str:
        """See :class:`teamvoice.hotkey.source.KeySource`."""
        count = len(self._keyboards)
        return f"{self._key} on {count} keyboard{'s' if count != 1 else ''} (evdev)"

    def is_alive(self) -> bool:
        """See :class:`teamvoice.hotkey.source.KeySource`."""
        return bool(self._keyboards) and not self._is_over

    def _end(self) -> None:
        self._is_over = True
        if self._timer:
            self._timer.cancel()
        for keyboard in list(self._keyboards.values()):
            self._close(keyboard)

    # Keyboards come and go ---------------------------------------------------------------------

    def _look(self) -> None:
        self._find()
        self._timer = self._loop.call_later(LOOK_EVERY, self._look)

    def _find(self) -> None:
        there = {path: seen for path in self._folder.glob("event*") if (seen := _identity(path))}
        self._others &= set(there.values())
        self._forbidden &= set(there)
        for path, seen in sorted(there.items()):
            if path not in self._keyboards and seen not in self._others:
                self._open(path, seen)

    def _open(self, path: Path, seen: tuple[Path, int, int]) -> None:
        """One device. What cannot be opened yet is tried again: its permissions come later."""
        try:
            device = self._kernel.open(path)
        except PermissionError:
            self._forbidden.add(path)
            return
        except OSError:
            return  # gone again
        self._forbidden.discard(path)
        try:
            keys = {k.NAMES[code] for code in self._kernel.keys(device) if code in k.NAMES}
            if self._chord & keys:
                self._kernel.use_monotonic_clock(device)
                self._attach(_Keyboard(path, device))
                return
        except OSError:
            pass  # no input device, or gone again
        self._others.add(seen)
        os.close(device)

    def _attach(self, keyboard: _Keyboard) -> None:
        self._keyboards[keyboard.path] = keyboard
        self._loop.add_reader(keyboard.device, self._read, keyboard)

    def _close(self, keyboard: _Keyboard) -> None:
        del self._keyboards[keyboard.path]
        self._loop.remove_reader(keyboard.device)
        os.close(keyboard.device)

    def _gone(self, keyboard: _Keyboard) -> None:
        self._close(keyboard)
        self._settle(self._loop.time())
        if not self._keyboards:
            self._end()
            self._on_lost("the last keyboard with the key is gone")

    def _nothing(self) -> HotkeyUnavailable:
        if self._forbidden:
            many = len(self._forbidden)
            return HotkeyUnavailable(f"{many} input devices, and none may be read", _MEND_GROUP)
        if self._others:
            return HotkeyUnavailable(f"no keyboard here has {self._key}", "plug one in")
        return HotkeyUnavailable(f"there are no input devices in {self._folder}", "plug one in")

    # Keys move ---------------------------------------------------------------------------------

    def _read(self, keyboard: _Keyboard) -> None:
        try:
            data = os.read(keyboard.device, _READ)
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno != errno.ENODEV:
                raise
            data = b""
        if not data:
            self._gone(keyboard)
            return
        for event in k.events(data):
            self._moved(keyboard, event)

    def _moved(self, keyboard: _Keyboard, event: k.InputEvent) -> None:
        if event.type == k.EV_SYN and event.code == k.SYN_DROPPED:
            self._ask_anew(keyboard)
        name = k.NAMES.get(event.code, "")
        if event.type == k.EV_KEY and name in self._chord and event.value != k.REPEAT:
            (keyboard.down.add if event.value == k.DOWN else keyboard.down.discard)(name)
            self._settle(self._time(event.at))

    def _ask_anew(self, keyboard: _Keyboard) -> None:
        """Events were lost, a release perhaps: what is down now?"""
        with contextlib.suppress(OSError):  # it is gone: the next read tells
            down = self._kernel.down(keyboard.device)
            keyboard.down = {k.NAMES[code] for code in down if code in k.NAMES} & self._chord
        self._settle(self._loop.time())

    def _settle(self, at: float) -> None:
        """Tell whether the chord as a whole went down or came up; keyboards count together."""
        down = self._chord <= {name for board in self._keyboards.values() for name in board.down}
        if down is not self._is_down and not self._is_over:
            self._is_down = down
            self._on_edge(down, at)

    def _time(self, at: float) -> float:
        now = self._loop.time()
        return at if now - CLOCKS_AGREE_S <= at <= now else now


def _identity(path: Path) -> tuple[Path, int, int] | None:
    """Tells a device from the one that had its name before; None when it is gone again."""
    try:
        found = path.stat()
    except OSError:
        return None
    return path, found.st_ino, found.st_ctime_ns
