from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teamvoice.conversation.trim import LEAD_MS, TAIL_MS, Trim, level_of

BLOCK = 480  # samples, 20 ms
LEAD, TAIL = LEAD_MS // 20, TAIL_MS // 20


def block(level: float, seed: int = 0, offset: int = 0) -> bytes:
    """20 ms of noise at a level, around an offset."""
    noise = np.random.default_rng(seed).normal(0, level, BLOCK)
    return bytes(np.clip(np.rint(noise) + offset, -32_768, 32_767).astype("<i2").tobytes())


def blocks(*runs: tuple[float, int], offset: int = 0) -> list[bytes]:
    """Runs of blocks, each a level and how many; no two blocks are the same."""
    levels = [level for level, count in runs for _ in range(count)]
    return [block(level, seed, offset) for seed, level in enumerate(levels)]


def sent(given_blocks: list[bytes]) -> list[bytes]:
    trim = Trim()
    out = [piece for pcm in given_blocks for piece in trim.feed(pcm)]
    return out + trim.end()


def test_silence_at_either_end_is_not_sent() -> None:
    said = blocks((20, 100), (1500, 30), (20, 100))
    assert sent(said) == said[100 - LEAD : 130 + TAIL]


def test_what_is_said_is_sent_while_it_is_said() -> None:
    trim = Trim()
    said = blocks((20, 50), (1500, 10))
    assert [len(trim.feed(pcm)) for pcm in said] == [0] * 52 + [LEAD + 3] + [1] * 7


def test_a_pause_within_is_kept_whole() -> None:
    said = blocks((20, 5), (1500, 10), (20, 100), (1500, 10), (20, 5))
    assert sent(said) == said


def test_speech_from_the_first_block_on_is_sent_at_once() -> None:
    trim = Trim()
    assert [len(trim.feed(pcm)) for pcm in blocks((1500, 10))] == [1] * 10


@pytest.mark.parametrize("level", [0, 20, 90, 400, 3000])
def test_where_nothing_is_clearly_speech_everything_goes(level: float) -> None:
    room = blocks((level, 200))
    assert sent(room) == room


def test_a_click_is_no_speech() -> None:
    said = blocks((20, 50), (5000, 2), (20, 100))
    assert sent(said) == said


def test_a_quiet_speaker_loses_nothing() -> None:
    said = blocks((20, 50), (80, 40), (20, 50))
    assert sent(said) == said


def test_a_loud_room_is_never_taken_for_silence() -> None:
    said = blocks((400, 100), (6000, 30), (400, 100))
    assert sent(said) == said


def test_a_breathy_onset_is_kept() -> None:
    breath = 10  # 200 ms that are hardly louder than the room
    said = blocks((20, 100), (40, breath), (1500, 30), (40, breath), (20, 100))
    kept = sent(said)
    assert kept[0] == said[100 + breath - LEAD]
    assert kept[-1] == said[140 + TAIL - 1]


def test_an_offset_is_not_sound() -> None:
    said = blocks((20, 100), (1500, 30), (20, 100), offset=3000)
    assert sent(said) == said[100 - LEAD : 130 + TAIL]


def test_a_room_that_gets_louder_is_kept_from_then_on() -> None:
    said = blocks((20, 50), (1500, 20), (20, 50), (150, 50))
    assert sent(said)[-1] == said[-1]


def test_a_block_may_have_any_length() -> None:
    said = [*blocks((20, 100), (1500, 30)), b"", block(1500)[:100], b"\x01"]
    assert b"".join(sent(said)) == b"".join(said[100 - LEAD :])


LEVELS = st.sampled_from([0.0, 3.0, 20.0, 45.0, 90.0, 180.0, 300.0, 800.0, 4000.0])
RUNS = st.lists(st.tuples(LEVELS, st.integers(1, 40)), max_size=8)


@settings(deadline=None, max_examples=60)
@given(RUNS, st.integers(-500, 500))
def test_no_word_is_lost_and_nothing_is_doubled(runs: list[tuple[float, int]], offset: int) -> None:
    said = blocks(*runs, offset=offset)
    out = sent(said)
    places = places_of(out, said)
    assert all(after - before == 1 for before, after in pairwise(places)), "one run, in order"
    dropped = [level_of(pcm) for place, pcm in enumerate(said) if place not in set(places)]
    head = dropped[: places[0]] if places else []
    assert all(level <= min(200.0, max(10.0, 2.5 * min(head))) for level in head)
    tail = dropped[len(head) :]
    quietest = min(map(level_of, said), default=0.0)
    assert all(level <= min(200.0, max(10.0, 2.5 * quietest)) for level in tail)
    assert not dropped or max(map(level_of, said)) >= 6 * max(dropped), "far below the speech"
    assert len(out) >= min(len(said), 5), "100 ms of what had 100 ms"


def places_of(out: list[bytes], said: list[bytes]) -> list[int]:
    """Where in what was captured each block stood that was sent, by identity."""
    where = {id(pcm): place for place, pcm in enumerate(said)}
    return [where[id(pcm)] for pcm in out]
