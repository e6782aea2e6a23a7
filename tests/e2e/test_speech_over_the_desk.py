"""Speech that the offline ears must get right, over the virtual microphone, at the pace of speech.

Each utterance is a hold of its own: the microphone is opened, the sound server plays the speech at
48 kHz into it, and what arrives is decoded block by block, in a thread, while more of it comes in.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import NamedTuple

import pytest

from teamvoice.audio.capture import Microphone
from teamvoice.offline.ears import Ears
from tests.support.commands import COMMANDS, TEAM, Spoken
from tests.support.desk import NEEDS_SOUND, Sound
from tests.support.speech import VOICES, Score, score, spoken_pcm
from tests.support.wait import until

pytestmark = [
    pytest.mark.needs(*NEEDS_SOUND, "flite", "python:pocketsphinx", "python:sounddevice"),
    pytest.mark.timeout(240),
]


class Hold(NamedTuple):
    """One utterance: who said what, what was heard, and what came of it."""

    voice: str
    command: Spoken
    heard: str
    score: Score

    def __str__(self) -> str:
        right = "right" if self.score.right else "WRONG"
        errors = f"{self.score.errors} of {self.score.words} message words wrong"
        return f"{self.voice}: {self.command.said!r} heard as {self.heard!r}: {right}, {errors}"


class Listener:
    """Ears in a thread of their own, which are told each block of a hold as it arrives."""

    def __init__(self, ears: Ears, thread: ThreadPoolExecutor) -> None:
        self._ears = ears
        self._thread = thread
        self._lost: list[str] = []

    @asynccontextmanager
    async def hold(self) -> AsyncIterator[list[str]]:
        """Listen for as long as the block; the list then holds what was heard."""
        told: list[Future[None]] = [self._thread.submit(self._ears.begin)]
        heard: list[str] = []
        async with Microphone() as microphone:
            await microphone.open(
                lambda pcm, _: told.append(self._thread.submit(self._ears.feed, pcm)),
                self._lost.append,
            )
            await until(lambda: len(told) > 1, "the microphone delivers")
            yield heard
        assert self._lost == []
        for done in told:
            done.result(20)
        heard.append(self._thread.submit(self._ears.end).result(20).text)


@pytest.fixture
def listener() -> Iterator[Listener]:
    ears = Ears(TEAM)
    with ThreadPoolExecutor(1, thread_name_prefix="ears") as thread:
        thread.submit(ears.load).result(60)
        yield Listener(ears, thread)


async def test_twelve_commands_in_three_voices(sound: Sound, listener: Listener) -> None:
    holds = [
        await _hold(sound, listener, command, voice)
        for voice, command in itertools.product(VOICES, COMMANDS)
    ]
    right = sum(hold.score.right for hold in holds)
    errors = sum(hold.score.errors for hold in holds)
    words = sum(hold.score.words for hold in holds)
    found = f"{right} of {len(holds)} right; {errors} of {words} message words wrong"
    evidence = "\n".join((found, *map(str, holds)))
    assert right >= 34, evidence
    assert errors <= 0.10 * words, evidence


async def _hold(sound: Sound, listener: Listener, command: Spoken, voice: str) -> Hold:
    pcm = spoken_pcm(command.said, voice)
    async with listener.hold() as heard:
        await sound.play_into_microphone(pcm)
    return Hold(voice, command, heard[0], score(command, heard[0], TEAM))
