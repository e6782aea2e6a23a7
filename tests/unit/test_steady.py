from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from teamvoice.team.states import Kind, State
from teamvoice.team.steady import REST_S, Steady

sights = st.lists(
    st.tuples(st.sampled_from(Kind), st.floats(0.01, 3.0), st.sampled_from(("screen", "native"))),
    max_size=30,
)


def sight(kind: Kind, at: float, source: str = "screen") -> State:
    return State(kind, source, at)


def test_a_moment_of_idleness_between_steps_is_work() -> None:
    steady = Steady()
    assert steady.see(sight(Kind.WORKING, 0)).kind is Kind.WORKING
    assert steady.see(sight(Kind.IDLE, 1)).kind is Kind.WORKING
    assert steady.see(sight(Kind.WORKING, 2)).kind is Kind.WORKING
    assert steady.see(sight(Kind.IDLE, 3)).kind is Kind.WORKING
    assert steady.see(sight(Kind.IDLE, 4.4)).kind is Kind.WORKING
    assert steady.see(sight(Kind.IDLE, 4.5)).kind is Kind.IDLE
    assert steady.began == 3


def test_what_the_agent_says_itself_counts_at_once() -> None:
    steady = Steady()
    steady.see(sight(Kind.WORKING, 0))
    assert steady.see(sight(Kind.IDLE, 0.1, "native")).kind is Kind.IDLE
    assert steady.began == 0.1


@given(sights)
def test_only_idleness_is_ever_held_back_and_never_for_long(
    steps: list[tuple[Kind, float, str]],
) -> None:
    steady, now, idle_since = Steady(), 0.0, None
    for kind, pause, source in steps:
        now += pause
        shown = steady.see(sight(kind, now, source))
        idle_since = (now if idle_since is None else idle_since) if kind is Kind.IDLE else None
        assert shown.seen_at == now
        assert steady.began <= now
        if shown.kind is not kind:
            assert (shown.kind, kind, source) == (Kind.WORKING, Kind.IDLE, "screen")
            assert idle_since is not None
            assert now - idle_since < REST_S
