"""What was said in a turn, and what was really heard of its answer, for who wants to keep it.

A speaker around the speaker::

    the bridge ──play──▶ Tape ──play──▶ the speaker
                          │ ◀── silence(): how much of each part sounded
    a turn is over ──────▶│ ──▶ the recordings

The turn that you interrupt is over before the speaker has said how much of it sounded: its sound
waits for that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Self

from teamvoice.audio.pcm import BYTES_PER_SECOND
from teamvoice.audio.playback import Playback
from teamvoice.audio.playqueue import LIMIT, Played
from teamvoice.audio.programme import OnLoss, OnSound
from teamvoice.daemon.recordings import Recordings, name_of
from teamvoice.errors import AudioUnavailable

_BYTES_PER_MS = BYTES_PER_SECOND // 1000

Key = tuple[str, int]  # an item and the part of it


@dataclass(slots=True)
class _Part:
    """A part of an answer, as far as it has come."""

    turn: int
    pcm: bytearray = field(default_factory=bytearray)


class Tape:
    """A :class:`Playback` that notes what is heard.

    Args:
        speaker: The one that plays; entered and left with this one.
        recordings: Where sound is kept, if it is; entered and left with this one.
        turn: The number of the turn that is on; 0 between turns.
    """

    def __init__(self, speaker: Playback, recordings: Recordings, turn: Callable[[], int]) -> None:
        self._speaker = speaker
        self._recordings = recordings
        self._turn = turn
        self._parts: dict[Key, _Part] = {}
        self._stopping: dict[Key, _Part] = {}  # it is not known yet how much of these sounded
        self._heard: dict[int, bytes] = {}  # by turn
        self._over: dict[int, tuple[str, bytes]] = {}  # turns that wait for what was heard
        self._stack = AsyncExitStack()
        self._tasks = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._recordings)
            await stack.enter_async_context(self._tasks)
            await stack.enter_async_context(self._speaker)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.silence()
        await self._stack.aclose()

    def turn_over(self, record: Mapping[str, Any], said: bytes) -> None:
        """A turn is over: its sound is kept as soon as it is known what was heard of it.

        Args:
            record: What the journal has of it.
            said: Its speech: PCM16, mono, 24 kHz.
        """
        if self._recordings.are_wanted:
            self._over[record["number"]] = (name_of(record), said)
            self._settle()

    def connect(self, on_began: OnSound, on_ended: OnSound, on_lost: OnLoss) -> None:
        """See :class:`Playback`."""

        def ended(at: float) -> None:
            self._note(self._parts, {})
            on_ended(at)

        def lost(reason: str, played: Sequence[Played]) -> None:
            self._note(self._parts, _heard(self._parts, played))
            on_lost(reason, played)

        self._speaker.connect(on_began, ended, lost)

    def play(self, item_id: str, content_index: int, pcm: bytes) -> None:
        """See :class:`Playback`."""
        if self._recordings.are_wanted and (turn := self._turn()):
            part = self._parts.setdefault((item_id, content_index), _Part(turn))
            part.pcm += pcm[: LIMIT - len(part.pcm)]
        self._speaker.play(item_id, content_index, pcm)

    @property
    def trouble(self) -> AudioUnavailable | None:
        """See :class:`Playback`."""
        return self._speaker.trouble

    def end_of_answer(self) -> None:
        """See :class:`Playback`."""
        self._speaker.end_of_answer()

    async def silence(self) -> tuple[Played, ...]:
        """See :class:`Playback`."""
        self._stopping, self._parts = self._stopping | self._parts, {}
        played = await self._speaker.silence()
        self._note(self._stopping, _heard(self._stopping, played))
        return played

    def chime(self, kind: str) -> None:
        """See :class:`Playback`."""
        self._speaker.chime(kind)

    def describe(self) -> str:
        """See :class:`Playback`."""
        return self._speaker.describe()

    def _note(self, parts: dict[Key, _Part], ms: Mapping[Key, int | None]) -> None:
        """These sounded: so many milliseconds of each, or all of it where none are given."""
        for key, part in parts.items():
            heard = ms.get(key)
            pcm = part.pcm if heard is None else part.pcm[: heard * _BYTES_PER_MS]
            self._heard[part.turn] = self._heard.get(part.turn, b"") + bytes(pcm)
        parts.clear()
        self._settle()

    def _settle(self) -> None:
        sounding = {part.turn for part in (*self._parts.values(), *self._stopping.values())}
        for number in [number for number in self._over if number not in sounding]:
            name, said = self._over.pop(number)
            sounds = {"you": said, "voice": self._heard.pop(number, b"")}
            self._tasks.create_task(self._recordings.keep(name, sounds))


def _heard(parts: Iterable[Key], played: Sequence[Played]) -> dict[Key, int | None]:
    """How many milliseconds of each part sounded; None: all."""
    ms: dict[Key, int | None] = dict.fromkeys(parts, 0)
    for one in played:
        ms[one.item_id, one.content_index] = None if one.complete else one.ms
    return ms
