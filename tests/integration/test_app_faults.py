"""The whole daemon through a proxy that makes every kind of trouble, to a real server.

In each schedule a person gives one command after the other, until the troubles are over, and then
one more, which has to be done. None may be lost without a word, and none be done twice.
"""

from __future__ import annotations

import asyncio
import gc
import os
from dataclasses import replace
from pathlib import Path

import pytest

from teamvoice.conversation.machine import Conversation
from teamvoice.daemon.pace import Pace
from teamvoice.realtime.client import Session
from tests.support.fault_proxy import Schedule, fault_proxy
from tests.support.hard_day import HURRIED, SHORT, TOKEN, Household, Person, terse_provider

SCHEDULES = int(os.environ.get("TEAMVOICE_TEST_SCHEDULES", "500"))
FIRST = int(os.environ.get("TEAMVOICE_TEST_FIRST_SCHEDULE", "0"))
AT_ONCE = 40  # most of the time they wait


async def live_through(household: Household, upstream: str, seed: int, pace: Pace) -> Person:
    """Give commands over every connection of the schedule, and one when its troubles are over."""
    async with (
        fault_proxy(upstream, Schedule.random(seed)) as proxy,
        household.person(proxy, seed, pace=pace) as person,
    ):
        while not proxy.is_over:
            command = await person.give()
            if person.chance.random() < 0.8:
                await person.see_to(command)
            if person.chance.random() < 0.5:
                person.app.link.reconnect("on to the next trouble")
        await person.see_to_all()
        await person.see_done(await person.give())
        assert person.accounts.left == [], person.where()
    return person


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAMVOICE_API_KEY", TOKEN)


async def test_whatever_happens_no_command_is_lost_or_done_twice(tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    busy = asyncio.Semaphore(AT_ONCE)
    rotating = replace(HURRIED, schedule=SHORT)
    household = Household(tmp_path)
    failures: list[str] = []
    done: list[int] = []

    async def live(seed: int) -> None:
        url, pace = (short, rotating) if seed % 5 == 0 else (long, HURRIED)
        async with busy:
            try:
                person = await live_through(household, url, seed, pace)
            except* AssertionError as group:
                error = _first(group)
                failures.append(f"seed {seed}: {Schedule.random(seed)}: {error!r}")
            else:
                done.append(len(person.accounts.written))

    seeds = range(FIRST, FIRST + SCHEDULES)
    async with terse_provider() as long, terse_provider(4.0) as short, asyncio.TaskGroup() as tasks:
        lives = [tasks.create_task(live(seed)) for seed in seeds]
    assert not failures, f"{len(failures)}:\n" + "\n\n".join(failures[:5])
    assert asyncio.all_tasks() == before, "no task is left behind"
    del lives
    gc.collect()
    assert not [thing for thing in gc.get_objects() if isinstance(thing, Session | Conversation)]


def _first(group: BaseExceptionGroup[AssertionError]) -> BaseException:
    """What failed within whatever task group."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
