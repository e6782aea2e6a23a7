"""A WebSocket proxy between a client and a Realtime server that makes trouble on purpose.

::

    async with fault_proxy(server_url, Schedule.random(7)) as proxy:
        ... connect to proxy.url ...

A schedule has the troubles of each connection, in the order in which connections come; those that
come after the last one are left in peace. A trouble happens when so many frames have passed, either
way: the set-up of a session is three. ``proxy.met`` is what did happen.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.http11 import Request, Response

from tests.support import frames

SETUP = 3  # frames: created, update, updated
HUGE = json.dumps({"type": "huge", "bulk": "x" * 2**24})
HARMLESS = (
    "response_cancel_not_active",
    "conversation_already_has_active_response",
    "input_audio_buffer_commit_empty",
    "rate_limit_exceeded",
    "server_error",
    "invalid_value",
    "something_new",
)
LASTING = ("invalid_api_key", "insufficient_quota", "billing_hard_limit_reached", "model_not_found")


@dataclass(frozen=True)
class Refuse:
    """Answer the connection with an HTTP status."""

    status: int
    retry_after: str = ""


@dataclass(frozen=True)
class Cut:
    """Break the connection with no farewell: the client sees 1006."""


@dataclass(frozen=True)
class HalfOpen:
    """Read nothing more and write nothing more, and leave the connection open."""


@dataclass(frozen=True)
class Slow:
    """Let every later frame wait."""

    seconds: float


@dataclass(frozen=True)
class Close:
    """Close the connection with a code."""

    code: int


@dataclass(frozen=True)
class Inject:
    """Send the client a frame that the server did not send."""

    frame: str = field(repr=False)
    name: str


@dataclass(frozen=True)
class Endless:
    """Never let an answer end: its end is withheld, and more of it comes for ever."""


@dataclass(frozen=True)
class NoEnd:
    """Withhold the end of every later answer, and nothing else."""


@dataclass(frozen=True)
class Twice:
    """Send the client every later frame of the server's twice."""


@dataclass(frozen=True)
class Deny:
    """Answer the client's next request of a kind with an error, and do not pass it on."""

    kind: str
    code: str


@dataclass(frozen=True)
class Fail:
    """Let the next answer end as one that failed with a code. It never happens by chance."""

    code: str


Fault = Refuse | Cut | HalfOpen | Slow | Close | Inject | Endless | NoEnd | Twice | Deny | Fail


@dataclass(frozen=True)
class Trouble:
    """A fault, and after how many frames of its connection it happens."""

    after: int
    fault: Fault


def error(code: str) -> Inject:
    """An ``error`` event of the server's."""
    return Inject(json.dumps(frames.error(code)), code)


MALFORMED = Inject('{"type": "response.done"', "malformed JSON")
UNKNOWN = Inject(json.dumps(frames.frame("server.news", text="all is well")), "unknown event")
WRONG = Inject(json.dumps({"type": "response.done", "response": 7}), "wrong event")
BULK = Inject(HUGE, "16 MB frame")


def _stray(name: str, frame: dict[str, Any]) -> Inject:
    """Something of a response that nobody asked for."""
    text = json.dumps(frame).replace("resp_1", "resp_stray").replace("call_1", "call_stray")
    return Inject(text, f"stray {name}")


STRAY = (
    _stray("begin", frames.frame("response.created", response=frames.response("in_progress"))),
    _stray("audio", frames.audio(bytes(960))),
    _stray("end", frames.frame("response.done", response=frames.response("completed"))),
    _stray(
        "call",
        frames.frame("response.done", response=frames.response("completed", output=[frames.CALL])),
    ),
)

AT_CONNECT: tuple[Fault, ...] = (
    *(Refuse(401), Refuse(429), Refuse(429, "0"), Refuse(503), Refuse(503, "1")),
    Refuse(503, "Wed, 21 Oct 2015 07:28:00 GMT"),
)
LATER: tuple[Fault, ...] = (
    *(Cut(), Cut(), HalfOpen(), Slow(0.01), Endless(), NoEnd(), Twice(), *STRAY),
    *(Close(code) for code in (1000, 1001, 1006, 1011, 1013, 3000)),
    *(error(code) for code in (*HARMLESS, *LASTING, "session_expired", "session_expired")),
    *(Deny("response.create", code) for code in HARMLESS[1:]),
    *(Deny("input_audio_buffer.commit", code) for code in HARMLESS[2:4]),
    *(Deny(f"conversation.item.{deed}", "invalid_value") for deed in ("create", "truncate")),
    Deny("input_audio_buffer.append", "invalid_value"),
    *(MALFORMED, UNKNOWN, WRONG, BULK),
)


@dataclass(frozen=True)
class Schedule:
    """The troubles of each connection, in order."""

    connections: tuple[tuple[Trouble, ...], ...] = ()

    @classmethod
    def random(cls, seed: int, frames: int = 25) -> Schedule:
        """From one to three connections in trouble, the same for the same seed.

        Args:
            seed: For the chance.
            frames: After so many, at most, all trouble of a connection has happened.
        """
        chance = random.Random(seed)  # noqa: S311 - no secret
        return cls(tuple(_some_trouble(chance, frames) for _ in range(chance.randint(1, 3))))


def _some_trouble(chance: random.Random, most: int) -> tuple[Trouble, ...]:
    if chance.random() < 0.2:
        return (Trouble(0, chance.choice(AT_CONNECT)),)
    troubles = [Trouble(chance.randint(1, most), chance.choice(LATER)) for _ in range(2)]
    return tuple(sorted(troubles, key=lambda trouble: trouble.after))


@dataclass
class FaultProxy:
    """The proxy while it runs.

    Args:
        upstream: The server, as ``ws://HOST:PORT`` with any path.
        schedule: What is to go wrong.
        url: Where the proxy listens.
        met: The faults that happened, with the number of their connection.
        opened: How many connections have come, refused ones included.
    """

    upstream: str
    schedule: Schedule
    url: str = ""
    met: list[tuple[int, Fault]] = field(default_factory=list)
    opened: int = 0
    _numbers: dict[ServerConnection, int] = field(default_factory=dict)
    _passages: set[_Passage] = field(default_factory=set)

    @property
    def is_spent(self) -> bool:
        """All connections that were to have trouble have come."""
        return self.opened >= len(self.schedule.connections)

    def open(self, client: ServerConnection, _: Request) -> Response | None:
        """Number a connection that comes, and refuse it when that is its trouble."""
        number = self.opened
        self.opened += 1
        self._numbers[client] = number
        match self._troubles(number):
            case (Trouble(after=0, fault=Refuse() as refusal), *_):
                del self._numbers[client]
                self.met.append((number, refusal))
                return _refusal(client, refusal)
        return None

    @property
    def is_over(self) -> bool:
        """A connection with no trouble ahead is the one that came last."""
        return self.opened > len(self.schedule.connections)

    async def handle(self, client: ServerConnection) -> None:
        """Join a client to the server until either leaves."""
        number = self._numbers.pop(client)
        try:
            server = await self._reach(client)
        except (OSError, InvalidStatus) as refused:
            await client.close(1011, str(refused))
            return
        passage = _Passage(client, server, number, self._troubles(number), self.met)
        self._passages.add(passage)
        try:
            await passage.carry()
        finally:
            self._passages.discard(passage)

    def end(self) -> None:
        """Let go of every connection."""
        for passage in self._passages:
            passage.cut()

    def _troubles(self, number: int) -> tuple[Trouble, ...]:
        planned = self.schedule.connections
        return planned[number] if number < len(planned) else ()

    async def _reach(self, client: ServerConnection) -> ClientConnection:
        assert client.request is not None
        given = client.request.headers
        keep = {name: given[name] for name in ("Authorization", "api-key") if name in given}
        url = self.upstream.removesuffix("/v1/realtime") + client.request.path
        return await connect(url, additional_headers=keep, max_size=None, ping_interval=None)


class _Passage:
    """One connection through the proxy."""

    def __init__(
        self,
        client: ServerConnection,
        server: ClientConnection,
        number: int,
        troubles: tuple[Trouble, ...],
        met: list[tuple[int, Fault]],
    ) -> None:
        self._client, self._server = client, server
        self._number = number
        self._troubles = list(troubles)
        self._met = met
        self._passed = 0
        self._delay = 0.0
        self._is_endless = self._has_no_end = False
        self._more = json.dumps(frames.audio(bytes(960)))  # of whatever answer comes last
        self._copies = 1
        self._denied: list[Deny] = []
        self._failures: list[Fail] = []
        self._frozen = asyncio.Event()
        self._over = asyncio.Event()

    async def carry(self) -> None:
        """Until either side leaves, or trouble ends it."""
        async with asyncio.TaskGroup() as tasks:
            pumps = [
                tasks.create_task(self._pump(self._client, self._server)),
                tasks.create_task(self._pump(self._server, self._client)),
            ]
            await self._over.wait()
            for pump in pumps:
                pump.cancel()
        self.cut()

    def cut(self) -> None:
        self._over.set()
        self._client.transport.abort()
        self._server.transport.abort()

    async def _pump(
        self,
        source: ClientConnection | ServerConnection,
        target: ClientConnection | ServerConnection,
    ) -> None:
        try:
            async for frame in source:
                await self._pass(frame, target)
            # The farewell goes on to the other side, with its code.
            await target.close(source.close_code or 1011, source.close_reason or "")
        except ConnectionClosed:
            self._client.transport.abort()  # no farewell came, so there is none to pass on
        self._over.set()

    async def _pass(self, frame: str | bytes, target: ClientConnection | ServerConnection) -> None:
        if self._frozen.is_set():
            await self._over.wait()
        await asyncio.sleep(self._delay)
        if target is self._client:
            await self._pass_to_client(str(frame))
        elif not await self._is_denied(str(frame)):
            await target.send(frame)
        self._passed += 1
        while self._troubles and self._troubles[0].after <= self._passed:
            fault = self._troubles.pop(0).fault
            self._met.append((self._number, fault))
            await self._make(fault)

    async def _is_denied(self, frame: str) -> bool:
        denial = next((denial for denial in self._denied if f'"{denial.kind}"' in frame), None)
        if denial is None:
            return False
        self._denied.remove(denial)
        refused = frames.error(denial.code, caused_by=json.loads(frame)["event_id"])
        await self._client.send(json.dumps(refused))
        return True

    async def _pass_to_client(self, frame: str) -> None:
        if '"response.done"' in frame:
            if self._is_endless:
                await self._answer_for_ever()
            if self._has_no_end:
                return
            if self._failures:
                frame = _failed(frame, self._failures.pop(0).code)
        elif '"response.output_audio.delta"' in frame:
            self._more = frame
        for _ in range(self._copies):
            await self._client.send(frame)

    async def _make(self, fault: Fault) -> None:
        match fault:
            case Cut() | Close(code=1006):  # 1006 cannot be sent: it is what a cut looks like
                self.cut()
            case HalfOpen():
                self._client.transport.pause_reading()
                self._frozen.set()
            case Close(code):
                await self._client.close(code, "as scheduled")
            case Inject(frame):
                await self._client.send(frame)
            case Refuse():
                raise AssertionError("is for a connection that comes")
            case _:
                self._begin(fault)

    def _begin(self, fault: Fault) -> None:
        """Trouble that lasts, or is still to come."""
        match fault:
            case Slow(seconds):
                self._delay = seconds
            case Endless():
                self._is_endless = True
            case NoEnd():
                self._has_no_end = True
            case Twice():
                self._copies = 2
            case Deny():
                self._denied.append(fault)
            case Fail():
                self._failures.append(fault)

    async def _answer_for_ever(self) -> None:
        while True:
            await self._client.send(self._more)
            await asyncio.sleep(0.01)


def _failed(end: str, code: str) -> str:
    """The end of an answer, as of one that failed."""
    frame, failed = json.loads(end), frames.failed(code)["response"]
    return json.dumps({**frame, "response": {**failed, "id": frame["response"]["id"]}})


def _refusal(client: ServerConnection, refusal: Refuse) -> Response:
    response = client.respond(HTTPStatus(refusal.status), "as scheduled")
    if refusal.retry_after:
        response.headers["Retry-After"] = refusal.retry_after
    return response


@contextlib.asynccontextmanager
async def fault_proxy(upstream: str, schedule: Schedule) -> AsyncIterator[FaultProxy]:
    """A proxy to the server at an address, on a port of its own."""
    proxy = FaultProxy(upstream, schedule)
    async with serve(
        proxy.handle,
        "127.0.0.1",
        0,
        process_request=proxy.open,
        compression=None,
        ping_interval=None,
        close_timeout=0.5,
        max_size=None,
    ) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        proxy.url = f"ws://127.0.0.1:{port}/v1/realtime"
        try:
            yield proxy
        finally:
            proxy.end()
