"""A conversation with a Realtime model in a few lines of your own.

::

    async with RealtimeClient(on_audio=speaker.play_audio) as client:
        await client.send_text("Hello!")
        async for event in client.events():
            ...

A thin face over :mod:`teamvoice.realtime`: whom it talks to (OpenAI, another provider, the offline
server) is what the configuration says, and one client is one session, with no reconnection. The
daemon's link is the one that never ends. It starts no server: an offline one has to run
(``teamvoice offline-server``), and the configuration to name its address.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import inspect
from collections import deque
from collections.abc import AsyncGenerator, Callable
from typing import Any, NoReturn, Self

import msgspec

from teamvoice import config as configuration
from teamvoice.audio.pcm import BYTES_PER_SECOND, AnySound, pcm16_of
from teamvoice.errors import ConfigError, LinkClosed
from teamvoice.library.wish import SessionConfig, spec_of
from teamvoice.realtime import events as wire
from teamvoice.realtime import providers
from teamvoice.realtime import requests as ask
from teamvoice.realtime.client import Session

EVENTS = 4096  # that wait for events(); then the oldest make room
SHORTEST = BYTES_PER_SECOND // 10  # bytes of speech that a provider takes as a turn
LATE_S = 1.0  # seconds by which a player may be late: what it plays then is cut as well

_CLOSED = ("it was closed while it connected", "connect again")


class RealtimeClient:
    """One session with a speech model, as an async context manager.

    Callbacks run on the event loop, one after another, and must not block. One may be ``async``: it
    is awaited, and meanwhile nothing more is heard. What one raises ends the session, and reaches
    you: ``async with`` raises it, or without it :meth:`events`, what sends, and :meth:`close`.

    Args:
        api_key: The key; else the one of the environment (``OPENAI_API_KEY``) or of the file
            ``env`` beside the configuration.
        config: How the session is to be.
        on_audio: Told each piece of spoken answer: PCM16, mono, 24 kHz, as bytes.
        on_transcript: Told each piece of the answer's words.
        on_error: Told what went wrong, as ``{"message", "code", …}``; most often the session goes
            on. Its end is told so as well, with the code ``closed``.
        on_interrupt: You began to speak while an answer came, or can still be playing: stop it. Not
            told where no answer is.

    Raises:
        TypeError: The key is no string, or the config no ``SessionConfig``.
    """

    def __init__(
        self,
        api_key: str | None = None,
        config: SessionConfig | None = None,
        on_audio: Callable[[bytes], object] | None = None,
        on_transcript: Callable[[str], object] | None = None,
        on_error: Callable[[dict[str, Any]], object] | None = None,
        on_interrupt: Callable[[], object] | None = None,
    ) -> None:
        if not isinstance(config, SessionConfig | None):  # what code without types may pass
            raise TypeError(f"config is a SessionConfig, not {type(config).__name__}")
        if not isinstance(api_key, str | None):
            raise TypeError(f"api_key is a string or None, not {type(api_key).__name__}")
        self.config = config or SessionConfig()
        self._api_key = api_key
        self._on_audio = on_audio
        self._on_transcript = on_transcript
        self._on_error = on_error
        self._on_interrupt = on_interrupt
        self._session: Session | None = None
        self._connecting = asyncio.Lock()
        self._attempt: asyncio.Timeout | None = None  # the one that is under way
        self._closed = 0  # so often
        self._tasks = asyncio.TaskGroup()
        self._reading: asyncio.Task[None] | None = None
        self._raised: Exception | None = None  # by a callback of the last session
        self._owed: Exception | None = None  # the same, while nobody was told
        self._heard = _Heard()
        self._answering = False  # between the beginning and the end of an answer
        self._plays_until = 0.0  # by the loop's clock: what came may be heard for as long
        self._uncommitted = 0  # bytes of speech

    @property
    def connected(self) -> bool:
        """The session is there, and confirmed."""
        return self._session is not None

    async def __aenter__(self) -> Self:
        await self._connect(in_block=True)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def connect(self) -> None:
        """Connect, set the session up, and await its confirmation. Harmless when connected.

        Raises:
            ConfigError: There is no key, no address to connect to, an audio format that is not
                PCM16, a turn detection that is no mapping, or the configuration wants the offline
                server that only a daemon starts.
            TypeError: Of the ``SessionConfig`` something is of another kind than it says.
            LinkRefused: Nobody answered, or the provider refused.
            LinkClosed: It was closed meanwhile.
        """
        await self._connect(in_block=False)

    async def _connect(self, *, in_block: bool) -> None:
        closed = self._closed
        async with self._connecting:
            if self._closed != closed:
                raise LinkClosed(*_CLOSED)
            if not self._session:
                await self._end()  # what is left of a session that ended
                await self._begin(closed, in_block=in_block)

    async def _begin(self, closed: int, *, in_block: bool) -> None:
        wish = configuration.load().provider
        key = configuration.api_key() if self._api_key is None else self._api_key
        _check_is_no_child(wish, key)
        wanted = msgspec.structs.replace(wish, model=self.config.model or wish.model)
        spec = spec_of(self.config, wanted)
        session = Session(providers.resolve(wanted, key), spec)
        try:
            async with asyncio.timeout(None) as self._attempt:
                await session.__aenter__()
        except TimeoutError:
            raise LinkClosed(*_CLOSED) from None
        finally:
            self._attempt = None
        if self._closed != closed:  # in the very moment in which it was confirmed
            await session.close()
            raise LinkClosed(*_CLOSED)
        self._session, self._heard = session, _Heard()
        self._answering, self._plays_until, self._uncommitted = False, 0.0, 0
        self._tasks = await asyncio.TaskGroup().__aenter__()
        reading = self._read(session, self._heard, in_block=in_block)
        self._reading = self._tasks.create_task(reading)

    async def close(self) -> None:
        """Say farewell. Harmless when closed, and in a callback; a :meth:`connect` ends with it.

        Raises:
            Exception: What a callback raised, if nothing else has raised it yet.
        """
        self._closed += 1
        attempt, self._attempt = self._attempt, None
        if attempt:
            attempt.reschedule(0.0)  # it is over now
        await self._end()

    async def _end(self) -> None:
        session, self._session = self._session, None
        self._heard.news.set()
        try:
            if self._reading is not asyncio.current_task():  # else a callback's: it ends by itself
                await self._end_reading()
        finally:
            if session:
                await session.close()
        owed, self._owed, self._raised = self._owed, None, None
        if owed:
            raise owed

    async def _end_reading(self) -> None:
        reading, self._reading = self._reading, None
        if reading:
            reading.cancel()
            with contextlib.suppress(ExceptionGroup):  # of what is owed, and raised by itself
                await self._tasks.__aexit__(None, None, None)

    async def events(self) -> AsyncGenerator[dict[str, Any], None]:
        """What the provider sends in this session, or sent in the last one; ends with it.

        Dictionaries by the protocol's own names; audio is base64 in ``delta``, as on the wire. What
        came before this was called is told first; who takes none for long loses the oldest of
        4,096. What a callback raised ends it.
        """
        heard = self._heard
        while True:
            while heard.kept:
                yield heard.kept.popleft()
            if heard is not self._heard:
                return  # it is another session that goes on
            if not self._session:
                if self._raised:
                    self._raise(self._raised)
                return
            heard.news.clear()
            await heard.news.wait()

    # Saying ------------------------------------------------------------------------------------

    async def send_audio(self, audio: AnySound) -> None:
        """Send a piece of speech: mono at 24 kHz, as bytes of PCM16, int16 or samples -1.0 to 1.0.

        Raises:
            LinkClosed: The session has ended, or there is none yet.
            TypeError: It is none of these.
            ValueError: Bytes that end within a sample, or an array of more than one channel.
            Exception: What a callback raised, by which the session ended.
        """
        pcm = pcm16_of(audio)
        await self._send(ask.AppendAudio(audio=pcm))
        self._uncommitted += len(pcm)

    async def commit_audio(self) -> None:
        """What was sent is a turn: ask for its answer. Raises what :meth:`send_audio` raises.

        Of less than 100 ms since the last time none is asked for: the provider tells ``on_error``
        that it is too little (``input_audio_buffer_commit_empty``), and waits for more.
        """
        is_turn = self._uncommitted >= SHORTEST
        await self._send(ask.CommitAudio())
        if is_turn:
            self._uncommitted = 0
            await self._send(ask.CreateResponse())

    async def send_text(self, text: str) -> None:
        """Take a turn in writing, and ask for its answer. Raises what :meth:`send_audio` raises."""
        await self._send(ask.CreateItem(item=ask.message(text)))
        await self._send(ask.CreateResponse())

    async def send_tool_output(self, call_id: str, output: str) -> None:
        """Say what a function call came to, and ask the model to go on."""
        await self._send(ask.CreateItem(item=ask.CallOutputItem(call_id=call_id, output=output)))
        await self._send(ask.CreateResponse())

    async def cancel_response(self) -> None:
        """Stop the answer that is under way; harmless when none is."""
        await self._send(ask.CancelResponse())

    async def _send(self, request: ask.Request) -> None:
        if not self._session:
            if self._raised:
                self._raise(self._raised)
            raise LinkClosed("there is no session", "connect first")
        await self._session.send(request)

    # Hearing -----------------------------------------------------------------------------------

    async def _read(self, session: Session, heard: _Heard, *, in_block: bool) -> None:
        try:
            await self._hear(session, heard)
        except Exception as error:
            self._raised = self._owed = error
            if in_block:
                raise  # which cancels the block
        finally:
            if self._session is session:
                self._session = None
            heard.news.set()
            await session.close()

    async def _hear(self, session: Session, heard: _Heard) -> None:
        """Tell all that comes until the end; raises what a callback raises."""
        try:
            async for event in session:
                heard.keep(_as_dict(event))
                await self._tell(event)
        except LinkClosed as end:
            if self._session is session:  # it was not closed from here
                self._session = None
                await _call(self._on_error, {"message": str(end), "code": "closed"})

    def _raise(self, error: Exception) -> NoReturn:
        self._owed = None
        raise error

    async def _tell(self, event: wire.Event) -> None:
        match event:
            case wire.ResponseCreated():
                self._answering = True
            case wire.ResponseDone():
                self._answering = False
            case wire.AudioDelta(delta=pcm):
                self._plays_until = max(self._plays_until, _now()) + len(pcm) / BYTES_PER_SECOND
                await _call(self._on_audio, pcm)
            case wire.AudioTranscriptDelta(delta=text) | wire.TextDelta(delta=text):
                await _call(self._on_transcript, text)
            case wire.SpeechStarted() if self._answering or _now() < self._plays_until + LATE_S:
                self._plays_until = 0.0
                await _call(self._on_interrupt)
            case wire.ErrorEvent(error=error) if error.code != "response_cancel_not_active":
                told = {"message": error.message or error.name, **msgspec.to_builtins(error)}
                await _call(self._on_error, told)


class _Heard:
    """What came in a session, and waits for who listens."""

    def __init__(self) -> None:
        self.kept: deque[dict[str, Any]] = deque(maxlen=EVENTS)
        self.news = asyncio.Event()

    def keep(self, event: dict[str, Any]) -> None:
        self.kept.append(event)
        self.news.set()


def _check_is_no_child(wish: configuration.Provider, key: str) -> None:
    """The offline server that is chosen by its name is the daemon's own: here nobody starts it."""
    if providers.choose(wish, key) != "offline":
        return
    run = (
        "run teamvoice offline-server and set TEAMVOICE_PROVIDER_URL to the address that it prints"
    )
    if wish.name == "offline":
        mend = f"{run}, with TEAMVOICE_PROVIDER_NAME=generic"
        raise ConfigError(
            'provider.name is "offline", and only the daemon starts that server', mend
        )
    raise ConfigError("there is no API key", f"give api_key, or set OPENAI_API_KEY; or {run}")


async def _call(callback: Callable[..., object] | None, *arguments: object) -> None:
    told = callback(*arguments) if callback else None
    if inspect.isawaitable(told):
        await told


def _now() -> float:
    return asyncio.get_running_loop().time()


def _as_dict(event: wire.Event) -> dict[str, Any]:
    """An event as on the wire, without what is not set."""
    if isinstance(event, wire.Unknown):
        return event.raw
    plain: dict[str, Any] = msgspec.to_builtins(event)
    plain.setdefault("type", event.kind)
    if isinstance(event, wire.AudioDelta):
        plain["delta"] = base64.b64encode(event.delta).decode("ascii")
    return {name: value for name, value in plain.items() if value is not None}
