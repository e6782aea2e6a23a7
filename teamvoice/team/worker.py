"""One thread for what blocks: calls run in order, and none is waited for past its deadline.

tmux is reached through a library that blocks and knows no time-out. It therefore runs here, on a
thread of its own. A call that outlives its deadline is given up and its program is ended, which
frees the thread for the next one. The thread is a daemon thread: even a call that cannot be ended
never holds up the end of the process.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Any, Generic, Protocol, Self, TypeVar

from teamvoice.errors import TmuxFailed

_LIMIT = 256  # calls that may wait; one more is refused, because tmux then clearly hangs
_GRACE_S = 1.0  # how long leaving waits for the thread

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Call(Protocol[T_co]):
    """Something that blocks, and that can be ended from another thread."""

    def run(self) -> T_co:
        """Do it; runs on the worker's thread."""

    def end(self) -> None:
        """Nobody waits any more: make :meth:`run` return soon."""


class Quick(Generic[T]):
    """A function that is known to be short, as a call."""

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function

    def run(self) -> T:
        """What the function returns."""
        return self._function()

    def end(self) -> None:
        """It ends by itself."""


class _Ticket:
    """A call with its waiter."""

    def __init__(self, call: Call[Any], loop: asyncio.AbstractEventLoop) -> None:
        self.call = call
        self.loop = loop
        self.answer: asyncio.Future[Any] = loop.create_future()
        self.abandoned = False

    def abandon(self) -> None:
        self.abandoned = True
        self.call.end()

    def serve(self) -> None:
        if self.abandoned:
            return
        try:
            result = self.call.run()
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to the waiter
            self._settle(self._fail, error)
        else:
            self._settle(self._succeed, result)

    def _settle(self, how: Callable[[Any], None], what: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
            self.loop.call_soon_threadsafe(how, what)

    def _succeed(self, result: Any) -> None:
        if not self.answer.done():
            self.answer.set_result(result)

    def _fail(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


class Worker:
    """The thread, as an async context manager.

    Args:
        name: What it works for; stands in the thread's name and in messages.
        deadline_s: Seconds after which a call counts as hung, its wait for its turn included.
    """

    def __init__(self, name: str, deadline_s: float) -> None:
        self._name = name
        self._deadline_s = deadline_s
        self._queue: queue.Queue[_Ticket | None] = queue.Queue(_LIMIT)
        self._gone = threading.Event()
        self._current: _Ticket | None = None

    async def __aenter__(self) -> Self:
        self._gone.clear()
        threading.Thread(target=self._serve, name=f"teamvoice-{self._name}", daemon=True).start()
        return self

    async def __aexit__(self, *_exception: object) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self._queue.get_nowait()
        self._queue.put_nowait(None)
        if current := self._current:
            current.abandon()
        await asyncio.to_thread(self._gone.wait, _GRACE_S)

    async def call(self, call: Call[T]) -> T:
        """Run a call and return what it returned; what it raises is raised here.

        Raises:
            TmuxFailed: It did not answer before the deadline, or too many wait already.
        """
        ticket = _Ticket(call, asyncio.get_running_loop())
        try:
            self._queue.put_nowait(ticket)
        except queue.Full:
            raise TmuxFailed(f"{self._name} hangs: too many calls wait for it") from None
        try:
            async with asyncio.timeout(self._deadline_s):
                answer: T = await ticket.answer
                return answer
        except TimeoutError:
            raise TmuxFailed(f"{self._name} did not answer in {self._deadline_s:g} s") from None
        finally:
            ticket.abandon()

    def _serve(self) -> None:
        while (ticket := self._queue.get()) is not None:
            self._current = ticket
            ticket.serve()
            self._current = None
        self._gone.set()
