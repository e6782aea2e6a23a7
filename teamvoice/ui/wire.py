"""The daemon's socket for a face: what happens as it happens, and requests, never blocking."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from typing import Any, Self

import msgspec

from teamvoice.daemon.paths import control_socket
from teamvoice.daemon.peer import peer_uid
from teamvoice.errors import NoDaemon, TeamvoiceError

SILENT_S = 5.0  # without a word of a daemon that says every two seconds that it lives
PATIENCE_S = 3.0  # for what the key did to be answered
LINE_LIMIT = 4 * 1024 * 1024  # bytes; a status with long questions is far below
_MEND = "start it with: teamvoice run"
_SILENT = "the daemon does not answer"
_HURRY_S = 0.3  # where it is known to be silent


async def watch() -> AsyncGenerator[dict[str, Any], None]:
    """What is (``{"status": …}``), then what happens; ends with the daemon.

    While the daemon says nothing, not even that it lives, ``{"event": "silent"}`` now and then.

    Raises:
        NoDaemon: Nobody listens.
    """
    reader, writer = await _connect()
    try:
        writer.write(b'{"do":"watch"}\n')
        while line := await _line_or_silence(reader):
            yield line
    except ConnectionError as error:
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
        return await _exchange(reader, writer, **message)
    finally:
        writer.close()


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, **message: Any
) -> dict[str, Any]:
    try:
        writer.write(msgspec.json.encode(message) + b"\n")
        reply = await _line(reader)
    except ConnectionError as error:
        raise NoDaemon(f"the daemon is gone: {error}", _MEND) from error
    if not reply:
        raise NoDaemon("the daemon hung up", _MEND)
    if not reply.get("ok"):
        refusal = TeamvoiceError(reply.get("error", "the daemon refused"), reply.get("mend", ""))
        refusal.exit_code = reply.get("exit", 1)
        raise refusal
    return reply


async def _line(reader: asyncio.StreamReader) -> dict[str, Any]:
    """The next line; empty when the daemon ended between two lines.

    Raises:
        NoDaemon: It ended within a line, or what came is none of ours.
    """
    try:
        line = await reader.readline()
        return msgspec.json.decode(line, type=dict[str, Any]) if line else {}
    except ValueError as error:  # msgspec's own among them
        raise NoDaemon("the daemon's answer was cut off", _MEND) from error


async def _line_or_silence(reader: asyncio.StreamReader) -> dict[str, Any]:
    try:
        async with asyncio.timeout(SILENT_S):
            return await _line(reader)
    except TimeoutError:
        return {"event": "silent"}


class KeyLine:
    """The key of a face: a connection that is kept while its context lasts.

    A hold that is begun on it is dropped with it, however the face ends. ``is_silent``: the daemon
    is known not to answer, so not much is waited for it.
    """

    def __init__(self) -> None:
        self.is_silent = False
        self._in_turn = asyncio.Lock()
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._hang_up()

    async def press(self, action: str) -> dict[str, Any]:
        """What the key does, as for ``teamvoice ptt``.

        Raises:
            NoDaemon: Nobody listens, or answers; then it is dropped, but for a cancel, and a hold
                that was begun here ends.
            TeamvoiceError: The daemon's refusal.
        """
        async with self._in_turn:
            if self._open and self._open[0].at_eof():
                self._hang_up()  # of a daemon that has ended; another may be there
            try:
                async with asyncio.timeout(_HURRY_S if self.is_silent else PATIENCE_S):
                    self._open = self._open or await _connect()
                    return await _exchange(*self._open, do="ptt", action=action, stays=True)
            except TimeoutError:
                self._hang_up()  # by which the daemon knows that it is not meant any more
                raise NoDaemon(_SILENT, "press again when it does") from None
            except (NoDaemon, asyncio.CancelledError):
                self._hang_up()  # a reply may come that nobody waits for
                raise

    def _hang_up(self) -> None:
        if self._open:
            self._open[1].close()
        self._open = None


class Requests:
    """What a face asks for, and gives up when the daemon falls silent before it has taken it.

    Of typed words the daemon tells all who watch once it has taken them. Any method raises
    ``NoDaemon`` where nobody listens, or it was given up, and says what is lost by that;
    ``TeamvoiceError`` is the daemon's refusal.
    """

    def __init__(self) -> None:
        self._untaken: dict[asyncio.Timeout, str] = {}

    async def ask(self, text: str) -> None:
        """Have the daemon answer these words; returns when the turn is over."""
        await self._request(f"“{text}” was not sent", text, do="ask", text=text)

    async def look(self, name: str) -> str:
        """What is worth saying of a member, as plain text of several lines."""
        return str(
            (await self._request(f"nothing is known of {name}", do="look", member=name))["text"]
        )

    async def answer(self, name: str, choice: str, question: dict[str, Any]) -> str:
        """Answer a member's question, as its status has it; what became of it."""
        asks, about = question.get("text", ""), question.get("subject", "")
        lost = f"it is not known whether {name} was answered"
        labels = [option.get("label", "") for option in question.get("options", ())]
        shown = {"member": name, "choice": choice, "asks": asks, "about": about, "options": labels}
        return str((await self._request(lost, do="answer", **shown))["text"])

    async def _request(self, lost: str, words: str = "", **message: Any) -> dict[str, Any]:
        patience = asyncio.timeout(None)
        self._untaken[patience] = words
        try:
            async with patience:
                return await request(**message)
        except TimeoutError:
            raise NoDaemon(f"{lost}: {_SILENT}") from None
        except NoDaemon as error:
            if patience not in self._untaken:
                raise
            raise NoDaemon(f"{lost}: {error.message}", error.mend) from error
        finally:
            self._untaken.pop(patience, None)

    def taken(self, words: str) -> None:
        """The daemon has these words."""
        if patience := next((p for p, t in self._untaken.items() if t == words), None):
            del self._untaken[patience]

    def give_up(self) -> None:
        """The daemon does not answer: what it has not taken it will not take any more."""
        for patience in self._untaken:
            patience.reschedule(asyncio.get_running_loop().time())


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
