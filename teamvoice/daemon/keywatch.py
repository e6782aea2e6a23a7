"""The real key's source: attached to, lost, and attached to again when its display comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from teamvoice.daemon.keys import Keys
from teamvoice.daemon.surroundings import follow_surroundings
from teamvoice.errors import HotkeyUnavailable
from teamvoice.hotkey.source import KeySource, OnEdge, OnLost

_log = structlog.get_logger(__name__)

AGAIN_S = 5.0  # between two looks for a display that is not there


class KeyWatch:
    """Keeps the key watched while :meth:`run` runs. ``state`` and ``reason`` tell how that goes.

    Args:
        source: Makes a source.
        keys: Takes its edges, and the release that never comes when it is lost.
        on_tell: Something to show: kind and text.
    """

    def __init__(
        self,
        source: Callable[[OnEdge, OnLost], KeySource] | None,
        keys: Keys,
        on_tell: Callable[[str, str], None],
    ) -> None:
        self._source = source
        self._keys = keys
        self._on_tell = on_tell
        self._lost: asyncio.Queue[str] = asyncio.Queue(1)  # a source is lost once
        self._attached: KeySource | None = None
        self.state = "starting" if source else "off"
        self.reason = "" if source else "teamvoice ptt serves as the key"

    async def is_well(self) -> bool:
        """Whether the key is watched when :attr:`state` says so."""
        return self.state != "ready" or self._attached is None or self._attached.is_alive()

    async def run(self) -> None:
        """Attach, and again after each loss, until cancelled; at once over when there is none."""
        while self._source:
            await follow_surroundings()
            try:
                async with self._source(self._keys.edge, self._lost.put_nowait) as source:
                    self._attached = source
                    self._set("ready", "")
                    _log.info("watching the key", source=source.describe())
                    self._set("lost", await self._lost.get())
            except HotkeyUnavailable as error:
                self._set("unavailable", f"{error}; teamvoice ptt serves as the key")
            self._keys.lost()
            await asyncio.sleep(AGAIN_S)

    def _set(self, state: str, reason: str) -> None:
        if reason and (state, reason) != (self.state, self.reason):
            self._on_tell("trouble", reason)
        self.state, self.reason = state, reason
