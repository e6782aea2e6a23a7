"""One client's connection: the session's commands carried out, and what came of them told.

The tasks: one reads frames (the caller's own), one writes events, one has the ears, in a thread of
their own, one has the voice, and one waits for the session's end. All that decides is in
:class:`~teamvoice.offline.protocol.Session`, whose methods do not wait, so what one event
decides is queued in one piece. A client that does not read, or speaks faster than the ears
understand, is read more slowly in turn; nothing is dropped.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable

import msgspec
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from teamvoice.errors import TeamvoiceError
from teamvoice.offline.commands import Close, Command, Conclude, Feed, Listen, Send, Speak
from teamvoice.offline.lane import Lane, OneThread
from teamvoice.offline.ports import Ears, Voice
from teamvoice.offline.protocol import Session

_EVENTS_WAITING = 64
_PIECES_WAITING = 256  # of sound, at the ears


class Connection:
    """A client that is being served.

    Args:
        socket: Its WebSocket.
        session: What decides.
        ears: The ears of this session alone.
        loading: Held while ears load: one after another, and none for a client that has left.
        voice: The voice, which sessions share.
        session_s: When the session ends, in seconds.
    """

    def __init__(
        self,
        socket: ServerConnection,
        session: Session,
        ears: Ears,
        loading: asyncio.Lock,
        voice: Voice,
        session_s: float,
    ) -> None:
        self._socket = socket
        self._session = session
        self._ears = ears
        self._loading = loading
        self._voice = voice
        self._session_s = session_s
        self._deaf = ""  # why the utterance at the ears will not be understood
        self._to_client: Lane[Send | Close] = Lane(_EVENTS_WAITING)
        self._to_ears: Lane[Listen | Feed | Conclude] = Lane(_PIECES_WAITING)
        self._to_voice: Lane[Speak] = Lane(_EVENTS_WAITING)

    async def serve(self) -> None:
        """Serve until the connection is closed, by either side."""
        async with OneThread("ears") as ears, asyncio.TaskGroup() as tasks:
            others = [
                tasks.create_task(self._write()),
                tasks.create_task(self._hear(ears)),
                tasks.create_task(self._speak()),
                tasks.create_task(self._expire()),
            ]
            self._perform(self._session.begin())
            await self._read()
            for task in others:
                task.cancel()

    def _perform(self, commands: list[Command]) -> None:
        for command in commands:
            match command:
                case Send() | Close():
                    self._to_client.put(command)
                case Listen() | Feed() | Conclude():
                    self._to_ears.put(command)
                case Speak():
                    self._to_voice.put(command)

    async def _read(self) -> None:
        try:
            while True:
                await self._to_client.room()
                await self._to_ears.room()
                self._perform(self._session.receive(await self._socket.recv()))
        except ConnectionClosed:
            return  # the end of every connection

    async def _write(self) -> None:
        try:
            while isinstance(command := await self._to_client.get(), Send):
                await self._socket.send(msgspec.json.encode(command.event).decode())
            await self._socket.close(command.code, command.reason)
        except ConnectionClosed:
            return  # the reader sees the same, and ends the rest
        finally:
            self._to_client.close()

    async def _expire(self) -> None:
        await asyncio.sleep(self._session_s)
        self._perform(self._session.expire())

    async def _hear(self, thread: OneThread) -> None:
        async with self._loading:
            await self._listen(thread, self._ears.load)
        while True:
            match await self._to_ears.get():
                case Listen():
                    self._deaf = ""
                    await self._listen(thread, self._ears.begin)
                case Feed(pcm):
                    await self._listen(thread, self._ears.feed, pcm)
                case Conclude(utterance):
                    self._perform(await self._conclude(thread, utterance))

    async def _listen(self, thread: OneThread, call: Callable[..., None], *args: bytes) -> None:
        """Tell the ears; when they fail at an utterance, the rest of it is spared them."""
        if self._deaf:
            return
        try:
            await thread.run(call, *args)
        except TeamvoiceError as error:
            self._deaf = str(error)

    async def _conclude(self, thread: OneThread, utterance: str) -> list[Command]:
        if self._deaf:
            return self._session.not_heard(utterance, self._deaf)
        try:
            hearing = await thread.run(self._ears.end)
        except TeamvoiceError as error:
            return self._session.not_heard(utterance, str(error))
        return self._session.heard(utterance, hearing.text)

    async def _speak(self) -> None:
        while True:
            command = await self._to_voice.get()
            trouble = await self._say(command)
            self._perform(self._session.spoken(command.response_id, trouble))

    async def _say(self, command: Speak) -> str:
        """Speak for as long as the response lives; tells why it failed, if it did."""
        if not self._session.wants(command.response_id):
            return ""
        sound = self._voice.speak(command.text)
        try:
            await self._pass_on(command.response_id, sound)
        except TeamvoiceError as error:
            return str(error)
        finally:
            if isinstance(sound, AsyncGenerator):
                await sound.aclose()
        return ""

    async def _pass_on(self, response_id: str, sound: AsyncIterator[bytes]) -> None:
        async for pcm in sound:
            await self._to_client.room()
            if not self._session.wants(response_id):
                return
            self._perform(self._session.spoke(response_id, pcm))
