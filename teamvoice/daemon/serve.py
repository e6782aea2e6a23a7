"""The daemon as a process: it starts, tells systemd, and stops within its bound."""

from __future__ import annotations

import asyncio
import signal

from teamvoice import config
from teamvoice.daemon.app import App
from teamvoice.daemon.desk import real_desk
from teamvoice.daemon.notify import notify

STOP_S = 2.0  # for everything to be released


def run(settings: config.Config) -> int:
    """Be the daemon until a signal says to stop; the exit code."""
    return asyncio.run(serve(settings))


async def serve(settings: config.Config) -> int:
    """The daemon at the real desk, until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    app = App(settings, real_desk(settings))
    await app.__aenter__()
    try:
        notify(READY="1", STATUS=f"provider {app.link.provider}")
        await stop.wait()
        notify(STOPPING="1")
    finally:
        async with asyncio.timeout(STOP_S):
            await app.__aexit__(None, None, None)
    return 0
