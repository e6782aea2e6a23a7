"""Tokens by the documented rules."""

from __future__ import annotations

from teamvoice.offline import usage
from teamvoice.offline.usage import Segment, Tokens


def test_audio_is_counted_by_time_and_direction() -> None:
    second = 1000 * usage.BYTES_PER_MS
    assert usage.audio_tokens(second, usage.HEARD_MS) == 10
    assert usage.audio_tokens(second, usage.SPOKEN_MS) == 20
    assert usage.audio_tokens(2, usage.HEARD_MS) == 1
    assert usage.audio_tokens(0, usage.HEARD_MS) == 0


def test_text_is_about_four_characters_a_token() -> None:
    assert [usage.text_tokens("x" * n) for n in (0, 1, 4, 5)] == [0, 1, 1, 2]


def test_only_a_common_beginning_is_cached() -> None:
    one, two = Segment("one", Tokens(text=10)), Segment("two", Tokens(audio=5))
    cut = Segment("two", Tokens(audio=3))
    assert usage.cached([], [one, two]) == Tokens()
    assert usage.cached([one, two], [one, two, cut]) == Tokens(10, 5)
    assert usage.cached([one, two], [one, cut]) == Tokens(10)
    assert usage.cached([one, two], [two]) == Tokens()
