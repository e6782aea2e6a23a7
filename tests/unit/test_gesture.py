from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teamvoice.conversation.events import Event, HoldBegan, HoldEnded, Tapped
from teamvoice.conversation.gesture import CAP, LOST, Gesture, Mode, Timing


def gesture(mode: Mode = Mode.HOLD, **timing: float) -> Gesture:
    return Gesture(Timing(**timing), mode)


def test_a_hold_begins_at_the_down_edge_and_ends_when_the_release_has_settled() -> None:
    key = gesture()
    assert key.edge(down=True, at=1.0) == [HoldBegan(at=1.0)]
    assert key.edge(down=False, at=2.5) == []
    assert key.wake_at == pytest.approx(2.55)
    assert key.tick(2.55) == [HoldEnded(at=2.5)]
    assert key.wake_at is None


def test_a_clean_source_ends_the_hold_at_once() -> None:
    key = gesture()
    key.edge(down=True, at=1.0, clean=True)
    assert key.edge(down=False, at=2.0, clean=True) == [HoldEnded(at=2.0)]


def test_a_short_hold_is_a_tap() -> None:
    key = gesture()
    key.edge(down=True, at=1.0)
    key.edge(down=False, at=1.179)
    assert key.tick(1.3) == [Tapped(at=1.179)]


def test_repeats_and_pairs_are_one_hold() -> None:
    key = gesture()
    assert key.edge(down=True, at=0.0) == [HoldBegan(at=0.0)]
    for n in range(50):
        at = 0.5 + n * 0.03
        assert key.edge(down=False, at=at) == []
        assert key.edge(down=True, at=at + 0.02) == []
        assert key.edge(down=True, at=at + 0.025) == []
    key.edge(down=False, at=3.0)
    assert key.tick(3.05) == [HoldEnded(at=3.0)]


def test_a_new_press_after_the_release_settled_is_a_new_hold() -> None:
    key = gesture()
    key.edge(down=True, at=0.0)
    key.edge(down=False, at=1.0)
    assert key.edge(down=True, at=1.06) == [HoldEnded(at=1.0), HoldBegan(at=1.06)]


def test_the_cap_ends_a_forgotten_hold_and_the_key_must_come_up_first() -> None:
    key = gesture(cap=10.0)
    key.edge(down=True, at=0.0)
    assert key.tick(10.0) == [HoldEnded(at=10.0, why=CAP)]
    assert key.edge(down=True, at=10.1) == []
    key.edge(down=False, at=11.0)
    assert key.edge(down=True, at=12.0) == [HoldBegan(at=12.0)]


def test_a_clean_press_counts_though_the_last_release_was_lost() -> None:
    key = gesture()
    key.edge(down=True, at=0.0, clean=True)
    key.drop()
    assert key.edge(down=True, at=1.0) == []
    assert key.edge(down=True, at=2.0, clean=True) == [HoldBegan(at=2.0)]


def test_a_lost_source_ends_the_hold() -> None:
    key = gesture()
    key.edge(down=True, at=0.0)
    assert key.lost(5.0) == [HoldEnded(at=5.0, why=LOST)]
    assert key.lost(6.0) == []
    assert key.edge(down=True, at=7.0) == [HoldBegan(at=7.0)]


def test_toggle_mode_begins_and_ends_at_down_edges() -> None:
    key = gesture(Mode.TOGGLE)
    assert key.edge(down=True, at=0.0) == [HoldBegan(at=0.0)]
    assert key.edge(down=False, at=0.1) == []
    assert key.edge(down=True, at=3.0) == [HoldEnded(at=3.0)]
    assert key.edge(down=False, at=3.1) == []
    assert key.edge(down=True, at=4.0) == [HoldBegan(at=4.0)]


def test_auto_mode_latches_after_a_tap_and_is_push_to_talk_when_held() -> None:
    key = gesture(Mode.AUTO)
    key.edge(down=True, at=0.0)
    assert key.edge(down=False, at=0.1) == []
    assert key.edge(down=True, at=2.0) == [HoldEnded(at=2.0)]
    key.edge(down=False, at=2.1)
    assert key.edge(down=True, at=3.0) == [HoldBegan(at=3.0)]
    key.edge(down=False, at=4.0)
    assert key.tick(4.05) == [HoldEnded(at=4.0)]


def test_toggling_by_command_needs_no_key() -> None:
    key = gesture()
    assert key.toggle(1.0) == [HoldBegan(at=1.0)]
    assert key.edge(down=False, at=1.5) == []
    assert key.toggle(2.0) == [HoldEnded(at=2.0)]


steps = st.lists(
    st.tuples(
        st.sampled_from(["down", "up", "tick", "lost", "toggle", "drop"]),
        st.floats(min_value=0.001, max_value=30.0),
        st.booleans(),
    ),
    max_size=60,
)


@given(mode=st.sampled_from(Mode), steps=steps)
def test_every_hold_ends_and_no_two_overlap(mode: Mode, steps: list[Any]) -> None:
    key = gesture(mode)
    now, holding = 0.0, False
    happened: list[Event] = []
    for step, wait, clean in steps:
        now += wait
        match step:
            case "down" | "up":
                events = key.edge(down=step == "down", at=now, clean=clean)
            case "drop":
                events, holding = key.tick(now), False
                key.drop()
                happened += events
                assert not key.holding
                continue
            case _:
                events = getattr(key, step)(now)
        for event in events:
            assert isinstance(event, HoldBegan) is not holding
            holding = isinstance(event, HoldBegan)
            assert event.at <= now
        assert key.holding is holding
        happened += events
    if key.holding:
        now += 1000.0
        ended = key.tick(now)
        assert len(ended) == 1
        assert isinstance(ended[0], HoldEnded | Tapped)
        assert not key.holding
