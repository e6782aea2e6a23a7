"""Speech that the offline ears must get right, over the virtual microphone, at the pace of speech.

Each utterance is a hold of its own: the microphone is opened, the sound server plays the speech at
48 kHz into it, and what arrives is decoded block by block, in a thread, while more of it comes in.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from teamvoice.audio.capture import Microphone
from teamvoice.offline.ears import Ears
from tests.support.commands import COMMANDS, TEAM, Spoken
from tests.support.desk import NEEDS_SOUND, Sound, listening_at
from tests.support.speech import VOICES, Score, score, spoken_pcm
from tests.support.wait import until

pytestmark = [
    pytest.mark.needs(*NEEDS_SOUND, "flite", "python:pocketsphinx", "python:sounddevice"),
    pytest.mark.timeout(240),
    pytest.mark.alone,  # three microphones are heard at once, each at the pace of speech
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
    """Ears in a thread of their own, which are told each block of a hold as it arrives.

    Args:
        microphone: The name of the microphone that they listen to.
    """

    def __init__(self, ears: Ears, thread: ThreadPoolExecutor, microphone: str) -> None:
        self._ears = ears
        self._thread = thread
        self._microphone = microphone
        self._lost: list[str] = []

    async def load(self) -> None:
        await asyncio.wrap_future(self._thread.submit(self._ears.load))

    @asynccontextmanager
    async def hold(self) -> AsyncIterator[list[str]]:
        """Listen for as long as the block; the list then holds what was heard."""
        told: list[Future[None]] = [self._thread.submit(self._ears.begin)]
        heard: list[str] = []
        async with Microphone(self._microphone) as microphone:
            await microphone.open(
                lambda pcm, _: told.append(self._thread.submit(self._ears.feed, pcm)),
                self._lost.append,
            )
            await until(lambda: len(told) > 1, "the microphone delivers")
            yield heard
        assert self._lost == []
        for done in told:
            await asyncio.wrap_future(done)
        heard.append((await asyncio.wrap_future(self._thread.submit(self._ears.end))).text)


@pytest.fixture
def sound(tmp_path: Path) -> Iterator[Sound]:
    """A sound server with a microphone for each voice, so that all three speak at once."""
    sound = Sound(tmp_path, VOICES)
    with sound.serving(), listening_at(sound):
        yield sound


async def test_twelve_commands_in_three_voices(sound: Sound) -> None:
    holds = [
        hold for holds in await asyncio.gather(*map(partial(_all, sound), VOICES)) for hold in holds
    ]
    right = sum(hold.score.right for hold in holds)
    errors = sum(hold.score.errors for hold in holds)
    words = sum(hold.score.words for hold in holds)
    found = f"{right} of {len(holds)} right; {errors} of {words} message words wrong"
    evidence = "\n".join((found, *map(str, holds)))
    assert len(holds) == 36
    assert right >= 34, evidence
    assert errors <= 0.10 * words, evidence


async def _all(sound: Sound, voice: str) -> list[Hold]:
    with ThreadPoolExecutor(1, thread_name_prefix=f"ears of {voice}") as thread:
        listener = Listener(Ears(TEAM), thread, voice)
        await listener.load()
        return [await _hold(sound, listener, command, voice) for command in COMMANDS]


async def _hold(sound: Sound, listener: Listener, command: Spoken, voice: str) -> Hold:
    pcm = spoken_pcm(command.said, voice)
    async with listener.hold() as heard:
        await sound.play_into_microphone(pcm, voice)
    return Hold(voice, command, heard[0], score(command, heard[0], TEAM))
