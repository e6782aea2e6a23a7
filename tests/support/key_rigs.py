"""One real key for each kind of source, to be pressed, broken and mended by a test."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from teamvoice.hotkey import kernel as k
from teamvoice.hotkey.evdev_source import EvdevSource
from teamvoice.hotkey.portal_source import PortalSource
from teamvoice.hotkey.pynput_source import PynputSource
from teamvoice.hotkey.source import KeySource, OnEdge, OnLost
from tests.support.bus import NEEDS_BUS, PrivateBus
from tests.support.desk import NEEDS_DISPLAY, Display, display_at, sitting_at
from tests.support.input_devices import Keyboard, Recorded
from tests.support.portal import Portal


class Rig(Protocol):
    """A key (F9) and the machinery behind it, while its context lasts."""

    def source(self, on_edge: OnEdge, on_lost: OnLost) -> KeySource: ...

    async def press(self) -> None: ...

    async def release(self) -> None: ...

    async def repeat(self, times: int) -> None:
        """Auto-repeat, while the key is down."""

    async def pair(self) -> None:
        """An up and a down at once, as some keyboards and X clients give for a key that is held."""

    async def break_down(self) -> None:
        """What shows the key to the source dies."""

    async def bring_back(self) -> None:
        """It is there again."""


class XRig:
    """An X server and xdotool."""

    def __init__(self, home: Path, stack: contextlib.AsyncExitStack) -> None:
        self._home = home
        self._stack = stack
        self._display: Display = stack.enter_context(display_at(home))
        stack.enter_context(sitting_at(self._display.environment))

    def source(self, on_edge: OnEdge, on_lost: OnLost) -> KeySource:
        return PynputSource("<f9>", on_edge, on_lost)

    async def press(self) -> None:
        await self._display.key_down("F9")

    async def release(self) -> None:
        await self._display.key_up("F9")

    async def repeat(self, times: int) -> None:
        await self._display.key_down(*["F9"] * times)

    async def pair(self) -> None:
        await self._display.up_and_down("F9")

    async def break_down(self) -> None:
        self._display.break_down()

    async def bring_back(self) -> None:
        number = self._display.environment["DISPLAY"]
        self._stack.enter_context(display_at(self._home, number))


class PortalRig:
    """A portal on a private bus."""

    def __init__(self, home: Path, stack: contextlib.AsyncExitStack) -> None:
        self._bus = PrivateBus(home)
        stack.enter_context(self._bus.serving())
        stack.enter_context(sitting_at({"DBUS_SESSION_BUS_ADDRESS": self._bus.address}))
        stack.push_async_callback(self.break_down)
        self._portal: Portal | None = None

    def source(self, on_edge: OnEdge, on_lost: OnLost) -> KeySource:
        return PortalSource("<f9>", on_edge, on_lost)

    async def press(self) -> None:
        assert self._portal
        await self._portal.press()

    async def release(self) -> None:
        assert self._portal
        await self._portal.release()

    async def repeat(self, times: int) -> None:
        for _ in range(times):
            await self.press()

    async def pair(self) -> None:
        await self.release()
        await self.press()

    async def break_down(self) -> None:
        if self._portal:
            await self._portal.__aexit__()
            self._portal = None

    async def bring_back(self) -> None:
        self._portal = await Portal(self._bus).__aenter__()


class EvdevRig:
    """A keyboard whose events come through a pipe."""

    def __init__(self, home: Path, stack: contextlib.AsyncExitStack) -> None:
        self._home = home
        self._kernel = Recorded()
        self._keyboard: Keyboard | None = None
        stack.push_async_callback(self.break_down)

    def source(self, on_edge: OnEdge, on_lost: OnLost) -> KeySource:
        return EvdevSource("<f9>", on_edge, on_lost, folder=self._home, kernel=self._kernel)

    async def press(self) -> None:
        self._key(k.DOWN)

    async def release(self) -> None:
        self._key(k.UP)

    async def repeat(self, times: int) -> None:
        for _ in range(times):
            self._key(k.REPEAT)

    async def pair(self) -> None:
        self._key(k.UP)
        self._key(k.DOWN)

    async def break_down(self) -> None:
        if self._keyboard:
            self._keyboard.unplug()
            self._keyboard = None

    async def bring_back(self) -> None:
        self._keyboard = Keyboard(self._home, "event3", self._kernel)

    def _key(self, value: int) -> None:
        assert self._keyboard
        self._keyboard.key("f9", value)


MakeRig = Callable[[Path, contextlib.AsyncExitStack], Rig]

RIGS: dict[str, tuple[MakeRig, tuple[str, ...]]] = {
    "pynput": (XRig, NEEDS_DISPLAY),
    "portal": (PortalRig, NEEDS_BUS),
    "evdev": (EvdevRig, ()),
}
"""How to make each, and what it needs of the machine."""
