"""What stands while one App makes way for the next, because the settings have changed.

The socket and the lock (so there is one daemon all the time), those who watch, and what the person
would not expect to be forgotten.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Self

import structlog

from teamvoice import config
from teamvoice.daemon.control import Control
from teamvoice.daemon.news import Newsroom
from teamvoice.daemon.paths import control_socket
from teamvoice.daemon.silence import Silence
from teamvoice.team.newsdesk import Newsdesk

_log = structlog.get_logger(__name__)


class Standing:
    """Stands while its context lasts; the Apps take from it and leave in it.

    ``control`` is the socket, ``news`` reaches those who watch, ``seen`` knows what of the team was
    told and asked for, ``silence`` what is muted, ``last`` is the last turn's record, ``trouble``
    says why the newest settings are not in force (empty when they are).

    Raises:
        TeamvoiceError: On entering, as :class:`Control` does: a daemon runs already.
    """

    def __init__(self) -> None:
        self.control = Control(Path(control_socket()))
        self.news = Newsroom()
        self.seen = Newsdesk()
        self.began = time.monotonic()
        self.silence = Silence(config.state_dir())
        self.last: dict[str, Any] | None = None
        self.trouble = ""

    async def __aenter__(self) -> Self:
        await self.control.__aenter__()
        await self.silence.recall()
        if self.silence.muted:
            _log.warning("the microphone is muted, as it was; teamvoice ptt mute unmutes it")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.control.__aexit__(None, None, None)
