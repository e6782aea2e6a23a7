"""The speaker: the port ``Playback``, and its adapter ``Speaker`` over PortAudio.

One task opens the device when there is something to play, looks after it, and closes it when it was
idle for a while. To fall silent, the callback ends the stream with its next call, at most 20 ms
later, and the device drops what it had buffered: quicker than playing the buffer out. The buffer is
small until the device ran dry once; then it is opened anew, at a quiet moment, with a larger one.

What was heard is read from the device's own clock: with every block it says when that will sound.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Sequence
from typing import Any, Protocol, Self

import numpy as np

from teamvoice.audio.latency import Latency
from teamvoice.audio.pcm import BLOCK_BYTES, BYTES_PER_SECOND, RATE
from teamvoice.audio.playqueue import Played
from teamvoice.audio.portaudio import LIBRARY, Port, load
from teamvoice.audio.programme import OnLoss, OnSound, Programme
from teamvoice.errors import AudioUnavailable

__all__ = ["Playback", "Played", "Speaker"]

SILENT_WITHIN = 0.25  # seconds that silence() waits for a device that does not answer
LOOK_EVERY = 0.02  # seconds between two looks while the device is open
LOOKS = 50  # without a callback, and the speaker is lost
PLAYED_OUT = 0.4  # seconds without sound after which nothing is left in the largest buffer
RETRY_AFTER = 1.0  # seconds after a failure in which more of the same answer is dropped

_log = logging.getLogger(__name__)


class Playback(Protocol):
    """A speaker for answers and chimes. All calls and callbacks are on the event loop's thread."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_: object) -> None: ...

    def connect(self, on_began: OnSound, on_ended: OnSound, on_lost: OnLoss) -> None:
        """Say whom to tell.

        Args:
            on_began: The first sample of an answer sounds; with the monotonic time at which it did.
            on_ended: Everything was heard, and :meth:`end_of_answer` was called.
            on_lost: The speaker is gone, or cannot be opened: why, and what was heard, as
                :meth:`silence` returns it. What was queued is dropped.
        """

    def play(self, item_id: str, content_index: int, pcm: bytes) -> None:
        """Queue a piece of an answer: at most ten minutes; beyond, it is dropped and counted."""

    def end_of_answer(self) -> None:
        """No more will come for now: ``on_ended`` when all was heard (or was lost)."""

    async def silence(self) -> tuple[Played, ...]:
        """Stop now, drop what is queued, chimes too.

        Returns:
            What was heard of each part that came since the last ``on_ended`` or silence, in order.
        """

    def chime(self, kind: str) -> None:
        """A small sound over whatever plays; it does not count as heard of an answer."""

    def describe(self) -> str:
        """A few words for the status: which device, open or closed, what was dropped."""

    @property
    def trouble(self) -> AudioUnavailable | None:
        """Why it could not be opened the last time, with the mend; None when it could."""


class Speaker:
    """Playback over PortAudio.

    Args:
        device: A name, or part of one; empty for the sound server's default.
        volume: From 0.0 to 1.0.
        idle_s: Seconds without sound after which the device is closed.
        rates: Sample rates to try first; what is not 24 kHz is resampled.
    """

    def __init__(
        self,
        device: str = "",
        *,
        volume: float = 1.0,
        idle_s: float = 5.0,
        rates: Sequence[int] = (RATE,),
    ) -> None:
        self._wanted = device
        self._idle_s = idle_s
        self._rates = rates
        self._programme = Programme(volume)
        self._latency = Latency()
        self._group = asyncio.TaskGroup()
        self._needed = asyncio.Event()
        self._outlet: _Outlet | None = None
        self._trouble: AudioUnavailable | None = None
        self._retry_at = 0.0
        self._name = ""

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        self._keeper = self._group.create_task(self._keep(), name="speaker")
        return self

    async def __aexit__(self, *raised: Any) -> None:
        self._keeper.cancel()
        await self._group.__aexit__(*raised)

    def connect(self, on_began: OnSound, on_ended: OnSound, on_lost: OnLoss) -> None:
        """See :class:`Playback`."""
        self._programme.connect(on_began, on_ended, on_lost)

    def play(self, item_id: str, content_index: int, pcm: bytes) -> None:
        """See :class:`Playback`."""
        self._programme.play(item_id, content_index, pcm, time.monotonic())
        self._want_device()

    def end_of_answer(self) -> None:
        """See :class:`Playback`."""
        self._programme.end_of_answer()
        self._retry_at = 0.0  # the next answer tries anew
        if self._outlet is None and not self._programme.has_sound:
            asyncio.get_running_loop().call_soon(self._look)

    async def silence(self) -> tuple[Played, ...]:
        """See :class:`Playback`."""
        outlet = self._outlet
        if outlet is None:
            queue = self._programme.renew()
            return queue.heard(queue.position)
        outlet.end()
        queue = self._programme.renew()
        if outlet.is_sounding:
            await outlet.wait(SILENT_WITHIN)
        return queue.heard(outlet.position())

    def chime(self, kind: str) -> None:
        """See :class:`Playback`."""
        self._programme.chime(kind)
        self._want_device()

    @property
    def trouble(self) -> AudioUnavailable | None:
        """See :class:`Playback`."""
        return self._trouble

    def describe(self) -> str:
        """See :class:`Playback`."""
        state = "open" if self._outlet else "closed"
        words = f"{self._name or self._wanted or 'default speaker'}, {state}"
        dropped = self._programme.dropped * 1000 // BYTES_PER_SECOND
        return f"{words}, {dropped} ms dropped" if dropped else words

    def _want_device(self) -> None:
        if time.monotonic() < self._retry_at:
            self._programme.drop(self._programme.position)
        else:
            self._needed.set()

    def _look(self) -> None:
        heard_to = self._outlet.position() if self._outlet else self._programme.position
        self._programme.look(heard_to, time.monotonic())

    # The task that keeps the device ---------------------------------------------------------------

    async def _keep(self) -> None:
        while True:
            await self._needed.wait()
            self._needed.clear()
            await self._use_device()
            if self._programme.has_sound:
                self._needed.set()

    async def _use_device(self) -> None:
        self._outlet = outlet = _Outlet(
            self._wanted, self._rates, self._programme, self._latency.seconds
        )
        lost = ""
        try:
            await LIBRARY.open(outlet.port)
            self._trouble = None
            self._name = outlet.port.device.name if outlet.port.device else ""
            lost = await self._attend(outlet)
        except AudioUnavailable as error:
            self._trouble, lost = error, str(error)
        finally:
            outlet.end()
            await LIBRARY.close(outlet.port)
            self._latency.closed(ran_dry=outlet.ran_dry)
            self._outlet = None
        if lost:
            self._lose(lost, outlet.position())

    async def _attend(self, outlet: _Outlet) -> str:
        """Look after an open device until it is to be closed; why, when it is lost."""
        used, quiet = time.monotonic(), 0
        calls = -1
        while not outlet.is_ending:
            if self._programme.has_sound:
                used = time.monotonic()
            if time.monotonic() - used > (PLAYED_OUT if outlet.ran_dry else self._idle_s):
                return ""
            quiet = quiet + 1 if outlet.calls == calls else 0
            calls = outlet.calls
            if outlet.is_over or quiet == LOOKS:
                return "the speaker is gone: the sound server may have died"
            self._look()
            await outlet.wait(LOOK_EVERY)
        return ""

    def _lose(self, reason: str, heard_to: int) -> None:
        _log.warning("speaker lost: %s", reason)
        if self._programme.awaits_more:
            self._retry_at = time.monotonic() + RETRY_AFTER
        self._programme.lose(heard_to, reason)
        self._look()


class _Outlet:
    """One stream, from open to close, and the clock of what it has sounded."""

    def __init__(
        self, wanted: str, rates: Sequence[int], programme: Programme, latency: float
    ) -> None:
        self.port = Port("output", wanted, self._fill, self._finished, rates=rates, latency=latency)
        self.calls = 0
        self.ran_dry = False
        self.is_ending = False
        self._programme = programme
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        self._over_at: float | None = None
        self._given = self._first = programme.position
        # Bytes that sounded before the last block, when it was taken, seconds until it sounds.
        self._mark = (self._given, 0.0, 0.0)
        self._converter: _Converter | None = None

    @property
    def is_over(self) -> bool:
        """The stream has ended, asked or not."""
        return self._over_at is not None

    @property
    def is_sounding(self) -> bool:
        """The device took something, and has not ended."""
        return self.calls > 0 and not self.is_over

    def end(self) -> None:
        """With its next call, the callback ends the stream; the device drops its buffer."""
        self.is_ending = True

    async def wait(self, seconds: float) -> None:
        """Until the stream has ended, at most so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._over.wait()
        except TimeoutError:
            return

    def position(self) -> int:
        """The place on the ribbon that sounds now, or sounded when the stream ended."""
        before, at, delay = self._mark
        now = self._over_at or time.monotonic()
        sounded = before + int((now - at - delay) * RATE) * 2
        return min(max(sounded, self._first), self._given)

    # In PortAudio's thread ----------------------------------------------------------------------

    def _fill(self, out: Any, frames: int, times: Any, flags: Any) -> None:
        if self.is_ending:
            raise load().CallbackAbort
        now = time.monotonic()
        self.calls += 1
        self.ran_dry = self.ran_dry or flags.output_underflow
        delay = max(times.outputBufferDacTime - times.currentTime, 0.0)
        if self.port.format.rate == RATE and self.port.format.channels == 1:
            self._mark = (self._given, now, delay)
            out[:] = self._take(frames * 2, now)
        else:
            self._fill_converted(out, frames, now, delay)

    def _fill_converted(self, out: Any, frames: int, now: float, delay: float) -> None:
        """For a device that refuses the house's format; 6 microseconds a block."""
        if self._converter is None:
            self._converter = _Converter(self.port.format.rate, self.port.format.channels)
        self._mark = (self._given - self._converter.waiting, now, delay)
        while not self._converter.has(frames):
            self._converter.feed(self._take(BLOCK_BYTES, now))
        out[:] = self._converter.pull(frames)

    def _take(self, size: int, now: float) -> bytes:
        pcm = self._programme.take(size, now)
        self._given += size
        return pcm

    def _finished(self) -> None:
        self._over_at = time.monotonic()
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits for a late end
            self._loop.call_soon_threadsafe(self._over.set)


class _Converter:
    """The house's PCM as a device wants it: another rate, the same on every channel."""

    def __init__(self, rate: int, channels: int) -> None:
        import soxr

        self._rate, self._channels = rate, channels
        self._resampler = soxr.ResampleStream(RATE, rate, 1, dtype="int16")
        self._ready = b""

    @property
    def waiting(self) -> int:
        """How many of the house's bytes were fed and not pulled."""
        return len(self._ready) // (2 * self._channels) * RATE // self._rate * 2

    def has(self, frames: int) -> bool:
        return len(self._ready) >= frames * 2 * self._channels

    def feed(self, pcm: bytes) -> None:
        samples = self._resampler.resample_chunk(np.frombuffer(pcm, "<i2"))
        self._ready += np.repeat(samples, self._channels).astype("<i2").tobytes()

    def pull(self, frames: int) -> bytes:
        size = frames * 2 * self._channels
        pulled, self._ready = self._ready[:size], self._ready[size:]
        return pulled
