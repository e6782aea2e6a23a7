"""What a speaker plays, whatever the speaker: answers and chimes, and the news of them.

Shared by the real speaker and the virtual one. ``take`` is called in the device's thread, all else
in the event loop's; a lock that is only ever held for a copy stands between them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from teamvoice.audio.chimes import chime
from teamvoice.audio.cushion import Cushion
from teamvoice.audio.pcm import BYTES_PER_SECOND, mixed, scaled
from teamvoice.audio.playqueue import Played, PlayQueue

OnSound = Callable[[float], None]
OnLoss = Callable[[str, Sequence[Played]], None]


def _unconnected(*_: object) -> None:
    """Nobody is interested."""


class Programme:
    """Answers and chimes at a volume, and whom to tell when an answer begins and ends."""

    def __init__(self, volume: float) -> None:
        self._volume = volume
        self._lock = threading.Lock()
        self._cushion = Cushion()
        self._queue = PlayQueue(self._cushion)
        self._chime = b""
        self._told_began = False
        self._dropped = 0
        self._on_began: OnSound = _unconnected
        self._on_ended: OnSound = _unconnected
        self._on_lost: OnLoss = _unconnected

    def connect(self, on_began: OnSound, on_ended: OnSound, on_lost: OnLoss) -> None:
        """Say whom to tell."""
        self._on_began, self._on_ended, self._on_lost = on_began, on_ended, on_lost

    @property
    def position(self) -> int:
        """How many bytes the device was given since the last :meth:`renew`."""
        return self._queue.position

    @property
    def dropped(self) -> int:
        """Bytes that found the queue full."""
        return self._dropped + self._queue.dropped

    @property
    def has_sound(self) -> bool:
        """There is something to give to the device."""
        return bool(self._chime) or not self._queue.is_empty

    @property
    def awaits_more(self) -> bool:
        """An answer is on, and more of it will come."""
        return self._queue.awaits_more

    def play(self, item_id: str, content_index: int, pcm: bytes, now: float) -> None:
        """Queue a piece of an answer."""
        loud = scaled(pcm, self._volume)
        with self._lock:
            self._queue.add(item_id, content_index, loud, now)

    def end_of_answer(self) -> None:
        """No more will come for now."""
        with self._lock:
            self._queue.finish()

    def chime(self, kind: str) -> None:
        """Sound a chime at once, over what plays; a chime that still sounds gives way."""
        sound = scaled(chime(kind), self._volume)
        with self._lock:
            self._chime = sound

    def take(self, size: int, now: float) -> bytes:
        """What the device plays next; chimes do not count as heard of an answer."""
        with self._lock:
            over, self._chime = self._chime[:size], self._chime[size:]
            pcm = self._queue.take(size, now)
        return mixed(pcm, over) if over else pcm

    def renew(self) -> PlayQueue:
        """Forget all that was to be played; the old queue still knows what was heard."""
        with self._lock:
            old, self._queue = self._queue, PlayQueue(self._cushion)
            self._cushion.end_answer()
            self._chime = b""
        self._told_began = False
        self._dropped += old.dropped
        return old

    def drop(self, heard_to: int) -> None:
        """What the device has not sounded will not be heard."""
        with self._lock:
            self._queue.drop(heard_to)
            self._chime = b""

    def lose(self, heard_to: int, reason: str) -> None:
        """The speaker is lost, after it has sounded so many bytes."""
        self.drop(heard_to)
        self._on_lost(reason, self._queue.heard(heard_to))

    def look(self, heard_to: int, now: float) -> None:
        """Tell what has come about when the device has sounded so many bytes."""
        began = self._queue.began
        if began is not None and heard_to > began and not self._told_began:
            self._told_began = True
            self._on_began(now - (heard_to - began) / BYTES_PER_SECOND)
        if self._queue.has_ended(heard_to):
            with self._lock:
                self._queue.forget()
            self._told_began = False
            self._on_ended(now)
