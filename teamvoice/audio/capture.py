"""The microphone: the port ``Capture``, and its adapter ``Microphone`` over PortAudio.

A block goes through three hands: PortAudio's thread copies it into a bounded queue, the event loop
makes it the house's format and hands it to ``on_block``. The device is asked for 10 ms at a time,
which halves the way through its buffers, and two of these make a block.

With a grace, a microphone that is closed rests first: its device stays open for some seconds, and
the last 300 ms are kept in memory, for the next opening to begin with. Nothing of them goes
anywhere else, and they are forgotten when the grace is over.
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

from teamvoice.audio.blocks import BlockMaker
from teamvoice.audio.devices import PREFERRED, Device
from teamvoice.audio.pactl import why_deaf, why_no_microphone
from teamvoice.audio.pcm import RATE
from teamvoice.audio.portaudio import LIBRARY, Port, load
from teamvoice.errors import AudioUnavailable

OnBlock = Callable[[bytes, float], None]
OnLost = Callable[[str], None]

QUEUE = 500  # pieces of 10 ms; when the loop is held up for longer, the newest are dropped
LOOK_EVERY = 0.25  # seconds between two looks of the watchdog
LOOKS = 4  # without a new piece, and the microphone is lost
LATEST = 0.08  # seconds after close() at which the last piece is due, whatever the device claims
LAST_WITHIN = 0.25  # seconds that close() waits for that piece of a device that stays open
ASK_EVERY = 0.5  # seconds between two questions to the sound server
KEPT = 30  # pieces of 10 ms that a microphone remembers that rests

_log = logging.getLogger(__name__)


class Capture(Protocol):
    """A source of speech, closed unless it is open."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_: object) -> None: ...

    async def open(self, on_block: OnBlock, on_lost: OnLost) -> None:
        """Start capturing; the callbacks run on the event loop's thread.

        Args:
            on_block: Called with every 20 ms block of the house's PCM and the monotonic time at
                which its last sample was handed over by the device.
            on_lost: Called once, with the reason, when a capture that was open ended by itself. It
                is closed then.

        Raises:
            AudioUnavailable: It cannot be opened, or was lost and is not back; says why, and the
                mend.
        """

    async def close(self, *, at_once: bool = False) -> str:
        """Stop capturing; returns after the last block was handed over. Harmless when closed.

        Args:
            at_once: Without a grace, in which the device would stay open.

        Returns:
            Why it cannot have heard anything since it was opened, and the mend, when that is known.
        """

    @property
    def rests(self) -> bool:
        """Closed, but its device is open for some seconds more."""

    def describe(self) -> str:
        """A few words for the status: which device, open or closed, what was lost."""


class Microphone:
    """Capture over PortAudio.

    Entering it loads PortAudio, so that the first press of the key does not; leaving it closes it.
    Only between the two is the sound server asked whether there still is a microphone.

    Args:
        device: A name, or part of one; empty for the sound server's default.
        rates: Sample rates to try first; what is not 24 kHz is resampled.
        grace_s: Seconds for which its device stays open after :meth:`close`.
    """

    def __init__(
        self, device: str = "", *, rates: Sequence[int] = (RATE,), grace_s: float = 0.0
    ) -> None:
        self._wanted = device
        self._rates = rates
        self._grace_s = grace_s
        self._inlet: _Inlet | None = None
        self._lost_from: Device | None = None  # when it was lost, and was not open since
        self._has_heard = False  # before it was lost
        self._busy = asyncio.Lock()
        self._group = asyncio.TaskGroup()
        self._entered = False
        self._asking: asyncio.Task[None] | None = None
        self._grace: asyncio.TimerHandle | None = None
        self._name = ""
        self._dropped = 0

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        self._entered = True
        with contextlib.suppress(AudioUnavailable):  # a machine without sound: open() will say it
            await LIBRARY.prime()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._entered = False
        await self.close(at_once=True)
        await self._group.__aexit__(None, None, None)  # what ended the body is not its

    async def open(self, on_block: OnBlock, on_lost: OnLost) -> None:
        """See :class:`Capture`. Opening what is open changes nothing."""
        async with self._busy:
            self._has_heard = self._has_heard and self._lost_from is not None
            if self._inlet is None:
                await self._find_again()
                await self._start(_Inlet(self._wanted, self._rates, on_block, on_lost, self._lose))
            elif self._inlet.rests:
                self._stop_grace()
                self._inlet.wake(on_block, on_lost)
                self._ask_server(self._inlet)

    async def close(self, *, at_once: bool = False) -> str:
        """See :class:`Capture`."""
        async with self._busy:
            self._stop_asking()
            inlet, graceful = self._inlet, self._grace_s > 0 and not at_once
            if inlet is None or (graceful and inlet.rests):
                return ""
            if graceful and await inlet.rest():
                self._begin_grace(inlet)
            elif self._inlet is inlet:  # it may have been lost meanwhile
                self._stop_grace()
                await self._end(inlet)
            device = inlet.port.device
            is_silent = not (self._has_heard or inlet.has_heard)
            return await why_deaf(device.route) if device and is_silent else ""

    @property
    def rests(self) -> bool:
        """See :class:`Capture`."""
        return self._inlet is not None and self._inlet.rests

    def describe(self) -> str:
        """See :class:`Capture`."""
        state = "open" if self._inlet else "closed"
        if self.rests:
            state = f"closed, its device is open for {self._grace_s:g} s after a hold"
        words = f"{self._name or self._wanted or 'default microphone'}, {state}"
        return f"{words}, {self._dropped * 10} ms dropped" if self._dropped else words

    async def _start(self, inlet: _Inlet) -> None:
        try:
            await LIBRARY.open(inlet.port)
        except BaseException:
            inlet.end()
            raise
        self._inlet = inlet
        self._name = inlet.port.device.name if inlet.port.device else ""
        inlet.watch()
        self._ask_server(inlet)

    async def _end(self, inlet: _Inlet) -> None:
        self._inlet = None
        inlet.end()
        await LIBRARY.close(inlet.port)
        inlet.flush()
        self._dropped += inlet.dropped

    def _let_go(self, inlet: _Inlet) -> None:
        """The device is closed, and what was kept of it is forgotten; nobody waits for it."""
        self._stop_asking()
        self._stop_grace()
        self._inlet = None
        inlet.end()
        LIBRARY.discard(inlet.port)
        self._dropped += inlet.dropped

    def _lose(self, inlet: _Inlet, reason: str) -> None:
        """The stream ended by itself, or stalled, or has no microphone behind it any more."""
        if self._inlet is inlet:
            rested = inlet.rests
            self._let_go(inlet)
            self._lost_from = inlet.port.device
            self._has_heard = self._has_heard or inlet.has_heard
            if not rested:
                inlet.flush()
                inlet.on_lost(reason)

    def _begin_grace(self, inlet: _Inlet) -> None:
        if self._inlet is inlet:
            loop = asyncio.get_running_loop()
            self._grace = loop.call_later(self._grace_s, self._let_go, inlet)

    def _stop_grace(self) -> None:
        if self._grace:
            self._grace.cancel()
        self._grace = None

    # What only the sound server knows -----------------------------------------------------------

    async def _find_again(self) -> None:
        """Not to hear what the speaker plays, even for a moment, while it is still gone."""
        device = self._lost_from
        is_default = device is not None and not device.route and _is_of_server(device)
        if is_default and (why := await why_no_microphone("")):
            raise AudioUnavailable(why)
        self._lost_from = None

    def _ask_server(self, inlet: _Inlet) -> None:
        device = inlet.port.device
        if self._entered and device and _is_of_server(device):
            self._asking = self._group.create_task(self._ask(inlet, device.route))

    def _stop_asking(self) -> None:
        if self._asking:
            self._asking.cancel()
        self._asking = None

    async def _ask(self, inlet: _Inlet, route: str) -> None:
        while True:
            if reason := await why_no_microphone(route):
                break
            await asyncio.sleep(ASK_EVERY)
        self._asking = None
        self._lose(inlet, reason)


def _is_of_server(device: Device) -> bool:
    return bool(device.route) or device.name.casefold() in PREFERRED


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
        self.rests = False
        self.has_heard = False
        """Something of what was handed over is not digital silence."""
        self._loop = asyncio.get_running_loop()
        self.on_lost = on_lost
        self._on_block = on_block
        self._on_end = on_end
        self._pieces: deque[tuple[bytes, float]] = deque()
        self._kept: deque[tuple[bytes, float]] = deque(maxlen=KEPT)
        self._maker: BlockMaker | None = None
        self._taken = 0
        self._rest_at = math.inf
        self._last = asyncio.Event()
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
        said_to = now - age + frames / self.port.format.rate
        if said_to >= self._rest_at:
            self._rest_at = math.inf
            self._loop.call_soon_threadsafe(self._last.set)
        if said_to >= self._end_at:
            raise load().CallbackStop

    def _finished(self) -> None:
        if self._end_at == math.inf:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is to be told
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

    async def rest(self) -> bool:
        """Hand over what was said up to now, then nothing; False when the device is silent."""
        self._last.clear()
        self._rest_at = time.monotonic()
        try:
            async with asyncio.timeout(LAST_WITHIN):
                await self._last.wait()
        except TimeoutError:
            return False
        self.flush()
        self.rests = True
        return True

    def wake(self, on_block: OnBlock, on_lost: OnLost) -> None:
        """Hand over again, beginning with what was kept."""
        self._on_block, self.on_lost = on_block, on_lost
        self.rests = self.has_heard = False
        self._pieces.extendleft(reversed(self._kept))
        self._kept.clear()
        self._hand_over()

    def flush(self) -> None:
        """Hand over what is queued, and the last, partial block, filled up with silence."""
        self._hand_over()
        if self._maker is not None:
            for block in self._maker.flush():
                self._on_block(block, time.monotonic())
            self._maker = None
        if self.dropped:
            _log.warning("%d ms of speech were dropped: the machine was busy", self.dropped * 10)

    def _hand_over(self) -> None:
        while self._pieces:
            piece, at = self._pieces.popleft()
            if self.rests:
                self._kept.append((piece, at))
                continue
            if self._maker is None:
                self._maker = BlockMaker(self.port.format.rate, self.port.format.channels)
            self.has_heard = self.has_heard or piece.count(0) < len(piece)
            for block in self._maker.feed(piece):
                self._on_block(block, at)

    def _look(self, before: int, quiet: int) -> None:
        quiet = quiet + 1 if self._taken == before else 0
        if quiet == LOOKS:
            self._on_end(self, "the microphone fell silent: the sound server may be gone")
            return
        # Counted in looks, not in seconds: a machine that slept is not a microphone that died.
        self._watchdog = self._loop.call_later(LOOK_EVERY, self._look, self._taken, quiet)
