"""The offline server over real WebSockets."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NoReturn

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from teamvoice.errors import TeamvoiceError
from teamvoice.offline.ports import EarsFactory, Voice
from teamvoice.offline.protocol import Limits
from teamvoice.offline.server import Settings, serve
from tests.support.offline_parts import (
    BrokenEars,
    ExactEars,
    HeldVoice,
    LiteralMind,
    ToneVoice,
    hoarse,
    sound_of,
    tone,
)
from tests.support.offline_talk import TOOL, Event, only
from tests.support.realtime_spec import check_client_event, check_server_event

TOKEN = "open-sesame"
MANUAL = {
    "type": "realtime",
    "tools": [TOOL],
    "audio": {
        "input": {"turn_detection": None, "transcription": {"model": "gpt-transcribe"}},
    },
}


@asynccontextmanager
async def serving(
    ears: EarsFactory = ExactEars, voice: Voice | None = None, **settings: Any
) -> AsyncIterator[str]:
    chosen = Settings(token=TOKEN, **settings)
    async with serve(chosen, ears, LiteralMind(), voice or ToneVoice()) as url:
        yield url


class Client:
    """A client that checks both directions against the specification."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, kind: str, **fields: Any) -> None:
        event = {"type": kind, **fields}
        check_client_event(event)
        await self.socket.send(json.dumps(event))

    async def until(self, kind: str) -> list[Event]:
        """Everything up to and with the first event of a type."""
        events: list[Event] = []
        async with asyncio.timeout(30):
            while not events or events[-1]["type"] != kind:
                event = json.loads(await self.socket.recv())
                check_server_event(event)
                events.append(event)
        return events

    async def closed(self) -> tuple[int, list[Event]]:
        """The close code, and what came before it."""
        events: list[Event] = []
        try:
            async with asyncio.timeout(30):
                while True:
                    events.append(json.loads(await self.socket.recv()))
        except ConnectionClosed as closed:
            return (closed.rcvd.code if closed.rcvd else 1006), events

    async def say(self, text: str) -> None:
        """Append in blocks of 20 ms, commit, and ask for a response."""
        sound = sound_of(text)
        for start in range(0, len(sound), 960):
            block = base64.b64encode(sound[start : start + 960]).decode()
            await self.send("input_audio_buffer.append", audio=block)
        await self.send("input_audio_buffer.commit")
        await self.send("response.create")


@asynccontextmanager
async def client(url: str, token: str = TOKEN) -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {token}"}
    async with connect(url, additional_headers=headers, max_size=None) as socket:
        yield Client(socket)


@asynccontextmanager
async def ready(url: str) -> AsyncIterator[Client]:
    async with client(url) as talk:
        await talk.until("session.created")
        await talk.send("session.update", session=MANUAL)
        await talk.until("session.updated")
        yield talk


@pytest.mark.parametrize(
    ("headers", "path", "status"),
    [
        ({}, "", 401),
        ({"Authorization": "Bearer wrong"}, "", 401),
        ({"Authorization": f"Basic {TOKEN}"}, "", 401),
        ({"Authorization": "Bearer schlüssel".encode().decode("latin-1")}, "", 401),
        ({"Authorization": f"Bearer {TOKEN}"}, "/more", 404),
    ],
)
async def test_who_is_not_let_in(headers: dict[str, str], path: str, status: int) -> None:
    async with serving() as url:
        with pytest.raises(InvalidStatus) as refused:
            await connect(url + path, additional_headers=headers)
    assert refused.value.response.status_code == status
    assert json.loads(refused.value.response.body or b"")["error"]["message"]


async def test_the_model_is_in_the_address() -> None:
    async with serving() as url, client(f"{url}?model=gpt-realtime-2.1") as talk:
        (created,) = await talk.until("session.created")
    assert created["session"]["model"] == "gpt-realtime-2.1"


async def test_a_spoken_turn_with_a_tool() -> None:
    async with serving() as url, ready(url) as talk:
        await talk.say('call look {"where": "here"}')
        events = await talk.until("response.done")
        transcript = only(events, "conversation.item.input_audio_transcription.completed")
        assert transcript["transcript"] == 'call look {"where": "here"}'
        (call,) = events[-1]["response"]["output"]
        assert json.loads(call["arguments"]) == {"where": "here"}
        output = {"type": "function_call_output", "call_id": call["call_id"], "output": "a cat"}
        await talk.send("conversation.item.create", item=output)
        await talk.send("response.create")
        events = await talk.until("response.done")
        said = only(events, "response.output_audio_transcript.done")["transcript"]
        assert said == "look says a cat"
        deltas = [e["delta"] for e in events if e["type"] == "response.output_audio.delta"]
        assert b"".join(map(base64.b64decode, deltas)) == b"".join(tone(said))


async def test_the_ears_decode_in_one_thread_that_is_not_the_loops() -> None:
    made: list[ExactEars] = []

    def make() -> ExactEars:
        made.append(ExactEars())
        return made[-1]

    async with serving(make) as url, ready(url) as talk:
        await talk.say("good morning")
        await talk.until("response.done")
    (ears,) = made
    assert len(ears.threads) == 1
    assert threading.current_thread().name not in ears.threads


async def test_what_cannot_be_read_is_told_and_the_session_goes_on() -> None:
    async with serving() as url, ready(url) as talk:
        await talk.socket.send("{")
        await talk.socket.send(b"binary")
        for code in ("invalid_json", "invalid_frame"):
            (error,) = await talk.until("error")
            assert error["error"]["code"] == code
        await talk.say("good morning")
        assert (await talk.until("response.done"))[-1]["response"]["status"] == "completed"


async def test_a_frame_that_is_too_large_ends_the_connection() -> None:
    async with serving(max_frame_bytes=10_000) as url, ready(url) as talk:
        await talk.socket.send("x" * 10_001)
        code, _ = await talk.closed()
    assert code == 1009


async def test_cancel_while_it_speaks_and_the_next_turn() -> None:
    voice = HeldVoice()
    async with serving(voice=voice) as url, ready(url) as talk:
        await talk.say("tell me all")
        await talk.until("response.output_audio.delta")
        await talk.send("response.cancel")
        done = (await talk.until("response.done"))[-1]["response"]
        assert done["status"] == "cancelled"
        voice.go_on.set()
        await talk.say("and now")
        events = await talk.until("response.done")
        assert events[-1]["response"]["status"] == "completed"
        assert [e for e in events if e.get("response_id") == done["id"]] == []
    assert voice.ended == 2


async def test_speech_interrupts_the_answer_and_is_answered() -> None:
    voice = HeldVoice()
    silence = base64.b64encode(bytes(48 * 900)).decode()
    async with serving(voice=voice) as url, client(url) as talk:
        sound = base64.b64encode(sound_of("tell me everything")).decode()
        await talk.send("input_audio_buffer.append", audio=sound)
        await talk.send("input_audio_buffer.append", audio=silence)
        await talk.until("response.output_audio.delta")
        sound = base64.b64encode(sound_of("stop talking please")).decode()
        await talk.send("input_audio_buffer.append", audio=sound)
        done = (await talk.until("response.done"))[-1]["response"]
        assert done["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
        voice.go_on.set()
        await talk.send("input_audio_buffer.append", audio=silence)
        events = await talk.until("response.done")
        said = only(events, "response.output_audio_transcript.done")["transcript"]
        assert said == "You said: stop talking please"


async def test_the_session_ends_after_its_time() -> None:
    async with serving(limits=Limits(session_s=0.2)) as url, client(url) as talk:
        code, events = await talk.closed()
    assert code == 1001
    assert events[-1]["error"]["code"] == "session_expired"


async def test_ears_that_fail_do_not_end_the_session() -> None:
    async with serving(BrokenEars) as url, ready(url) as talk:
        await talk.say("good morning")
        done = (await talk.until("response.done"))[-1]["response"]
        assert done["status"] == "failed"
        assert "no ears" in done["status_details"]["error"]["message"]
        content = [{"type": "input_text", "text": "typed"}]
        item = {"type": "message", "role": "user", "content": content}
        await talk.send("conversation.item.create", item=item)
        await talk.send("response.create")
        assert (await talk.until("response.done"))[-1]["response"]["status"] == "completed"


async def test_a_voice_that_fails_fails_its_response_only() -> None:
    async with serving(voice=ToneVoice(hoarse)) as url, ready(url) as talk:
        for _ in range(2):
            await talk.say("good morning")
            done = (await talk.until("response.done"))[-1]["response"]
            assert done["status"] == "failed"
            assert "broke" in done["status_details"]["error"]["message"]


async def test_a_fault_in_one_session_ends_that_session_only() -> None:
    class FaultyEars(ExactEars):
        def end(self) -> NoReturn:
            raise RuntimeError("a fault in the ears")

    async with serving(FaultyEars) as url, ready(url) as other:
        async with ready(url) as talk:
            await talk.say("good morning")
            code, _ = await talk.closed()
        assert code == 1011
        await other.send("conversation.item.delete", item_id="none")
        await other.until("error")


async def test_sessions_are_apart_and_bounded_in_number() -> None:
    async with serving(max_sessions=2) as url, ready(url) as one, ready(url) as two:
        await one.say("I am one")
        await two.say("I am two")
        for talk, text in ((one, "You said: I am one"), (two, "You said: I am two")):
            events = await talk.until("response.done")
            said = only(events, "response.output_audio_transcript.done")["transcript"]
            assert said == text
        with pytest.raises(InvalidStatus) as refused:
            async with client(url):
                pass
        assert refused.value.response.status_code == 503


async def test_who_has_left_takes_no_place_though_their_ears_still_load() -> None:
    may_load = threading.Event()

    class Slow(ExactEars):
        def load(self) -> None:
            may_load.wait(60)

    try:
        async with serving(Slow, max_sessions=1) as url:
            for _ in range(3):
                async with client(url) as talk:
                    await talk.until("session.created")
            may_load.set()
    finally:
        may_load.set()


async def test_the_end_of_the_server_ends_its_connections_and_threads() -> None:
    before = {thread.ident for thread in threading.enumerate()}
    async with serving() as url:
        socket = await connect(url, additional_headers={"Authorization": f"Bearer {TOKEN}"})
        talk = Client(socket)
        await talk.until("session.created")
    code, _ = await talk.closed()
    assert code == 1001
    names = [t.name for t in threading.enumerate() if t.ident not in before]
    assert [name for name in names if name.startswith("ears")] == []


async def test_a_port_that_is_taken() -> None:
    async with serving() as url:
        port = int(url.split(":")[2].split("/")[0])
        with pytest.raises(TeamvoiceError, match="cannot listen"):
            async with serving(port=port):
                pass


async def test_a_client_that_does_not_read_holds_up_nobody_and_loses_nothing() -> None:
    text, voice = "x" * 12_000, ToneVoice()  # 15 MB of sound: more than fits between the two
    async with serving(voice=voice) as url, ready(url) as deaf, ready(url) as other:
        content = [{"type": "input_text", "text": text}]
        item = {"type": "message", "role": "user", "content": content}
        await deaf.send("conversation.item.create", item=item)
        await deaf.send("response.create")
        await other.say("good morning")
        await other.until("response.done")
        assert voice.said < len(text) / 5  # it waits for its listener
        events = await deaf.until("response.done")
        deltas = [e["delta"] for e in events if e["type"] == "response.output_audio.delta"]
        said = only(events, "response.output_audio_transcript.done")["transcript"]
        assert sum(len(base64.b64decode(delta)) for delta in deltas) == sum(map(len, tone(said)))
