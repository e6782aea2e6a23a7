"""The link: keeps a session up, and says when it is and when it is not.

::

    OFF ──run()──▶ CONNECTING ──on_up──▶ UP ──▶ ENDING ──on_down──▶ (another try, or not)
                     ▲    │              │                           │
                     │    ├── may work next time ──▶ WAITING ────────┤
                     │    └── cannot work ─────────▶ STOPPED ◀───────┘
                     ├──── the wait is over, retry_now(), want() ────┘
                     └── want() ── IDLE ◀── on_idle ── nothing was wanted for a while

What it promises:

- ``on_down`` comes once for every ``on_up``, in whatever way the session ended; ``on_idle`` comes
  in its place when a link on demand rests. A link that does not come up reports that once per
  outage as well. In both cases it is told once more when the outage turns out to be fatal; not for
  each try.
- After something fatal there are no more tries until :meth:`Link.retry_now` or :meth:`Link.want`.
- ``send`` never waits and never raises. A request that is taken goes out in order, or the link
  goes down and says so: nothing is lost in silence. Requests wait in a bounded queue; when it
  overflows, the connection is too slow to be of use and the link goes down.
- A session that nears its end makes way for the next at a quiet moment (:class:`Upkeep`). The link
  stays up through that, and what is sent meanwhile arrives, once.
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
from teamvoice.realtime.events import Event
from teamvoice.realtime.failures import Severity, Verdict
from teamvoice.realtime.parts import SessionInfo
from teamvoice.realtime.requests import Request
from teamvoice.realtime.tenure import Idle, Line, Tenure, asked_to_wait, connect
from teamvoice.realtime.upkeep import Upkeep

# Requests that may wait to be sent: more than the blocks of the longest hold, which all come at
# once when the link was down while the person spoke.
OUTGOING = 8192

_RESTING = Verdict(Severity.HARMLESS)


class LinkState(Enum):
    """Where the link is; the picture is in the module's docstring."""

    OFF = auto()
    IDLE = auto()
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
        upkeep: What a new session is told, when it makes way for the next, and when it rests.
    """

    def __init__(
        self,
        dial: Callable[[], Line],
        *,
        on_up: Callable[[], None],
        on_down: Callable[[str, bool], None],
        on_event: Callable[[Event], None],
        backoff: Backoff | None = None,
        chance: Callable[[], float] = random.random,
        outgoing: int = OUTGOING,
        upkeep: Upkeep | None = None,
    ) -> None:
        self._dial = dial
        self._on_up, self._on_down, self._on_event = on_up, on_down, on_event
        self._backoff = backoff or Backoff()
        self._chance = chance
        self._bound = outgoing
        self._upkeep = upkeep or Upkeep()
        self._state = LinkState.OFF
        self._tenure: Tenure | None = None
        self._told: Severity | None = None  # the worst that was told of this outage
        self._tries = 0
        self._asked_s = 0.0  # by the provider, to be left alone
        self._nudge = asyncio.Event()
        self._wish = asyncio.Event()
        self._wanted = float("-inf")  # when, on the loop's clock

    @property
    def state(self) -> LinkState:
        """Where the link is."""
        return self._state

    @property
    def info(self) -> SessionInfo:
        """What the provider said about the session that is up, or was last."""
        return self._tenure.info if self._tenure else SessionInfo()

    def send(self, request: Request) -> bool:
        """Take a request to be sent; False when the link is not up, and it was not taken.

        When the queue overflows the link goes down, and this request was not taken either.
        """
        if self._state is not LinkState.UP or not self._tenure:
            return False
        if self._tenure.offer(request):
            return True
        if self._tenure.is_open:
            self._end(LinkClosed("the connection is too slow: requests pile up"))
        return False

    def want(self) -> None:
        """Something is about to be sent: come up, if the link rests; else do not rest soon.

        A link that is down tries at once, unless the provider asked to be left alone; one that was
        stopped by something fatal as well, for a person may have mended it.
        """
        self._wanted = asyncio.get_running_loop().time()
        self._wish.set()
        may_hurry = self._state in {LinkState.ENDING, LinkState.WAITING} and not self._asked_s
        if may_hurry or self._state is LinkState.STOPPED:
            self._nudge.set()
        if self._tenure:
            self._tenure.want()

    def reconnect(self, reason: str) -> None:
        """End the session that is up and begin another at once. No effect when none is up."""
        if self._state is LinkState.UP:
            self._nudge.set()
            self._end(LinkClosed(reason, code=1000))

    def retry_now(self) -> None:
        """Try at once, also after something fatal. No effect on a link that is up or rests."""
        if self._state not in {LinkState.UP, LinkState.IDLE}:
            self._nudge.set()

    async def run(self) -> None:
        """Keep a session up until cancelled."""
        try:
            while True:
                await self._rest()
                await self._wait(await self._live())
        finally:
            self._state = LinkState.OFF

    async def _rest(self) -> None:
        """Of a link on demand: wait until it is wanted."""
        idle_s = self._upkeep.idle_s
        if idle_s is None or asyncio.get_running_loop().time() - self._wanted < idle_s:
            return
        self._state = LinkState.IDLE
        self._wish.clear()
        await self._wish.wait()
        self._told = None  # a person asked: they are told what comes of it

    async def _live(self) -> Verdict:
        """The link's time up from first to last: what ended it, or kept it from coming, sorted."""
        self._state = LinkState.CONNECTING
        try:
            line = await connect(self._dial, self._upkeep)
        except TeamvoiceError as error:
            self._tries += 1
            return self._tell(error)
        return await self._carry(line)

    async def _carry(self, line: Line) -> Verdict:
        """Be up until something ends it. However it ends, that is told before the farewell."""
        began = asyncio.get_running_loop().time()
        tenure = self._tenure = self._tenure_of(line)
        ended: TeamvoiceError = LinkClosed("the link is shut down", code=1000)
        try:
            self._told = None
            self._state = LinkState.UP
            self._on_up()
            ended = await tenure.run()
        finally:
            self._state = LinkState.ENDING
            up_for = asyncio.get_running_loop().time() - began
            self._tries = self._backoff.tries_after(self._tries, up_for)
            try:
                verdict = self._tell_end(ended, tenure)
            finally:
                await tenure.close()
        return verdict

    def _tenure_of(self, line: Line) -> Tenure:
        return Tenure(
            line,
            self._dial,
            self._upkeep,
            on_event=self._on_event,
            backoff=self._backoff,
            chance=self._chance,
            outgoing=self._bound,
        )

    def _end(self, why: LinkClosed) -> None:
        self._state = LinkState.ENDING
        if self._tenure:
            self._tenure.end(why)

    def _tell_end(self, error: TeamvoiceError, tenure: Tenure) -> Verdict:
        if isinstance(error, Idle):
            self._upkeep.on_idle()
            return _RESTING
        self._wanted = max(self._wanted, tenure.stirred)  # it was in use: come up again
        return self._tell(error)

    def _tell(self, error: TeamvoiceError) -> Verdict:
        """Report an outage once, and once more when it turns out to be fatal."""
        verdict = failures.of_exception(error)
        self._asked_s = asked_to_wait(error)
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
        elif not verdict.harmless:  # else it rests
            self._state = LinkState.WAITING
            delay = self._backoff.delay(self._tries, self._chance(), self._asked_s)
            await self._nudged_within(delay)
        self._nudge.clear()

    async def _nudged_within(self, seconds: float) -> None:
        timer = asyncio.get_running_loop().call_later(seconds, self._nudge.set)
        try:
            await self._nudge.wait()
        finally:
            timer.cancel()
