"""Tokens by the documented rules, and which of them a provider would have had in its cache.

One audio token per 100 ms heard and per 50 ms spoken; a text token is four characters or so. The
input of a response is everything before it, again; the part that begins as the input of the
response before did is cached.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

BYTES_PER_MS = 48
HEARD_MS = 100
SPOKEN_MS = 50


@dataclass(frozen=True, slots=True)
class Tokens:
    """A count by modality."""

    text: int = 0
    audio: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(self.text + other.text, self.audio + other.audio)

    @property
    def total(self) -> int:
        """Both modalities together."""
        return self.text + self.audio

    def wire(self) -> dict[str, int]:
        """As ``…_token_details`` has it."""
        return {"text_tokens": self.text, "audio_tokens": self.audio}


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a response's input. Equal segments are the same text."""

    key: str
    tokens: Tokens


def text_tokens(text: str) -> int:
    """Estimate the tokens of a text."""
    return -(-len(text) // 4)


def audio_tokens(pcm_bytes: int, per_ms: int) -> int:
    """Count the tokens of so many bytes of PCM16 at 24 kHz; a begun token counts."""
    return -(-pcm_bytes // (BYTES_PER_MS * per_ms))


def total(segments: Sequence[Segment]) -> Tokens:
    """Add up."""
    return sum((segment.tokens for segment in segments), Tokens())


def cached(before: Sequence[Segment], now: Sequence[Segment]) -> Tokens:
    """Count what both inputs begin with."""
    pairs = zip(before, now, strict=False)
    return total([new for _, new in takewhile(lambda pair: pair[0] == pair[1], pairs)])


def response_usage(given: Tokens, from_cache: Tokens, made: Tokens) -> dict[str, Any]:
    """The ``usage`` of ``response.done``."""
    details = {**given.wire(), "image_tokens": 0, "cached_tokens": from_cache.total}
    details_of_cached = {**from_cache.wire(), "image_tokens": 0}
    return {
        "total_tokens": given.total + made.total,
        "input_tokens": given.total,
        "output_tokens": made.total,
        "input_token_details": {**details, "cached_tokens_details": details_of_cached},
        "output_token_details": made.wire(),
    }


def transcription_usage(pcm_bytes: int, transcript: str) -> dict[str, Any]:
    """The ``usage`` of a transcription, which is billed apart."""
    heard, written = audio_tokens(pcm_bytes, HEARD_MS), text_tokens(transcript)
    return {
        "type": "tokens",
        "total_tokens": heard + written,
        "input_tokens": heard,
        "input_token_details": {"text_tokens": 0, "audio_tokens": heard},
        "output_tokens": written,
    }
