"""One actor per pane: whatever is written to it is written one after the other, to its end.

Two senders never interleave, in whichever processes they are, and a sender who gives up waiting
leaves no half-done work behind: what the actor has begun it ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from teamvoice.errors import TeamError, TeamvoiceError, TmuxUnasked
from teamvoice.team import writing
from teamvoice.team.pane_lock import alone
from teamvoice.team.receipts import Outcome, Receipt
from teamvoice.team.sight import View
from teamvoice.team.tmux import Tmux
from teamvoice.team.writing import Command, Done, Event, Failed, Left, Looked, Order

_WAITING = 16  # writes that may wait for one pane; one more is refused


class Machine(Protocol):
    """What drives a write: see ``write``."""

    def begin(self) -> Command:
        """The first command."""

    def handle(self, event: Event) -> Command:
        """The command that follows."""


class Looker(Protocol):
    """Looks at a pane."""

    async def __call__(self, member: str, pane_id: str) -> View:
        """What is to be seen there now."""


@dataclass(frozen=True, slots=True)
class _Job:
    machine: Machine
    order: Order
    receipt: asyncio.Future[Receipt]


class Actor:
    """The one writer of a pane. :meth:`work` must run in a task group for as long as it is used.

    Args:
        tmux: By which it writes.
        look: By which it looks.
        clock: Monotonic seconds.
        turn_s: How long it waits for another process that writes to the pane.
        host: Where the pane is; empty for this machine.

    ``left`` is for whoever sends messages: the last that was typed.
    """

    def __init__(
        self,
        tmux: Tmux,
        look: Looker,
        clock: Callable[[], float],
        turn_s: float,
        host: str = "",
    ) -> None:
        self.left = ""
        self._turn_s = turn_s
        self._host = host
        self._tmux = tmux
        self._look = look
        self._clock = clock
        self._jobs: asyncio.Queue[_Job] = asyncio.Queue(_WAITING)

    async def do(self, machine: Machine, order: Order) -> Receipt:
        """Have a machine driven to its end, after those that came before it."""
        job = _Job(machine, order, asyncio.get_running_loop().create_future())
        try:
            self._jobs.put_nowait(job)
        except asyncio.QueueFull:
            why = "too many messages wait for its pane already"
            return Receipt(Outcome.REFUSED, why, "", order.member, order.pane)
        return await job.receipt

    async def work(self) -> None:
        """Do the jobs as they come, for ever; when cancelled, those that wait are cancelled too."""
        try:
            while True:
                await self._work_on(await self._jobs.get())
        finally:
            while not self._jobs.empty():
                self._jobs.get_nowait().receipt.cancel()

    async def rest(self) -> None:
        """Wait until nothing is left to do."""
        await self._jobs.join()

    async def _work_on(self, job: _Job) -> None:
        try:
            receipt = await self._take_turns(job)
            if not job.receipt.done():  # its sender may have been cancelled
                job.receipt.set_result(receipt)
        finally:
            job.receipt.cancel()  # of no effect when it is done
            self._jobs.task_done()

    async def _take_turns(self, job: _Job) -> Receipt:
        try:
            async with alone(job.order.pid, self._turn_s, self._host):
                return await self._drive(job)
        except TeamError as error:
            order = job.order
            return Receipt(Outcome.REFUSED, error.message, "", order.member, order.pane)

    async def _drive(self, job: _Job) -> Receipt:
        command = job.machine.begin()
        while not isinstance(command, writing.Finish):
            try:
                event = await self._carry_out(command, job.order)
            except TeamvoiceError as error:
                event = Failed(self._clock(), error.message, isinstance(error, TmuxUnasked))
            command = job.machine.handle(event)
        return command.receipt

    async def _carry_out(self, command: Command, order: Order) -> Event:
        match command:
            case writing.Look(after=after):
                await asyncio.sleep(after)
                view = await self._look(order.member, order.pane)
                return Looked(self._clock(), view)
            case writing.LeaveMode():
                return Left(self._clock(), await self._tmux.leave_mode(order.pane))
            case writing.RestoreView(scrolled=scrolled):
                return self._answer(await self._tmux.restore_view(order.pane, scrolled))
            case writing.Paste(text=text, still=still):
                return self._answer(await self._tmux.paste(order.pane, order.pid, text, still))
            case writing.Press(keys=keys, still=still):
                return self._answer(await self._tmux.press(order.pane, order.pid, keys, still))
            case _:
                raise TypeError(f"not a command that can be carried out: {command!r}")

    def _answer(self, done: bool) -> Event:
        return Done(self._clock()) if done else writing.Denied(self._clock())
