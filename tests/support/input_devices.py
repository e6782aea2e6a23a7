"""Input devices without a kernel: pipes that carry the kernel's own structs, read as devices are.

A pipe knows none of the calls on a device, so :class:`Recorded` answers those; everything else,
from finding and opening to reading, losing and closing, happens to real files.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from teamvoice.hotkey import kernel as k

CODES = {name: code for code, name in reversed(k.NAMES.items())}
EV_MSC, MSC_SCAN = 4, 4


class Recorded(k.Kernel):
    """The calls on devices that are pipes: their keys, what is down, and who may read them."""

    def __init__(self) -> None:
        self.has: dict[str, frozenset[int]] = {}
        self.forbidden: set[str] = set()
        self.held: frozenset[int] = frozenset()
        self.clocks = 0
        self.refused = 0
        self._names: dict[int, str] = {}

    def open(self, path: Path) -> int:
        if path.name in self.forbidden:
            self.refused += 1
            raise PermissionError(13, "Permission denied", str(path))
        device = super().open(path)
        self._names[device] = path.name
        return device

    def keys(self, device: int) -> frozenset[int]:
        return self.has[self._names[device]]

    def down(self, device: int) -> frozenset[int]:  # noqa: ARG002 - one answer for all of them
        return self.held

    def use_monotonic_clock(self, device: int) -> None:  # noqa: ARG002 - counted, not done
        self.clocks += 1


class Keyboard:
    """A device that can be typed on, and pulled out.

    Args:
        folder: Where devices appear.
        name: Its file's name.
        kernel: Who answers for it.
        keys: The keys that it has; by default all.
    """

    def __init__(self, folder: Path, name: str, kernel: Recorded, *keys: str) -> None:
        self.path = folder / name
        codes = [CODES[key] for key in keys] or list(CODES.values())
        kernel.has[name] = frozenset(codes)
        os.mkfifo(self.path)
        self._end = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)

    def write(self, *events: tuple[int, int, int], at: float | None = None) -> None:
        """Events of type, code and value, with the report that ends them."""
        seconds = time.monotonic() if at is None else at
        micros = int(seconds % 1 * 1e6)
        packed = [k.EVENT.pack(int(seconds), micros, *event) for event in (*events, (0, 0, 0))]
        os.write(self._end, b"".join(packed))

    def key(self, name: str, value: int, *, at: float | None = None) -> None:
        """As keyboards do: the scan code, the key, the report."""
        code = CODES[name]
        self.write((EV_MSC, MSC_SCAN, code), (k.EV_KEY, code, value), at=at)

    def unplug(self) -> None:
        if self._end >= 0:
            self.path.unlink()
            os.close(self._end)
            self._end = -1
