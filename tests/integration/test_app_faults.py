"""The whole daemon through a proxy that makes every kind of trouble, to a real server.

In each schedule a person gives one command after the other, until the troubles are over, and then
one more, which has to be done. None may be lost without a word, and none be done twice. A schedule
that fails is told with its seed; FAULT_FIRST and FAULT_SCHEDULES in the environment choose others.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from teamvoice.daemon.pace import Pace
from tests.support.alive import alive
from tests.support.fault_proxy import (
    Cut,
    Fail,
    Fault,
    FaultProxy,
    Schedule,
    Trouble,
    error,
    fault_proxy,
)
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

SCHEDULES = int(os.environ.get("FAULT_SCHEDULES", "545"))
FIRST = int(os.environ.get("FAULT_FIRST", "-45"))
AT_ONCE = 24  # most of the time they wait
FRAMES = 45  # of a command that is spoken, done and answered


def schedule_of(seed: int) -> Schedule:
    """By chance; below zero, a cut after so many frames and nothing else."""
    if seed < 0:
        return Schedule(((Trouble(-seed, Cut()),),))
    return Schedule.random(seed, FRAMES)


async def live_through(
    household: Household, upstream: str, seed: int, pace: Pace = HURRIED, tmux: str = ""
) -> tuple[Person, FaultProxy]:
    """Give commands over every connection of the schedule, and one when its troubles are over."""
    async with (
        fault_proxy(upstream, schedule_of(seed)) as proxy,
        household.person(proxy.url, seed, pace=pace, tmux=tmux) as person,
    ):
        while not proxy.is_over:
            command = await person.give()
            if person.chance.random() < 0.8:
                await person.see_to(command)
            if person.chance.random() < 0.5:
                person.app.link.reconnect("on to the next trouble")
        await person.see_to_all()
        await person.see_one_done(has_trouble=pace is ROTATING)
        await person.see_to_all()
    return person, proxy


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAMVOICE_API_KEY", TOKEN)


@pytest.mark.timeout(600)  # on a machine with much else to do
async def test_whatever_happens_no_command_is_lost_or_done_twice(tmp_path: Path) -> None:
    before, was_alive = asyncio.all_tasks(), alive()
    busy, household = asyncio.Semaphore(AT_ONCE), Household(tmp_path)
    failures: list[str] = []
    done: list[str] = []
    met: set[type[Fault]] = set()

    async def live(seed: int) -> None:
        url, pace = (short, ROTATING) if seed % 5 == 0 else (long, HURRIED)
        try:
            async with busy:
                person, proxy = await live_through(household, url, seed, pace)
        except* AssertionError as group:
            failures.append(f"seed {seed}: {schedule_of(seed)}: {_first(group)!r}")
        else:
            done.extend(person.accounts.written)
            met.update(type(fault) for _, fault in proxy.met)

    seeds = range(FIRST, FIRST + SCHEDULES)
    async with terse_provider() as long, terse_provider(4.0) as short, asyncio.TaskGroup() as tasks:
        for seed in seeds:
            tasks.create_task(live(seed))
    assert not failures, f"{len(failures)}:\n" + "\n\n".join(failures[:5])
    assert len(done) > len(seeds)
    assert met == set(get_args(Fault)) - {Fail} or len(seeds) < 100
    assert asyncio.all_tasks() == before, "no task is left behind"
    assert alive() - was_alive == {}, "nothing of a daemon is left behind"


@pytest.mark.parametrize("make", [error, Fail])
async def test_an_error_that_ends_the_session_is_told_once_and_a_press_tries_again(
    tmp_path: Path, make: Callable[[str], Fault]
) -> None:
    schedule = Schedule(((Trouble(5, make("insufficient_quota")),),))
    async with (
        terse_provider() as url,
        fault_proxy(url, schedule) as proxy,
        Household(tmp_path).person(proxy.url, 1) as person,
    ):
        await person.app.link.is_up.wait()
        await person.give()
        await until(lambda: person.app.link.state == "stopped", "nothing can be done", 20)
        told = [text for kind, text in person.accounts.told if kind == "trouble"]
        assert len([text for text in told if "insufficient_quota" in text]) == 1
        await person.see_done(await person.give())
        assert person.accounts.left == []


@pytest.mark.needs("tmux")
@pytest.mark.parametrize("seed", [11, 20])
async def test_a_real_pane_gets_each_command_once(seed: int, tmp_path: Path) -> None:
    with own_server() as server:
        pane = open_pane(server, "developer", standin("developer", 0.1))
        await until(lambda: "? for shortcuts" in screen_of(pane), "the developer is ready", 20)
        async with terse_provider() as url:
            household = Household(tmp_path)
            person, _ = await live_through(household, url, seed, PATIENT, name_of(server))
        shown = re.findall(r"^[^\w\s] (word\d+)\s*$", screen_of(pane), re.MULTILINE)
    assert sorted(shown) == sorted(set(shown))
    assert person.accounts.commands[-1].word in shown


def _first(group: BaseExceptionGroup[AssertionError]) -> BaseException:
    """What failed within whatever task group."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
