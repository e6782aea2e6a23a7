"""The real key's source: attached to, lost, and attached to again when its display comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Self

import structlog

from teamvoice import config
from teamvoice.daemon.keys import Keys
from teamvoice.daemon.surroundings import follow_surroundings
from teamvoice.errors import ConfigError, HotkeyRefused, HotkeyUnavailable
from teamvoice.hotkey.source import Choice, KeySource

_log = structlog.get_logger(__name__)

OnTell = Callable[[str, str], None]

AGAIN_S = 5.0  # between two tries to attach to a source that is not there
_SOCKET = "teamvoice ptt serves as the key"
_TROUBLES = frozenset({"lost", "unavailable", "refused"})
_MISSED = (
    "the key was pressed while the settings changed: what was said was not heard; say it again"
)


class KeyWatch:
    """Keeps the key watched while :meth:`run` runs, for whoever :meth:`serves`.

    Args:
        choose: Chooses the source; asked before each try, for sessions come and change. None: only
            the socket serves as the key.
        again_s: Seconds between two tries.

    ``state`` and ``reason`` tell how it goes. ``state`` is ``off`` (only the socket serves),
    ``starting`` (the desktop may be asking the person), ``ready``, ``lost``, ``unavailable`` (both
    are tried again) or ``refused`` (not tried).
    """

    def __init__(
        self,
        choose: Callable[[], Choice] | None,
        again_s: float = AGAIN_S,
    ) -> None:
        self._choose = choose
        self._again_s = again_s
        self._keys: Keys | None = None
        self._on_tell: OnTell | None = None
        self._pressed_at: float | None = None  # while nobody was served, and is held since
        self._missed = False  # it was pressed and let go while nobody was served
        self._lost: asyncio.Queue[str] = asyncio.Queue(1)  # a source is lost once
        self._choice = Choice("socket", "")
        self._source: KeySource | None = None
        self._told = ("", "")
        self.state = "off"
        self.reason = _SOCKET

    def serve(self, keys: Keys, on_tell: OnTell) -> None:
        """From now on for these.

        Args:
            keys: Takes the edges, and the release that never comes when the source is lost. A press
                that came before, and is held, begins its hold now.
            on_tell: Something to show: kind and text.
        """
        self._keys, self._on_tell = keys, on_tell
        self._tell()
        if self._pressed_at is not None:
            keys.edge(True, self._pressed_at)
        elif self._missed:
            on_tell("trouble", _MISSED)
        self._pressed_at, self._missed = None, False

    def serve_nobody(self) -> None:
        """For a while: whoever is next learns of a press."""
        self._keys = self._on_tell = None

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
            self._is_lost()
            await asyncio.sleep(self._again_s)

    async def _watch(self, choice: Choice) -> None:
        assert choice.make  # noqa: S101 - looked at before
        source = choice.make(self._edge, self._lost.put_nowait)
        self.state, self.reason = "starting", source.describe()
        async with source as self._source:
            self._set("ready", "")
            _log.info("watching the key", backend=choice.backend, source=source.describe())
            self._set("lost", await self._lost.get())

    def _edge(self, down: bool, at: float) -> None:
        if self._keys:
            self._keys.edge(down, at)
        else:
            self._missed = self._missed or not down
            self._pressed_at = at if down else None

    def _is_lost(self) -> None:
        if self._keys:
            self._keys.lost()
        elif self._pressed_at is not None:
            self._missed, self._pressed_at = True, None

    def _set(self, state: str, reason: str) -> None:
        self.state, self.reason = state, reason
        self._tell()

    def _tell(self) -> None:
        if self._on_tell and (self.state, self.reason) != self._told:
            self._told = (self.state, self.reason)
            if self.reason and self.state in _TROUBLES:
                self._on_tell("trouble", self.reason)


class KeyPost:
    """Where the key is watched, while its context lasts, for one App after another.

    The watch goes on while the settings change, unless those of the key do: so no press is lost
    between two Apps, and no desktop asks the person again.
    """

    def __init__(self) -> None:
        self._tasks = asyncio.TaskGroup()
        self._running: asyncio.Task[None] | None = None
        self._watch = KeyWatch(None)
        self._watched: tuple[str, str] | None = None

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._end()
        await self._tasks.__aexit__(None, None, None)  # what ended the body is not its business

    async def watch(self, hotkey: config.Hotkey, choose: Callable[[], Choice] | None) -> KeyWatch:
        """The watch of the key of these settings, which serves nobody yet.

        Args:
            hotkey: The section ``[hotkey]``.
            choose: As for :class:`KeyWatch`.
        """
        wanted = (hotkey.backend, hotkey.key)
        if wanted != self._watched:
            await self._end()
            self._watched, self._watch = wanted, KeyWatch(choose)
            self._running = self._tasks.create_task(self._watch.run(), name="key")
        return self._watch

    async def _end(self) -> None:
        if self._running:
            self._running.cancel()
            await asyncio.wait([self._running])
