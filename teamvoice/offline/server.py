"""The server: connections on loopback, with a token, each a session of its own."""

from __future__ import annotations

import asyncio
import hmac
import http
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import msgspec
from msgspec import Struct
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as serve_websocket
from websockets.http11 import Request, Response

from teamvoice.errors import TeamvoiceError
from teamvoice.offline.connection import Connection
from teamvoice.offline.ports import EarsFactory, Mind, Voice
from teamvoice.offline.protocol import Limits, Session
from teamvoice.offline.script import Names

HOST = "127.0.0.1"
PATH = "/v1/realtime"


class Settings(Struct, frozen=True, kw_only=True):
    """How the server serves.

    Args:
        token: What a client must show as ``Authorization: Bearer``.
        port: Where it listens; 0 takes any that is free.
        limits: The bounds of a session.
        max_sessions: More connections at a time are answered with HTTP 503.
        max_frame_bytes: A longer frame ends its connection with close code 1009.
        names: Makes the ids of one session.
    """

    token: str
    port: int = 0
    limits: Limits = Limits()
    max_sessions: int = 8
    max_frame_bytes: int = 20 * 1024 * 1024
    names: Callable[[], Names] = Names


@asynccontextmanager
async def serve(
    settings: Settings, ears_factory: EarsFactory, mind: Mind, voice: Voice
) -> AsyncIterator[str]:
    """Serve while the context is open; its value is the address for clients.

    Args:
        settings: How.
        ears_factory: Makes the ears of one session; inert until they are told to ``load``.
        mind: What understands, for all sessions.
        voice: What speaks, for all sessions.

    Raises:
        TeamvoiceError: The port is taken.
    """
    door, loading = _Door(settings), asyncio.Lock()

    async def handle(socket: ServerConnection) -> None:
        limits, model = settings.limits, _model(socket)
        session = Session(mind, limits, settings.names(), model, time.time())
        connection = Connection(socket, session, ears_factory(), loading, voice, limits.session_s)
        await _attend(connection, socket, door)

    listening = serve_websocket(
        handle,
        HOST,
        settings.port,
        process_request=door.check,
        max_size=settings.max_frame_bytes,
        compression=None,  # loopback has bandwidth, and sound does not compress
        ping_interval=None,  # a dead peer on loopback closes its socket; a slow one is not dead
    )
    try:
        server = await listening
    except OSError as error:
        message = f"The offline server cannot listen on port {settings.port}: {error.strerror}"
        raise TeamvoiceError(message, "choose another --port, or 0 for any") from error
    async with server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"ws://{HOST}:{port}{PATH}"


async def _attend(connection: Connection, socket: ServerConnection, door: _Door) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(connection.serve())  # its ears may take longer to leave
        with door:
            await socket.wait_closed()


class _Door:
    """Who may come in, and how many are."""

    def __init__(self, settings: Settings) -> None:
        self._token = settings.token.encode()
        self._max = settings.max_sessions
        self._inside = 0

    def __enter__(self) -> None:
        self._inside += 1

    def __exit__(self, *_: object) -> None:
        self._inside -= 1

    def check(self, socket: ServerConnection, request: Request) -> Response | None:
        """Answer a request that is not let in."""
        if urlsplit(request.path).path != PATH:
            message = f"There is only {PATH} here."
            return _refusal(socket, http.HTTPStatus.NOT_FOUND, "not_found", message)
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        known = hmac.compare_digest(token.strip().encode(), self._token)
        if scheme.lower() != "bearer" or not known:
            message = "Incorrect token provided."
            return _refusal(socket, http.HTTPStatus.UNAUTHORIZED, "invalid_api_key", message)
        if self._inside >= self._max:
            message = f"{self._max} sessions are open already."
            busy = http.HTTPStatus.SERVICE_UNAVAILABLE
            return _refusal(socket, busy, "too_many_sessions", message)
        return None


def _refusal(
    socket: ServerConnection, status: http.HTTPStatus, code: str, message: str
) -> Response:
    error = {"type": "invalid_request_error", "code": code, "message": message, "param": None}
    response = socket.respond(status, msgspec.json.encode({"error": error}).decode())
    del response.headers["Content-Type"]
    response.headers["Content-Type"] = "application/json"
    return response


def _model(socket: ServerConnection) -> str:
    asked = parse_qs(urlsplit(socket.request.path).query) if socket.request else {}
    return asked.get("model", [""])[0]
