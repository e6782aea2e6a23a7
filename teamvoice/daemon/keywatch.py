"""The real key's source: attached to, lost, and attached to again when its display comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from teamvoice.daemon.keys import Keys
from teamvoice.daemon.surroundings import follow_surroundings
from teamvoice.errors import ConfigError, HotkeyRefused, HotkeyUnavailable
from teamvoice.hotkey.source import Choice, KeySource

_log = structlog.get_logger(__name__)

AGAIN_S = 5.0  # between two tries to attach to a source that is not there
_SOCKET = "teamvoice ptt serves as the key"


class KeyWatch:
    """Keeps the key watched while :meth:`run` runs. ``state`` and ``reason`` tell how that goes.

    Args:
        choose: Chooses the source; asked before each try, for sessions come and change.
        keys: Takes its edges, and the release that never comes when it is lost.
        on_tell: Something to show: kind and text.
        again_s: Seconds between two tries.

    ``state`` is ``off`` (only the socket serves), ``starting`` (the desktop may be asking the
    person), ``ready``, ``lost``, ``unavailable`` (both are tried again) or ``refused`` (not tried).
    """

    def __init__(
        self,
        choose: Callable[[], Choice] | None,
        keys: Keys,
        on_tell: Callable[[str, str], None],
        again_s: float = AGAIN_S,
    ) -> None:
        self._choose = choose
        self._keys = keys
        self._on_tell = on_tell
        self._again_s = again_s
        self._lost: asyncio.Queue[str] = asyncio.Queue(1)  # a source is lost once
        self._choice = Choice("socket", "")
        self._source: KeySource | None = None
        self._told = ("", "")
        self.state = "off"
        self.reason = _SOCKET

    def status(self) -> dict[str, str]:
        """For ``teamvoice status``: which source, why that one, where it watches, how it goes."""
        source = self._source.describe() if self._source and self.state == "ready" else ""
        return {
            "state": self.state,
            "backend": self._choice.backend,
            "why": self._choice.why,
            "source": source,
            "reason": self.reason,
        }

    async def is_well(self) -> bool:
        """Whether the key is watched when :attr:`state` says so."""
        return self.state != "ready" or self._source is None or self._source.is_alive()

    async def run(self) -> None:
        """Attach, and again after each loss, until cancelled; over when there is none to be had."""
        while self._choose:
            await follow_surroundings()
            self._choice = self._choose()
            if self._choice.make is None:
                break
            try:
                await self._watch(self._choice)
            except (HotkeyRefused, ConfigError) as error:
                self._set("refused", f"{error}; {_SOCKET}")
                break
            except HotkeyUnavailable as error:
                mend = error.mend or self._choice.otherwise
                self._set("unavailable", f"{HotkeyUnavailable(error.message, mend)}; {_SOCKET}")
            self._keys.lost()
            await asyncio.sleep(self._again_s)

    async def _watch(self, choice: Choice) -> None:
        assert choice.make  # noqa: S101 - looked at before
        source = choice.make(self._keys.edge, self._lost.put_nowait)
        self.state, self.reason = "starting", source.describe()
        async with source as self._source:
            self._set("ready", "")
            _log.info("watching the key", backend=choice.backend, source=source.describe())
            self._set("lost", await self._lost.get())

    def _set(self, state: str, reason: str) -> None:
        self.state, self.reason = state, reason
        if (state, reason) != self._told:
            self._told = (state, reason)
            if reason:
                self._on_tell("trouble", reason)
