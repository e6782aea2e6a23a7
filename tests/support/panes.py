"""A tmux server of a test's own, and programs to run in its panes."""

from __future__ import annotations

import contextlib
import functools
import os
import shlex
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

from libtmux import Pane, Server

from teamvoice.config import Member, Team
from tests.support.processes import wait_for

ROOT = Path(__file__).parents[2]

# Reads its terminal raw, with bracketed paste on, and appends every byte that comes to a file.
_RECORDER = """
import os, sys, tty
tty.setraw(0)
with open(sys.argv[1], "ab", buffering=0) as record:
    os.write(1, b"\\x1b[?2004hready\\r\\n")
    while data := os.read(0, 65536):
        record.write(data)
"""


@contextlib.contextmanager
def own_server() -> Iterator[Server]:
    """A server on a socket of its own; it and its socket are gone afterwards."""
    server = Server(socket_name=f"tv-{uuid.uuid4().hex[:12]}", config_file="/dev/null")
    try:
        yield server
    finally:
        server.kill()
        sockets = Path(os.environ.get("TMUX_TMPDIR", "/tmp")) / f"tmux-{os.getuid()}"  # noqa: S108 - tmux's own
        (sockets / name_of(server)).unlink(missing_ok=True)


def name_of(server: Server) -> str:
    """The server's socket, as ``team.socket`` takes it."""
    assert server.socket_name
    return server.socket_name


def team_of(server: Server, *members: Member, deadline_s: float = 10.0) -> Team:
    """The settings of a team in this server."""
    return Team(socket=name_of(server), deadline_s=deadline_s, members=members)


def open_pane(server: Server, name: str, command: str) -> Pane:
    """A window of this name that runs a command; the first one starts the server."""
    where = str(ROOT)
    if not server.is_alive():
        session = server.new_session(
            "desk", x=100, y=30, window_name=name, window_command=command, start_directory=where
        )
        server.cmd("set-option", "-g", "automatic-rename", "off")
        server.cmd("set-option", "-g", "remain-on-exit", "on")
        window = session.active_window
    else:
        window = server.sessions[0].new_window(
            name, window_shell=command, start_directory=where, attach=False
        )
    pane = window.active_pane
    assert pane is not None
    return pane


def standin(name: str, seconds: float = 30.0) -> str:
    """The command of a stand-in agent."""
    module = "teamvoice.demo.standin"
    return f"exec {shlex.quote(sys.executable)} -m {module} --name {name} --seconds {seconds}"


def open_standins(server: Server, seconds: float, *names: str) -> dict[str, Pane]:
    """Stand-ins, each in a window of its name, that are ready: before that nothing is sent them."""
    panes = {name: open_pane(server, name, standin(name, seconds)) for name in names}
    for name, pane in panes.items():
        wait_for(functools.partial(is_ready, pane), f"{name} is ready")
    return panes


def recorder(file: Path) -> str:
    """The command of a program that keeps every byte that its terminal gets."""
    return f"exec {shlex.join([sys.executable, '-c', _RECORDER, str(file)])}"


def screen_of(pane: Pane) -> str:
    """What is on a pane's screen."""
    return "\n".join(pane.capture_pane())


def is_ready(pane: Pane) -> bool:
    """Whether a stand-in shows its prompt, and does nothing."""
    return "? for shortcuts" in screen_of(pane)


def pid_of(pane: Pane) -> int:
    """The program that a pane was started with."""
    return int(pane.cmd("display-message", "-p", "#{pane_pid}").stdout[0])


def id_of(pane: Pane) -> str:
    """The pane's ``%id``."""
    assert pane.pane_id
    return pane.pane_id
