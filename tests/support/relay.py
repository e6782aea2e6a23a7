"""A WebSocket relay between a client and a server that keeps what went either way.

A gate may hold up what the server sends, or change it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

Event = dict[str, Any]
Gate = Callable[[Event], Awaitable[Event]]


async def _open(event: Event) -> Event:
    return event


class Relay:
    """Everything that the client sent and the server answered, in order, as JSON."""

    def __init__(self, upstream: str) -> None:
        self._upstream = upstream
        self._links: list[tuple[ServerConnection, ClientConnection]] = []
        self.url = ""
        self.gate: Gate = _open
        self.sent: list[dict[str, Any]] = []
        self.received: list[dict[str, Any]] = []

    def kinds(self) -> list[str]:
        """The types of what was sent, runs of audio as one."""
        kinds = [event["type"] for event in self.sent]
        audio = "input_audio_buffer.append"
        return [
            kind for n, kind in enumerate(kinds) if kind != audio or kinds[n - 1 : n] != [audio]
        ]

    @property
    def up(self) -> int:
        """How many connections are up."""
        return sum(client.state is State.OPEN for client, _ in self._links)

    async def cut(self) -> None:
        """Break every connection that is up."""
        for client, server in self._links:
            client.transport.abort()
            server.transport.abort()
        self._links.clear()

    async def handle(self, client: ServerConnection) -> None:
        """Join a client to the server until either leaves."""
        assert client.request is not None
        keep = {"Authorization": client.request.headers.get("Authorization", "")}
        path = client.request.path
        async with connect(self._upstream + path, additional_headers=keep, max_size=None) as server:
            self._links.append((client, server))
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_pump(client, server, self.sent, _open))
                tasks.create_task(_pump(server, client, self.received, self._pass))

    async def _pass(self, event: Event) -> Event:
        return await self.gate(event)


async def _pump(
    source: ServerConnection | ClientConnection,
    target: ServerConnection | ClientConnection,
    kept: list[Event],
    gate: Gate,
) -> None:
    with contextlib.suppress(ConnectionClosed):  # the other side is told by the close below
        async for frame in source:
            kept.append(json.loads(frame))
            await target.send(json.dumps(await gate(kept[-1])))
    await target.close()


@contextlib.asynccontextmanager
async def relay_to(url: str) -> AsyncIterator[Relay]:
    """A relay to the server at ``ws://HOST:PORT``, on a port of its own."""
    base = url.removesuffix("/v1/realtime")
    relay = Relay(base)
    async with serve(relay.handle, "127.0.0.1", 0, max_size=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        relay.url = f"ws://127.0.0.1:{port}/v1/realtime"
        yield relay
