"""A Realtime server that follows a script, over a real WebSocket.

A script is a list of steps for each connection, in the order in which connections come::

    server = scripted([Refuse(503)], [*GREETING, Expect("input_audio_buffer.commit"), Close(1001)])
    async with server as script:
        ... connect to script.url ...

Everything that the client sends is held to the specification, strictly. When the steps are done,
the connection stays open until the client leaves. A step that fails, a connection more than there
are scripts for, and a script that was not followed to its end fail the test at the end.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from tests.support import frames
from tests.support.spec import check_client_event, check_server_event, load


@dataclass(frozen=True)
class Expect:
    """The client sends an event of this kind; in the dialect of another server if not strict."""

    kind: str
    strict: bool = True


@dataclass(frozen=True)
class Send:
    """Send an event that is valid under the specification."""

    event: dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """Send an event that is made of the client's last one."""

    make: Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class SendRaw:
    """Send a frame as it is, valid or not."""

    frame: str | bytes


@dataclass(frozen=True)
class Close:
    """Close the connection with a code."""

    code: int
    reason: str = ""


@dataclass(frozen=True)
class Cut:
    """Break the connection with no farewell."""


@dataclass(frozen=True)
class Freeze:
    """Keep the connection open and never read from it again: it is half open."""


@dataclass(frozen=True)
class Refuse:
    """Refuse the connection with an HTTP status. The first and only step of a script."""

    status: int
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Stall:
    """Never answer the connection's opening. The first and only step of a script."""


Step = Expect | Send | Answer | SendRaw | Close | Cut | Freeze | Refuse | Stall

GREETING: tuple[Step, ...] = (
    Send(frames.created()),
    Expect("session.update"),
    Send(frames.updated()),
)


@dataclass
class Script:
    """What the server was given to do, and what it met.

    Args:
        conversations: The steps for each connection.
        url: Where it listens, once it does.
        heard: For each connection, everything that the client sent while steps were expected.
        requests: For each connection, the HTTP request that opened it.
        finished: How many conversations were followed to their end.
    """

    conversations: tuple[list[Step], ...]
    url: str = ""
    heard: list[list[dict[str, Any]]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    finished: int = 0
    _trouble: list[str] = field(default_factory=list)
    _opening: dict[ServerConnection, list[Step]] = field(default_factory=dict)
    _frozen: list[ServerConnection] = field(default_factory=list)
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    def kinds(self, connection: int = 0) -> list[str]:
        """The kinds of events that a connection's client sent."""
        return [event["type"] for event in self.heard[connection]]

    async def open(self, connection: ServerConnection, request: Request) -> Response | None:
        """The connection's next script begins; a refusal is its only step."""
        self.requests.append(request)
        if len(self.requests) > len(self.conversations):
            self._trouble.append(f"connection {len(self.requests)} is one too many")
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "no script")
        match steps := self.conversations[len(self.requests) - 1]:
            case [Refuse(status, body, headers)]:
                self.heard.append([])
                self.finished += 1
                response = connection.respond(HTTPStatus(status), body)
                response.headers.update(headers)
                return response
            case [Stall()]:
                self.heard.append([])
                self.finished += 1
                await self._over.wait()
                return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "too late")
        self._opening[connection] = steps
        return None

    async def play(self, connection: ServerConnection) -> None:
        """Follow a script over an open connection."""
        heard: list[dict[str, Any]] = []
        self.heard.append(heard)
        try:
            for step in self._opening.pop(connection):
                await self._take(step, connection, heard)
        except (AssertionError, ValueError, TimeoutError, ConnectionClosed) as error:
            self._trouble.append(f"{step}: {error!r}")
            return
        self.finished += 1
        await connection.wait_closed()

    async def _take(
        self, step: Step, connection: ServerConnection, heard: list[dict[str, Any]]
    ) -> None:
        match step:
            case Expect(kind, strict):
                heard.append(await _next_event(connection, strict=strict))
                assert heard[-1]["type"] == kind, f"got {heard[-1]}"
            case Send(event):
                await _send(connection, event)
            case Answer(make):
                await _send(connection, make(heard[-1]))
            case SendRaw(frame):
                await connection.send(frame)
            case Close(code, reason):
                await connection.close(code, reason)
            case Cut():
                connection.transport.abort()
            case Freeze():
                connection.transport.pause_reading()
                self._frozen.append(connection)
            case Refuse() | Stall():
                raise AssertionError("is the only step of a script")

    def end(self) -> None:
        """Let go of everything that is held."""
        self._over.set()
        for connection in self._frozen:
            connection.transport.abort()

    def check(self) -> None:
        """Fail when anything was not as written."""
        assert not self._trouble, self._trouble
        assert self.finished == len(self.conversations), (
            f"{self.finished} of {len(self.conversations)} scripts were followed to their end"
        )


@asynccontextmanager
async def scripted(*conversations: list[Step]) -> AsyncIterator[Script]:
    """Serve the scripts on a port of their own."""
    load()
    script = Script(conversations)
    async with serve(
        script.play,
        "127.0.0.1",
        0,
        process_request=script.open,
        compression=None,
        ping_interval=None,
        close_timeout=1.0,
        max_size=None,
    ) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        script.url = f"ws://127.0.0.1:{port}/v1/realtime"
        try:
            yield script
        finally:
            script.end()
    script.check()


async def _next_event(connection: ServerConnection, *, strict: bool) -> dict[str, Any]:
    async with asyncio.timeout(5):
        frame = await connection.recv()
    assert isinstance(frame, str), "a client event is a text frame"
    event: dict[str, Any] = json.loads(frame)
    if strict:
        check_client_event(event)
    return event


async def _send(connection: ServerConnection, event: dict[str, Any]) -> None:
    check_server_event(event)
    await connection.send(json.dumps(event))
