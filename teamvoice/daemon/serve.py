"""The daemon as a process: it starts, tells systemd, follows its settings, and stops in time.

::

    start ──▶ READY ──▶ an App lives ──SIGTERM, SIGINT──▶ STOPPING ──▶ end
                ▲              │
                └── RELOADING ◀┘  SIGHUP, or a changed file; good settings; a quiet moment

A service that cannot begin, because another daemon runs or its settings cannot be used, waits: it
says READY, and in its STATUS what for. It begins when that is over. In a terminal it ends with the
reason instead, for there the person reads it.

New settings are put before the rooms first. When they cannot be used the old ones stay in force,
and that is said. When they can, the App makes way for another at the first quiet moment: meanwhile
the lock, the socket and those who watch stay (:mod:`teamvoice.daemon.standing`). Words that wait
for a link go over to the next App: the settings may be what mends it.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import structlog

from teamvoice import apikey, config, logs, preflight
from teamvoice.daemon.app import App
from teamvoice.daemon.changes import Changes
from teamvoice.daemon.desk import Desk, real_desk
from teamvoice.daemon.heartbeat import Heartbeat
from teamvoice.daemon.notify import notify
from teamvoice.daemon.standing import Standing
from teamvoice.errors import AlreadyRuns, ConfigError, TeamvoiceError
from teamvoice.realtime import providers
from teamvoice.service.manager import WAITING

_log = structlog.get_logger(__name__)

STOP_S = 2.0  # for everything to be released at the end
LEAVE_S = 10.0  # the same, when another one comes
LOOK_S = 1.0  # between two looks at the files
QUIET_S = 1.0  # without anything under way, before the settings change
QUIET_LOOK_S = 0.1  # between two looks for that moment


def run(
    settings: config.Config | ConfigError, file: Path | None = None, *, with_stdin: bool = False
) -> int:
    """Be the daemon until a signal says to stop; the exit code.

    Args:
        settings: The configuration, or why it cannot be used.
        file: Where it was read from, when that is not the usual file.
        with_stdin: Stop when standard input is at its end too: whoever holds it is gone.

    Raises:
        ConfigError: It cannot be used, and nobody can wait until it is mended.
        AlreadyRuns: Another daemon runs, and nobody can wait until it has ended.
    """
    faulthandler.enable()  # a watchdog's SIGABRT leaves a trace of where it hung
    return asyncio.run(Serving(settings, file, with_stdin=with_stdin).run())


class Serving:
    """The daemon, as :func:`run` runs it.

    Args:
        settings: The configuration, or why it cannot be used.
        file: Where it was read from, when that is not the usual file.
        sit_down: Makes the desk that a configuration names.
        with_stdin: As for :func:`run`.
    """

    def __init__(
        self,
        settings: config.Config | ConfigError,
        file: Path | None = None,
        sit_down: Callable[[config.Config], Desk] = real_desk,
        *,
        with_stdin: bool = False,
    ) -> None:
        self._unusable = settings if isinstance(settings, ConfigError) else None
        self._settings = config.Config() if isinstance(settings, ConfigError) else settings
        self._with_stdin = with_stdin
        self._file = file
        self._sit_down = sit_down
        self._changes = Changes(file)
        self._standing = Standing()
        self._heart = Heartbeat()
        self._woken = asyncio.Event()
        self._stop = False
        self._waits_for = ""
        self._asked = False  # for new settings, by a signal
        self._insisted = False  # the same, until they are taken on, were they as before
        self._new: config.Config | None = None  # good ones, which wait for a quiet moment
        self._secrets = set() if self._unusable else {config.api_key()}
        self._has_terminal = sys.stdin is not None and sys.stdin.isatty()

    async def run(self) -> int:
        """Until SIGTERM or SIGINT; the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
                loop.add_signal_handler(number, self._signalled, number)
        if self._with_stdin:
            loop.add_reader(sys.stdin.fileno(), self._read_stdin)
        async with self._heart:
            await self._until_usable()
            async with contextlib.AsyncExitStack() as stack:
                await self._until_alone(stack)
                app = None if self._stop else await self._entered(self._settings)
                while app:
                    app = await self._live(app)
        return 0

    async def _until_usable(self) -> None:
        """Until the settings can be used, or it is to stop."""
        while self._unusable and not self._stop:
            self._stand_by(self._unusable)
            while not (
                self._stop or self._asked or await asyncio.to_thread(self._changes.have_come)
            ):
                await self._wait(LOOK_S)
            self._asked = False
            try:
                self._settings, _ = await asyncio.to_thread(self._read)
            except ConfigError as error:
                self._unusable = error
            else:
                self._unusable = None

    async def _until_alone(self, stack: contextlib.AsyncExitStack) -> None:
        """Until this is the one daemon, which the stack then keeps it; or it is to stop."""
        while not self._stop:
            try:
                await stack.enter_async_context(self._standing)
            except AlreadyRuns as error:
                self._stand_by(error)
                await self._wait(LOOK_S)
            else:
                return

    def _stand_by(self, error: TeamvoiceError) -> None:
        """Say what it waits for, once; raise it where nobody is there to be told but a terminal."""
        if self._has_terminal or not notify(READY="1", STATUS=f"{WAITING}{error}"):
            raise error
        if str(error) != self._waits_for:
            self._waits_for = str(error)
            _log.warning("waiting", reason=self._waits_for)

    def _signalled(self, number: int) -> None:
        hung_up = number == signal.SIGHUP and self._has_terminal and not sys.stdin.isatty()
        if number == signal.SIGHUP and not hung_up:
            self._asked = True
        else:  # the terminal that it ran in is closed: nobody would know of it any more
            self._stop = True
        self._woken.set()

    def _read_stdin(self) -> None:
        if not os.read(sys.stdin.fileno(), 4096):
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
            self._stop = True
            self._woken.set()

    async def _entered(self, settings: config.Config) -> App:
        desk = self._sit_down(settings)
        if self._with_stdin:  # of a face, that has a key of its own for it
            desk = replace(desk, confirm_by="press Y")
        app = App(settings, desk, self._standing)
        await app.__aenter__()
        self._settings = settings
        return app

    async def _live(self, app: App) -> App | None:
        """From its being ready to its having left; the next one, None at the end."""
        following = None
        try:
            self._heart.attend(app)
            notify(READY="1")
            following = await self._until_over(app)
            self._heart.attend(None)
            self._tell_systemd(following)
        finally:
            async with asyncio.timeout(LEAVE_S if following else STOP_S):
                await app.__aexit__(None, None, None)
        return await self._next(following) if following else None

    def _tell_systemd(self, following: config.Config | None) -> None:
        if following:
            usec = str(time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000)
            notify(RELOADING="1", MONOTONIC_USEC=usec, STATUS="taking on new settings")
        else:
            notify(STOPPING="1", STATUS="stopping")

    async def _next(self, settings: config.Config) -> App:
        """With the new settings; with the old ones when the new ones turn out not to do."""
        before = self._settings
        try:
            app = await self._entered(settings)
        except TeamvoiceError as error:
            app = await self._entered(before)
            self._refuse(error)
        else:
            self._say("notice", "the new settings are in force")
        return app

    # New settings ------------------------------------------------------------------------------

    async def _until_over(self, app: App) -> config.Config | None:
        """Until it is to stop (None), or to make way for new settings."""
        quiet = 0.0
        while not self._stop:
            await self._wait(QUIET_LOOK_S if self._new else LOOK_S)
            await self._look(app)
            now = asyncio.get_running_loop().time()
            quiet = quiet or now if app.is_movable else 0.0
            if self._new and quiet and now - quiet >= QUIET_S:
                new, self._new, self._insisted = self._new, None, False
                app.hand_over()
                return new
        return None

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        self._woken.clear()

    async def _look(self, app: App) -> None:
        """Look for new settings: the App takes them on itself, or is to make way."""
        asked, self._asked = self._asked, False
        if not (await asyncio.to_thread(self._changes.have_come) or asked):
            return
        self._insisted = self._insisted or asked  # what waits to be taken on is not forgotten
        self._new = None  # whatever was to come, this is newer
        try:
            settings, key = await asyncio.to_thread(self._read)
        except TeamvoiceError as error:
            self._insisted = False
            self._refuse(error)
            return
        if self._standing.trouble:
            self._standing.trouble = ""
            self._say("notice", "the settings can be used again")
        same = settings == self._settings and not self._insisted
        if same and providers.choose(settings.provider, key) == app.link.provider:
            app.link.try_again()  # with the new key; what was said meanwhile is not lost
            return
        self._new = settings

    def _read(self) -> tuple[config.Config, str]:
        """Whatever the settings come from, read anew; in a thread, for a keyring may be slow."""
        apikey.look_again()
        settings = preflight.read(self._file).config
        key = config.api_key()
        self._secrets.add(key)
        logs.configure(settings.log, secrets=self._secrets)
        return settings, key

    def _refuse(self, error: TeamvoiceError) -> None:
        """Say so once, and in the status for as long as it is so."""
        trouble = str(error)
        if trouble != self._standing.trouble:
            self._standing.trouble = trouble
            self._say("trouble", f"the new settings cannot be used, the old ones stay: {trouble}")

    def _say(self, kind: str, text: str) -> None:
        log = _log.warning if kind == "trouble" else _log.info
        log(text, kind=kind)
        self._standing.news.publish(kind, text=text)
