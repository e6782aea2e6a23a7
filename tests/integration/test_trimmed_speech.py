"""Trimming costs no word: real speech in rooms that are not silent, heard with and without it."""

from __future__ import annotations

import numpy as np
import pytest

from teamvoice.conversation.trim import Trim, level_of
from teamvoice.offline.ears import Ears
from tests.support.commands import COMMANDS, TEAM
from tests.support.speech import BLOCK_BYTES, VOICES, feed, spoken_pcm

pytestmark = [pytest.mark.needs("flite", "python:pocketsphinx"), pytest.mark.timeout(180)]

AROUND = 60  # blocks of the room before and after


@pytest.fixture(scope="module")
def ears() -> Ears:
    loaded = Ears(TEAM)
    loaded.load()
    return loaded


def in_a_room(speech: bytes, room: float, gain: float, offset: int, seed: int) -> bytes:
    """Speech with the noise of a room, deeper than white, around and below it."""
    quiet = bytes(AROUND * BLOCK_BYTES)
    said = np.frombuffer(quiet + speech + quiet, dtype="<i2") * gain
    white = np.random.default_rng(seed).normal(0, 1, said.size + 7)
    noise = np.convolve(white, np.ones(8) / np.sqrt(8), "valid") * room
    return bytes(np.clip(said + noise + offset, -32_768, 32_767).astype("<i2").tobytes())


def trimmed(pcm: bytes) -> bytes:
    trim = Trim()
    blocks = [pcm[at : at + BLOCK_BYTES] for at in range(0, len(pcm), BLOCK_BYTES)]
    out = [piece for block in blocks for piece in trim.feed(block)]
    return b"".join([*out, *trim.end()])


def hear(ears: Ears, pcm: bytes) -> str:
    feed(ears, pcm)
    return ears.end().text


def audible(speech: bytes) -> tuple[int, int]:
    """Where speech begins and ends that was spoken into silence, in bytes."""
    levels = [level_of(speech[at : at + BLOCK_BYTES]) for at in range(0, len(speech), BLOCK_BYTES)]
    loud = [number for number, level in enumerate(levels) if level > 100]
    return (AROUND + loud[0]) * BLOCK_BYTES, (AROUND + loud[-1] + 1) * BLOCK_BYTES


@pytest.mark.parametrize(
    ("room", "gain", "offset"),
    [(0, 1.0, 0), (25, 0.5, 900), (60, 1.0, 0)],
    ids=["silence", "a soft voice and an offset", "a fan"],
)
def test_what_is_heard_is_no_worse(ears: Ears, room: float, gain: float, offset: int) -> None:
    for number, command in enumerate(COMMANDS[:3]):
        speech = spoken_pcm(command.said, VOICES[number % len(VOICES)])
        whole = in_a_room(speech, room, gain, offset, number)
        kept = trimmed(whole)
        heard = hear(ears, kept)  # the ears settle with all that they hear: the whole comes second
        assert heard in {command.said, hear(ears, whole)}, command.said
        assert len(whole) - len(kept) > AROUND * BLOCK_BYTES, "half of the silence is gone"


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize(
    ("room", "gain"), [(0, 0.02), (10, 0.05), (40, 0.06), (150, 0.3), (400, 1.0)]
)
def test_of_a_voice_that_the_room_half_covers_nothing_is_cut(
    voice: str, room: float, gain: float
) -> None:
    """Here the ears guess, and guess otherwise with every block: what counts is what they get."""
    for number, command in enumerate(COMMANDS[:2]):
        speech = spoken_pcm(command.said, voice)
        whole = in_a_room(speech, room, gain, 0, number)
        kept = trimmed(whole)
        begin, end = audible(speech)
        margin = 5 * BLOCK_BYTES
        assert whole.index(kept) <= begin - margin
        assert whole.index(kept) + len(kept) >= end + margin
