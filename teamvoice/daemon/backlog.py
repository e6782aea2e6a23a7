"""Events on their way to one watcher: bounded, so that a slow one holds nobody up."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Any


class Backlog:
    """A queue of events that drops the oldest when it is full, and says how many it dropped.

    Iterating ends when the backlog was closed and everything in it was taken. A gap is told in
    its place, before what follows it: ``{"event": "dropped", "count": 3}``. Where nothing came for
    ``beat_s`` seconds, if that is given, this is told: ``{"event": "alive"}``.
    """

    def __init__(self, limit: int = 256, beat_s: float | None = None) -> None:
        self._events: deque[dict[str, Any]] = deque()
        self._limit = limit
        self._beat_s = beat_s
        self._dropped = 0
        self._closed = False
        self._changed = asyncio.Event()

    def put(self, event: dict[str, Any]) -> None:
        """Add an event; never waits."""
        if len(self._events) == self._limit:
            self._events.popleft()
            self._dropped += 1
        self._events.append(event)
        self._changed.set()

    def close(self) -> None:
        """No more will come."""
        self._closed = True
        self._changed.set()

    async def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        while True:
            if self._dropped:
                count, self._dropped = self._dropped, 0
                yield {"event": "dropped", "count": count}
            elif self._events:
                yield self._events.popleft()
            elif self._closed:
                return
            else:
                self._changed.clear()
                try:
                    async with asyncio.timeout(self._beat_s):  # wait_for may swallow a cancellation
                        await self._changed.wait()
                except TimeoutError:
                    yield {"event": "alive"}
