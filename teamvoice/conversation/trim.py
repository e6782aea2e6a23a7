"""The quiet before and after what is said: held back while the key is down, and never sent.

A part of the conversation machine. What is sent of a hold is billed, silence like speech. Blocks go
in as they are captured; out come, in the same order, those that are to be sent now::

    captured   . . . . . . . . . . f f T E L L   I T . . . . . . . . . .
    sent             . . . . . . . f f T E L L   I T . . . . . . .
                     lead-in                         tail

Only what is certainly quiet is dropped: near the level of the room, which is learned from the
quietest block; below a level that speech has even from afar; and far below the speech itself. What
is in between is kept. What follows a long quiet is held until something is clearly speech, and if
nothing ever is, everything goes. Levels do not count a constant offset.
"""

from __future__ import annotations

import enum
import math

import numpy as np

LEAD_MS = 300  # kept before the first sound, which may be a breath or an f
TAIL_MS = 300  # kept after the last one

# Levels are root mean squares of samples from -32,768 to 32,767.
_NOTHING = 10.0  # nobody hears this
_SOFT = 200.0  # what is louder is never taken for the room
_AS_THE_ROOM = 2.5  # times the quietest block: still the room
_BELOW_SPEECH = 6.0  # what is dropped is so many times softer than the speech
_CLEAR = 100.0  # speech is louder,
_ABOVE_ROOM = 6.0  # so many times louder than the quietest block,
_CLEAR_BLOCKS = 3  # for so many blocks in a row, so that a click is none
_DOUBTS = 25  # blocks that are neither the room nor clearly speech: then all is let go
_BYTES_PER_MS = 48

Block = tuple[bytes, float]


class _Phase(enum.Enum):
    """How far a hold has come."""

    BEFORE = "before"  # nothing was clearly speech yet
    UNSURE = "unsure"  # nothing was, and too much may have been: everything goes
    WITHIN = "within"  # something was


class Trim:
    """What is to be sent of one hold. Blocks are mono PCM16 at 24 kHz, of any length."""

    def __init__(self) -> None:
        self._phase = _Phase.BEFORE
        self._held: list[Block] = []
        self._room = math.inf  # the level of the quietest block so far
        self._recent: list[float] = []  # the levels of the last few blocks
        self._speech = 0.0  # the level of the loudest of what was clearly speech
        self._doubts = 0  # blocks that are held and not certainly quiet
        self._quiet_ms = 0.0  # since the last block that was not quiet

    def feed(self, pcm: bytes) -> list[bytes]:
        """Take a block; what is to be sent now."""
        level = level_of(pcm)
        self._recent = [*self._recent, level][-_CLEAR_BLOCKS:]
        if level < self._room:
            self._room = level
            self._doubts = sum(self._may_be_speech(other) for _, other in self._held)
        if len(self._recent) == _CLEAR_BLOCKS and min(self._recent) >= self._clear_from:
            self._speech = max(self._speech, *self._recent)
        return self._before(pcm, level) if self._phase is _Phase.BEFORE else self._after(pcm, level)

    def end(self) -> list[bytes]:
        """The hold is over; what is still to be sent."""
        held, self._held = self._held, []
        if self._phase is _Phase.BEFORE:
            return [pcm for pcm, _ in held]
        loud = [n for n, (_, level) in enumerate(held) if self._may_be_speech(level)]
        return [pcm for pcm, _ in held[: loud[-1] + 1]] if loud else []

    def _before(self, pcm: bytes, level: float) -> list[bytes]:
        self._held.append((pcm, level))
        self._doubts += self._may_be_speech(level)
        if self._speech:
            self._phase = _Phase.WITHIN
            return self._let_go(self._first_kept())
        nothing_to_drop = self._doubts and not self._first_kept()
        if nothing_to_drop or self._doubts > _DOUBTS:
            self._phase = _Phase.UNSURE
            return self._let_go(0)
        return []

    def _after(self, pcm: bytes, level: float) -> list[bytes]:
        if self._speech:
            self._phase = _Phase.WITHIN
        if self._phase is _Phase.UNSURE or self._may_be_speech(level):
            self._quiet_ms = 0.0
        else:
            self._quiet_ms += _ms(pcm)
        self._held.append((pcm, level))
        return [] if self._quiet_ms > TAIL_MS else self._let_go(0)

    def _first_kept(self) -> int:
        """The place of the first block that is sent: a lead-in before what may be speech."""
        place = next(n for n, (_, level) in enumerate(self._held) if self._may_be_speech(level))
        lead = 0.0
        while place and lead < LEAD_MS:
            place -= 1
            lead += _ms(self._held[place][0])
        return place

    def _let_go(self, first: int) -> list[bytes]:
        held, self._held = self._held[first:], []
        return [pcm for pcm, _ in held]

    @property
    def _clear_from(self) -> float:
        return max(_CLEAR, _ABOVE_ROOM * self._room)

    def _may_be_speech(self, level: float) -> bool:
        quiet = min(_SOFT, max(_NOTHING, _AS_THE_ROOM * self._room))
        if self._speech:
            quiet = min(quiet, self._speech / _BELOW_SPEECH)
        return level > quiet


def level_of(pcm: bytes) -> float:
    """How loud a block is: the root mean square of its samples around their mean."""
    count = len(pcm) // 2
    if not count:
        return 0.0
    return float(np.frombuffer(pcm, "<i2", count).std())


def _ms(pcm: bytes) -> float:
    return len(pcm) / _BYTES_PER_MS
