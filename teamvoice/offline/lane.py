"""A queue between two tasks of a connection, and a thread for what blocks."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

T = TypeVar("T")


class Lane(Generic[T]):
    """A bounded queue that loses nothing: who produces waits for :meth:`room` first.

    So ``put`` never waits, and what one event decides is queued whole and in order; the bound can
    be exceeded by what one event decides.
    """

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._queue: asyncio.Queue[T] = asyncio.Queue()
        self._room = asyncio.Event()
        self._room.set()
        self._closed = False

    def put(self, thing: T) -> None:
        """Queue; dropped when nobody takes any more."""
        if self._closed:
            return
        self._queue.put_nowait(thing)
        if self._queue.qsize() >= self._bound:
            self._room.clear()

    async def room(self) -> None:
        """Wait until there is room, or nobody takes any more."""
        await self._room.wait()

    async def get(self) -> T:
        """Take the next."""
        thing = await self._queue.get()
        if self._queue.qsize() < self._bound:
            self._room.set()
        return thing

    def close(self) -> None:
        """Nobody takes any more: let go of whoever waits for room."""
        self._closed = True
        self._room.set()


class OneThread:
    """A thread in which blocking calls run, one after the other."""

    def __init__(self, name: str) -> None:
        self._name = name

    async def __aenter__(self) -> Self:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=self._name)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # a call that runs cannot be interrupted; it is waited for, without holding up the loop
        await asyncio.to_thread(self._executor.shutdown)

    async def run(self, call: Callable[..., T], *args: Any) -> T:
        """Call and wait for the answer."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, functools.partial(call, *args))
