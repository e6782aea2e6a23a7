"""The whole daemon through a proxy that makes every kind of trouble, to a real server.

In each schedule a person gives one command after the other, until the troubles are over, and then
one more, which has to be done. None may be lost without a word, and none be done twice.
"""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

import pytest

from teamvoice.daemon.pace import Pace
from tests.support.alive import alive
from tests.support.fault_proxy import Schedule, fault_proxy
from tests.support.hard_day import (
    HURRIED,
    PATIENT,
    ROTATING,
    TOKEN,
    Household,
    Person,
    terse_provider,
)
from tests.support.panes import name_of, open_pane, own_server, screen_of, standin
from tests.support.wait import until

SCHEDULES = int(os.environ.get("FAULT_SCHEDULES", "500"))
FIRST = int(os.environ.get("FAULT_FIRST", "0"))
AT_ONCE = 40  # most of the time they wait


async def live_through(
    household: Household, upstream: str, seed: int, pace: Pace = HURRIED, tmux: str = ""
) -> Person:
    """Give commands over every connection of the schedule, and one when its troubles are over."""
    async with (
        fault_proxy(upstream, Schedule.random(seed)) as proxy,
        household.person(proxy.url, seed, pace=pace, tmux=tmux) as person,
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
    before, was_alive = asyncio.all_tasks(), alive()
    busy = asyncio.Semaphore(AT_ONCE)
    household = Household(tmp_path)
    failures: list[str] = []
    done: list[int] = []

    async def live(seed: int) -> None:
        url, pace = (short, ROTATING) if seed % 5 == 0 else (long, HURRIED)
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
    assert alive() - was_alive == {}, "nothing of a daemon is left behind"


@pytest.mark.needs("tmux")
@pytest.mark.parametrize("seed", [3, 11])
async def test_a_real_pane_gets_each_command_once(seed: int, tmp_path: Path) -> None:
    with own_server() as server:
        pane = open_pane(server, "developer", standin("developer", 0.1))
        await until(lambda: "? for shortcuts" in screen_of(pane), "the developer is ready", 20)
        async with terse_provider() as url:
            household = Household(tmp_path)
            person = await live_through(household, url, seed, PATIENT, name_of(server))
        shown = re.findall(r"^[^\w\s] (word\d+)\s*$", screen_of(pane), re.MULTILINE)
    assert sorted(shown) == sorted(set(shown))
    assert person.accounts.commands[-1].word in shown


def _first(group: BaseExceptionGroup[AssertionError]) -> BaseException:
    """What failed within whatever task group."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
