"""The daemon's socket, from the command line.

Standard library only, and of that only what a press of a key needs: ``json``, ``typing``,
``contextlib`` and what ``socket`` puts around ``_socket`` would take half of its time.
"""

from __future__ import annotations

import _socket
import os

from teamvoice.daemon.paths import control_socket
from teamvoice.daemon.peer import peer_uid
from teamvoice.errors import NoDaemon, TeamvoiceError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

START = "start it with: teamvoice run (or, at every login: teamvoice service install)"
DONE = b'{"ok":true}\n'  # the reply that says no more than that
_RECEIVE = 65536  # bytes at once


def request(message: dict[str, Any], within: float | None = 5.0) -> dict[str, Any]:
    """Ask the daemon one thing; as :func:`exchange`, with a message that is not yet a line."""
    return exchange(_line(message), within)


def exchange(line: bytes, within: float | None = 5.0) -> dict[str, Any]:
    """Send the daemon a request and return what it replied.

    Args:
        line: A request as in :mod:`teamvoice.daemon.control`, with its newline.
        within: Seconds to wait for the reply; None waits for as long as it takes.

    Raises:
        NoDaemon: Nobody listens.
        TeamvoiceError: The daemon's refusal, with its exit code; or it did not answer.
    """
    connection = _connect(within)
    try:
        return _reply(next(_lines(connection, line), b""))
    finally:
        connection.close()


def watch() -> Iterator[dict[str, Any]]:
    """What is (``{"status": {...}}``), then what happens, until the daemon ends.

    Raises:
        NoDaemon: Nobody listens.
        TeamvoiceError: The daemon's refusal.
    """
    connection = _connect(None)
    try:
        lines = _lines(connection, _line({"do": "watch"}))
        yield _reply(next(lines, b""))
        yield from map(_decode, lines)
    finally:
        connection.close()


def _connect(within: float | None) -> _socket.socket:
    path = control_socket()
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
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


def _lines(connection: _socket.socket, request: bytes) -> Iterator[bytes]:
    begun = b""
    try:
        _send(connection, request)
        while received := connection.recv(_RECEIVE):
            *lines, begun = (begun + received).split(b"\n")
            for line in lines:
                yield line + b"\n"
    except TimeoutError as error:
        raise TeamvoiceError(
            "the daemon did not answer in time", "see its log, or start it again"
        ) from error
    except ConnectionError as error:
        raise TeamvoiceError(f"the daemon is gone ({error.strerror})", START) from error


def _send(connection: _socket.socket, request: bytes) -> None:
    try:  # noqa: SIM105 - contextlib is not for the fast way
        connection.sendall(request)
    except BrokenPipeError:  # it hung up on us: its reply says why
        pass


def _line(message: dict[str, Any]) -> bytes:
    import json

    return json.dumps(message).encode() + b"\n"


def _decode(line: bytes) -> dict[str, Any]:
    import json

    decoded: dict[str, Any] = json.loads(line)
    return decoded


def _reply(line: bytes) -> dict[str, Any]:
    if not line:
        raise TeamvoiceError("the daemon hung up without an answer", "see its log")
    if line == DONE:
        return {}
    reply = _decode(line)
    if reply.pop("ok", False):
        return reply
    refusal = TeamvoiceError(reply.get("error", "the daemon refused"), reply.get("mend", ""))
    refusal.exit_code = reply.get("exit", 1)
    raise refusal
