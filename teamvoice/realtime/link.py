"""The link: keeps a session up, and says when it is and when it is not.

::

    OFF ──run()──▶ CONNECTING ──on_up──▶ UP ──▶ ENDING ──on_down──▶ (another try, or not)
                     ▲    │                                          │
                     │    ├── may work next time ──▶ WAITING ────────┤
                     │    └── cannot work ─────────▶ STOPPED ◀───────┘
                     └────────── the wait is over, or retry_now() ───┘

What it promises:

- ``on_down`` comes once for every ``on_up``, in whatever way the session ended. A link that does
  not come up reports that once per outage as well. In both cases it is told once more when the
  outage turns out to be fatal; not for each try.
- After something fatal there are no more tries until :meth:`Link.retry_now`.
- ``send`` never waits and never raises. A request that is taken goes out in order, or the link
  goes down and says so: nothing is lost in silence. Requests wait in a bounded queue; when it
  overflows, the connection is too slow to be of use and the link goes down.
- ``on_event`` is called for every event, :class:`Unknown` and :class:`Malformed` ones too, and for
  an error before it takes the link down. Callbacks run on the loop and must not block.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from enum import Enum, auto

from teamvoice.errors import LinkClosed, TeamvoiceError
from teamvoice.realtime import failures
from teamvoice.realtime.backoff import Backoff
from teamvoice.realtime.client import Session, session_refused
from teamvoice.realtime.events import ErrorEvent, Event, ResponseDone
from teamvoice.realtime.failures import Severity, Verdict
from teamvoice.realtime.parts import ErrorDetail, SessionInfo
from teamvoice.realtime.requests import Request

# Requests that may wait to be sent: more than the blocks of the longest hold, which all come at
# once when the link was down while the person spoke.
OUTGOING = 8192


class LinkState(Enum):
    """Where the link is; the picture is in the module's docstring."""

    OFF = auto()
    CONNECTING = auto()
    UP = auto()
    ENDING = auto()
    WAITING = auto()
    STOPPED = auto()


class Link:
    """Keeps a session up for as long as :meth:`run` runs.

    Args:
        dial: Makes the next session, not yet entered; asked anew for each try, so that it can
            follow a changed key, address or configuration. What it raises counts as a failed try.
        on_up: The session is confirmed; requests are taken from now on.
        on_down: The reason, in one line, and whether it is fatal.
        on_event: An event from the provider.
        backoff: How long to wait between tries.
        chance: Draws a number from 0 to 1, for the jitter.
        outgoing: How many requests may wait to be sent.
    """

    def __init__(
        self,
        dial: Callable[[], Session],
        *,
        on_up: Callable[[], None],
        on_down: Callable[[str, bool], None],
        on_event: Callable[[Event], None],
        backoff: Backoff | None = None,
        chance: Callable[[], float] = random.random,
        outgoing: int = OUTGOING,
    ) -> None:
        self._dial = dial
        self._on_up, self._on_down, self._on_event = on_up, on_down, on_event
        self._backoff = backoff or Backoff()
        self._chance = chance
        self._bound = outgoing
        self._queue: asyncio.Queue[Request] = asyncio.Queue(outgoing)
        self._state = LinkState.OFF
        self._told: Severity | None = None  # the worst that was told of this outage
        self._tries = 0
        self._ending = asyncio.Event()
        self._why_ending = LinkClosed("")
        self._nudge = asyncio.Event()
        self._info = SessionInfo()

    @property
    def state(self) -> LinkState:
        """Where the link is."""
        return self._state

    @property
    def info(self) -> SessionInfo:
        """What the provider said about the session that is up, or was last."""
        return self._info

    def send(self, request: Request) -> bool:
        """Take a request to be sent; False when the link is not up, and it was not taken.

        When the queue overflows the link goes down, and this request was not taken either.
        """
        if self._state is not LinkState.UP:
            return False
        try:
            self._queue.put_nowait(request)
        except asyncio.QueueFull:
            self._end(LinkClosed("the connection is too slow: requests pile up"))
            return False
        return True

    def reconnect(self, reason: str) -> None:
        """End the session that is up and begin another at once. No effect when none is up."""
        if self._state is LinkState.UP:
            self._nudge.set()
            self._end(LinkClosed(reason, code=1000))

    def retry_now(self) -> None:
        """Try at once, also after something fatal. No effect on a link that is up."""
        if self._state is not LinkState.UP:
            self._nudge.set()

    async def run(self) -> None:
        """Keep a session up until cancelled."""
        try:
            while True:
                await self._wait(await self._live())
        finally:
            self._state = LinkState.OFF

    async def _live(self) -> Verdict:
        """One session from first to last: what ended it, or kept it from coming up, sorted."""
        self._state = LinkState.CONNECTING
        try:
            async with self._dial() as session:
                return await self._carry(session)
        except TeamvoiceError as error:
            self._tries += 1
            return self._tell(error)

    async def _carry(self, session: Session) -> Verdict:
        """Be up until something ends it. However it ends, that is told before the farewell."""
        clock = asyncio.get_running_loop().time
        began = clock()
        ended: TeamvoiceError = LinkClosed("the link is shut down", code=1000)
        self._come_up(session)
        try:
            ended = await self._exchange(session)
        finally:
            self._state = LinkState.ENDING
            self._tries = self._backoff.tries_after(self._tries, clock() - began)
            verdict = self._tell(ended)
        return verdict

    def _come_up(self, session: Session) -> None:
        self._queue = asyncio.Queue(self._bound)
        self._ending.clear()
        self._told = None
        self._info = session.info
        self._state = LinkState.UP
        self._on_up()

    async def _exchange(self, session: Session) -> TeamvoiceError:
        """Send and receive until one of them, or one of us, ends it; returns what did."""
        ends: list[BaseException] = []
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._receive(session))
                tasks.create_task(self._transmit(session))
                tasks.create_task(self._await_ending())
        except* TeamvoiceError as group:
            ends.extend(group.exceptions)
        return next(end for end in ends if isinstance(end, TeamvoiceError))

    async def _receive(self, session: Session) -> None:
        async for event in session:
            self._on_event(event)
            error = _error_of(event)
            if error and not failures.of_error(error.code, error.type).harmless:
                raise session_refused(error)

    async def _transmit(self, session: Session) -> None:
        while True:
            await session.send(await self._queue.get())

    async def _await_ending(self) -> None:
        await self._ending.wait()
        raise self._why_ending

    def _end(self, why: LinkClosed) -> None:
        self._state = LinkState.ENDING
        self._why_ending = why
        self._ending.set()

    def _tell(self, error: TeamvoiceError) -> Verdict:
        """Report an outage once, and once more when it turns out to be fatal."""
        verdict = failures.of_exception(error)
        if self._told is None or (verdict.fatal and self._told is not Severity.FATAL):
            self._told = verdict.severity
            self._on_down(str(TeamvoiceError(error.message, verdict.mend)), verdict.fatal)
        return verdict

    async def _wait(self, verdict: Verdict) -> None:
        """Wait until the next try is due."""
        if verdict.fatal:
            self._state = LinkState.STOPPED
            await self._nudge.wait()
            self._told = None  # a person asked: they are told what comes of it
        else:
            self._state = LinkState.WAITING
            await self._nudged_within(self._backoff.delay(self._tries, self._chance()))
        self._nudge.clear()

    async def _nudged_within(self, seconds: float) -> None:
        timer = asyncio.get_running_loop().call_later(seconds, self._nudge.set)
        try:
            await self._nudge.wait()
        finally:
            timer.cancel()


def _error_of(event: Event) -> ErrorDetail | None:
    """The error that an event tells of: its own, or that of a response that failed."""
    match event:
        case ErrorEvent():
            return event.error
        case ResponseDone():
            return event.response.error
        case _:
            return None
