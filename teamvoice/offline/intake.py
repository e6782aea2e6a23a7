"""The input audio buffer: what was appended, what of it is speech, and what the ears are told.

With manual commits everything that is appended goes to the ears at once. With voice activity
detection only what is speech does, from a little before it began; the rest is kept for a while, in
case the client commits it nevertheless.
"""

from __future__ import annotations

from teamvoice.offline.commands import Command, Feed, Listen
from teamvoice.offline.requests import SemanticVad, ServerVad
from teamvoice.offline.usage import BYTES_PER_MS
from teamvoice.offline.vad import Mark, Vad
from teamvoice.offline.validate import Refused

Detection = ServerVad | SemanticVad | None
MIN_COMMIT_MS = 100
_KEEP_SILENCE = 10_000 * BYTES_PER_MS
_SEMANTIC_PATIENCE_MS = {"low": 1000, "medium": 600, "auto": 600, "high": 350}
_PADDING_MS = 300


class Intake:
    """The buffer of one session.

    Args:
        max_bytes: The buffer's bound; an append beyond it is refused.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._pcm = bytearray()
        self._start = 0  # bytes received in this session before the buffer's first
        self._fed = 0  # bytes of the buffer that the ears have
        self._listening = False
        self._vad: Vad | None = None
        self._padding = 0

    @property
    def end_ms(self) -> int:
        """How much was received in this session."""
        return (self._start + len(self._pcm)) // BYTES_PER_MS

    @property
    def speaking(self) -> bool:
        """Speech is detected and has not ended."""
        return self._vad is not None and self._vad.speaking

    def detect(self, how: Detection) -> None:
        """Detect speech from now on, or leave it to the client (None)."""
        self._vad = None if how is None else Vad(_threshold(how), _patience_ms(how), self.end_ms)
        self._padding = how.prefix_padding_ms if isinstance(how, ServerVad) else _PADDING_MS
        self.begin_again()

    def make_room(self, count: int) -> None:
        """See that so many bytes more are within the bound.

        Raises:
            Refused: The buffer is full.
        """
        if len(self._pcm) + count > self._max_bytes:
            limit = self._max_bytes // BYTES_PER_MS // 1000
            message = f"The input audio buffer holds {limit} s and is full: commit or clear it."
            raise Refused("input_audio_buffer_full", message, "audio")

    def append(self, pcm: bytes) -> list[Mark]:
        """Take audio; tell where in it speech began or ended. Then call :meth:`feed`."""
        self._pcm += pcm
        return self._vad.feed(pcm) if self._vad else []

    def begin_speech(self, at_ms: int) -> int:
        """Speech began: drop what was long before it. Tells the buffer's new begin, in ms."""
        begin = max(self._start, (at_ms - self._padding) * BYTES_PER_MS)
        self._drop(begin - self._start)
        return self._start // BYTES_PER_MS

    def feed(self) -> list[Command]:
        """Tell the ears what they have not heard of the utterance."""
        if self._vad and not self.speaking:
            self._drop(len(self._pcm) - _KEEP_SILENCE)
            return []
        return self._catch_up()

    def commit(self) -> tuple[bytes, list[Command]]:
        """End the utterance: its sound, and what the ears are still to be told of it.

        Raises:
            Refused: There is less than 100 ms of it.
        """
        if (has := len(self._pcm) / BYTES_PER_MS) < MIN_COMMIT_MS:
            message = (
                "Error committing input audio buffer: buffer too small. Expected at least "
                f"{MIN_COMMIT_MS}ms of audio, but buffer only has {has:.2f}ms of audio."
            )
            raise Refused("input_audio_buffer_commit_empty", message)
        commands = self._catch_up()
        return self._take(), commands

    def clear(self) -> None:
        """Forget the utterance."""
        self._take()

    def begin_again(self) -> None:
        """The ears heard something else in between: tell them of the utterance from its begin."""
        self._fed, self._listening = 0, False

    def _catch_up(self) -> list[Command]:
        begin: list[Command] = [] if self._listening else [Listen()]
        new = bytes(self._pcm[self._fed :])
        self._listening, self._fed = True, len(self._pcm)
        return [*begin, Feed(new)] if new else begin

    def _take(self) -> bytes:
        pcm = bytes(self._pcm)
        self._drop(len(pcm))
        self._listening = False
        return pcm

    def _drop(self, count: int) -> None:
        count = max(0, count - count % 2)
        del self._pcm[:count]
        self._start += count
        self._fed = max(0, self._fed - count)


def _threshold(how: ServerVad | SemanticVad) -> float:
    return how.threshold if isinstance(how, ServerVad) else 0.5


def _patience_ms(how: ServerVad | SemanticVad) -> int:
    if isinstance(how, ServerVad):
        return how.silence_duration_ms
    return _SEMANTIC_PATIENCE_MS[how.eagerness]
