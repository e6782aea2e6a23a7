from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from teamvoice.audio.chimes import KINDS, chime
from teamvoice.audio.cushion import FIRST
from teamvoice.audio.pcm import BLOCK_BYTES, BYTES_PER_SECOND, milliseconds, pcm16_to_float32
from teamvoice.audio.playqueue import Played, PlayQueue

BLOCK = b"\x01\x00" * (BLOCK_BYTES // 2)
SILENT = bytes(BLOCK_BYTES)

Piece = st.tuples(st.integers(0, 2), st.binary(max_size=3000))
Step = st.one_of(Piece, st.integers(1, 2000).map(lambda half: half * 2))


def test_an_answer_waits_for_its_cushion() -> None:
    queue = PlayQueue()
    queue.add("item", 0, BLOCK, now=0.0)
    assert queue.take(BLOCK_BYTES, now=0.01) == SILENT
    queue.add("item", 0, BLOCK * (int(FIRST * BYTES_PER_SECOND) // BLOCK_BYTES), now=0.02)
    assert queue.take(BLOCK_BYTES, now=0.03) == BLOCK
    assert queue.began == BLOCK_BYTES


def test_a_short_answer_that_is_complete_does_not_wait() -> None:
    queue = PlayQueue()
    queue.add("item", 0, BLOCK, now=0.0)
    queue.finish()
    assert queue.take(BLOCK_BYTES, now=0.0) == BLOCK
    assert not queue.has_ended(BLOCK_BYTES - 2)
    assert queue.has_ended(BLOCK_BYTES)


def test_a_slow_answer_starts_when_it_has_waited() -> None:
    queue = PlayQueue()
    queue.add("item", 0, BLOCK, now=0.0)
    assert queue.take(BLOCK_BYTES, now=FIRST - 0.01) == SILENT
    assert queue.take(BLOCK_BYTES, now=FIRST) == BLOCK


def test_silence_in_an_answer_does_not_count_as_heard() -> None:
    queue = PlayQueue()
    queue.add("item", 0, BLOCK, now=0.0)
    queue.take(BLOCK_BYTES, now=1.0)
    queue.take(BLOCK_BYTES, now=1.02)
    queue.add("item", 0, BLOCK, now=2.0)
    queue.take(BLOCK_BYTES, now=3.0)
    assert queue.heard(2 * BLOCK_BYTES) == (Played("item", 0, 20, complete=False),)
    assert queue.heard(3 * BLOCK_BYTES) == (Played("item", 0, 40, complete=True),)


def test_beyond_the_limit_is_dropped_and_its_part_is_incomplete() -> None:
    queue = PlayQueue(limit=BLOCK_BYTES)
    queue.add("item", 0, BLOCK, now=0.0)
    queue.add("item", 0, BLOCK, now=0.0)
    queue.finish()
    queue.take(2 * BLOCK_BYTES, now=0.0)
    assert queue.dropped == BLOCK_BYTES
    assert queue.heard(queue.position) == (Played("item", 0, 20, complete=False),)


def test_what_a_lost_device_had_taken_and_not_sounded_was_not_heard() -> None:
    queue = PlayQueue()
    queue.add("item", 0, BLOCK * 4, now=0.0)
    queue.finish()
    queue.take(2 * BLOCK_BYTES, now=0.0)
    queue.drop(heard_to=BLOCK_BYTES)
    assert queue.heard(queue.position) == (Played("item", 0, 20, complete=False),)
    assert queue.is_empty
    assert queue.has_ended(queue.position)


@given(st.lists(Step))
def test_nothing_is_lost_doubled_or_out_of_order(steps: list[tuple[int, bytes] | int]) -> None:
    queue, given_away, expected = PlayQueue(), b"", b""
    for now, step in enumerate(steps):
        if isinstance(step, int):
            given_away += queue.take(step, float(now))
        else:
            # No zero bytes: what is zero in the stream is silence between.
            pcm = step[1][: len(step[1]) // 2 * 2].replace(b"\0", b"\1")
            queue.add("item", step[0], pcm, float(now))
            expected += pcm
    queue.finish()
    given_away += queue.take(len(expected) + 2, 1e9)
    assert given_away.replace(b"\0", b"") == expected
    heard = sum(part.ms for part in queue.heard(queue.position))
    assert milliseconds(expected) - 3 <= heard <= milliseconds(expected)
    assert all(part.complete for part in queue.heard(queue.position))


@given(st.lists(st.binary(min_size=1, max_size=9)))
def test_pieces_may_end_in_the_middle_of_a_sample(pieces: list[bytes]) -> None:
    queue = PlayQueue()
    for piece in pieces:
        queue.add("item", 0, piece, now=0.0)
    queue.finish()
    whole = b"".join(pieces)
    even = len(whole) // 2 * 2
    assert queue.take(even + 2, now=0.0)[:even] == whole[:even]


def test_chimes_are_short_soft_and_different() -> None:
    sounds = [chime(kind) for kind in KINDS]
    assert len(set(sounds)) == len(KINDS)
    for sound in sounds:
        assert 50 <= milliseconds(sound) <= 250
        assert 0.05 < abs(pcm16_to_float32(sound)).max() < 0.2
        assert abs(pcm16_to_float32(sound)[[0, -1]]).max() < 0.01
