"""A provider for days in fake time: sessions end after an hour, machines sleep, networks fail.

:class:`Provider` has the world in its hand; :class:`SimulatedLine` is a whole session to the link,
with no socket beneath it. What the person says is an item with a number in words, and the answer
names that number.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime
from typing import Self

from teamvoice.errors import LinkClosed, LinkRefused
from teamvoice.realtime.events import Event, ResponseDone
from teamvoice.realtime.parts import Response, SessionInfo
from teamvoice.realtime.requests import CreateItem, CreateResponse, MessageItem, Request

HOUR = 3600.0
PING = 25.0  # after which a connection that is dead is known to be
EPOCH = 1_800_000_000.0


class Provider:
    """The world beyond the link.

    Args:
        seed: For everything that is left to chance.
    """

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - no secret
        self.slept = 0.0
        self.is_away = False
        self.lines: list[SimulatedLine] = []
        self.opened = 0
        self.arrivals: Counter[str] = Counter()
        self.first_uses: list[tuple[str, str]] = []
        """For each session that was used: what it had been told, and what was said to it first."""

    def wall(self) -> float:
        """The wall clock, which goes on while the machine sleeps."""
        return EPOCH + asyncio.get_running_loop().time() + self.slept

    def date(self) -> datetime:
        """The wall clock, as a date."""
        return datetime.fromtimestamp(self.wall(), UTC)

    def dial(self) -> SimulatedLine:
        return SimulatedLine(self)

    def sleep(self, seconds: float) -> None:
        """The machine sleeps; the server gives up whoever does not answer its pings."""
        self.slept += seconds
        for line in list(self.lines):
            line.woke(died=seconds > PING)

    def fail(self, *, silently: bool) -> None:
        """The network is gone, with or without a word."""
        self.is_away = True
        for line in list(self.lines):
            line.die() if silently else line.end(1006)

    def recover(self) -> None:
        self.is_away = False

    async def sleep_often(self) -> None:
        while True:
            await asyncio.sleep(self.chance.expovariate(1 / HOUR))
            self.sleep(self.chance.choice([5, 40, 600, 2 * HOUR, 8 * HOUR]))

    async def fail_often(self) -> None:
        while True:
            await asyncio.sleep(self.chance.expovariate(1 / HOUR))
            self.fail(silently=self.chance.random() < 0.5)
            await asyncio.sleep(self.chance.choice([1, 20, 300]))
            self.recover()


class SimulatedLine:
    """One session: see :class:`teamvoice.realtime.tenure.Line`."""

    most_delay_s = 0.2  # of a request

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._events: asyncio.Queue[Event | LinkClosed] = asyncio.Queue(1000)
        self._ended: LinkClosed | None = None
        self._is_dead = False
        self._expiry: asyncio.TimerHandle | None = None
        self._said = ""
        self._known = ""
        self._is_used = False
        self.info = SessionInfo()
        self.ends_at: float | None = None

    async def __aenter__(self) -> Self:
        await asyncio.sleep(self._provider.chance.uniform(0.1, 1.5))
        if self._provider.is_away:
            raise LinkRefused("nobody answers")
        self._provider.opened += 1
        self._provider.lines.append(self)
        self.ends_at = self._provider.wall() + HOUR
        self.woke(died=False)
        return self

    def woke(self, *, died: bool) -> None:
        """Look at the wall clock again."""
        if self._expiry:
            self._expiry.cancel()
        assert self.ends_at is not None
        left = max(0.0, self.ends_at - self._provider.wall())
        self._expiry = asyncio.get_running_loop().call_later(left, self.end, 1001)
        if died:
            self.die()

    def die(self) -> None:
        """Nothing goes either way any more; pings find out."""
        if not self._is_dead:
            self._is_dead = True
            asyncio.get_running_loop().call_later(PING, self.end, 1006)

    def end(self, code: int) -> None:
        if self._ended is None:
            self._ended = LinkClosed("so it goes", code=code)
            self._events.put_nowait(self._ended)
            self._provider.lines.remove(self)
            assert self._expiry
            self._expiry.cancel()

    async def send(self, request: Request) -> str:
        await asyncio.sleep(self._provider.chance.uniform(0.0, self.most_delay_s))
        if self._ended:
            raise self._ended
        if not self._is_dead:
            self._take(request)
        return "id"

    def _take(self, request: Request) -> None:
        match request:
            case CreateItem(item=MessageItem(role="system", content=(content,))):
                assert not self._is_used, "it is told before it is used"
                self._known = content.text
            case CreateItem(item=MessageItem(content=(content,))):
                self._said = content.text
                if not self._is_used:
                    self._provider.first_uses.append((self._known, self._said))
                self._is_used = True
                self._provider.arrivals[self._said] += 1
            case CreateResponse():
                delay = self._provider.chance.uniform(0.5, 6.0)
                asyncio.get_running_loop().call_later(delay, self._answer, self._said)

    def _answer(self, said: str) -> None:
        if not self._ended and not self._is_dead:
            response = Response(id="resp", status="completed", metadata={"said": said})
            self._events.put_nowait(ResponseDone(response=response))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        event = await self._events.get()
        if isinstance(event, LinkClosed):
            raise event
        return event

    async def close(self) -> None:
        await asyncio.sleep(0.1)
        self.end(1000)
