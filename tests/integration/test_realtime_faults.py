"""The link through a proxy that makes every kind of trouble, to a real server."""

from __future__ import annotations

import asyncio
import gc
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from teamvoice.offline.protocol import Limits as OfflineLimits
from teamvoice.offline.server import Settings, serve
from teamvoice.realtime.backoff import Backoff
from teamvoice.realtime.client import Limits, Session
from teamvoice.realtime.events import Event, ResponseDone
from teamvoice.realtime.link import Link
from teamvoice.realtime.providers import PROFILES, Provider
from teamvoice.realtime.requests import (
    CreateItem,
    CreateResponse,
    Request,
    ResponseOptions,
    message,
)
from teamvoice.realtime.rotation import Schedule as Rotation
from teamvoice.realtime.session import SessionSpec
from teamvoice.realtime.upkeep import Upkeep
from tests.support.fault_proxy import (
    AT_CONNECT,
    LATER,
    Close,
    Cut,
    Endless,
    Fault,
    FaultProxy,
    HalfOpen,
    Inject,
    Refuse,
    Schedule,
    Slow,
    Trouble,
    error,
    fault_proxy,
)
from tests.support.offline_parts import ExactEars, LiteralMind, ToneVoice
from tests.support.wait import until

TOKEN = "open-sesame"
SOON = Backoff(first=0.01, most=0.05)
QUICK = Limits(ping_every_s=0.3, pong_within_s=1.5, close_s=0.1, send_s=2.0)
STORY = re.compile(r"(d?F)*d?(u((d?F)+d?|d))*")  # one down for each up
PATIENCE = 40.0  # for one turn to be answered, or for the link to come up or say that it cannot
STUCK = 3.0  # seconds without an end after which an answer is given up
SHORT = Rotation(quiet_s=0.0, look_s=0.05, rest_s=0.1, margin_s=0.3)  # for sessions of seconds
AT_ONCE = 32  # schedules; most of the time they wait


@asynccontextmanager
async def offline(session_s: float = 3600.0) -> AsyncIterator[str]:
    settings = Settings(token=TOKEN, max_sessions=1000, limits=OfflineLimits(session_s=session_s))
    async with serve(settings, ExactEars, LiteralMind(), ToneVoice()) as url:
        yield url


class User:
    """Whoever uses the link: asks, and asks again until there is an answer."""

    def __init__(self, proxy: FaultProxy, rotation: Rotation, stuck: float) -> None:
        self.proxy = proxy
        self._stuck = stuck
        self.story = ""
        self.reasons: list[str] = []
        self.rotations = 0
        self._answers = 0
        self._is_up = False
        self._is_asking = False
        self.link = Link(
            self._dial,
            on_up=self._up,
            on_down=self._down,
            on_event=self._heard,
            backoff=SOON,
            upkeep=Upkeep(
                seed=self._seed,
                may_rotate=lambda: not self._is_asking,
                on_rotated=self._rotated,
                schedule=rotation,
            ),
        )

    def _dial(self) -> Session:
        provider = Provider(PROFILES["offline"], self.proxy.url, "m", TOKEN)
        return Session(provider, SessionSpec(), QUICK)

    def _seed(self) -> Sequence[Request]:
        return [CreateItem(item=message("what was before", "system"))]

    def _rotated(self) -> None:
        self.rotations += 1

    def _up(self) -> None:
        self.story += "u"
        self._is_up = True

    def _down(self, reason: str, fatal: bool) -> None:
        self.story += "F" if fatal else "d"
        self.reasons.append(reason)
        self._is_up = False

    def _heard(self, event: Event) -> None:
        done = isinstance(event, ResponseDone) and event.response.status == "completed"
        self._answers += done

    @property
    def is_told(self) -> bool:
        return self._is_up or self.story.endswith("F")

    async def ask(self) -> None:
        """Have one answer, whatever happens on the way."""
        self._is_asking = True
        try:
            async with asyncio.timeout(PATIENCE):
                while not await self._asked_once():
                    pass
        finally:
            self._is_asking = False

    async def linger(self) -> None:
        """Be quiet until another session took over, or something went wrong; it may have by now."""
        rotations, story = self.rotations, self.story if self._is_up else ""
        what = "a rotation, or the end of the session"
        await until(lambda: (self.rotations, self.story) != (rotations, story), what, PATIENCE)

    async def _asked_once(self) -> bool:
        await until(lambda: self.is_told, "up, or fatal", PATIENCE)
        if self._is_up:
            return await self._answered()
        story = self.story
        self.link.retry_now()  # a person mended it
        await until(lambda: self.story != story, "what came of it", PATIENCE)
        return False

    async def _answered(self) -> bool:
        before, story = self._answers, self.story
        item = CreateItem(item=message("How are you?"))
        options = ResponseOptions(output_modalities=("text",))
        if not (self.link.send(item) and self.link.send(CreateResponse(response=options))):
            await asyncio.sleep(0)
            return False
        try:
            await until(
                lambda: self._answers > before or self.story != story, "an end", self._stuck
            )
        except AssertionError:  # as the conversation does when no answer ends
            self.link.reconnect("the session no longer answered")
        return self._answers > before


async def live_through(
    upstream: str, schedule: Schedule, rotation: Rotation | None = None, stuck: float = STUCK
) -> User:
    """Ask over every connection of the schedule, and once more when its troubles are over."""
    async with fault_proxy(upstream, schedule) as proxy, asyncio.TaskGroup() as tasks:
        user = User(proxy, rotation or Rotation(), stuck)
        running = tasks.create_task(user.link.run())
        try:
            while not proxy.is_spent:
                await user.ask()
                if rotation:
                    await user.linger()
                if not proxy.is_spent:
                    user.link.reconnect("on to the next trouble")
            await user.ask()
        finally:
            running.cancel()
    assert STORY.fullmatch(user.story), user.story
    return user


def names(user: User) -> list[Fault]:
    return [fault for _, fault in user.proxy.met]


@pytest.mark.parametrize("fault", sorted({*LATER, *AT_CONNECT}, key=str), ids=str)
@pytest.mark.parametrize("after", [1, 5])
async def test_each_trouble_alone_is_lived_through(fault: Fault, after: int) -> None:
    at = 0 if isinstance(fault, Refuse) else after
    async with offline() as url:
        user = await live_through(url, Schedule(((Trouble(at, fault),),)))
    assert names(user) == [fault]
    assert len(user.reasons) == user.story.count("d") + user.story.count("F")


@pytest.mark.parametrize(
    ("fault", "story"),
    [
        (Cut(), "udud"),
        (Close(1001), "udud"),
        (Close(1011), "udud"),
        (Close(3000), "uFdud"),
        (error("session_expired"), "udud"),
        (error("insufficient_quota"), "uFdud"),
        (HalfOpen(), "udud"),
        (Endless(), "udud"),
    ],
    ids=str,
)
async def test_an_outage_is_one_message(fault: Fault, story: str) -> None:
    tries = [(Trouble(0, Refuse(503)),), (Trouble(0, Refuse(429)),)]
    async with offline() as url:
        user = await live_through(url, Schedule(((Trouble(5, fault),), *tries)))
    assert user.story == story


async def test_a_provider_that_asks_to_be_left_alone_is() -> None:
    async with offline() as url:
        clock = asyncio.get_running_loop().time
        began = clock()
        user = await live_through(url, Schedule(((Trouble(0, Refuse(429, "1")),),)))
    assert clock() - began >= 1
    assert user.story == "dud"


@pytest.mark.timeout(180)  # on a machine with much else to do
async def test_many_random_troubles_leave_a_link_that_works() -> None:
    """A hundred schedules; a third of them over sessions that last no longer than seconds."""
    before = asyncio.all_tasks()
    busy = asyncio.Semaphore(AT_ONCE)
    async with offline() as long, offline(4.0) as short:

        async def live(seed: int) -> User:
            url, rotation = (long, None) if seed % 3 else (short, SHORT)
            async with busy:
                return await live_through(url, Schedule.random(seed), rotation, stuck=1.0)

        async with asyncio.TaskGroup() as tasks:
            lives = [tasks.create_task(live(seed)) for seed in range(100)]
    users = [life.result() for life in lives]
    met = {type(fault) for user in users for fault in names(user)}
    assert met >= {Cut, HalfOpen, Slow, Close, Inject, Endless, Refuse}
    assert sum(user.rotations for user in users) > 10
    assert asyncio.all_tasks() == before, "no task is left behind"
    del users, lives
    gc.collect()
    assert not [thing for thing in gc.get_objects() if type(thing) is Session]
