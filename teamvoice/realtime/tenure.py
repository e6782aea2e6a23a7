"""The time in which the link is up, over however many sessions that takes.

It begins with a session that is confirmed and ends with the first thing that goes wrong, or with
:meth:`Tenure.end`. In between, one session may take over from another without anybody noticing: the
next is opened while the old one lives, and told what it has to know. Then, in one step, it takes
the old one's place::

    requests ──▶ queue ──▶ [writing] ──▶ the old session        until the next one is told
                               │
                               └───────▶ the next session       from then on

``writing`` is held while the next one is told. A request that is taken meanwhile waits in the
queue, so that it goes to one of the two, once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol, Self

from teamvoice.errors import LinkClosed, LinkRefused, TeamvoiceError
from teamvoice.realtime.backoff import Backoff
from teamvoice.realtime.endings import ends_session, session_refused
from teamvoice.realtime.events import Event, ServerEvent
from teamvoice.realtime.parts import SessionInfo
from teamvoice.realtime.requests import Request
from teamvoice.realtime.rotation import Clocks, Move
from teamvoice.realtime.upkeep import Upkeep

_log = logging.getLogger(__name__)


class Line(Protocol):
    """What is needed of a session; :class:`teamvoice.realtime.client.Session` is one."""

    info: SessionInfo

    @property
    def ends_at(self) -> float | None:
        """When it ends at the latest, as a Unix time; None when that is not known."""

    async def __aenter__(self) -> Self:
        """Connect and be confirmed, or raise and leave nothing behind."""

    async def send(self, request: Request) -> str:
        """Send a request after all that were sent before it."""

    def __aiter__(self) -> Self:
        """What arrives."""

    async def __anext__(self) -> Event:
        """The next event; it ends in LinkClosed and in no other way."""

    async def close(self) -> None:
        """Be gone; however often."""


class Idle(LinkClosed):
    """Nothing was wanted for a while."""


async def connect(dial: Callable[[], Line], upkeep: Upkeep) -> Line:
    """A session that is confirmed and knows what it has to know; raises when there is none."""
    line = await dial().__aenter__()
    try:
        await _tell_what_was(line, upkeep)
    except BaseException:
        await line.close()
        raise
    return line


async def _tell_what_was(line: Line, upkeep: Upkeep) -> None:
    for request in upkeep.seed():
        await line.send(request)


class Tenure:
    """A session that is up, or the one that took over from it.

    Args:
        line: The first session, confirmed.
        dial: Makes the next, not yet entered.
        upkeep: When that is due, and what it is told.
        on_event: An event from whichever session it is.
        backoff: How long to wait when the next one does not come up.
        chance: Draws a number from 0 to 1.
        outgoing: How many requests may wait to be sent.
    """

    def __init__(
        self,
        line: Line,
        dial: Callable[[], Line],
        upkeep: Upkeep,
        *,
        on_event: Callable[[Event], None],
        backoff: Backoff,
        chance: Callable[[], float],
        outgoing: int,
    ) -> None:
        self._line = line
        self._dial = dial
        self._upkeep = upkeep
        self._on_event = on_event
        self._backoff, self._chance = backoff, chance
        self._queue: asyncio.Queue[Request] = asyncio.Queue(outgoing)
        self._writing = asyncio.Lock()
        self._tasks = asyncio.TaskGroup()
        self._reading: asyncio.Task[None] | None = None
        self._clock = asyncio.get_running_loop().time
        self._ending = asyncio.Event()
        self._why = LinkClosed("")
        self._life = upkeep.schedule.life(self._now(), line.ends_at)
        self._tries, self._not_before = 0, 0.0
        self.is_open = True
        """Requests are taken."""
        self.stirred = self._clock()
        """When something was last sent, received or wanted, on the loop's clock."""

    @property
    def info(self) -> SessionInfo:
        """What the provider said about the session that is up now."""
        return self._line.info

    def offer(self, request: Request) -> bool:
        """Take a request; False when it was not taken, because there is no room or no session."""
        if not self.is_open or self._queue.full():
            return False
        self.want()
        self._queue.put_nowait(request)
        return True

    def want(self) -> None:
        """Something is about to be sent: this is no time to rest, or to change."""
        self.stirred = self._clock()

    def end(self, why: LinkClosed) -> None:
        """Take nothing more, and let :meth:`run` end; the first reason counts."""
        if not self.is_open:
            return
        self.is_open = False
        self._why = why
        self._ending.set()

    async def run(self) -> TeamvoiceError:
        """Send and receive until something ends it, or it is cancelled; returns what ended it."""
        ends: list[BaseException] = []
        try:
            async with self._tasks as tasks:
                self._reading = tasks.create_task(self._receive(self._line))
                tasks.create_task(self._transmit())
                tasks.create_task(self._look_after())
                await self._await_end()
        except* TeamvoiceError as group:
            ends.extend(group.exceptions)
        finally:
            self.is_open = False
        task = asyncio.current_task()
        if task and task.cancelling():  # before Python 3.13 a group that fails forgets it
            raise asyncio.CancelledError
        return next(end for end in ends if isinstance(end, TeamvoiceError))

    async def close(self) -> None:
        """Say farewell to the session that is up now."""
        await self._line.close()

    async def _receive(self, line: Line) -> None:
        async for event in line:
            if isinstance(event, ServerEvent):
                self.want()
            self._on_event(event)
            if error := ends_session(event):
                raise session_refused(error)

    async def _transmit(self) -> None:
        while True:
            request = await self._queue.get()
            async with self._writing:
                await self._line.send(request)

    async def _await_end(self) -> None:
        await self._ending.wait()
        raise self._why

    # Looking after it ----------------------------------------------------------------------------

    async def _look_after(self) -> None:
        schedule = self._upkeep.schedule
        while True:
            await asyncio.sleep(schedule.pause(self._life, self._now()))
            quiet = self._is_quiet()
            if quiet and self._is_idle():
                self.end(Idle("nothing was wanted for a while", code=1000))
            match schedule.move(self._life, self._now(), quiet=quiet):
                case Move.RECONNECT:
                    self.end(LinkClosed("the session is at its end", code=1001))
                case Move.ROTATE if self._clock() >= self._not_before:
                    await self._rotate()

    def _is_quiet(self) -> bool:
        """Nothing is under way, here or for whoever uses the link."""
        still = self._clock() - self.stirred >= self._upkeep.schedule.quiet_s
        empty = self._queue.empty() and not self._writing.locked()
        return self.is_open and still and empty and self._upkeep.may_rotate()

    def _is_idle(self) -> bool:
        idle_s = self._upkeep.idle_s
        return idle_s is not None and self._clock() - self.stirred >= idle_s

    async def _rotate(self) -> None:
        """Open the next session, and let it take over when it is still quiet then."""
        try:
            leaving = following = await self._dial().__aenter__()
        except TeamvoiceError as error:
            self._postpone(error)
            return
        try:
            if self._is_quiet():
                leaving = await self._hand_over(following)
        except TeamvoiceError as error:
            self._postpone(error)
        finally:
            await leaving.close()

    async def _hand_over(self, following: Line) -> Line:
        """Tell the next session what it has to know, and use it; returns the one to be closed."""
        async with self._writing:  # free, since it is quiet: taken in this very step
            await _tell_what_was(following, self._upkeep)
            if not self.is_open:
                return following
            leaving, self._line = self._line, following
            if self._reading:
                self._reading.cancel()
            self._reading = self._tasks.create_task(self._receive(following))
            self._life = self._upkeep.schedule.life(self._now(), following.ends_at)
            self._tries = 0
            self._upkeep.on_rotated()
        return leaving

    def _postpone(self, error: TeamvoiceError) -> None:
        """The next session did not come up. The old one lives, so nobody needs to be told yet."""
        asked = asked_to_wait(error)
        self._not_before = self._clock() + self._backoff.delay(self._tries, self._chance(), asked)
        self._tries += 1
        _log.info("the next session did not come up: %s", error)

    def _now(self) -> Clocks:
        return Clocks(self._upkeep.clock(), self._clock())


def asked_to_wait(error: TeamvoiceError) -> float:
    """For how many seconds the provider asked to be left alone."""
    return error.wait_s if isinstance(error, LinkRefused) else 0.0
