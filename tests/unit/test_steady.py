from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teamvoice.team.states import Kind, State
from teamvoice.team.steady import REST_S, Steady

sights = st.lists(
    st.tuples(
        st.sampled_from(Kind),
        st.floats(0.01, 3.0),
        st.sampled_from(("screen", "native")),
        st.floats(0.0, 4.0),
        st.booleans(),
    ),
    max_size=30,
)


def seen(
    steady: Steady, kind: Kind, at: float, source: str = "screen", still_s: float = 0.0
) -> State:
    return steady.see("pm", State(kind, source, at), at, still_s)


def test_a_moment_of_idleness_between_steps_is_work() -> None:
    steady = Steady()
    assert seen(steady, Kind.WORKING, 0).kind is Kind.WORKING
    assert seen(steady, Kind.IDLE, 1).kind is Kind.WORKING
    assert seen(steady, Kind.WORKING, 2).kind is Kind.WORKING
    assert seen(steady, Kind.IDLE, 3).kind is Kind.WORKING
    assert seen(steady, Kind.IDLE, 4.4).kind is Kind.WORKING
    idle = seen(steady, Kind.IDLE, 4.5)
    assert idle.kind is Kind.IDLE
    assert idle.settled


def test_what_the_agent_says_itself_counts_at_once() -> None:
    steady = Steady()
    seen(steady, Kind.WORKING, 0)
    idle = seen(steady, Kind.IDLE, 0.1, "native")
    assert idle.kind is Kind.IDLE
    assert idle.settled


@pytest.mark.parametrize("before", [None, Kind.WAITING, Kind.UNKNOWN])
def test_idle_that_was_not_work_before_is_told_and_marked_until_it_has_lasted(
    before: Kind | None,
) -> None:
    steady = Steady()
    if before:
        seen(steady, before, 9)
    assert [
        (state.kind, state.settled)
        for state in (seen(steady, Kind.IDLE, at) for at in (10, 11.4, 11.5))
    ] == [(Kind.IDLE, False), (Kind.IDLE, False), (Kind.IDLE, True)]


def test_a_pane_in_which_nothing_is_written_has_looked_so_since() -> None:
    assert seen(Steady(), Kind.IDLE, 10, still_s=1.5).settled
    steady = Steady()
    seen(steady, Kind.WORKING, 9)
    assert seen(steady, Kind.IDLE, 10, still_s=1.5).kind is Kind.WORKING  # it worked since
    assert seen(steady, Kind.IDLE, 10.5, still_s=2.0).settled


def test_what_was_typed_there_makes_idle_last_anew() -> None:
    steady = Steady()
    assert seen(steady, Kind.IDLE, 10, still_s=5).settled
    steady.stir("pm", 11)
    assert not seen(steady, Kind.IDLE, 11.5, still_s=6).settled
    assert not seen(steady, Kind.IDLE, 12.4, still_s=7).settled
    assert seen(steady, Kind.IDLE, 12.5, still_s=7).settled


def test_what_was_typed_before_the_first_look_counts_too() -> None:
    steady = Steady()
    steady.stir("pm", 11)
    assert not seen(steady, Kind.IDLE, 12, still_s=5).settled


def test_members_are_told_apart() -> None:
    steady = Steady()
    seen(steady, Kind.WORKING, 0)
    assert steady.see("developer", State(Kind.IDLE, "screen", 1), 1).kind is Kind.IDLE


@given(sights)
def test_only_idleness_is_ever_held_back_and_never_for_long(
    steps: list[tuple[Kind, float, str, float, bool]],
) -> None:
    steady, now, busy_at = Steady(), 0.0, float("-inf")
    idle_since: float | None = None
    for kind, pause, source, still_s, stirs in steps:
        now += pause
        if stirs:
            steady.stir("pm", now)
            busy_at, idle_since = now, None
        shown = seen(steady, kind, now, source, still_s)
        rests = kind is Kind.IDLE and source == "screen"
        if not rests:
            busy_at, idle_since = now, None
            assert (shown.kind, shown.settled) == (kind, True)
            continue
        idle_since = now if idle_since is None else idle_since
        assert shown.seen_at == now
        assert shown.kind in {Kind.IDLE, Kind.WORKING}
        if now - idle_since >= REST_S:
            assert (shown.kind, shown.settled) == (Kind.IDLE, True)
        if shown.kind is Kind.IDLE and shown.settled:
            assert now - busy_at >= REST_S
