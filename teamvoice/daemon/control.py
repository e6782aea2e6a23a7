"""The control socket: how the command line and the terminal faces reach the daemon.

JSON lines over a Unix socket that only its owner can open, and only its owner's processes may
use. A connection carries any number of requests, answered in order::

    {"do": "ptt", "action": "press", "at": 81.25}   {"ok": true}
    {"do": "ptt", "action": "toggle", "stays": true} {"ok": true}
    {"do": "ask", "text": "who needs me?"}          {"ok": true, "turn": {...}}
    {"do": "status"}                                {"ok": true, "status": {...}}
    {"do": "check"}                                 {"ok": true, "check": {...}}
    {"do": "look", "member": "pm"}                  {"ok": true, "text": "pm: idle …"}
    {"do": "answer", "member": "pm", "choice": "1", {"ok": true, "text": "Answered the PM."}
     "asks": "Proceed?", "about": "rm -r build",
     "options": ["Yes", "No"]}
    {"do": "watch"}                                 {"ok": true, "status": {...}}, then events

``action`` is one of press, release, toggle, cancel, confirm, mute and quiet; ``at`` is when, in
seconds on the machine's monotonic clock, and may be left out. What waited for so long that whoever
sent it has given up is refused, words too, but for a release and a cancel: it would open the
microphone for nobody. A hold that is begun with ``stays``
is dropped with the connection, if nothing ended it before: a face that dies sends no half sentence;
without it, it stays on, for a command that only begins one. A refusal reads ``{"ok": false,
"error": "what is wrong", "mend": "what to do", "exit": 1}``; ``exit`` is the command line's exit
code.
After ``watch`` the connection carries nothing but events, and ends with the daemon. While nothing
happens, ``{"event": "alive"}`` is told every two seconds: a daemon that tells nothing hangs.

The socket outlives what answers on it: while nobody does, a question waits, and a key is refused,
because what it would begin to hear is spoken now.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import select
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, Literal, Protocol, Self

import msgspec
import structlog

from teamvoice.daemon.backlog import Backlog
from teamvoice.daemon.by_hand import Members, Seen
from teamvoice.daemon.claim import claim
from teamvoice.daemon.edges import Edge, EdgeOrder
from teamvoice.daemon.keys import LISTENS
from teamvoice.daemon.peer import peer_uid
from teamvoice.daemon.records import ASK_LIMIT
from teamvoice.errors import TeamvoiceError

LINE_LIMIT = 1024 * 1024  # bytes of one request
CONNECTION_LIMIT = 64
AGAIN = "press again in a moment"
STALE_S = 5.0  # as long as ``teamvoice ptt`` waits for an answer
AHEAD_S = 1.0  # that a clock may be read differently
BEAT_S = 2.0  # between two signs of life

_log = structlog.get_logger(__name__)


class Voice(Protocol):
    """What the daemon offers to those who reach it through the socket."""

    def key(self, action: str, at: float, by: int = 0) -> str:
        """The key, by other means.

        Args:
            action: What it did; ``left``: the client that would stay is gone.
            at: When, on the monotonic clock; it never goes back.
            by: The number of the client that stays for the hold; 0 for one that does not.

        Returns:
            Why nothing can come of it now, such as that the session is locked; empty otherwise.
        """

    async def ask(self, text: str) -> dict[str, Any]:
        """Take a typed turn; returns it when it is over."""

    async def status(self) -> dict[str, Any]:
        """Everything worth showing, now."""

    async def check(self) -> dict[str, Any]:
        """The status, and what :mod:`teamvoice.daemon.selfcheck` finds."""

    def watch(self) -> AsyncIterator[dict[str, Any]]:
        """Events from now on, until the daemon ends."""

    @property
    def by_hand(self) -> Members:
        """What is done with a member."""


class _Request(msgspec.Struct, frozen=True, tag_field="do", forbid_unknown_fields=True):
    """What a client may ask."""


class _Ptt(_Request, frozen=True, tag="ptt"):
    action: Literal["press", "release", "toggle", "cancel", "confirm", "mute", "quiet"]
    at: Annotated[float, msgspec.Meta(ge=0)] | None = None
    stays: bool = False


class _Ask(_Request, frozen=True, tag="ask"):
    text: Annotated[str, msgspec.Meta(pattern=r"\S", max_length=ASK_LIMIT)]


class _Status(_Request, frozen=True, tag="status"):
    pass


class _Check(_Request, frozen=True, tag="check"):
    pass


class _Look(_Request, frozen=True, tag="look"):
    member: str


class _Answer(_Request, frozen=True, tag="answer"):
    member: str
    choice: Annotated[str, msgspec.Meta(pattern=r"^[1-9]\Z")]
    asks: str
    about: str = ""
    options: tuple[str, ...] = ()


class _Watch(_Request, frozen=True, tag="watch"):
    pass


_requests = msgspec.json.Decoder(_Ptt | _Ask | _Status | _Check | _Look | _Answer | _Watch)


class Control:
    """Listens on the control socket while its context lasts.

    Args:
        path: The socket.
        voice: Who answers; None for nobody yet (see :meth:`answering`).

    Raises:
        TeamvoiceError: On entering, as :func:`teamvoice.daemon.claim.claim` does.
    """

    def __init__(self, path: Path | str, voice: Voice | None = None) -> None:
        self._path = Path(path)
        self._voice = voice
        self._answered = asyncio.Event()
        if voice:
            self._answered.set()
        self._edges = EdgeOrder()
        self._numbers = itertools.count(1)  # of clients
        self._staying: set[int] = set()  # those that stay for what they begin
        self._open = contextlib.ExitStack()
        self._tasks = asyncio.TaskGroup()
        self._conversations: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @contextlib.contextmanager
    def answering(self, voice: Voice) -> Iterator[None]:
        """This voice answers for as long as the context lasts."""
        self._voice = voice
        self._answered.set()
        try:
            yield
        finally:
            self._voice = None
            self._answered.clear()

    async def __aenter__(self) -> Self:
        listener = await asyncio.to_thread(self._open.enter_context, claim(self._path))
        await self._tasks.__aenter__()
        self._server = await asyncio.start_unix_server(
            self._connected, sock=listener, limit=LINE_LIMIT, start_serving=False
        )
        await self._server.start_serving()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None  # noqa: S101 - set when it was entered
        self._server.close()
        self._server = None
        for conversation in self._conversations:
            conversation.cancel()
        try:
            await self._tasks.__aexit__(None, None, None)  # what ended the body is not theirs
        finally:
            await asyncio.to_thread(self._open.close)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        uid = peer_uid(writer.get_extra_info("socket"))
        full = len(self._conversations) >= CONNECTION_LIMIT
        if uid != os.getuid() or full or self._server is None:
            _log.warning("connection refused", uid=uid, open=len(self._conversations))
            writer.transport.abort()
            return
        conversation = self._tasks.create_task(self._converse(reader, writer))
        self._conversations.add(conversation)
        conversation.add_done_callback(self._conversations.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._talk(reader, writer)
            writer.close()
            await writer.wait_closed()
        except ConnectionError as error:
            _log.debug("a client left", reason=str(error))
        except Exception:  # noqa: BLE001 - as in _reply: a fault in watching ends this watcher only
            _log.exception("a conversation failed")
        finally:
            writer.transport.abort()  # a daemon that ends waits for no slow reader

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = next(self._numbers)
        try:
            await self._take_requests(client, reader, writer)
        finally:
            if client in self._staying and self._voice:  # while nobody answers, no hold is on
                self._voice.key("left", asyncio.get_running_loop().time(), client)
            self._staying.discard(client)

    async def _take_requests(
        self, client: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while line := await _line(reader):
            request = _understood(line)
            if isinstance(request, _Watch):
                await self._watch(reader, writer)
                return
            if isinstance(request, TeamvoiceError):
                await _send(writer, _refusal(request))
            elif wrong := _untimely(request, writer):
                await _send(writer, _refusal(wrong))
            else:
                await _send(writer, await self._reply(request, client))
        if line is None:
            await _send(writer, _refusal(TeamvoiceError("a request is longer than 1 MB")))

    async def _reply(self, request: _Request, client: int = 0) -> bytes:
        """The reply as it goes onto the wire."""
        try:
            return _encode({"ok": True, **await self._obey(request, client)})
        except TeamvoiceError as error:
            return _refusal(error)
        except Exception:  # noqa: BLE001 - one faulty answer must not end the conversation of all
            _log.exception("a request failed")
            return _refusal(TeamvoiceError("the daemon failed to answer", "see its log"))

    async def _obey(self, request: _Request, client: int) -> dict[str, Any]:
        if isinstance(request, _Ptt):
            self._key(request, client)
            return {}
        voice = await self._whoever_answers()
        match request:
            case _Ask(text):
                return {"turn": await voice.ask(text)}
            case _Status():
                return {"status": await voice.status()}
            case _Check():
                return {"check": await voice.check()}
        return {"text": await _done_by_hand(voice.by_hand, request)}

    async def _whoever_answers(self) -> Voice:
        while self._voice is None:
            await self._answered.wait()
        return self._voice

    def _key(self, request: _Ptt, client: int) -> None:
        by = client if request.stays else 0
        self._staying |= {by} - {0}
        voice = self._voice
        if voice is None:
            raise TeamvoiceError("not listening: the daemon starts, or changes its settings", AGAIN)
        now = asyncio.get_running_loop().time()
        at = now if request.at is None else min(request.at, now)  # no edge can outrun the clock
        edges: Iterable[Edge] = (Edge(request.action, at),)
        if request.action in {"press", "release"}:
            edges = self._edges.take(*edges)
        if why := next(filter(None, [voice.key(*edge, by) for edge in edges]), ""):
            if request.action == "confirm":
                raise TeamvoiceError(why)
            raise TeamvoiceError(f"the key is ignored: {why}", "" if why == LISTENS else AGAIN)

    async def _watch(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        backlog = Backlog(beat_s=BEAT_S)
        async with asyncio.TaskGroup() as tasks:
            collecting = tasks.create_task(self._collect(backlog))
            sending = tasks.create_task(self._send_events(backlog, writer))
            leaving = tasks.create_task(_until_gone(reader))
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
            for task in (collecting, sending, leaving):
                task.cancel()

    async def _collect(self, backlog: Backlog) -> None:
        async with contextlib.AsyncExitStack() as stack:
            events = (await self._whoever_answers()).watch()
            if isinstance(events, AsyncGenerator):
                await stack.enter_async_context(contextlib.aclosing(events))
            async for event in events:
                backlog.put(event)
        backlog.close()

    async def _send_events(self, backlog: Backlog, writer: asyncio.StreamWriter) -> None:
        """First what is, then what happens; events since the request are in the backlog already."""
        try:
            await _send(writer, await self._reply(_Status()))
            async for event in backlog:
                await _send(writer, _encode(event))
        except ConnectionError as error:
            _log.debug("a watcher left", reason=str(error))


async def _done_by_hand(members: Members, request: _Request) -> str:
    match request:
        case _Look(member):
            return await members.look(member)
        case _Answer(member, choice, asks, about, options):
            return await members.answer(member, choice, Seen(asks, about, options))
    raise AssertionError(f"{request} is of no known kind")


def _untimely(request: _Request, writer: asyncio.StreamWriter) -> TeamvoiceError | None:
    """Why what the key did, or what was typed, cannot be meant now."""
    if isinstance(request, (_Ask, _Answer)) and _has_left(writer):
        what, were = ("words", "were") if isinstance(request, _Ask) else ("answer", "was")
        why = f"the {what} came too late and {were} dropped"
        return TeamvoiceError(why, "try again in a moment")
    if not isinstance(request, _Ptt):
        return None
    age = 0.0 if request.at is None else asyncio.get_running_loop().time() - request.at
    if age < -AHEAD_S:
        return TeamvoiceError(f"not a request: at is {-age:.3g} s ahead of the monotonic clock")
    if request.action in {"release", "cancel"}:
        return None
    if age > STALE_S or (request.at is None and _has_left(writer)):
        return TeamvoiceError(f"the {request.action} came too late and was dropped", AGAIN)
    return None


def _has_left(writer: asyncio.StreamWriter) -> bool:
    """The other end is closed; one that only has no more to say still waits for its answer."""
    poll = select.poll()
    poll.register(writer.get_extra_info("socket"), 0)  # that it hung up is told in any case
    return bool(poll.poll(0))


def _understood(line: bytes) -> _Request | TeamvoiceError:
    try:
        request: _Request = _requests.decode(line)
    except (msgspec.DecodeError, RecursionError) as error:
        return TeamvoiceError(f"not a request: {error}")
    return request


async def _line(reader: asyncio.StreamReader) -> bytes | None:
    """The next line; empty at the end of the stream, None when it is too long."""
    try:
        return await reader.readline()
    except ValueError:
        return None


async def _send(writer: asyncio.StreamWriter, line: bytes) -> None:
    writer.write(line)
    await writer.drain()


async def _until_gone(reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(ConnectionError):  # it left with events unread: it is gone
        while await reader.read(65536):
            pass  # a watcher has nothing more to say


def _encode(message: dict[str, Any]) -> bytes:
    return msgspec.json.encode(message) + b"\n"


def _refusal(error: TeamvoiceError) -> bytes:
    return _encode(
        {"ok": False, "error": error.message, "mend": error.mend, "exit": error.exit_code}
    )
