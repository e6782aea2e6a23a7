"""Ears, a mind and voices for the offline server that are exact: the text is in the sound."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from teamvoice.errors import AudioUnavailable

_SAMPLES = 240  # 10 ms for each byte of text
_FLOOR = 8000
_STEP = 64
_ORDER = re.compile(r"call (?P<name>\w+) (?P<arguments>\{[^{}]*\})")
SILENCE = bytes(48)  # of 1 ms


def sound_of(text: str) -> bytes:
    """Loud PCM16 at 24 kHz that :class:`ExactEars` understand; at least 100 ms of it."""
    levels = np.repeat([_FLOOR + _STEP * byte for byte in text.ljust(10).encode()], _SAMPLES)
    signs = np.where(np.arange(levels.size) % 2, -1, 1)
    return (levels * signs).astype("<i2").tobytes()


class ExactEars:
    """Ears that hear what :func:`sound_of` says, wherever in the silence it is."""

    def __init__(self) -> None:
        self._pcm = b""
        self.threads: set[str] = set()

    def load(self) -> None:
        self.threads.add(threading.current_thread().name)

    def begin(self) -> None:
        self.threads.add(threading.current_thread().name)
        self._pcm = b""

    def feed(self, pcm: bytes) -> None:
        self.threads.add(threading.current_thread().name)
        self._pcm += pcm

    def end(self) -> Heard:
        self.threads.add(threading.current_thread().name)
        levels = np.abs(np.frombuffer(self._pcm, dtype="<i2").astype(int))
        (loud,) = np.nonzero(levels >= _FLOOR)
        if not loud.size:
            return Heard("")
        spoken = levels[loud[0] : loud[-1] + 1 : _SAMPLES]
        codes = [max(0, (int(level) - _FLOOR) // _STEP) for level in spoken]
        return Heard(bytes(codes).decode(errors="replace").strip(" \0"))


class BrokenEars(ExactEars):
    """Ears that cannot hear."""

    def load(self) -> None:
        raise AudioUnavailable("There are no ears on this machine")

    begin = load


@dataclass(frozen=True)
class Heard:
    text: str


@dataclass(frozen=True)
class Asked:
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Planned:
    calls: Sequence[Asked] = ()
    say: str = ""


class LiteralMind:
    """``call NAME {JSON}; call NAME {JSON}`` is a plan of calls; anything else is echoed."""

    def understand(self, text: str, tools: list[dict[str, Any]]) -> Planned:
        declared = {tool["name"] for tool in tools}
        orders = [_ORDER.fullmatch(part) for part in text.split("; ")]
        calls = [Asked(o["name"], json.loads(o["arguments"])) for o in orders if o]
        if calls and {call.name for call in calls} <= declared:
            return Planned(calls)
        return Planned(say=f"You said: {text}" if text else "I heard nothing.")

    def answer(self, plan: Planned, outputs: list[str]) -> str:
        pairs = zip(plan.calls, outputs, strict=True)
        return ", ".join(f"{call.name} says {output}" for call, output in pairs)


TONE = sound_of("x" * 10)


def tone(text: str) -> Iterator[bytes]:
    """20 ms for each letter, in pieces of 100 ms."""
    return (TONE for _ in range(0, len(text), 5))


def hoarse(text: str) -> Iterator[bytes]:
    """A piece, and then no more."""
    yield TONE
    raise AudioUnavailable(f"The voice broke at {text[:3]}")


class ToneVoice:
    """A voice that says :func:`tone`, or something like it."""

    def __init__(self, say: Callable[[str], Iterator[bytes]] = tone) -> None:
        self._say = say
        self.said = 0  # pieces, of all that were spoken

    async def speak(self, text: str) -> AsyncIterator[bytes]:
        for piece in self._say(text):
            self.said += 1
            yield piece


class HeldVoice:
    """A voice that says 100 ms, and the rest when it is let go."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.ended = 0

    async def speak(self, text: str) -> AsyncIterator[bytes]:
        try:
            yield TONE
            await self.go_on.wait()
            for piece in tone(text):
                yield piece
        finally:
            self.ended += 1
