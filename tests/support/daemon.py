"""The daemon as its user runs it: a process of its own, at the desk, with a team in real panes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from libtmux import Server

from tests.support.panes import ROOT, name_of, open_standins, own_server
from tests.support.processes import running, wait_for

CONFIG = """\
[hotkey]
key = "<f9>"

[audio]
chimes = false  # what is recorded from the speaker is the answer and nothing else

[team]
socket = "{socket}"
"""


_UP = "the link is up"


class Daemon:
    """A running daemon, its panes, and the folder where it keeps everything."""

    def __init__(self, home: Path, server: Server, environment: Mapping[str, str]) -> None:
        self.home = home
        self.server = server
        self.environment = environment
        self.socket = home / "control.sock"
        self.pid = 0

    @property
    def log(self) -> str:
        return (self.home / "daemon.log").read_text()

    def screen(self, member: str) -> str:
        """What is on a member's screen."""
        window = self.server.windows.get(window_name=member)
        assert window is not None
        assert window.active_pane is not None
        return "\n".join(window.active_pane.capture_pane())

    async def request(self, **message: Any) -> dict[str, Any]:
        """One request on the control socket."""
        reader, writer = await asyncio.open_unix_connection(str(self.socket))
        writer.write(json.dumps(message).encode() + b"\n")
        reply: dict[str, Any] = json.loads(await reader.readline())
        writer.close()
        return reply

    async def status(self) -> dict[str, Any]:
        status: dict[str, Any] = (await self.request(do="status"))["status"]
        return status

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncIterator[Watch]:
        """What happens, from now on."""
        reader, writer = await asyncio.open_unix_connection(str(self.socket), limit=2**20)
        writer.write(b'{"do": "watch"}\n')
        await reader.readline()
        try:
            yield Watch(reader)
        finally:
            writer.close()

    async def cli(self, *words: str) -> tuple[int, str, str]:
        """Run ``teamvoice``; its exit code, standard output and standard error."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "teamvoice", *words),
            env={**os.environ, **self.environment},
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(process.communicate(), 30)
        return process.returncode or 0, out.decode(), err.decode()


class Watch:
    """Events of a daemon, in order."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader

    async def next(self, kind: str, within: float = 30.0) -> dict[str, Any]:
        """The next event of a kind; those before it are passed over."""
        async with asyncio.timeout(within):
            while line := await self._reader.readline():
                event: dict[str, Any] = json.loads(line)
                if event["event"] == kind:
                    return event
        raise AssertionError(f"the daemon ended before a {kind}")

    async def turn(self, within: float = 30.0) -> dict[str, Any]:
        """The next turn that ends."""
        turn: dict[str, Any] = (await self.next("turn", within))["turn"]
        return turn


@contextmanager
def daemon_at(home: Path, desk: Mapping[str, str], *, work_s: float = 3.0) -> Iterator[Daemon]:
    """A daemon with the offline server and two stand-ins, ready to be spoken to.

    Args:
        home: An empty folder: its HOME, and where everything of it is kept.
        desk: The environment of the desk that it sits at; empty for none.
        work_s: How long a stand-in works on what it is told.
    """
    with own_server() as server:
        open_standins(server, work_s, "developer", "pm")
        environment = {**without_session(), **desk, **places(home)}
        (home / "config").mkdir()
        (home / "config" / "config.toml").write_text(CONFIG.format(socket=name_of(server)))
        daemon = Daemon(home, server, environment)
        with run(daemon):
            yield daemon


@contextmanager
def run(daemon: Daemon) -> Iterator[None]:
    """Its process, with the link up; once more where an earlier one was killed."""
    before = daemon.log.count(_UP) if (daemon.home / "daemon.log").exists() else 0
    command = (sys.executable, "-m", "teamvoice", "run")
    with running(command, daemon.environment, daemon.home / "daemon.log") as process:
        daemon.pid = process.pid
        wait_for(lambda: daemon.log.count(_UP) > before, _UP, 40)
        yield


def places(home: Path) -> dict[str, str]:
    """Where a daemon keeps everything: in this folder."""
    return {
        "HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "TEAMVOICE_CONFIG_DIR": str(home / "config"),
        "TEAMVOICE_STATE_DIR": str(home / "state"),
        "TEAMVOICE_SOCKET": str(home / "control.sock"),
    }


def without_session() -> dict[str, str]:
    """What would lead the daemon out of the test: a key, and the session of whoever runs it."""
    nowhere = "unix:path=/nowhere"
    return {
        "OPENAI_API_KEY": "",
        "DISPLAY": "",
        "WAYLAND_DISPLAY": "",
        "NOTIFY_SOCKET": "",
        "DBUS_SESSION_BUS_ADDRESS": nowhere,
        "DBUS_SYSTEM_BUS_ADDRESS": nowhere,
    }
