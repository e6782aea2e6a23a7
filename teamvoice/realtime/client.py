"""One session with the speech model, over one WebSocket.

::

    async with Session(provider, spec) as session:   # connected, set up, and confirmed
        await session.send(CommitAudio())
        async for event in session:                   # until LinkClosed
            ...

Entering goes through three stages, each with a deadline: the connection opens, the provider sends
``session.created``, and it confirms our ``session.update`` with ``session.updated``. Only then may
audio be sent: before, the provider's own defaults hold, which answer by themselves.

A frame that cannot be read is yielded as :class:`Malformed`; it does not end the session. One that
comes twice, with the same identifier, is yielded once. A
connection that has gone silent is noticed by WebSocket pings. Received frames wait in a queue of
the WebSocket's own; when it is full no more is read, and the provider has to wait.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from teamvoice.errors import LinkClosed, LinkRefused, ProtocolError
from teamvoice.realtime import events
from teamvoice.realtime.decoder import Decoder
from teamvoice.realtime.dialect import Dialect
from teamvoice.realtime.endings import closed_with, refusals, session_refused
from teamvoice.realtime.parts import SessionInfo
from teamvoice.realtime.providers import Provider
from teamvoice.realtime.requests import Request, encode, identified
from teamvoice.realtime.session import SessionSpec

# The WebSocket library writes every header, so also the key, to its logger at level DEBUG. This
# logger is deaf to that whatever the level of the others.
_log = logging.getLogger("teamvoice.realtime.websocket")
_log.setLevel(logging.INFO)

_MOST_EARLY_EVENTS = 64  # that may come before the session is confirmed; a few do
_START_OF_FRAME = 200  # characters of a malformed frame that are worth reporting


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Deadlines and bounds of a session; times are seconds.

    Args:
        open_s: For the connection to open: name, TCP, TLS, and the WebSocket handshake.
        created_s: For ``session.created`` to come.
        updated_s: For ``session.updated`` to come.
        ping_every_s: How often a sign of life is asked for.
        pong_within_s: For the sign of life to come.
        send_s: For the connection to take a request. Pings do not notice a connection that takes
            nothing, because they wait in the same line.
        close_s: For a farewell; after it the connection is cut.
        frame_bytes: The largest frame that is taken.
    """

    open_s: float = 10.0
    created_s: float = 10.0
    updated_s: float = 10.0
    ping_every_s: float = 15.0
    pong_within_s: float = 10.0
    send_s: float = 10.0
    close_s: float = 0.5
    frame_bytes: int = 32 * 2**20


class _Direct(connect):
    """A connection that goes where it was sent, and nowhere else.

    The library follows redirects and takes headers along that it does not know to carry a key.
    """

    def process_redirect(self, exc: Exception) -> Exception:
        """What a redirect comes to: the refusal that it is."""
        return exc


class Session:
    """One session: an async context manager, and an async iterator of what the provider sends.

    Args:
        provider: Whom to connect to.
        spec: How the session is to be.
        limits: Deadlines and bounds.
    """

    def __init__(self, provider: Provider, spec: SessionSpec, limits: Limits | None = None) -> None:
        self._provider = provider
        self._spec = spec
        self._limits = limits or Limits()
        self._decoder = Decoder(provider.profile.aliases)
        self._dialect = Dialect(provider.profile.features)
        self._early: deque[events.Event] = deque()
        self._sending = asyncio.Lock()
        self._sent = 0
        self._began = 0.0
        self._last = b""
        self._socket: ClientConnection | None = None
        self.info = SessionInfo()
        """What the provider said about the session, its end (``expires_at``) for one."""

    async def __aenter__(self) -> Self:
        """Connect, set the session up, and await its confirmation.

        Raises:
            LinkRefused: Nobody answered in time, or the provider refused the connection (its HTTP
                status) or the session (status 101, and the provider's code).
            LinkClosed: The connection ended before the session was confirmed.
        """
        self._began = time.time()
        self._socket = await self._open()
        try:
            await self._set_up()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def send(self, request: Request) -> str:
        """Send a request after all that were sent before it.

        Returns:
            The identifier under which it went, or the last of those that went in its place. An
            ``error`` that it causes names it, and ``ErrorEvent.request`` tells the kind of request.
            Empty when the provider cannot do this, or does it unasked, and nothing was sent.

        Raises:
            LinkClosed: The connection has ended, or takes nothing more.
        """
        event_id = ""
        async with self._sending:
            for apt in self._dialect.translate(request):
                self._sent += 1
                ready = identified(apt, self._sent)
                event_id = str(ready.event_id)
                await self._write(encode(ready))
        return event_id

    @property
    def ends_at(self) -> float | None:
        """When the session ends at the latest, as a Unix time; None when that is not known.

        What the provider says is not trusted when it is over already, nor beyond what its sessions
        are known to last: its clock and ours may differ.
        """
        longest = self._provider.profile.session_s
        known = None if longest is None else self._began + longest
        ends = [end for end in (self.info.expires_at, known) if end and end > self._began]
        return min(ends, default=None)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> events.Event:
        """The next event.

        Raises:
            LinkClosed: The connection has ended. The iteration never ends in any other way.
        """
        while True:
            event = self._early.popleft() if self._early else await self._receive()
            if event.kind not in self._provider.profile.ignores:
                return event

    async def close(self) -> None:
        """Say farewell, within a bound; afterwards the connection is closed, politely or not."""
        socket = self._open_socket
        try:
            async with asyncio.timeout(2 * self._limits.close_s):
                await socket.close()
        except TimeoutError:
            _log.info("the provider did not say farewell in time; the connection was cut")
        finally:
            socket.transport.abort()

    @property
    def _open_socket(self) -> ClientConnection:
        if self._socket is None:
            raise RuntimeError("a Session is used within `async with`")
        return self._socket

    async def _open(self) -> ClientConnection:
        async with refusals(self._provider.address, self._limits.open_s):
            return await _Direct(
                self._provider.url,
                additional_headers=self._provider.headers,
                proxy=None if self._provider.local else True,
                compression=None,  # speech does not shrink, and trying takes time
                open_timeout=None,  # the deadline is ours
                ping_interval=self._limits.ping_every_s,
                ping_timeout=self._limits.pong_within_s,
                close_timeout=self._limits.close_s,
                max_size=self._limits.frame_bytes,
                logger=_log,
            )

    async def _set_up(self) -> None:
        if self._provider.profile.greets:
            await self._await_stage(events.SessionCreated, self._limits.created_s)
        await self.send(self._spec.update(self._provider.profile))
        await self._await_stage(events.SessionUpdated, self._limits.updated_s)

    async def _await_stage(
        self, stage: type[events.SessionCreated | events.SessionUpdated], within: float
    ) -> None:
        """Wait for a stage of the set-up. What else arrives is kept for the iteration."""
        try:
            async with asyncio.timeout(within):
                while not isinstance(event := await self._receive_early(), stage):
                    self._keep(event)
        except TimeoutError as error:
            name = stage.__struct_config__.tag
            raise LinkRefused(f"the provider sent no {name} within {within:g} s") from error
        self.info = event.session

    async def _receive_early(self) -> events.Event:
        event = await self._receive()
        if isinstance(event, events.ErrorEvent):
            raise session_refused(event.error)
        return event

    def _keep(self, event: events.Event) -> None:
        if len(self._early) == _MOST_EARLY_EVENTS:
            raise ProtocolError("the provider sends much, but does not confirm the session")
        self._early.append(event)

    async def _write(self, frame: bytes) -> None:
        try:
            async with asyncio.timeout(self._limits.send_s):
                await self._open_socket.send(frame, text=True)
        except ConnectionClosed as closed:
            raise closed_with(closed) from closed
        except TimeoutError as error:
            within = self._limits.send_s
            raise LinkClosed(f"the connection took nothing for {within:g} s") from error

    async def _receive_frame(self) -> bytes:
        try:
            return await self._open_socket.recv(decode=False)
        except ConnectionClosed as closed:
            raise closed_with(closed) from closed

    async def _receive(self) -> events.Event:
        frame = await self._receive_frame()
        while frame == self._last and b'"event_id"' in frame:
            frame = await self._receive_frame()  # the same event once more
        self._last = frame
        try:
            event = self._decoder.decode(frame)
        except ProtocolError as error:
            start = frame[:_START_OF_FRAME].decode(errors="replace")
            return events.Malformed(error.message, start)
        self._dialect.received(event)
        return event
