"""Where speech begins and ends."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from teamvoice.offline.vad import Mark, Vad


def noise(ms: int, level: float, seed: int = 1) -> bytes:
    """White noise of an RMS level, of full scale."""
    samples = np.random.default_rng(seed).normal(0, level * 32768, ms * 24)
    return samples.clip(-32768, 32767).astype("<i2").tobytes()


SPEECH = noise(600, 0.1)


def test_speech_between_silences() -> None:
    vad = Vad(0.5, 500)
    marks = vad.feed(bytes(48 * 1000) + SPEECH + bytes(48 * 1000))
    assert marks == [Mark("began", 1000), Mark("ended", 1600)]


def test_times_count_from_the_start_that_was_given() -> None:
    assert Vad(0.5, 500, start_ms=5000).feed(SPEECH)[0] == Mark("began", 5000)


def test_a_click_is_no_speech() -> None:
    assert Vad(0.5, 500).feed(bytes(48 * 200) + noise(40, 0.3) + bytes(48 * 800)) == []


def test_a_short_pause_does_not_end_speech() -> None:
    marks = Vad(0.5, 500).feed(SPEECH + bytes(48 * 400) + SPEECH + bytes(48 * 600))
    assert marks == [Mark("began", 0), Mark("ended", 1600)]


def test_a_noisy_room_is_learned() -> None:
    vad = Vad(0.1, 500)
    level = 0.0019  # below the gate, so that it is learned
    assert vad.feed(noise(3000, level)) == []
    assert vad.feed(noise(1000, level * 2)) == []
    assert [mark.kind for mark in vad.feed(SPEECH)] == ["began"]


def test_a_higher_threshold_wants_louder_speech() -> None:
    quiet = noise(600, 0.012)
    assert Vad(0.5, 500).feed(quiet)
    assert not Vad(0.9, 500).feed(quiet)


@given(cuts=st.lists(st.integers(0, 48 * 2200), max_size=12))
def test_it_does_not_matter_how_the_sound_is_cut(cuts: list[int]) -> None:
    sound = bytes(48 * 600) + SPEECH + bytes(48 * 1000)
    edges = [0, *sorted(cuts), len(sound)]
    vad = Vad(0.5, 500)
    marks = [m for a, b in itertools.pairwise(edges) for m in vad.feed(sound[a:b])]
    assert marks == [Mark("began", 600), Mark("ended", 1200)]
