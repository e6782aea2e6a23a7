"""What happens, for whoever watches: many readers, none of which can hold up the daemon."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from teamvoice.daemon.backlog import Backlog


class Newsroom:
    """Publishes events to all who watch now."""

    def __init__(self) -> None:
        self._readers: set[Backlog] = set()

    def publish(self, event: str, **about: Any) -> None:
        """Tell every reader ``{"event": event, …}``. Never waits."""
        for reader in self._readers:
            reader.put({"event": event, **about})

    @property
    def is_watched(self) -> bool:
        """Somebody watches now."""
        return bool(self._readers)

    def watch(self) -> AsyncIterator[dict[str, Any]]:
        """Events from this call on, without end; a slow reader loses its oldest, and is told."""
        reader = Backlog()
        self._readers.add(reader)
        return self._read(reader)

    async def _read(self, reader: Backlog) -> AsyncIterator[dict[str, Any]]:
        try:
            async for event in reader:
                yield event
        finally:
            self._readers.discard(reader)
