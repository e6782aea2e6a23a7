"""Ducking: what other programs play is made quieter, then given back exactly as it was.

The sound server keeps the volume of a program's stream, even when the program or we are gone. So
every change is written down before it is made. What could not be given back, because we were killed
or because the stream had ended, is given back when it can be: to the stream, or to the program's
next one. A volume that is no longer what we had set was changed by somebody else, and stays.
"""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path
from typing import Any

import msgspec

from teamvoice.audio.pactl import ask, ask_json

PART = 0.3  # of its volume is left to what is ducked
OWED = 32  # volumes that are remembered; then the oldest is forgotten

_log = logging.getLogger(__name__)


class Stream(msgspec.Struct, frozen=True):
    """What a program plays: the server's number of it, and the volume of each channel."""

    index: int
    program: str
    volume: tuple[int, ...]


class Debt(msgspec.Struct, frozen=True):
    """A stream as it was, and the volume that we gave it."""

    stream: Stream
    ducked: tuple[int, ...]

    def fits(self, stream: Stream) -> bool:
        """It is to be given back to this stream."""
        return stream.program == self.stream.program and stream.volume == self.ducked


_debts = msgspec.json.Decoder(list[Debt])


class Ducking:
    """See :class:`teamvoice.audio.others.Way`.

    Args:
        ledger: The file in which is written down what is to be given back.
    """

    def __init__(self, ledger: Path) -> None:
        self._ledger = ledger

    async def hush(self) -> None:
        """See :class:`teamvoice.audio.others.Way`."""
        await self.give_back()  # a program's next stream begins with what we had set for its last
        fresh = [
            Debt(stream, tuple(int(value * PART) for value in stream.volume))
            for stream in await _streams()
        ]
        if not await self._note([*self._read(), *fresh]):
            return
        for debt in fresh:
            await _set(debt.stream.index, debt.ducked)

    async def give_back(self) -> None:
        """See :class:`teamvoice.audio.others.Way`."""
        owed = self._read()
        if not owed:
            return
        streams = await _streams()
        there = {(stream.index, stream.program) for stream in streams}
        for debt in owed:
            for stream in filter(debt.fits, streams):
                await _set(stream.index, debt.stream.volume)
        left = [
            debt
            for debt in owed
            if (debt.stream.index, debt.stream.program) not in there
            and not any(map(debt.fits, streams))
        ]
        await self._note(left)

    def _read(self) -> list[Debt]:
        try:
            return _debts.decode(self._ledger.read_bytes())
        except (OSError, msgspec.DecodeError):  # there is none, or none of ours
            return []

    async def _note(self, debts: list[Debt]) -> bool:
        try:
            await asyncio.to_thread(self._write, debts)
        except OSError as error:
            _log.warning("nothing is ducked, since it cannot be written down: %s", error)
            return False
        return True

    def _write(self, debts: list[Debt]) -> None:
        if not debts:
            self._ledger.unlink(missing_ok=True)
            return
        self._ledger.parent.mkdir(parents=True, exist_ok=True)
        new = self._ledger.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_bytes(msgspec.json.encode(debts[-OWED:]))
        new.replace(self._ledger)


async def _streams() -> list[Stream]:
    """What plays, but for what we play ourselves."""
    return [
        _stream(found)
        for found in await ask_json("list", "sink-inputs")
        if found.get("properties", {}).get("application.process.id") != str(os.getpid())
    ]


def _stream(found: dict[str, Any]) -> Stream:
    known = found.get("properties", {})
    program = known.get("application.process.binary") or known.get("application.name") or ""
    volume = tuple(int(channel["value"]) for channel in found.get("volume", {}).values())
    return Stream(int(found["index"]), str(program), volume)


async def _set(index: int, volume: tuple[int, ...]) -> None:
    await ask("set-sink-input-volume", str(index), *map(str, volume))
