"""The microphone: the port ``Capture``, and its adapter ``Microphone`` over PortAudio.

A block goes through three hands: PortAudio's thread copies it into a bounded queue, the event loop
makes it the house's format and hands it to ``on_block``. The device is asked for 10 ms at a time,
which halves the way through its buffers, and two of these make a block.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol, Self

import numpy as np

from teamvoice.audio.pcm import BLOCK_BYTES, RATE, Samples, ensure_mono, float32_to_pcm16
from teamvoice.audio.portaudio import LIBRARY, Port, load
from teamvoice.errors import AudioUnavailable

OnBlock = Callable[[bytes, float], None]
OnLost = Callable[[str], None]

QUEUE = 500  # pieces of 10 ms; when the loop is held up for longer, the newest are dropped
LOOK_EVERY = 0.25  # seconds between two looks of the watchdog
LOOKS = 4  # without a new piece, and the microphone is lost
LATEST = 0.08  # seconds after close() at which the last piece is due, whatever the device claims

_log = logging.getLogger(__name__)


class Capture(Protocol):
    """A source of speech, closed unless it is open."""

    async def open(self, on_block: OnBlock, on_lost: OnLost) -> None:
        """Start capturing; the callbacks run on the event loop's thread.

        Args:
            on_block: Called with every 20 ms block of the house's PCM and the monotonic time at
                which its last sample was handed over by the device.
            on_lost: Called once, with the reason, when a capture that was open ended by itself. It
                is closed then.

        Raises:
            AudioUnavailable: It cannot be opened; says why, and the mend.
        """

    async def close(self) -> None:
        """Stop capturing; returns after the last block was handed over. Harmless when closed."""

    def describe(self) -> str:
        """A few words for the status: which device, open or closed, what was lost."""


class Microphone:
    """Capture over PortAudio.

    Entering it loads PortAudio, so that the first press of the key does not; leaving it closes it.

    Args:
        device: A name, or part of one; empty for the sound server's default.
        rates: Sample rates to try first; what is not 24 kHz is resampled.
    """

    def __init__(self, device: str = "", *, rates: Sequence[int] = (RATE,)) -> None:
        self._wanted = device
        self._rates = rates
        self._inlet: _Inlet | None = None
        self._busy = asyncio.Lock()
        self._name = ""
        self._dropped = 0

    async def __aenter__(self) -> Self:
        with contextlib.suppress(AudioUnavailable):  # a machine without sound: open() will say it
            await LIBRARY.prime()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def open(self, on_block: OnBlock, on_lost: OnLost) -> None:
        """See :class:`Capture`. Opening what is open changes nothing."""
        async with self._busy:
            if self._inlet is not None:
                return
            inlet = _Inlet(self._wanted, self._rates, on_block, on_lost, self._lose)
            try:
                await LIBRARY.open(inlet.port)
            except BaseException:
                inlet.end()
                raise
            self._inlet = inlet
            self._name = inlet.port.device.name if inlet.port.device else ""
            inlet.watch()

    async def close(self) -> None:
        """See :class:`Capture`."""
        async with self._busy:
            inlet, self._inlet = self._inlet, None
            if inlet is not None:
                inlet.end()
                await LIBRARY.close(inlet.port)
                inlet.flush()
                self._dropped += inlet.dropped

    def describe(self) -> str:
        """See :class:`Capture`."""
        state = "open" if self._inlet else "closed"
        words = f"{self._name or self._wanted or 'default microphone'}, {state}"
        return f"{words}, {self._dropped * 10} ms dropped" if self._dropped else words

    def _lose(self, inlet: _Inlet, reason: str) -> None:
        """The stream ended by itself, or stalled."""
        if self._inlet is inlet:
            self._inlet = None
            inlet.end()
            LIBRARY.discard(inlet.port)
            inlet.flush()
            inlet.on_lost(reason)


class _Inlet:
    """One stream, from open to close."""

    def __init__(
        self,
        wanted: str,
        rates: Sequence[int],
        on_block: OnBlock,
        on_lost: OnLost,
        on_end: Callable[[_Inlet, str], None],
    ) -> None:
        self.dropped = 0
        self.port = Port(
            "input", wanted, self._take, self._finished, rates=rates, blocks_per_second=100
        )
        self._loop = asyncio.get_running_loop()
        self.on_lost = on_lost
        self._on_block = on_block
        self._on_end = on_end
        self._pieces: deque[tuple[bytes, float]] = deque()
        self._maker: _BlockMaker | None = None
        self._taken = 0
        self._end_at = math.inf
        self._watchdog: asyncio.TimerHandle | None = None

    # In PortAudio's thread ----------------------------------------------------------------------

    def _take(self, data: Any, frames: int, times: Any, _flags: Any) -> None:
        now = time.monotonic()
        self._taken += 1
        if len(self._pieces) < QUEUE:
            self._pieces.append((bytes(data), now))
            self._loop.call_soon_threadsafe(self._hand_over)
        else:
            self.dropped += 1
        # What was said up to the moment of close() has come through the device's buffers.
        age = min(max(times.currentTime - times.inputBufferAdcTime, 0.0), LATEST)
        if now - age + frames / self.port.format.rate >= self._end_at:
            raise load().CallbackStop

    def _finished(self) -> None:
        if self._end_at == math.inf:
            self._loop.call_soon_threadsafe(self._on_end, self, "the microphone is gone")

    # In the event loop --------------------------------------------------------------------------

    def watch(self) -> None:
        """Look whether blocks still come; a sound server that dies may just fall silent."""
        self._look(self._taken, 0)

    def end(self) -> None:
        """With its next call, the callback ends the stream."""
        self._end_at = time.monotonic()
        if self._watchdog is not None:
            self._watchdog.cancel()

    def flush(self) -> None:
        """Hand over what is queued, and the last, partial block, filled up with silence."""
        self._hand_over()
        if self._maker is not None:
            for block in self._maker.flush():
                self._on_block(block, time.monotonic())
        if self.dropped:
            _log.warning("%d ms of speech were dropped: the machine was busy", self.dropped * 10)

    def _hand_over(self) -> None:
        while self._pieces:
            piece, at = self._pieces.popleft()
            if self._maker is None:
                self._maker = _BlockMaker(self.port.format.rate, self.port.format.channels)
            for block in self._maker.feed(piece):
                self._on_block(block, at)

    def _look(self, before: int, quiet: int) -> None:
        quiet = quiet + 1 if self._taken == before else 0
        if quiet == LOOKS:
            self._on_end(self, "the microphone fell silent: the sound server may be gone")
            return
        # Counted in looks, not in seconds: a machine that slept is not a microphone that died.
        self._watchdog = self._loop.call_later(LOOK_EVERY, self._look, self._taken, quiet)


class _BlockMaker:
    """Pieces of any rate and number of channels become blocks of 20 ms."""

    def __init__(self, rate: int, channels: int) -> None:
        self._channels = channels
        self._rest = b""
        self._resampler: Any = None
        if rate != RATE:
            import soxr

            self._resampler = soxr.ResampleStream(rate, RATE, 1, dtype="float32")

    def feed(self, piece: bytes) -> list[bytes]:
        """Every block that is complete now."""
        if self._resampler is None and self._channels == 1:
            return self._cut(piece)
        return self._cut(self._convert(self._mono(piece), last=False))

    def flush(self) -> list[bytes]:
        """What is left, made a whole block."""
        if self._resampler is not None:
            blocks = self._cut(self._convert(self._mono(b""), last=True))
        else:
            blocks = []
        if self._rest:
            blocks.append(self._rest.ljust(BLOCK_BYTES, b"\0"))
            self._rest = b""
        return blocks

    def _mono(self, piece: bytes) -> Samples:
        samples = np.frombuffer(piece, "<i2").astype(np.float32) / 32_767
        return ensure_mono(samples.reshape(-1, self._channels))

    def _convert(self, samples: Samples, *, last: bool) -> bytes:
        if self._resampler is not None:
            samples = self._resampler.resample_chunk(samples, last=last)
        return float32_to_pcm16(samples)

    def _cut(self, pcm: bytes) -> list[bytes]:
        pcm = self._rest + pcm
        whole = len(pcm) - len(pcm) % BLOCK_BYTES
        self._rest = pcm[whole:]
        return [pcm[start : start + BLOCK_BYTES] for start in range(0, whole, BLOCK_BYTES)]
