from __future__ import annotations

from collections.abc import Sequence

from hypothesis import example, given
from hypothesis import strategies as st

from teamvoice.audio.cushion import ANSWERS, FIRST, MARGIN, MOST, Cushion
from teamvoice.audio.pcm import BLOCK_BYTES, BLOCK_MS, BYTES_PER_SECOND
from teamvoice.audio.playqueue import PlayQueue

# The pieces of an answer: milliseconds after the one before, and milliseconds of sound.
Pieces = st.lists(st.tuples(st.integers(0, 120), st.integers(10, 200)), min_size=2, max_size=30)
MS = BYTES_PER_SECOND // 1000


def gaps_when_played(cushion: Cushion, pieces: Sequence[tuple[int, int]], phase: int) -> list[int]:
    """The blocks that are silent, in part or all, once the answer has started."""
    queue = PlayQueue(cushion)
    coming: list[tuple[int, bytes]] = []
    at = 0
    for pause, ms in pieces:
        at += pause
        coming.append((at, b"\1" * (ms * MS)))
    sound = b""
    for now in range(phase, at + 60_000, BLOCK_MS):
        while coming and coming[0][0] <= now:
            came, pcm = coming.pop(0)
            queue.add("item", 0, pcm, came / 1000)
        if not coming:
            queue.finish()
        sound += queue.take(BLOCK_BYTES, now / 1000)
        if not coming and queue.is_empty:
            break
    heard = sound.strip(b"\0")
    return [at for at in range(0, len(heard), BLOCK_BYTES) if 0 in heard[at : at + BLOCK_BYTES]]


def lateness(pieces: Sequence[tuple[int, int]]) -> float:
    """Seconds by which the first piece must be played later for none to come too late."""
    late = at = received = 0
    for number, (pause, ms) in enumerate(pieces):
        at += pause if number else 0
        late = max(late, at - received) if number else 0
        received += ms
    return late / 1000


@given(Pieces, st.integers(0, BLOCK_MS - 1), st.integers(0, BLOCK_MS - 1))
@example([(14, 108), (107, 10)], 1, 0)  # in time, but not by a whole block
def test_what_crackled_once_does_not_crackle_again(
    pieces: list[tuple[int, int]], first: int, second: int
) -> None:
    cushion = Cushion()
    gaps_when_played(cushion, pieces, first)
    if lateness(pieces) <= MOST - 2 * MARGIN:
        assert gaps_when_played(cushion, pieces, second) == []


@given(st.lists(Pieces, max_size=20))
def test_the_wait_keeps_within_its_bounds(answers: list[list[tuple[int, int]]]) -> None:
    cushion = Cushion()
    for pieces in answers:
        gaps_when_played(cushion, pieces, 0)
        assert MARGIN <= cushion.delay <= MOST


@given(Pieces)
def test_it_shrinks_when_the_network_is_good_again(pieces: list[tuple[int, int]]) -> None:
    cushion = Cushion()
    gaps_when_played(cushion, pieces, 0)
    for _ in range(ANSWERS):
        gaps_when_played(cushion, [(0, 200)] * 5, 0)
    assert cushion.delay == MARGIN
    assert cushion.is_enough(queued=FIRST, waited=0.0)


def test_a_stall_that_no_cushion_bridges_teaches_nothing() -> None:
    cushion = Cushion()
    gaps_when_played(cushion, [(0, 200), (3000, 200), (0, 200)], 0)
    assert cushion.delay <= FIRST


def test_after_late_pieces_much_at_once_is_not_enough() -> None:
    cushion = Cushion()
    gaps_when_played(cushion, [(0, 100), (300, 100)], 0)
    assert not cushion.is_enough(queued=0.1, waited=0.1)
    assert cushion.is_enough(queued=0.1, waited=cushion.delay)
