"""The microphone and the speaker for a program of your own, with or without an event loop.

A thin face over :mod:`teamvoice.audio`: its devices live on an event loop, which runs here in a
thread of its own, so that every method may be called from anywhere and none blocks for long.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import logging
import queue
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

import numpy as np

from teamvoice import config
from teamvoice.audio.capture import Microphone
from teamvoice.audio.devices import Device, Kind, choose
from teamvoice.audio.pcm import RATE, AnySound, check_rate, pcm16_of
from teamvoice.audio.playback import Speaker
from teamvoice.audio.portaudio import LIBRARY
from teamvoice.errors import AudioUnavailable

T = TypeVar("T")

KEPT_S = 60  # seconds of speech that wait to be taken; then the oldest makes room

_log = logging.getLogger(__name__)


class AudioHandler:
    """Records speech in chunks, and plays answers.

    Args:
        sample_rate: In hertz, of what is taken and played; the devices run at their own.
        channels: 1, or 2: both the same when recorded, mixed to one when played.
        chunk_ms: How much one chunk holds, in milliseconds.

    Raises:
        ValueError: One of these is not positive, the rate is not from 100 to 1,000,000, there are
            more than two channels, or a chunk would hold no sample.
        TypeError: One of these is no whole number.
    """

    def __init__(self, sample_rate: int = RATE, channels: int = 1, chunk_ms: int = 50) -> None:
        for number in (sample_rate, channels, chunk_ms):
            if not isinstance(number, int | np.integer):  # what code without types may pass
                raise TypeError(f"sample_rate, channels and chunk_ms are whole numbers: {number!r}")
        if min(sample_rate, channels, chunk_ms) <= 0:
            raise ValueError("sample_rate, channels and chunk_ms must be positive")
        if channels > 2:
            raise ValueError(f"channels must be 1 or 2, not {channels}")
        check_rate(sample_rate)
        if sample_rate * chunk_ms < 1000:
            raise ValueError(f"chunk_ms: {chunk_ms} ms at {sample_rate} Hz hold no sample")
        self.sample_rate = sample_rate
        self.channels = channels
        self.chunk_ms = chunk_ms
        self._frame_bytes = 2 * channels
        self._chunk_bytes = sample_rate * chunk_ms // 1000 * self._frame_bytes
        self._chunks: queue.Queue[bytes] = queue.Queue(max(1, KEPT_S * 1000 // chunk_ms))
        self._came = threading.Event()
        self._rest = b""
        self._muted = False
        self._settings = config.load().audio
        self._microphone = self._new_microphone()
        self._speaker = self._new_speaker()
        self._in = _Converter(RATE, sample_rate, 1, channels)
        self._out = _Converter(sample_rate, RATE, channels, 1)
        self._loop: _Loop | None = None
        self._playing = False

    def start(self) -> None:
        """Start recording and playing.

        Raises:
            AudioUnavailable: The microphone cannot be opened; says why, and the mend.
        """
        self.start_playback()
        try:
            self.start_recording()
        except AudioUnavailable:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop both, and forget what waits to be played. Harmless when stopped."""
        self.stop_recording()
        self.stop_playback()
        atexit.unregister(self.stop)
        loop, self._loop = self._loop, None
        if loop:
            loop.end()

    # Recording ---------------------------------------------------------------------------------

    def start_recording(self) -> None:
        """Open the microphone; raises what :meth:`start` raises. Harmless when it is open."""
        if self._loop is None:  # what belonged to the one before has ended with it
            self._microphone = self._new_microphone()
        self._run(self._microphone.open(self._take, _tell_lost))

    def stop_recording(self) -> None:
        """Close the microphone; what was recorded can still be taken; the last chunk is shorter."""
        self._run(self._finish())

    async def _finish(self) -> None:
        await self._microphone.close()
        self._cut(self._in.end())
        rest, self._rest = self._rest, b""
        if rest:
            self._put(rest)

    def mute(self) -> None:
        """Record nothing until :meth:`unmute`."""
        self._muted = True

    def unmute(self) -> None:
        """Record again."""
        self._muted = False

    @property
    def is_muted(self) -> bool:
        """Nothing is recorded. A property: ``is_muted()`` is a TypeError, and misleads nobody."""
        return self._muted

    def get_audio_chunk(self) -> bytes | None:
        """The oldest chunk that was not taken: PCM16; None when there is none yet."""
        try:
            return self._chunks.get_nowait()
        except queue.Empty:
            return None

    async def get_audio_chunk_async(self, timeout: float = 0.1) -> bytes | None:  # noqa: ASYNC109 - the name that callers know
        """The next chunk; None when none came in so many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while True:
                    if (chunk := self.get_audio_chunk()) is not None:
                        return chunk
                    await asyncio.sleep(0.005)
        return None

    def _take(self, pcm: bytes, _at: float) -> None:
        if self._muted:
            self._rest = b""
            self._in.end()
            return
        self._cut(self._in.convert(pcm))

    def _cut(self, pcm: bytes) -> None:
        self._rest += pcm
        while len(self._rest) >= self._chunk_bytes:
            chunk, self._rest = self._rest[: self._chunk_bytes], self._rest[self._chunk_bytes :]
            self._put(chunk)

    def _put(self, chunk: bytes) -> None:
        if self._chunks.full():
            self.get_audio_chunk()
        self._chunks.put_nowait(chunk)

    # Playing -----------------------------------------------------------------------------------

    def start_playback(self) -> None:
        """Be ready to play. The device is opened when there is something to play."""
        if not self._playing:
            self._playing = True
            self._speaker = self._new_speaker()
            self._run(self._speaker.__aenter__())

    def stop_playback(self) -> None:
        """Stop playing, and forget what waits. Harmless when stopped."""
        if self._playing:
            self._playing = False
            self._out.end()
            self._run(self._speaker.silence())
            self._run(self._speaker.__aexit__(None, None, None))

    def play_audio(self, audio: AnySound) -> None:
        """Queue a piece of sound: PCM16 as bytes, int16, or samples from -1.0 to 1.0.

        Raises:
            RuntimeError: Playback was not started.
            TypeError: It is none of these.
            ValueError: It ends within a sample, or between the two of a pair (of two channels), or
                an array is neither of one dimension nor frames by channels.
        """
        if not self._playing or self._loop is None:
            raise RuntimeError("start playback first")
        pcm = pcm16_of(audio, self.channels)
        if len(pcm) % self._frame_bytes:
            whole = f"no whole number of samples in {self.channels} channel(s)"
            raise ValueError(f"{len(pcm)} bytes are {whole}")
        self._loop.call(self._speaker.play, "played", 0, self._out.convert(pcm))

    def clear_playback_queue(self) -> None:
        """Fall silent now, and forget what waits to be played."""
        if self._playing:
            self._out.end()
            self._run(self._speaker.silence())

    # Devices -----------------------------------------------------------------------------------

    @staticmethod
    def list_devices() -> list[dict[str, Any]]:
        """Every device: ``{"index", "name", "inputs", "outputs", "rate"}``.

        Raises:
            AudioUnavailable: The sound library is not installed.
        """
        return [_described(device) for device in _devices()]

    @staticmethod
    def get_default_device_info() -> dict[str, dict[str, Any] | None]:
        """The devices in use: ``{"input", "output"}``, each as ``list_devices`` tells it.

        None for one that is not there. Raises what :meth:`list_devices` raises.
        """
        devices, settings = _devices(), config.load().audio
        return {
            "input": _chosen(devices, "input", settings.input),
            "output": _chosen(devices, "output", settings.output),
        }

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        if self._loop is None:
            self._loop = _Loop()
            atexit.register(self.stop)  # or what still runs would complain at the program's end
        return self._loop.run(work)

    def _new_microphone(self) -> Microphone:
        return Microphone(self._settings.input)

    def _new_speaker(self) -> Speaker:
        return Speaker(self._settings.output, volume=self._settings.volume)


class _Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="teamvoice-sound", daemon=True
        )
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def call(self, function: Any, *arguments: Any) -> None:
        self._loop.call_soon_threadsafe(function, *arguments)

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class _Converter:
    """A stream of PCM16 at another rate, or with another number of channels."""

    def __init__(self, from_rate: int, to_rate: int, channels_in: int, channels_out: int) -> None:
        self._channels = (channels_in, channels_out)
        self._resampler: Any = None
        self._holds = False  # the resampler has sound that it has not given
        if from_rate != to_rate:
            import soxr

            self._resampler = soxr.ResampleStream(from_rate, to_rate, 1, dtype="int16")

    def convert(self, pcm: bytes) -> bytes:
        self._holds = self._resampler is not None
        return self._convert(pcm, is_last=False)

    def end(self) -> bytes:
        """What is still held back; then the stream begins anew."""
        if not self._holds:
            return b""
        self._holds = False
        rest = self._convert(b"", is_last=True)
        self._resampler.clear()
        return rest

    def _convert(self, pcm: bytes, *, is_last: bool) -> bytes:
        channels_in, channels_out = self._channels
        if self._resampler is None and channels_in == channels_out:
            return pcm
        samples = np.frombuffer(pcm, "<i2").reshape(-1, channels_in).mean(axis=1).astype("<i2")
        if self._resampler is not None:
            samples = self._resampler.resample_chunk(samples, last=is_last)
        return np.repeat(samples, channels_out).astype("<i2").tobytes()


def _devices() -> list[Device]:
    loop = _Loop()
    try:
        return loop.run(LIBRARY.devices())
    finally:
        loop.end()


def _chosen(devices: list[Device], kind: Kind, wanted: str) -> dict[str, Any] | None:
    try:
        return _described(choose(devices, kind, wanted))
    except AudioUnavailable:
        return None  # which is what is asked


def _described(device: Device) -> dict[str, Any]:
    return {n: getattr(device, n) for n in ("index", "name", "inputs", "outputs", "rate")}


def _tell_lost(reason: str) -> None:
    _log.warning("the microphone was lost: %s", reason)
