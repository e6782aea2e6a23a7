"""Pausing: players are paused by MPRIS, the desktop's way to control them, and go on afterwards.

A player is told to go on only when we paused it and nobody touched it since: one that the person
started again, or stopped, is theirs. What we paused stays paused when we are killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging

from teamvoice.bus import THE_BUS, Bus, Place, Signal, session_address
from teamvoice.errors import BusUnavailable

WITHIN_S = 1.0  # for the players to be told to go on; the daemon's end may wait for it

_NAMES = "org.mpris.MediaPlayer2."
_PROXY = f"{_NAMES}playerctld"  # stands for one of the others
_PATH = "/org/mpris/MediaPlayer2"
_PLAYER = "org.mpris.MediaPlayer2.Player"
_PROPERTIES = "org.freedesktop.DBus.Properties"

_log = logging.getLogger(__name__)


class Pausing:
    """See :class:`teamvoice.audio.others.Way`."""

    def __init__(self) -> None:
        self._stack = contextlib.AsyncExitStack()
        self._paused: set[str] = set()  # by us, by unique name: another program may come to a name
        self._told = ""

    async def hush(self) -> None:
        """See :class:`teamvoice.audio.others.Way`."""
        try:
            bus = Bus(session_address(), self._heard)
            self._bus = await self._stack.enter_async_context(bus)
            await bus.subscribe(interface=_PROPERTIES, path=_PATH)
            (names,) = await bus.call(THE_BUS, "ListNames")
        except BusUnavailable as error:
            self._tell(f"no player can be paused: {error}")
            return
        async with asyncio.TaskGroup() as tasks:
            for name in names:
                if name.startswith(_NAMES) and name != _PROXY:
                    tasks.create_task(self._pause(bus, name))

    async def give_back(self) -> None:
        """See :class:`teamvoice.audio.others.Way`."""
        try:
            async with asyncio.timeout(WITHIN_S), asyncio.TaskGroup() as tasks:
                for player in self._paused:
                    tasks.create_task(self._resume(player))
        except TimeoutError:
            self._tell("a player that was paused does not answer")
        self._paused.clear()
        await self._stack.aclose()

    async def _pause(self, bus: Bus, name: str) -> None:
        try:
            player = await bus.owner(name)
            if await _status(bus, player) == "Playing":
                self._paused.add(player)  # before its signal comes
                await bus.call(Place(player, _PATH, _PLAYER), "Pause")
        except BusUnavailable as error:
            self._tell(f"{name} cannot be paused: {error}")

    async def _resume(self, player: str) -> None:
        try:
            if await _status(self._bus, player) == "Paused":
                await self._bus.call(Place(player, _PATH, _PLAYER), "Play")
        except BusUnavailable as error:
            self._tell(f"a player cannot be told to go on: {error}")

    def _heard(self, signal: Signal) -> None:
        if signal.body[0] == _PLAYER and signal.body[1].get("PlaybackStatus") in _OTHERS_DEEDS:
            self._paused.discard(signal.sender)

    def _tell(self, text: str) -> None:
        if text != self._told:  # once: it would be so with every hold
            self._told = text
            _log.warning(text)


_OTHERS_DEEDS = frozenset({"Playing", "Stopped"})


async def _status(bus: Bus, player: str) -> str:
    return str(await bus.property(Place(player, _PATH, _PLAYER), "PlaybackStatus"))
