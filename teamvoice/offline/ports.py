"""What the server needs of its ears, its mind and its voice, and nothing more of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Protocol


class Hearing(Protocol):
    """What was understood of one utterance; empty text when nothing was."""

    @property
    def text(self) -> str:
        """The words."""


class Ears(Protocol):
    """Speech to text, blocking; the server calls it from one thread only.

    The calls come as ``begin``, any number of ``feed``, ``end``, and then again from ``begin``.
    Where ``end`` is left out, ``begin`` forgets what was fed before it.
    """

    def load(self) -> None:
        """Make ready, which may take a while; otherwise the first ``begin`` does it."""

    def begin(self) -> None:
        """Begin an utterance."""

    def feed(self, pcm: bytes) -> None:
        """Take more of the utterance: mono PCM16 little-endian at 24 kHz."""

    def end(self) -> Hearing:
        """End it, and tell what it was."""


class Call(Protocol):
    """A tool that is to be called."""

    @property
    def name(self) -> str:
        """The tool."""

    @property
    def arguments(self) -> dict[str, Any]:
        """Its arguments, ready for JSON."""


class Plan(Protocol):
    """What an utterance asks for: tools to call, or else words to say."""

    @property
    def calls(self) -> Sequence[Call]:
        """The tools to call, in order."""

    @property
    def say(self) -> str:
        """The words, when there is nothing to call."""


class Mind(Protocol):
    """Text to a plan, and a plan's outcome to words. Pure: the same for the same."""

    def understand(self, text: str, tools: list[dict[str, Any]]) -> Plan:
        """Make a plan that needs none but these tools."""

    def answer(self, plan: Any, outputs: list[str]) -> str:
        """Say what came of a plan of :meth:`understand`; one output per call, in its order."""


class Voice(Protocol):
    """Text to speech."""

    def speak(self, text: str) -> AsyncIterator[bytes]:
        """Yield mono PCM16 little-endian at 24 kHz as soon as it is there.

        An asynchronous generator is closed when the rest is not wanted.
        """


EarsFactory = Callable[[], Ears]
