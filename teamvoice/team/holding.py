"""Delivers what is held, when its member is idle: once, and never into work.

A member counts as idle when that is settled: agents look idle for a moment between two steps.
Somebody else may tell what is seen (:meth:`Holding.seen`); only while nobody does, and something is
held, this looks for itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from teamvoice.errors import TeamvoiceError
from teamvoice.team.held import Held, HeldMessage
from teamvoice.team.receipts import Outcome, Receipt
from teamvoice.team.sight import Kind, State

T = TypeVar("T")
Seen = Iterable[tuple[str, State]]  # members by name, with their states
Told = Callable[[HeldMessage, Receipt], None]

# What a message cannot go to before its person has done something, as clauses.
STUCK = {
    Kind.SHELL: "only a shell is running there",
    Kind.DEAD: "the program in its pane has ended",
    Kind.MISSING: "its pane is gone",
    Kind.UNKNOWN: "what is there could not be read",
    Kind.WAITING: "it waits for an answer to a question",
}
_LOOK_S = 0.5  # how often this looks by itself
_AGAIN_S = 5.0  # after so long a message that could not be typed is tried again
_FED_S = 3.0  # after so long without news from others, it looks by itself


class Aside(Protocol):
    """Runs a short function that blocks on a worker thread."""

    async def __call__(self, function: Callable[[], T], /) -> T:
        """What the function returns."""


class Holding:
    """The one that delivers. :meth:`work` must run in a task group for as long as it is used.

    Args:
        held: The messages.
        aside: Where their file is read and written.
        deliver: Types a message into a member's prompt, if the member is idle then too.
        states: Looks at members.
        told: Called with each message whose delivery has ended, and its receipt.
        fail: Called once with why their file cannot be used; it is tried again and again.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        held: Held,
        aside: Aside,
        deliver: Callable[[HeldMessage], Awaitable[Receipt]],
        states: Callable[[Sequence[str]], Awaitable[Seen]],
        told: Told,
        fail: Callable[[str], None],
        clock: Callable[[], float],
    ) -> None:
        self._held = held
        self._aside = aside
        self._deliver = deliver
        self._states = states
        self._told = told
        self._fail = fail
        self._failure = ""  # that was told last
        self._clock = clock
        self._idle: set[str] = set()  # members, as last seen
        self._again_at: dict[str, float] = {}
        self._kinds: dict[str, Kind] = {}
        self._fed_at = -_FED_S
        self._looks = asyncio.Event()
        self._at_rest = asyncio.Event()
        self._at_rest.set()
        self._is_ending = False

    def seen(self, states: Seen) -> None:
        """Somebody looked at members: this is what they saw."""
        self._fed_at = self._clock()
        self._note(states)
        self._looks.set()

    async def work(self) -> None:
        """Deliver, for ever; while another process does so, wait to take its place."""
        while not await self._is_open():
            if not self._held.delivers:
                return
            await asyncio.sleep(_LOOK_S)
        try:
            while not self._is_ending:
                await self._look_once()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_S):
                        await self._looks.wait()
                self._looks.clear()
        finally:
            self._held.close()

    async def rest(self) -> None:
        """Begin nothing more, and wait until what was begun is written down."""
        self._is_ending = True
        await self._at_rest.wait()

    async def _is_open(self) -> bool:
        try:
            return await self._aside(self._held.open)
        except TeamvoiceError as error:
            self._tell_of(error)
            return False

    def _tell_of(self, error: TeamvoiceError) -> None:
        """Their file cannot be used: that is told once, and not at each of many looks."""
        if self._failure != str(error):
            self._failure = str(error)
            self._fail(f"held messages are not delivered: {error}")

    async def _look_once(self) -> None:
        try:
            kept = await self._aside(self._held.list)
        except TeamvoiceError as error:
            self._tell_of(error)
            return
        waiting = [m for m in kept if m.state == "waiting"]
        try:
            if waiting and self._clock() - self._fed_at > _FED_S:
                self._note(await self._states(list(dict.fromkeys(m.member for m in waiting))))
            await self._tell_what_stands_in_the_way(waiting)
        except TeamvoiceError:
            # tmux is away, or the file cannot be written: who holds, lists or sends is told so;
            # what is held stays held, and the next look may do better.
            self._idle.clear()
            return
        due = {m.member: m for m in reversed(waiting) if self._is_idle(m.member)}
        self._at_rest.clear()
        try:
            await asyncio.gather(*map(self._try, due.values()))
        finally:
            self._at_rest.set()

    async def _tell_what_stands_in_the_way(self, waiting: Sequence[HeldMessage]) -> None:
        for message in waiting:
            kind = self._kinds.get(message.member)
            why = STUCK.get(kind, "") if kind else message.note
            if why != message.note and (why or message.note in STUCK.values()):
                await self._aside(functools.partial(self._held.note, message.ticket, why))

    async def _try(self, message: HeldMessage) -> None:
        if self._is_ending:
            return
        self._idle.discard(message.member)  # the next one waits for it to be idle anew
        try:
            if await self._aside(lambda: self._held.begin(message.ticket)):
                self._failure = ""
                await self._settle(message, await self._deliver(message))
        except TeamvoiceError as error:
            # Their file cannot be written. What was begun is not begun again: it is listed so, and
            # as unconfirmed after a restart; what was not waits on.
            self._tell_of(error)
            self._again_at[message.member] = self._clock() + _AGAIN_S

    async def _settle(self, message: HeldMessage, receipt: Receipt) -> None:
        """Write down what came of a message, and tell it: also where it cannot be written down."""
        ticket, held = message.ticket, self._held
        if receipt.outcome is Outcome.REFUSED:
            await self._aside(lambda: held.put_back(ticket, receipt.why))
            self._again_at[message.member] = self._clock() + _AGAIN_S
            return
        is_sure = receipt.outcome is not Outcome.UNCONFIRMED
        try:
            await self._aside(
                lambda: held.finish(ticket) if is_sure else held.doubt(ticket, receipt.why)
            )
        finally:
            self._told(message, receipt)

    def _note(self, states: Seen) -> None:
        for member, state in states:
            self._kinds[member] = state.kind
            is_idle = state.kind is Kind.IDLE and state.settled
            (self._idle.add if is_idle else self._idle.discard)(member)

    def _is_idle(self, member: str) -> bool:
        return member in self._idle and self._clock() >= self._again_at.get(member, 0.0)
