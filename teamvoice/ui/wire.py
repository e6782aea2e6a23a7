"""The daemon's socket for a face: what happens as it happens, and requests, never blocking."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from typing import Any

import msgspec

from teamvoice.daemon.paths import control_socket
from teamvoice.daemon.peer import peer_uid
from teamvoice.errors import NoDaemon, TeamvoiceError

LINE_LIMIT = 4 * 1024 * 1024  # bytes; a status with long questions is far below
_MEND = "start it with: teamvoice run"


async def watch() -> AsyncGenerator[dict[str, Any], None]:
    """What is (``{"status": …}``), then what happens; ends with the daemon.

    Raises:
        NoDaemon: Nobody listens.
    """
    reader, writer = await _connect()
    try:
        writer.write(b'{"do":"watch"}\n')
        while line := await reader.readline():
            yield msgspec.json.decode(line, type=dict[str, Any])
    except (ConnectionError, ValueError) as error:
        raise NoDaemon(f"the daemon is gone: {error}", _MEND) from error
    finally:
        writer.close()


async def request(**message: Any) -> dict[str, Any]:
    """Ask the daemon one thing.

    Raises:
        NoDaemon: Nobody listens.
        TeamvoiceError: Its refusal.
    """
    reader, writer = await _connect()
    try:
        writer.write(msgspec.json.encode(message) + b"\n")
        line = await reader.readline()
    except ConnectionError as error:
        raise NoDaemon(f"the daemon is gone: {error}", _MEND) from error
    finally:
        writer.close()
    reply = msgspec.json.decode(line or b"{}", type=dict[str, Any])
    if not reply.get("ok"):
        raise TeamvoiceError(reply.get("error", "the daemon hung up"), reply.get("mend", ""))
    return reply


async def _connect() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    path = control_socket()
    try:
        reader, writer = await asyncio.open_unix_connection(path, limit=LINE_LIMIT)
    except OSError as error:
        raise NoDaemon(f"no daemon answers on {path} ({error.strerror or error})", _MEND) from error
    if peer_uid(writer.get_extra_info("socket")) != os.getuid():
        writer.close()
        raise NoDaemon(f"{path} belongs to another user's process", _MEND)
    return reader, writer
