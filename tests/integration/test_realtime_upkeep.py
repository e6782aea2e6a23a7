"""One session makes way for the next over real WebSockets, and a link on demand rests."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import pytest

from teamvoice.realtime.client import Limits
from teamvoice.realtime.link import Link, LinkState
from teamvoice.realtime.requests import CommitAudio, CreateItem, Request, message
from teamvoice.realtime.rotation import Schedule
from teamvoice.realtime.upkeep import Upkeep
from tests.support import frames
from tests.support.links import NEVER, dialling, kept_up, reaches
from tests.support.scripted import (
    GREETING,
    Close,
    Cut,
    Expect,
    Freeze,
    Refuse,
    Send,
    Step,
    scripted,
)
from tests.support.wait import until

SEED = Expect("conversation.item.create")
COMMIT = Expect("input_audio_buffer.commit")
# A wall clock that jumps is how these tests let a session age, so it is not taken for a sleep.
AGEING = Schedule(quiet_s=0.0, look_s=0.01, rest_s=0.01, sleep_s=1e9)


class Keeper:
    """The callbacks of an upkeep, and a wall clock that can be moved."""

    def __init__(
        self,
        schedule: Schedule = AGEING,
        *,
        may_rotate: Iterable[bool] = (),
        idle_s: float | None = None,
    ) -> None:
        self.moved = 0.0
        self.rotated = 0
        self.asked = 0
        self.on_seed: Callable[[], None] = lambda: None
        self._answers = iter(may_rotate)
        self._rests = idle_s is not None
        self.upkeep = Upkeep(
            seed=self._seed,
            may_rotate=self._may_rotate,
            on_rotated=self._rotated,
            schedule=schedule,
            idle_s=idle_s,
            clock=lambda: time.time() + self.moved,
        )

    def age(self, seconds: float = 3600 - 300.0) -> None:
        self.moved += seconds

    def _seed(self) -> Sequence[Request]:
        self.on_seed()
        return [CreateItem(item=message("what was before", "system"))]

    def _may_rotate(self) -> bool:
        if not self.moved and not self._rests:
            return True  # the session is young: nothing comes of it
        self.asked += 1
        return next(self._answers, True)

    def _rotated(self) -> None:
        self.rotated += 1


async def rotated(keeper: Keeper, times: int = 1) -> None:
    await until(lambda: keeper.rotated == times, f"{times} rotations")


# Rotation --------------------------------------------------------------------------------------


async def test_the_next_session_takes_over_and_nobody_notices() -> None:
    keeper = Keeper()
    first: list[Step] = [*GREETING, SEED, COMMIT]
    second: list[Step] = [*GREETING, SEED, COMMIT, Send(frames.audio(b"\0\0"))]
    async with (
        scripted(first, second) as script,
        kept_up(dialling(script), upkeep=keeper.upkeep) as (link, seen),
    ):
        await seen.told("u")
        assert link.send(CommitAudio())
        await until(lambda: script.finished == 1, "the first session heard it")
        keeper.age()
        await rotated(keeper)
        assert link.send(CommitAudio())
        await until(lambda: seen.events, "the second session answered")
        assert seen.story == "u"
    assert script.heard[1][1]["item"]["content"][0]["text"] == "what was before"


async def test_a_request_that_comes_while_the_next_is_told_goes_there_once() -> None:
    keeper = Keeper()
    first: list[Step] = [*GREETING, SEED]
    async with (
        scripted(first, [*GREETING, SEED, COMMIT, Send(frames.audio(b"\0\0"))]) as script,
        kept_up(dialling(script), upkeep=keeper.upkeep) as (link, seen),
    ):
        await seen.told("u")
        keeper.on_seed = lambda: taken.append(link.send(CommitAudio()))
        taken: list[bool] = []
        keeper.age()
        await until(lambda: seen.events, "the second session answered")
    assert taken == [True]
    assert "input_audio_buffer.commit" not in script.kinds(0)


async def test_a_session_makes_no_way_while_somebody_speaks() -> None:
    keeper = Keeper(may_rotate=[False] * 5)
    async with (
        scripted([*GREETING, SEED], [*GREETING, SEED]) as script,
        kept_up(dialling(script), upkeep=keeper.upkeep) as (_, seen),
    ):
        await seen.told("u")
        keeper.age()
        await rotated(keeper)
        assert keeper.asked > 5
        assert seen.story == "u"


async def test_speech_that_begins_while_the_next_opens_stays_with_the_old() -> None:
    keeper = Keeper(may_rotate=[True, False])
    unused: list[Step] = [*GREETING]
    async with (
        scripted([*GREETING, SEED], unused, [*GREETING, SEED]) as script,
        kept_up(dialling(script), upkeep=keeper.upkeep) as (_, seen),
    ):
        await seen.told("u")
        keeper.age()
        await rotated(keeper)
        assert seen.story == "u"
    assert script.kinds(1) == ["session.update"], "it was told nothing"


@pytest.mark.parametrize(
    "trouble",
    [
        [Refuse(503)],
        [Refuse(401)],
        [Send(frames.created()), Cut()],
        [*GREETING, Close(1011)],
    ],
    ids=["503", "401", "cut", "1011"],
)
async def test_a_next_session_that_does_not_come_up_is_tried_again_in_silence(
    trouble: list[Step],
) -> None:
    keeper = Keeper()
    async with (
        scripted([*GREETING, SEED], trouble, [*GREETING, SEED, COMMIT]) as script,
        kept_up(dialling(script), upkeep=keeper.upkeep) as (link, seen),
    ):
        await seen.told("u")
        keeper.age()
        await until(lambda: len(script.requests) == 3, "the third connection")
        await until(lambda: keeper.rotated, "a rotation")
        await until(lambda: link.state is LinkState.UP, "up")
        story = seen.story
        assert link.send(CommitAudio())
        await until(lambda: script.finished == 3, "the third session is used")
    # A session that ends in the moment in which it is told something may have taken over already.
    assert story in ({"u", "udu"} if trouble[-1] == Close(1011) else {"u"})


async def test_a_session_with_requests_on_their_way_makes_no_way() -> None:
    keeper = Keeper()
    limits = Limits(send_s=0.5, close_s=0.2)
    async with (
        scripted([*GREETING, SEED, Freeze()], [*GREETING, SEED]) as script,
        kept_up(dialling(script, limits), upkeep=keeper.upkeep) as (link, seen),
    ):
        await until(lambda: script.finished, "the server no longer reads")
        await seen.told("u")
        assert all(link.send(CreateItem(item=message("x" * 2**23))) for _ in range(4))
        keeper.age()
        await seen.told("udu")
        assert keeper.rotated == 0
        assert len(script.requests) == 2, "no session was opened in the background"


async def test_a_session_that_is_never_quiet_is_given_up_before_its_end() -> None:
    keeper = Keeper(may_rotate=[False] * 10**6)
    async with (
        scripted([*GREETING, SEED], [*GREETING, SEED]) as script,
        kept_up(dialling(script), upkeep=keeper.upkeep) as (_, seen),
    ):
        await seen.told("u")
        keeper.age(3600 - 10.0)
        await seen.told("udu")
        assert "at its end" in seen.reasons[0]


async def test_a_machine_that_slept_gets_a_new_session_at_once() -> None:
    keeper = Keeper(Schedule(rest_s=0.01))
    async with (
        scripted([*GREETING, SEED], [*GREETING, SEED]) as script,
        kept_up(dialling(script), upkeep=keeper.upkeep) as (_, seen),
    ):
        await seen.told("u")
        keeper.age(120)
        await seen.told("udu")


async def test_a_reconnect_while_the_next_is_told_wins() -> None:
    keeper = Keeper()
    async with (
        scripted([*GREETING, SEED], [*GREETING, SEED], [*GREETING, SEED]) as script,
        kept_up(dialling(script), upkeep=keeper.upkeep) as (link, seen),
    ):
        await seen.told("u")
        keeper.on_seed = lambda: ask_once(link)
        keeper.age()
        await seen.told("udu")
        assert keeper.rotated == 0
        await until(lambda: script.finished == 3, "every session was told")
    assert "settings changed" in seen.reasons[0]


def ask_once(link: Link) -> None:
    if link.state is LinkState.UP:
        link.reconnect("the settings changed")


async def test_what_was_before_is_told_after_an_outage_too_before_anything_else() -> None:
    keeper = Keeper()
    again: list[Step] = [*GREETING, SEED, COMMIT]

    def commit(link: Link) -> None:
        assert link.send(CommitAudio())

    async with (
        scripted([*GREETING, SEED, COMMIT, Cut()], again) as script,
        kept_up(dialling(script), upkeep=keeper.upkeep, on_up=commit),
    ):
        await until(lambda: script.finished == 2, "both sessions heard both")


# On demand -------------------------------------------------------------------------------------


async def test_a_link_on_demand_connects_when_it_is_wanted_and_rests_when_it_is_not() -> None:
    sent: list[bool] = []  # until then it may not rest, however long it takes
    keeper = Keeper(idle_s=0.2, may_rotate=(bool(sent) for _ in itertools.count()))
    async with (
        scripted([*GREETING, SEED, COMMIT], [*GREETING, SEED]) as script,
        kept_up(dialling(script), upkeep=keeper.upkeep) as (link, seen),
    ):
        await reaches(link, LinkState.IDLE)
        assert not link.send(CommitAudio())
        link.retry_now()
        assert not script.requests, "nobody wanted it"
        link.want()
        await seen.told("u")
        sent.append(link.send(CommitAudio()))
        await seen.told("ui")
        assert sent == [True]
        await reaches(link, LinkState.IDLE)
        link.want()
        await seen.told("uiui")


async def test_a_link_on_demand_does_not_rest_while_somebody_speaks() -> None:
    keeper = Keeper(idle_s=0.05, may_rotate=[False] * 20)
    async with (
        scripted([*GREETING, SEED]) as script,
        kept_up(dialling(script), upkeep=keeper.upkeep) as (link, seen),
    ):
        await reaches(link, LinkState.IDLE)
        link.want()
        await seen.told("ui")
        assert keeper.asked > 20


async def test_a_link_on_demand_that_breaks_while_in_use_comes_up_again() -> None:
    keeper = Keeper(idle_s=0.2, may_rotate=[False] * 10**6)
    async with (
        scripted([*GREETING, SEED, COMMIT, Cut()], [*GREETING, SEED]) as script,
        kept_up(dialling(script), upkeep=keeper.upkeep) as (link, seen),
    ):
        await reaches(link, LinkState.IDLE)
        link.want()
        wanted = asyncio.get_running_loop().time()
        await seen.told("u")
        await until(partial(is_over, wanted + 0.2), "the wish is old")
        assert link.send(CommitAudio())
        await seen.told("udu")


async def test_a_link_on_demand_that_cannot_come_up_says_so_each_time_it_is_wanted() -> None:
    keeper = Keeper(idle_s=0.05)
    async with (
        scripted([Refuse(503)], [Refuse(503)]) as script,
        kept_up(dialling(script), NEVER, upkeep=keeper.upkeep) as (link, seen),
    ):
        for story in ("d", "dd"):
            await reaches(link, LinkState.IDLE)
            link.want()
            wanted = asyncio.get_running_loop().time()
            await seen.told(story)
            await reaches(link, LinkState.WAITING)
            await until(partial(is_over, wanted + 0.05), "nobody wants it any more")
            link.retry_now()
        await reaches(link, LinkState.IDLE)
        seen.story = "d"  # each was a tale of its own


def is_over(moment: float) -> bool:
    return asyncio.get_running_loop().time() > moment
