"""When one session makes way for the next."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teamvoice.realtime.rotation import Clocks, Life, Move, Schedule

HOUR = 3600.0
START = Clocks(wall=1_800_000_000.0, awake=50.0)
PLAN = Schedule()


def later(seconds: float, *, asleep: float = 0.0) -> Clocks:
    return Clocks(START.wall + seconds + asleep, START.awake + seconds)


@pytest.mark.parametrize(
    ("age", "quiet", "move"),
    [
        (0, True, Move.STAY),
        (2999, True, Move.STAY),
        (3000, True, Move.ROTATE),
        (3000, False, Move.STAY),
        (3584, False, Move.STAY),
        (3585, False, Move.RECONNECT),
        (3585, True, Move.RECONNECT),
        (9999, True, Move.RECONNECT),
    ],
)
def test_an_hour(age: float, quiet: bool, move: Move) -> None:
    life = PLAN.life(START, START.wall + HOUR)
    assert PLAN.move(life, later(age), quiet=quiet) is move


@pytest.mark.parametrize(("asleep", "move"), [(29, Move.STAY), (31, Move.RECONNECT)])
def test_a_sleep_costs_the_session(asleep: float, move: Move) -> None:
    for ends_at in (None, START.wall + HOUR):
        life = PLAN.life(START, ends_at)
        assert PLAN.move(life, later(60, asleep=asleep), quiet=False) is move


def test_a_session_whose_end_is_not_known_stays() -> None:
    life = PLAN.life(START, None)
    assert life.left(later(1e9)) == math.inf
    assert PLAN.move(life, later(1e9), quiet=True) is Move.STAY


@given(st.floats(-1e9, 15))
def test_an_end_that_leaves_no_time_tells_nothing(left: float) -> None:
    assert PLAN.life(START, START.wall + left).length_s is None


@given(st.floats(0, HOUR), st.floats(-1e6, 0))
def test_a_clock_that_is_set_back_makes_no_session_younger(age: float, back: float) -> None:
    life = PLAN.life(START, START.wall + HOUR)
    assert life.left(later(age, asleep=back)) <= HOUR - age + 1e-3


plans = st.builds(
    Schedule,
    lead_s=st.floats(20, 2000),
    margin_s=st.floats(1, 15),
    look_s=st.floats(0.5, 2),
    rest_s=st.floats(2, 20),
)


@given(plans, st.floats(60, 2 * HOUR), st.floats(0, 1))
def test_looks_never_skip_the_margin_and_always_go_on(
    plan: Schedule, length: float, part: float
) -> None:
    life = Life(START, length)
    now = later(part * length)
    pause = plan.pause(life, now)
    assert 0 < pause <= max(plan.rest_s, plan.look_s)
    left = life.left(now)
    assert left <= plan.margin_s or left - pause >= plan.margin_s - 0.02


@settings(deadline=None)  # thousands of looks
@given(plans, st.floats(60, 2 * HOUR), st.lists(st.booleans(), min_size=1))
def test_a_session_never_lives_to_its_end(plan: Schedule, length: float, quiet: list[bool]) -> None:
    life, age, looks = plan.life(START, START.wall + length), 0.0, 0
    while True:
        move = plan.move(life, later(age), quiet=quiet[looks % len(quiet)])
        if move is not Move.STAY:
            break
        age += plan.pause(life, later(age))
        looks += 1
    assert age < length
    if all(quiet):
        assert move is Move.ROTATE
        assert length - age >= min(plan.lead_s, length / 2) - 0.02, "when its lead began"
