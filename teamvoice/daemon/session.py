"""Whether somebody can be at the desk: a locked session and a sleeping machine hear nothing.

The key's source works on a locked screen too (X11, evdev), so the daemon asks logind.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from typing import Protocol

from teamvoice.bus import Bus, Place, Signal, system_address
from teamvoice.errors import BusUnavailable

AGAIN_S = 5.0  # between two tries to reach the bus, or a logind that does not answer

LOCKED = "the session is locked"
ASLEEP = "the machine goes to sleep"
UNASKED = "it is not known yet whether the session is locked"

_SERVICE = "org.freedesktop.login1"
_MANAGER = Place(_SERVICE, "/org/freedesktop/login1", "org.freedesktop.login1.Manager")
_NO_USER = "org.freedesktop.login1.NoSuchUser"


class Session(Protocol):
    """Tells when nobody can be at the desk."""

    async def run(self, on_away: Callable[[str], None], on_known: Callable[[str], None]) -> None:
        """Tell it until cancelled.

        Args:
            on_away: Called when it is known first, and at each change: why nobody is there, or
                empty when they are.
            on_known: Called at each change: why this cannot be told, or empty when it can.
        """


class LogindSession:
    """See :class:`Session`; by logind, on the system bus.

    It follows the user's graphical session: its ``LockedHint``, which GNOME, KDE and others set
    and a bare ``i3lock`` or ``swaylock`` does not.

    Args:
        again_s: Seconds between two tries to reach it.
    """

    def __init__(self, again_s: float = AGAIN_S) -> None:
        self._again_s = again_s
        self._changed = asyncio.Event()
        self._is_gone = False
        self._is_asleep: bool | None = None
        self._away: str | None = None
        self._known: str | None = None

    async def run(self, on_away: Callable[[str], None], on_known: Callable[[str], None]) -> None:
        """See :class:`Session`. What was known of a lock holds until something else is known."""
        while True:
            self._is_gone = False
            try:
                async with Bus(system_address(), self._told, self._gone) as bus:
                    await _subscribe(bus)
                    while not self._is_gone:
                        await self._follow(bus, on_away, on_known)
            except BusUnavailable as error:
                self._know(_unnoticed(error), on_known)
            await asyncio.sleep(self._again_s)

    async def _follow(
        self, bus: Bus, on_away: Callable[[str], None], on_known: Callable[[str], None]
    ) -> None:
        """Look once; return when it is time to look again: at a signal, logind's coming is one."""
        self._changed.clear()
        try:
            away = await self._look(bus)
        except BusUnavailable as error:
            self._know(_unnoticed(error), on_known)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), self._again_s)
            return
        if away != self._away:
            self._away = away
            on_away(away)
        self._know("", on_known)
        await self._changed.wait()

    async def _look(self, bus: Bus) -> str:
        """Why nobody is there now; empty when somebody may be."""
        if self._is_asleep is None:
            self._is_asleep = bool(await bus.property(_MANAGER, "PreparingForSleep"))
        is_locked = await _is_locked(bus)
        return ASLEEP if self._is_asleep else LOCKED if is_locked else ""

    def _know(self, why: str, on_known: Callable[[str], None]) -> None:
        if why != self._known:
            self._known = why
            on_known(why)

    def _told(self, signal: Signal) -> None:
        match signal.member:
            case "NameOwnerChanged":
                self._is_asleep = None  # as the next one says
            case "PrepareForSleep":  # the property of like name may lag behind
                self._is_asleep = signal.body[0]
        self._changed.set()

    def _gone(self) -> None:
        self._is_gone = True
        self._changed.set()


def _unnoticed(error: BusUnavailable) -> str:
    return f"a lock of the screen is not noticed: logind: {error}"


async def _subscribe(bus: Bus) -> None:
    await bus.subscribe_to_owner(_SERVICE)
    await bus.subscribe(sender=_SERVICE, interface=_MANAGER.interface)
    await bus.subscribe(
        sender=_SERVICE,
        member="PropertiesChanged",
        path_namespace="/org/freedesktop/login1/session",
    )


async def _is_locked(bus: Bus) -> bool:
    """The user's graphical session is locked; false when there is none."""
    try:
        (user,) = await bus.call(_MANAGER, "GetUser", "u", os.getuid())
    except BusUnavailable as error:
        if error.code != _NO_USER:
            raise
        return False  # not logged in
    _, path = await bus.property(Place(_SERVICE, user, "org.freedesktop.login1.User"), "Display")
    if path == "/":
        return False
    place = Place(_SERVICE, path, "org.freedesktop.login1.Session")
    return bool(await bus.property(place, "LockedHint"))
