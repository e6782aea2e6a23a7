"""Three days of the link in fake time: rotations, sleeps and outages, and not one press lost."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Coroutine, Sequence

import pytest

from teamvoice.realtime.events import Event, ResponseDone
from teamvoice.realtime.link import Link, LinkState
from teamvoice.realtime.requests import CreateItem, CreateResponse, Request, message
from teamvoice.realtime.upkeep import Upkeep
from tests.support.fake_time import run_in_fake_time
from tests.support.simulated import HOUR, Provider

DAYS = 72 * HOUR


class Person:
    """Presses a key all day, and expects an answer to each press, once."""

    def __init__(self, seed: int, idle_s: float | None = None) -> None:
        self.provider = Provider(seed)
        self.chance = random.Random(seed)  # noqa: S311 - no secret
        self.story = ""
        self.rotations = 0
        self.presses = 0
        self.most_sessions = 0
        """Half a minute after a rotation."""
        self.answered: Counter[str] = Counter()
        self.told_again: Counter[str] = Counter()
        self.answered_before: dict[str, set[int]] = {}  # how many were, when it was said
        self._unanswered: dict[str, bool] = {}  # whether the link took it
        upkeep = Upkeep(
            seed=self._seed,
            may_rotate=lambda: not self._unanswered,
            on_rotated=self._rotated,
            idle_s=idle_s,
            on_idle=lambda: self._down("i"),
            clock=self.provider.wall,
        )
        self.link = Link(
            self.provider.dial,
            on_up=self._up,
            on_down=lambda *_: self._down("d"),
            on_event=self._heard,
            chance=self.chance.random,
            upkeep=upkeep,
        )

    async def live(self, *troubles: Coroutine[None, None, None]) -> None:
        """Three days, and then some minutes in which everything is well."""
        async with asyncio.TaskGroup() as tasks:
            others = [tasks.create_task(self.link.run()), tasks.create_task(self._press_often())]
            others += [tasks.create_task(trouble) for trouble in troubles]
            await asyncio.sleep(DAYS)
            for task in others[1:]:
                task.cancel()
            self.provider.recover()
            await asyncio.sleep(300)
            others[0].cancel()

    async def _press_often(self) -> None:
        while True:
            await asyncio.sleep(self.chance.expovariate(1 / 40))
            self._press()

    def _press(self) -> None:
        self.presses += 1
        self.link.want()
        self._unanswered[str(self.presses)] = False
        self._say(str(self.presses))

    def _say(self, words: str) -> None:
        self.answered_before.setdefault(words, set()).add(self.answered.total())
        taken = self.link.send(CreateItem(item=message(words)))
        if taken:
            assert self.link.send(CreateResponse())
            self._unanswered[words] = True

    def _up(self) -> None:
        self.story += "u"
        for words in list(self._unanswered):
            self._say(words)

    def _down(self, how: str) -> None:
        self.story += how
        for words, was_taken in self._unanswered.items():
            self.told_again[words] += was_taken
            self._unanswered[words] = False

    def _rotated(self) -> None:
        self.rotations += 1
        asyncio.get_running_loop().call_later(30, self._count_sessions)

    def _count_sessions(self) -> None:
        self.most_sessions = max(self.most_sessions, len(self.provider.lines))

    def _seed(self) -> Sequence[Request]:
        if self.link.state is LinkState.UP:  # just while one session takes over from another
            asyncio.get_running_loop().call_later(self.chance.uniform(0, 0.3), self._press)
        return [CreateItem(item=message(str(self.answered.total()), "system"))]

    def _heard(self, event: Event) -> None:
        assert isinstance(event, ResponseDone)
        words = (event.response.metadata or {})["said"]
        self.answered[words] += 1
        self._unanswered.pop(words, None)

    def check(self) -> None:
        """Every press was answered, and reached the provider no more often than it had to."""
        everything = {str(n + 1) for n in range(self.presses)}
        assert set(self.answered) == everything, "a press was lost"
        for words in everything:
            assert 1 <= self.provider.arrivals[words] <= 1 + self.told_again[words], words
        for known, words in self.provider.first_uses:
            assert int(known) in self.answered_before[words], "it was told all that had been"
        assert self.link.state is LinkState.OFF
        assert not self.provider.lines, "every session was closed"


@pytest.mark.parametrize("seed", range(1))
def test_three_days_of_rotations_go_unnoticed(seed: int) -> None:
    person = Person(seed)
    run_in_fake_time(person.live())
    person.check()
    assert person.story == "ud", "the link was never down"
    assert person.rotations >= 72
    assert person.most_sessions == 1, "the session that made way was closed"
    assert person.answered.total() == person.presses
    assert not person.told_again.total()


@pytest.mark.parametrize("seed", range(3))
def test_no_press_is_lost_to_sleep_and_outages(seed: int) -> None:
    person = Person(seed)
    run_in_fake_time(person.live(person.provider.sleep_often(), person.provider.fail_often()))
    person.check()
    assert person.story.count("u") > 50


@pytest.mark.parametrize("seed", range(1))
def test_a_link_on_demand_rests_and_loses_nothing(seed: int) -> None:
    person = Person(seed, idle_s=60.0)
    run_in_fake_time(person.live(person.provider.sleep_often(), person.provider.fail_often()))
    person.check()
    assert person.story.count("i") > 50
