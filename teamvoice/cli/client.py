"""The daemon's socket, from the command line. Standard library only: it must start fast."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Iterator
from typing import Any

from teamvoice.daemon.paths import control_socket
from teamvoice.daemon.peer import peer_uid
from teamvoice.errors import NoDaemon, TeamvoiceError

START = "start it with: teamvoice run (or, as a service: systemctl --user start teamvoice)"


def request(message: dict[str, Any], within: float | None = 5.0) -> dict[str, Any]:
    """Ask the daemon one thing.

    Args:
        message: As in :mod:`teamvoice.daemon.control`.
        within: Seconds to wait for the reply; None waits for as long as it takes.

    Raises:
        NoDaemon: Nobody listens.
        TeamvoiceError: The daemon's refusal, with its exit code; or it did not answer.
    """
    with _connect(within) as connection:
        return _reply(next(_lines(connection, message), b""))


def watch() -> Iterator[dict[str, Any]]:
    """What is (``{"status": {...}}``), then what happens, until the daemon ends.

    Raises:
        NoDaemon: Nobody listens.
        TeamvoiceError: The daemon's refusal.
    """
    with _connect(None) as connection:
        lines = _lines(connection, {"do": "watch"})
        yield _reply(next(lines, b""))
        for line in lines:
            yield json.loads(line)


def _connect(within: float | None) -> socket.socket:
    path = control_socket()
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(within)
    try:
        connection.connect(path)
    except OSError as error:
        connection.close()
        raise NoDaemon(f"no daemon answers on {path} ({error.strerror or error})", START) from error
    if peer_uid(connection) != os.getuid():
        connection.close()
        raise NoDaemon(f"{path} belongs to another user's process; nothing was sent", START)
    return connection


def _lines(connection: socket.socket, message: dict[str, Any]) -> Iterator[bytes]:
    try:
        _say(connection, message)
        with connection.makefile("rb") as stream:
            yield from stream
    except TimeoutError as error:
        raise TeamvoiceError(
            "the daemon did not answer in time", "see its log, or start it again"
        ) from error
    except ConnectionError as error:
        raise TeamvoiceError(f"the daemon is gone ({error.strerror})", START) from error


def _say(connection: socket.socket, message: dict[str, Any]) -> None:
    with contextlib.suppress(BrokenPipeError):  # it hung up on us: its reply says why
        connection.sendall(json.dumps(message).encode() + b"\n")


def _reply(line: bytes) -> dict[str, Any]:
    if not line:
        raise TeamvoiceError("the daemon hung up without an answer", "see its log")
    reply: dict[str, Any] = json.loads(line)
    if reply.pop("ok", False):
        return reply
    refusal = TeamvoiceError(reply.get("error", "the daemon refused"), reply.get("mend", ""))
    refusal.exit_code = reply.get("exit", 1)
    raise refusal
