"""What happens, for whoever watches: many readers, none of which can hold up the daemon."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

News = dict[str, Any]

KEPT = 256
"""Events that wait for one slow reader; beyond that its oldest are dropped, and it is told."""


class Newsroom:
    """Publishes events to all who watch now."""

    def __init__(self) -> None:
        self._readers: set[_Reader] = set()

    def publish(self, event: str, **about: Any) -> None:
        """Tell every reader ``{"event": event, …}``. Never waits."""
        for reader in self._readers:
            reader.put({"event": event, **about})

    async def watch(self) -> AsyncIterator[News]:
        """Events from now on, without end."""
        reader = _Reader()
        self._readers.add(reader)
        try:
            while True:
                yield await reader.get()
        finally:
            self._readers.discard(reader)


class _Reader:
    def __init__(self) -> None:
        self._waiting: deque[News] = deque()
        self._dropped = 0
        self._arrived = asyncio.Event()

    def put(self, news: News) -> None:
        if len(self._waiting) == KEPT:
            self._waiting.popleft()
            self._dropped += 1
        self._waiting.append(news)
        self._arrived.set()

    async def get(self) -> News:
        while not self._waiting:
            self._arrived.clear()
            await self._arrived.wait()
        if self._dropped:
            dropped, self._dropped = self._dropped, 0
            return {"event": "dropped", "count": dropped}
        return self._waiting.popleft()
