"""The offline server as a child of the daemon: started, watched, started again, ended with it.

It runs in a process of its own so that decoding speech never holds up the daemon's loop. It ends
when its standard input does, so it cannot outlive the daemon, however that ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import structlog

from teamvoice import config
from teamvoice.errors import MissingPart

_log = structlog.get_logger(__name__)

START_S = 30.0  # to load the ears on a slow machine
AGAIN_S = 1.0  # between the end of one and the start of the next
STOP_S = 1.0  # to end by itself when the daemon does


class OfflineProcess:
    """Keeps an offline server running while :meth:`run` runs.

    Args:
        settings: The whole configuration: the team's names and words, and the voice.
        on_change: Called when it listens, and when it is gone.
    """

    def __init__(self, settings: config.Config, on_change: Callable[[], None]) -> None:
        self.token = secrets.token_urlsafe(24)
        self.url = ""
        self.trouble = "the offline server is starting"
        self._first_line = _first_line(settings, self.token)
        self._on_change = on_change
        self._restart = asyncio.Event()

    def restart(self) -> None:
        """It runs and does not answer: end it, and start another."""
        self._restart.set()

    async def run(self) -> None:
        """Start it, and start it again whenever it ends, until cancelled."""
        while True:
            try:
                async with self._process() as process:
                    self.url = await _address(process)
                    self._on_change()
                    self.trouble = await self._watch(process)
            except MissingPart as error:
                self.trouble = str(error)
            self.url = ""
            _log.warning(self.trouble)
            self._on_change()
            await asyncio.sleep(AGAIN_S)

    async def _watch(self, process: asyncio.subprocess.Process) -> str:
        """Until it ends or has to; why, in words."""
        self._restart.clear()
        async with asyncio.TaskGroup() as tasks:
            ends = [tasks.create_task(process.wait()), tasks.create_task(self._restart.wait())]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            for end in ends:
                end.cancel()
        if process.returncode is None:
            return "the offline server does not answer"
        return f"the offline server ended (exit {process.returncode})"

    @contextlib.asynccontextmanager
    async def _process(self) -> AsyncIterator[asyncio.subprocess.Process]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "teamvoice.offline", "--settings", "-"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=sys.stderr,  # which need not be the descriptor 2: see teamvoice.logfile
            start_new_session=True,  # Ctrl-C in the daemon's terminal is the daemon's
        )
        try:
            assert process.stdin  # noqa: S101 - asked for above
            process.stdin.write(self._first_line)
            yield process
        finally:
            await _end(process)


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stdout  # noqa: S101 - asked for when it was started
    try:
        line = await asyncio.wait_for(process.stdout.readline(), START_S)
    except TimeoutError:
        raise MissingPart("the offline server does not come up") from None
    if not line:
        code = await process.wait()
        raise MissingPart(f"the offline server cannot start (exit {code})", "make setup")
    return str(msgspec.json.decode(line, type=dict[str, Any])["url"])


async def _end(process: asyncio.subprocess.Process) -> None:
    assert process.stdin  # noqa: S101 - asked for when it was started
    process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), STOP_S)
    except TimeoutError:
        process.kill()
        await process.wait()


def _first_line(settings: config.Config, token: str) -> bytes:
    members = [{"name": m.name, "aliases": m.aliases} for m in settings.team.members]
    about = {"words": settings.offline.words, "voice": settings.offline.voice}
    return msgspec.json.encode({"token": token, "members": members, **about}) + b"\n"
