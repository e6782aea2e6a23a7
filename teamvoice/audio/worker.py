"""A thread for calls that block, and that may block for ever: whoever waits can give up."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass
class Job(Generic[T]):
    """A call that somebody waits for, until it is done or the waiting ends."""

    work: Callable[[], T]
    loop: asyncio.AbstractEventLoop
    abandoned: bool = False
    future: asyncio.Future[T] = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.future = self.loop.create_future()

    def run(self) -> None:
        """Do the work and hand over what came of it; in the worker's thread."""
        try:
            result = self.work()
        except Exception as error:  # noqa: BLE001 - handed to whoever waits, whatever it is
            self._settle(self.future.set_exception, error)
        else:
            self._settle(self.future.set_result, result)

    def abandon(self) -> None:
        """Nobody waits any more; the loop may be closed from now on."""
        with self._lock:
            self.abandoned = True

    def _settle(self, setter: Callable[[Any], None], value: object) -> None:
        with self._lock:
            if not self.abandoned:
                self.loop.call_soon_threadsafe(self._unless_done, setter, value)

    def _unless_done(self, setter: Callable[[Any], None], value: object) -> None:
        if not self.future.done():
            setter(value)


class Worker:
    """A thread that does jobs in turn, started with the first one; it never holds up an exit."""

    def __init__(self) -> None:
        self._jobs: queue.Queue[Job[Any] | None] = queue.Queue(64)  # when full, posting raises
        self._started = False

    def post(self, job: Job[Any] | None) -> None:
        """Queue a job; ``None`` ends the thread."""
        if not self._started:
            self._started = True
            threading.Thread(target=self._run, name="sound", daemon=True).start()
        self._jobs.put_nowait(job)

    def _run(self) -> None:
        while job := self._jobs.get():
            job.run()
            del job  # while it waits for the next one, it keeps nothing alive
