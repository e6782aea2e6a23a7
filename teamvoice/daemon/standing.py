"""What stands while one App makes way for the next, because the settings have changed.

The socket and the lock (so there is one daemon all the time), the watch of the key, those who look
on, and what the person would not expect to be forgotten.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Self

import structlog

from teamvoice import config
from teamvoice.daemon.control import Control
from teamvoice.daemon.keywatch import KeyPost
from teamvoice.daemon.left import Left
from teamvoice.daemon.news import Newsroom
from teamvoice.daemon.notifier import Shown
from teamvoice.daemon.paths import control_socket
from teamvoice.daemon.session import UNASKED
from teamvoice.daemon.silence import Silence
from teamvoice.team.newsdesk import Newsdesk

_log = structlog.get_logger(__name__)


class Standing:
    """Stands while its context lasts; the Apps take from it and leave in it.

    ``control`` is the socket, ``news`` reaches those who watch, ``seen`` knows what of the team was
    told and asked for, ``key`` is where the key is watched, ``shown`` what stands on the screen,
    ``silence`` knows what is muted, ``away`` says why nobody is at the desk, ``last`` is the last
    turn's record, ``trouble`` says why the newest settings are not in force (empty when they are),
    ``left`` is what was said to an App that has left, and is not sent.

    Raises:
        TeamvoiceError: On entering, as :class:`Control` does: a daemon runs already.
    """

    def __init__(self) -> None:
        self.control = Control(Path(control_socket()))
        self.news = Newsroom()
        self.seen = Newsdesk()
        self.key = KeyPost()
        self.began = time.monotonic()
        self.shown = Shown()
        self.silence = Silence(config.state_dir())
        self.away = UNASKED
        self.last: dict[str, Any] | None = None
        self.trouble = ""
        self.left = Left()

    async def __aenter__(self) -> Self:
        await self.control.__aenter__()
        await self.key.__aenter__()
        await self.silence.recall()
        if self.silence.muted:
            _log.warning("the microphone is muted, as it was; teamvoice ptt mute unmutes it")
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            await self.key.__aexit__()
        finally:
            await self.control.__aexit__(None, None, None)
