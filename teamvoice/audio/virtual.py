"""A microphone that is spoken for and a speaker that nobody hears, for machines with no sound card.

Whole alternatives to the real ones: they keep real time, count what was heard, and pass the same
contract tests.
"""

from __future__ import annotations

import asyncio
from typing import Self

from teamvoice.audio.capture import OnBlock, OnLost
from teamvoice.audio.pcm import BLOCK_BYTES, BLOCK_MS, BYTES_PER_SECOND
from teamvoice.audio.playqueue import Played
from teamvoice.audio.programme import OnLoss, OnSound, Programme
from teamvoice.errors import AudioUnavailable

KEPT = 600 * BYTES_PER_SECOND
"""Ten minutes: what may be waiting to be said, and what a recording keeps of its end."""

_BLOCK = BLOCK_MS / 1000


class SpokenMicrophone:
    """Capture: delivers what was queued with :meth:`say`, then silence, at the pace of speech."""

    def __init__(self) -> None:
        self._speech = bytearray()
        self._spoken = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def say(self, pcm: bytes) -> None:
        """Queue speech; it is delivered while the microphone is open.

        Raises:
            ValueError: More than ten minutes would be waiting.
        """
        if len(self._speech) + len(pcm) > KEPT:
            raise ValueError("more than ten minutes of speech are waiting to be said")
        self._speech += pcm
        self._spoken.clear()

    async def wait_spoken(self) -> None:
        """Return when everything that was queued was delivered."""
        await self._spoken.wait()

    @property
    def rests(self) -> bool:
        """See :class:`teamvoice.audio.capture.Capture`."""
        return False

    @property
    def has_spoken(self) -> bool:
        """Everything that was queued was delivered."""
        return not self._speech

    async def open(self, on_block: OnBlock, on_lost: OnLost) -> None:  # noqa: ARG002 - never lost
        """See :class:`teamvoice.audio.capture.Capture`."""
        if self._timer is None:
            self._on_block = on_block
            self._wait_until(asyncio.get_running_loop().time() + _BLOCK)

    async def close(self, *, at_once: bool = False) -> str:  # noqa: ARG002 - it has no grace
        """See :class:`teamvoice.audio.capture.Capture`. It is never muted."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        return ""

    def describe(self) -> str:
        """See :class:`teamvoice.audio.capture.Capture`."""
        return f"virtual microphone, {'open' if self._timer else 'closed'}"

    def _wait_until(self, due: float) -> None:
        self._timer = asyncio.get_running_loop().call_at(due, self._deliver, due)

    def _deliver(self, due: float) -> None:
        block = bytes(self._speech[:BLOCK_BYTES])
        del self._speech[:BLOCK_BYTES]
        if not self._speech:
            self._spoken.set()
        self._wait_until(due + _BLOCK)  # before the call, in which close() may be asked for
        self._on_block(block.ljust(BLOCK_BYTES, b"\0"), due)


class SilentSpeaker:
    """Playback: takes sound at the pace of a speaker and keeps it in :attr:`recording`."""

    def __init__(self, *, volume: float = 1.0) -> None:
        self._programme = Programme(volume)
        self._recording = bytearray()
        self._timer: asyncio.Handle | None = None
        self._block_at = 0.0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop()

    @property
    def recording(self) -> bytes:
        """What was played, while anything was: the last ten minutes."""
        return bytes(self._recording)

    def connect(self, on_began: OnSound, on_ended: OnSound, on_lost: OnLoss) -> None:
        """See :class:`teamvoice.audio.playback.Playback`."""
        self._programme.connect(on_began, on_ended, on_lost)

    def play(self, item_id: str, content_index: int, pcm: bytes) -> None:
        """See :class:`teamvoice.audio.playback.Playback`."""
        self._programme.play(item_id, content_index, pcm, asyncio.get_running_loop().time())
        self._start()

    @property
    def trouble(self) -> AudioUnavailable | None:
        """See :class:`teamvoice.audio.playback.Playback`."""
        return None

    def end_of_answer(self) -> None:
        """See :class:`teamvoice.audio.playback.Playback`."""
        self._programme.end_of_answer()
        self._start()

    async def silence(self) -> tuple[Played, ...]:
        """See :class:`teamvoice.audio.playback.Playback`."""
        heard_to = self._heard_to()
        del self._recording[len(self._recording) - self._programme.position + heard_to :]
        self._stop()
        return self._programme.renew().heard(heard_to)

    def chime(self, kind: str) -> None:
        """See :class:`teamvoice.audio.playback.Playback`."""
        self._programme.chime(kind)
        self._start()

    def describe(self) -> str:
        """See :class:`teamvoice.audio.playback.Playback`."""
        return f"virtual speaker, {'playing' if self._timer else 'quiet'}"

    def _start(self) -> None:
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_soon(self._play_block, loop.time())

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _play_block(self, due: float) -> None:
        self._programme.look(self._programme.position, due)
        if not self._programme.has_sound:
            self._timer = None
            return
        self._block_at = due
        self._recording += self._programme.take(BLOCK_BYTES, due)
        del self._recording[:-KEPT]
        loop = asyncio.get_running_loop()
        self._timer = loop.call_at(due + _BLOCK, self._play_block, due + _BLOCK)

    def _heard_to(self) -> int:
        """The place on the ribbon that sounds now, within the block that was taken last."""
        position = self._programme.position
        if self._timer is None:
            return position
        rest = self._block_at + _BLOCK - asyncio.get_running_loop().time()
        return position - min(max(int(rest * BYTES_PER_SECOND) // 2 * 2, 0), position, BLOCK_BYTES)
