"""The openai package's own Realtime client holds a conversation with the offline server."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

from openai import AsyncOpenAI
from openai.resources.realtime.realtime import AsyncRealtimeConnection

from teamvoice.offline.server import Settings, serve
from tests.support.offline_parts import ExactEars, LiteralMind, ToneVoice, sound_of, tone
from tests.support.offline_talk import TOOL


async def until_done(connection: AsyncRealtimeConnection) -> list[Any]:
    events: list[Any] = []
    async with asyncio.timeout(30):
        async for event in connection:
            assert event.type != "error", event
            events.append(event)
            if event.type == "response.done":
                return events
    raise AssertionError("the connection ended")


async def test_it_speaks_calls_a_tool_and_hears_the_answer() -> None:
    settings = Settings(token="secret")
    async with serve(settings, ExactEars, LiteralMind(), ToneVoice()) as url:
        base = url.removesuffix("/realtime")
        openai = AsyncOpenAI(api_key="secret", websocket_base_url=base)
        async with openai, openai.realtime.connect(model="gpt-realtime-2.1") as connection:
            await connection.session.update(
                session={
                    "type": "realtime",
                    "tools": [{**TOOL, "type": "function"}],  # type: ignore[list-item] # a dict
                    "audio": {
                        "input": {
                            "turn_detection": None,
                            "transcription": {"model": "gpt-transcribe"},
                        }
                    },
                }
            )
            audio = base64.b64encode(sound_of('call look {"where": "here"}')).decode()
            await connection.input_audio_buffer.append(audio=audio)
            await connection.input_audio_buffer.commit()
            await connection.response.create()
            events = await until_done(connection)
            kind = "conversation.item.input_audio_transcription.completed"
            (heard,) = [event for event in events if event.type == kind]
            assert heard.transcript == 'call look {"where": "here"}'
            (call,) = events[-1].response.output
            assert (call.type, call.name) == ("function_call", "look")
            await connection.conversation.item.create(
                item={"type": "function_call_output", "call_id": call.call_id, "output": "a cat"}
            )
            await connection.response.create()
            events = await until_done(connection)
            (said,) = [e for e in events if e.type == "response.output_audio_transcript.done"]
            assert said.transcript == "look says a cat"
            sound = [e.delta for e in events if e.type == "response.output_audio.delta"]
            assert b"".join(map(base64.b64decode, sound)) == b"".join(tone(said.transcript))
            assert events[-1].response.usage.output_token_details.audio_tokens > 0
