"""What the session asks of the world around it: the imperatives of :mod:`.protocol`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Command:
    """An imperative."""


@dataclass(frozen=True, slots=True)
class Send(Command):
    """Send one server event."""

    event: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Close(Command):
    """Close the connection after everything that was sent before."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Listen(Command):
    """An utterance begins; one that was not concluded is forgotten."""


@dataclass(frozen=True, slots=True)
class Feed(Command):
    """More of the utterance: mono PCM16 little-endian at 24 kHz."""

    pcm: bytes


@dataclass(frozen=True, slots=True)
class Conclude(Command):
    """The utterance is over; answer with ``Session.heard`` or ``Session.not_heard``."""

    utterance: str


@dataclass(frozen=True, slots=True)
class Speak(Command):
    """Speak; answer with ``Session.spoke`` for each piece, then ``Session.spoken``."""

    response_id: str
    text: str
