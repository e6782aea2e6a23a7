"""What is to be played, and what was heard of it. Pure: no thread, no clock, no device.

The stream to the device is one long ribbon of bytes: the parts of answers as they were queued, and
silence where nothing was. Every part remembers where on the ribbon it stands, so that from the
position that the device has sounded follows how much of each part was heard.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from teamvoice.audio.cushion import Cushion
from teamvoice.audio.pcm import BYTES_PER_SECOND

LIMIT = 600 * BYTES_PER_SECOND  # ten minutes; what comes on top is dropped, its part incomplete


@dataclass(frozen=True)
class Played:
    """How much of one audio part of an answer really came out of the speaker.

    Args:
        item_id: The conversation item.
        content_index: The part within the item.
        ms: Milliseconds that were heard, rounded down.
        complete: All that was received of it was heard.
    """

    item_id: str
    content_index: int
    ms: int
    complete: bool


@dataclass
class _Part:
    item_id: str
    content_index: int
    received: int = 0
    runs: list[tuple[int, int]] = field(default_factory=list)  # (position on the ribbon, size)
    half: bytes = b""  # a piece may end in the middle of a sample

    def whole_samples(self, pcm: bytes) -> bytes:
        pcm = self.half + pcm
        even = len(pcm) // 2 * 2
        self.half = pcm[even:]
        return pcm[:even]

    def given(self, position: int, size: int) -> None:
        if self.runs and sum(self.runs[-1]) == position:
            position, before = self.runs.pop()
            size += before
        self.runs.append((position, size))

    def lose(self, position: int) -> None:
        self.runs = [(at, min(size, position - at)) for at, size in self.runs if at < position]

    def heard(self, position: int) -> Played:
        size = sum(min(max(position - start, 0), run) for start, run in self.runs)
        ms = size * 1000 // BYTES_PER_SECOND
        return Played(self.item_id, self.content_index, ms, size >= self.received)


class PlayQueue:
    """A bounded queue of answers' audio that keeps count of what it gave away.

    Args:
        cushion: Says when an answer starts, and learns from how its pieces come.
        limit: Bytes that may be queued.
    """

    def __init__(self, cushion: Cushion | None = None, limit: int = LIMIT) -> None:
        self.position = 0  # bytes given away: the ribbon's end
        self.dropped = 0
        self.began: int | None = None  # where on the ribbon the answer starts
        self._cushion = cushion or Cushion()
        self._limit = limit
        self._parts: dict[tuple[str, int], _Part] = {}
        self._chunks: deque[tuple[_Part, memoryview]] = deque()
        self._queued = 0
        self._flowing = False
        self._silent_since: float | None = None  # an answer is on, and does not flow
        self._delayed = 0.0  # seconds of silence in and before the answer that is on, but the last
        self._complete = False
        self._end = 0

    @property
    def is_empty(self) -> bool:
        """Nothing is left to give away."""
        return not self._chunks

    @property
    def awaits_more(self) -> bool:
        """Something came of an answer, and more of it will."""
        return bool(self._parts) and not self._complete

    def add(self, item_id: str, content_index: int, pcm: bytes, now: float) -> None:
        """Queue a piece of a part; beyond the limit it is dropped, and counted."""
        part = self._parts.setdefault((item_id, content_index), _Part(item_id, content_index))
        pcm = part.whole_samples(pcm)
        part.received += len(pcm)
        self._complete = False
        if self._queued + len(pcm) > self._limit:
            self.dropped += len(pcm)
        elif pcm:
            self._learn(now)
            self._chunks.append((part, memoryview(pcm)))
            self._queued += len(pcm)

    def finish(self) -> None:
        """No more will come for now."""
        self._complete = True
        self._end_answer()

    def has_ended(self, heard_to: int) -> bool:
        """Everything that will come was heard."""
        return self._complete and self.is_empty and heard_to >= self._end

    def take(self, size: int, now: float) -> bytes:
        """The next so many bytes for the device: answers as far as there are, else silence."""
        taken = b"".join(self._take(size)) if self._flows(now) else b""
        self.position += size
        return taken if len(taken) == size else taken.ljust(size, b"\0")

    def heard(self, position: int) -> tuple[Played, ...]:
        """What was heard of every part when the device has sounded the ribbon to a position."""
        return tuple(part.heard(position) for part in self._parts.values())

    def drop(self, heard_to: int) -> None:
        """Nothing will be heard beyond a position: not what is queued, nor what was given away."""
        for part in self._parts.values():
            part.lose(heard_to)
        self._end = min(self._end, heard_to)
        self._chunks.clear()
        self._queued = 0
        self._flowing = False
        self._end_answer()

    def forget(self) -> None:
        """The answer is over: what was heard of it is no longer of interest."""
        self.drop(self.position)
        self._parts.clear()
        self.began = None
        self._complete = False

    def _flows(self, now: float) -> bool:
        """Whether to give away: not before the cushion is there, nor again after running dry."""
        if self.is_empty:
            if self._flowing and not self._complete:
                self._silent_since = now
            self._flowing = False
        elif not self._flowing:
            waited = self._waited(now)
            queued = self._queued / BYTES_PER_SECOND
            self._flowing = self._complete or self._cushion.is_enough(queued, waited)
            if self._flowing:
                self._delayed += waited
                self._silent_since = None
        return self._flowing

    def _waited(self, now: float) -> float:
        return 0.0 if self._silent_since is None else now - self._silent_since

    def _learn(self, now: float) -> None:
        """A piece of an answer comes: tell the cushion how late, but for the first of them."""
        if not self._flowing and self._silent_since is None:
            self._silent_since = now
        else:
            silent = self._delayed + self._waited(now)
            self._cushion.arrived(silent - self._queued / BYTES_PER_SECOND)

    def _end_answer(self) -> None:
        self._cushion.end_answer()
        self._silent_since = None
        self._delayed = 0.0

    def _take(self, size: int) -> list[memoryview]:
        pieces = []
        at, end = self.position, self.position + size
        if self.began is None:
            self.began = at
        while self._chunks and at < end:
            part, chunk = self._chunks.popleft()
            piece, rest = chunk[: end - at], chunk[end - at :]
            if rest:
                self._chunks.appendleft((part, rest))
            part.given(at, len(piece))
            pieces.append(piece)
            at += len(piece)
        self._queued -= at - self.position
        self._end = at
        if not self._complete:
            self._delayed += (end - at) / BYTES_PER_SECOND  # the rest of the block is silence
        return pieces
