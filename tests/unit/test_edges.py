from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from teamvoice.daemon.edges import Edge, EdgeOrder


def passed(*edges: Edge) -> list[Edge]:
    order = EdgeOrder()
    return [out for edge in edges for out in order.take(edge)]


def press(at: float) -> Edge:
    return Edge("press", at)


def release(at: float) -> Edge:
    return Edge("release", at)


def test_edges_in_order_pass_at_once() -> None:
    order = EdgeOrder()
    assert order.take(press(1)) == (press(1),)
    assert order.take(release(2)) == (release(2),)


def test_a_release_that_overtook_its_press_follows_it() -> None:
    order = EdgeOrder()
    assert order.take(release(2)) == ()
    assert order.take(press(1)) == (press(1), release(2))


def test_the_next_hold_is_as_any_other() -> None:
    assert passed(release(2), press(1), press(3), release(4)) == [
        press(1),
        release(2),
        press(3),
        release(4),
    ]


def test_a_lost_release_does_not_make_the_key_dead() -> None:
    assert passed(press(1), press(9)) == [press(1), press(9)]


def test_a_press_after_a_release_that_had_none_is_a_new_hold() -> None:
    assert passed(release(2), press(3)) == [press(3)]


def test_an_edge_that_was_overtaken_is_dropped() -> None:
    assert passed(press(1), press(5), release(4)) == [press(1), press(5)]


def test_an_early_release_does_not_bring_back_a_press_from_before_what_was_passed() -> None:
    assert passed(press(1), release(3), release(6), press(2)) == [press(1), release(3)]


edges = st.builds(Edge, st.sampled_from(["press", "release"]), st.integers(0, 50).map(float))
holds = st.lists(st.integers(1, 50), unique=True, min_size=2, max_size=12).map(
    lambda times: [
        Edge("release" if index % 2 else "press", float(at))
        for index, at in enumerate(sorted(times)[: len(times) // 2 * 2])
    ]
)


@given(st.lists(edges, max_size=40))
def test_times_never_go_back(arriving: list[Edge]) -> None:
    times = [edge.at for edge in passed(*arriving)]
    assert times == sorted(times)


@given(st.lists(edges, max_size=40))
def test_nothing_is_made_up_or_doubled(arriving: list[Edge]) -> None:
    left = list(arriving)
    for edge in passed(*arriving):
        left.remove(edge)


@given(holds.flatmap(st.permutations))
def test_whatever_the_order_of_arrival_the_key_ends_up(arriving: list[Edge]) -> None:
    """Every press has its release, so when all have arrived nothing is held."""
    out = passed(*arriving)
    assert not out or out[-1].action == "release"


@given(holds, st.data())
def test_neighbours_that_swap_within_their_hold_lose_nothing(
    inorder: list[Edge], data: st.DataObject
) -> None:
    arriving: list[Edge] = []
    for down, up in zip(inorder[::2], inorder[1::2], strict=True):
        arriving += [up, down] if data.draw(st.booleans()) else [down, up]
    assert passed(*arriving) == inorder
