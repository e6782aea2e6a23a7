"""A stand-in for the models of real agents: one small HTTP server that streams what a test scripts.

It speaks as much of two protocols as the agents ask for: the Messages API (Claude Code) and the
Responses API (Codex), as server-sent events. What it was sent is the truth of what was delivered::

    async with Model() as model:
        work = model.script(Works("Reading."))      # the answer to the agent's next request
        …
        work.finish()
        assert model.heard() == ["fix the login"]   # what the person said, as the model got it
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

from tests.support import wire
from tests.support.wait import until

ASIDE = "Fix the login"  # what an agent gets that asks for a title, or the like


@dataclass(frozen=True)
class Says:
    """A plain answer, at once."""

    text: str


@dataclass(frozen=True)
class Works:
    """An answer that ends only when the test says so (or the agent hangs up).

    Its text is streamed at the end, or, with ``aloud``, at once: Codex then shows no more than the
    text, and that it still works stands in the pane's title alone.
    """

    text: str
    aloud: bool = False
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def finish(self) -> None:
        """Let it end."""
        self.done.set()


@dataclass(frozen=True)
class Asks:
    """A call that makes the agent ask its person for permission to run a command."""

    command: str
    why: str = "it is needed"


@dataclass(frozen=True)
class Uses:
    """A call of any tool of the agent's."""

    tool: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Fails:
    """A refusal of the request."""

    status: int
    message: str


Reply = Says | Works | Asks | Uses | Fails
R = TypeVar("R", bound=Reply)


class Model:
    """The server, as an async context manager. A request beyond the script is answered "Done."."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []  # those of the conversation, in order
        self.paths: list[str] = []
        self.port = 0
        self._replies: list[Reply] = []
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        """Where it listens; loopback."""
        return f"http://127.0.0.1:{self.port}"

    def script(self, reply: R) -> R:
        """Append the answer to a request that is still to come."""
        self._replies.append(reply)
        return reply

    def heard(self) -> list[str]:
        """Everything that the person said in the conversation as it was last sent, in order."""
        return wire.said(self.requests[-1]) if self.requests else []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 24)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_exception: object) -> None:
        self._server.close()
        for writer in self._open:
            writer.transport.abort()
        await until(lambda: not self._open, "every connection is closed")
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                path, body = await wire.read_request(reader)
                self.paths.append(path)
                async for part in self._answer(path, body, reader):
                    writer.write(part)
                    await writer.drain()
        finally:
            self._open.discard(writer)
            writer.close()

    async def _answer(
        self, path: str, body: bytes, reader: asyncio.StreamReader
    ) -> AsyncIterator[bytes]:
        protocol = wire.protocol_of(path)
        if protocol is None:
            yield wire.plain(404, {"error": {"message": "not here"}})
            return
        if path.split("?", maxsplit=1)[0].endswith("/count_tokens"):
            yield wire.plain(200, {"input_tokens": 100})
            return
        request = json.loads(body)
        reply = self._next(request)
        if isinstance(reply, Fails):
            about = {"type": "invalid_request_error", "message": reply.message}
            yield wire.plain(reply.status, {"type": "error", "error": about})
            return
        yield wire.STREAM
        stream = protocol(request)
        if isinstance(reply, Works) and not reply.aloud:
            await _until_done(reply, reader)
        for event in stream.begin(_first(reply)):
            yield event
        if isinstance(reply, Works) and reply.aloud:
            await _until_done(reply, reader)
        for event in stream.end(_tool(reply, stream)):
            yield event

    def _next(self, request: dict[str, Any]) -> Reply:
        if not wire.is_conversation(request):
            return Says(ASIDE)
        self.requests.append(request)
        return self._replies.pop(0) if self._replies else Says("Done.")


async def _until_done(work: Works, reader: asyncio.StreamReader) -> None:
    """Until the test says so, or the agent hangs up: it was interrupted."""
    async with asyncio.TaskGroup() as group:
        ends = [group.create_task(work.done.wait()), group.create_task(_end_of(reader))]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.cancel()


async def _end_of(reader: asyncio.StreamReader) -> bool:
    with contextlib.suppress(ConnectionError):
        await reader.read()
    return True


def _first(reply: Reply) -> str:
    return reply.text if isinstance(reply, Says | Works) else ""


def _tool(reply: Reply, stream: wire.Stream) -> tuple[str, dict[str, Any]] | None:
    match reply:
        case Asks(command=command, why=why):
            return stream.asking(command, why)
        case Uses(tool=tool, arguments=arguments):
            return tool, arguments
    return None
