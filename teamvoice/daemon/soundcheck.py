"""Trying a microphone and a speaker: what a person would hear, as numbers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from teamvoice import config
from teamvoice.audio.pcm import RATE, pcm16_to_float32
from teamvoice.daemon.desk import real_desk
from teamvoice.errors import AudioUnavailable

QUIET_DB = -50.0  # of a peak: speech near a microphone is far louder
SILENT_DB = -90.0  # a microphone that works is never so silent: it is muted, or is none
UNMUTE = "pactl set-source-mute @DEFAULT_SOURCE@ 0"
_FLOOR_DB = -100.0
_SOUND_S = 3.0  # for a chime to be played


@dataclass(frozen=True, slots=True)
class Level:
    """How loud a recording was.

    Args:
        peak_db: Its loudest sample, in decibels below full scale (0 is full scale, -100 silence).
        seconds: How much was recorded.
    """

    peak_db: float
    seconds: float

    @property
    def is_silent(self) -> bool:
        """Nothing came, not even noise."""
        return self.peak_db <= SILENT_DB

    @property
    def verdict(self) -> str:
        """What that means, in words."""
        if self.is_silent:
            return "it delivers silence; is it muted?"
        if self.peak_db <= QUIET_DB:
            return "it hears next to nothing; speak, or raise its level in the sound settings"
        return "it hears"


async def hear(settings: config.Config, seconds: float, on_level: Callable[[float], None]) -> Level:
    """Record with the microphone that the configuration names; nothing is kept.

    Args:
        settings: The configuration.
        seconds: How long.
        on_level: Told each block's loudness, in decibels below full scale.

    Raises:
        AudioUnavailable: It cannot be opened, or fails while it is open.
    """
    peaks: list[float] = []
    enough, lost = asyncio.Event(), ""

    def on_block(pcm: bytes, _at: float) -> None:
        peaks.append(_decibels(pcm))
        on_level(peaks[-1])
        if len(peaks) * 0.02 >= seconds:
            enough.set()

    def on_lost(reason: str) -> None:
        nonlocal lost
        lost = reason
        enough.set()

    async with real_desk(settings).capture as capture:
        await capture.open(on_block, on_lost)
        try:
            await asyncio.wait_for(enough.wait(), seconds + 2.0)
        except TimeoutError:
            lost = "the microphone delivers nothing"
    if lost:
        raise AudioUnavailable(lost)
    return Level(max(peaks), len(peaks) * 0.02)


async def sound(settings: config.Config, speech: bytes = b"") -> str:
    """Play speech, or a small sound, on the speaker that the configuration names; its name.

    Args:
        settings: The configuration.
        speech: PCM16, mono, 24 kHz; empty for the small sound.

    Raises:
        AudioUnavailable: It cannot be opened, or does not play.
    """
    over: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def ended(reason: str = "", _played: object = ()) -> None:
        if not over.done():
            over.set_result(reason)

    speaker = real_desk(settings).playback
    speaker.connect(lambda _at: None, lambda _at: ended(), ended)
    async with speaker:
        speaker.play("doctor", 0, speech or b"\0\0" * 2400)
        if not speech:
            speaker.chime("listening")
        speaker.end_of_answer()
        try:
            lost = await asyncio.wait_for(over, _SOUND_S + len(speech) / (2 * RATE))
        except TimeoutError:
            lost = "the speaker plays nothing"
        name = speaker.describe()
    if lost:
        raise speaker.trouble or AudioUnavailable(lost)
    return name.partition(",")[0]


def _decibels(pcm: bytes) -> float:
    peak = float(np.abs(pcm16_to_float32(pcm)).max(initial=0.0))
    return max(_FLOOR_DB, 20.0 * float(np.log10(peak))) if peak > 0 else _FLOOR_DB
