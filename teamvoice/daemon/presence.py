"""Whether the person is there, and what that means for the key and the microphone."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog

from teamvoice.audio.capture import Capture
from teamvoice.daemon.keys import Keys
from teamvoice.daemon.session import UNASKED, Session

_log = structlog.get_logger(__name__)


class Presence:
    """Ignores the key while nobody can be at the desk.

    Args:
        session: What tells it; ``None`` when nothing does, and then somebody is there.
        keys: What is ignored.
        capture: The microphone, which is not left open then, not even for a grace.
        away: Why nobody is there, as it was known last.
    """

    def __init__(self, session: Session | None, keys: Keys, capture: Capture, away: str) -> None:
        self._session, self._keys, self._capture = session, keys, capture
        self._keys.away = away if session else ""
        self._tasks = asyncio.TaskGroup()
        self._why_unknown = ""

    async def run(self) -> None:
        """Follow the session until cancelled."""
        if self._session:
            async with self._tasks:
                await self._session.run(self._leave, self._known)

    def status(self) -> dict[str, Any]:
        """The person's session: ``open``, ``away`` (locked, asleep), or ``unknown``, and why."""
        if self._keys.away:
            return {"state": "away", "reason": self._keys.away}
        is_known = self._session is not None and not self._why_unknown
        return {"state": "open" if is_known else "unknown", "reason": self._why_unknown}

    def _leave(self, why: str) -> None:
        self._keys.leave(why)
        if why:
            self._tasks.create_task(self._capture.close(at_once=True))

    def _known(self, why_not: str) -> None:
        self._why_unknown = why_not
        if why_not:
            _log.warning(why_not)
            if self._keys.away == UNASKED:
                self._keys.leave("")  # nobody will say
