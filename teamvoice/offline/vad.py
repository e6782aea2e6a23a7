"""Where speech begins and ends, by its energy: pure, block in, marks out.

A frame of 20 ms is voiced when it is louder than the gate and clearly louder than the room. The
room's level is learned from the quiet frames. Speech begins with a run of voiced frames, so that a
click is none, and ends when it was quiet for as long as the session asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

FRAME_MS = 20
FRAME_BYTES = 960
_ONSET_FRAMES = 3
_ABOVE_ROOM = 3.0  # times the room's level
_GATE_AT_ONE = 0.02  # of full scale, at threshold 1; a quiet room is near 0.001


@dataclass(frozen=True, slots=True)
class Mark:
    """Speech began or ended, in milliseconds since the first sample that was fed."""

    kind: Literal["began", "ended"]
    at_ms: int


class Vad:
    """Energy based voice activity detection.

    Args:
        threshold: 0 to 1; higher wants louder speech.
        silence_ms: How long it must be quiet for speech to have ended.
        start_ms: The time of the first sample that will be fed.
    """

    def __init__(self, threshold: float, silence_ms: int, start_ms: int = 0) -> None:
        self._gate = _GATE_AT_ONE * threshold
        self._patience = max(1, silence_ms // FRAME_MS)
        self._room = _GATE_AT_ONE / 10
        self._rest = b""
        self._now_ms = start_ms
        self._run = 0  # voiced frames in a row while quiet, quiet frames in a row while speaking
        self.speaking = False

    def feed(self, pcm: bytes) -> list[Mark]:
        """Take mono PCM16 at 24 kHz of any length; tell what began and ended in it."""
        data = self._rest + pcm
        whole = len(data) - len(data) % FRAME_BYTES
        self._rest = data[whole:]
        samples = np.frombuffer(data[:whole], dtype="<i2").astype(np.float32) / 32768
        levels = np.sqrt(np.mean(samples.reshape(-1, FRAME_BYTES // 2) ** 2, axis=1))
        return [mark for level in levels.tolist() if (mark := self._frame(level))]

    def _frame(self, level: float) -> Mark | None:
        self._now_ms += FRAME_MS
        voiced = level > max(self._gate, self._room * _ABOVE_ROOM)
        if not voiced:
            self._room += (level - self._room) * 0.05
        self._run = self._run + 1 if voiced is not self.speaking else 0
        if self._run < (self._patience if self.speaking else _ONSET_FRAMES):
            return None
        return self._turn_over()

    def _turn_over(self) -> Mark:
        at_ms = self._now_ms - self._run * FRAME_MS
        self.speaking, self._run = not self.speaking, 0
        return Mark("began" if self.speaking else "ended", at_ms)
