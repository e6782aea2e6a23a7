"""The heartbeat: tells systemd how the daemon is, and that it is well, for as long as it is.

systemd ends and starts a service that does not say so in time (``WatchdogSec``). A heartbeat comes
from the event loop, so a loop that hangs says nothing; and it comes only while each check holds.
The checks ask for what a new start mends: threads of our own. A display, a sound server or a
provider that is away is not among them. They are told in the line, and the daemon goes on.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, Self

import structlog

from teamvoice.daemon.notify import notify

_log = structlog.get_logger(__name__)

EVERY_S = 1.0  # between two beats, at most


class Patient(Protocol):
    """Whose heart it is."""

    def line(self) -> str:
        """How it is, in one line."""

    def checks(self) -> Mapping[str, Callable[[], Awaitable[bool]]]:
        """What has to hold, by what is wrong when it does not."""


class Heartbeat:
    """Beats while its context lasts, for whoever it is told to :meth:`attend`."""

    def __init__(self, every_s: float | None = None) -> None:
        self._every_s = every_s or min(EVERY_S, _watchdog_s() / 3)
        self._patient: Patient | None = None
        self._line = ""
        self._ill = ""
        self._tasks = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        self._beating = self._tasks.create_task(self._beat(), name="heartbeat")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._beating.cancel()
        await self._tasks.__aexit__(None, None, None)  # what ended the body is not its business

    def attend(self, patient: Patient | None) -> None:
        """Tell of this one from now on; None while there is none, which is not an illness."""
        self._patient = patient
        if patient:
            self._tell_line(patient)

    async def _beat(self) -> None:
        while True:
            if self._patient:
                self._tell_line(self._patient)
            ill = await self._examine()
            if ill and ill != self._ill:
                _log.error("not well; systemd will start the daemon again", reason=ill)
            self._ill = ill
            if not ill:
                notify(WATCHDOG="1")
            await asyncio.sleep(self._every_s)

    async def _examine(self) -> str:
        """What is wrong; empty when nothing is."""
        for name, holds in self._patient.checks().items() if self._patient else ():
            if not await holds():
                return name
        return ""

    def _tell_line(self, patient: Patient) -> None:
        line = " · ".join(part for part in (self._ill, patient.line()) if part)
        if line != self._line:
            self._line = line
            notify(STATUS=line)


def _watchdog_s() -> float:
    """How long systemd waits for a beat; infinite when it does not."""
    return int(os.environ.get("WATCHDOG_USEC") or 0) / 1e6 or float("inf")
