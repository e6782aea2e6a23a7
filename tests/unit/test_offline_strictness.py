"""What the offline server refuses, and how it says so."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types import realtime
from openai.types.realtime import realtime_audio_config_input
from pydantic import BaseModel

from teamvoice.offline import requests
from tests.support.offline_talk import TOOL, Talk, kinds, refusal
from tests.support.realtime_spec import client_event_types

TEXT = [{"type": "input_text", "text": "hi"}]
USER = {"type": "message", "role": "user", "content": TEXT}


def session(**fields: Any) -> dict[str, Any]:
    return {"type": "session.update", "session": {"type": "realtime", **fields}}


def heard(**fields: Any) -> dict[str, Any]:
    return session(audio={"input": fields})


def item(**fields: Any) -> dict[str, Any]:
    return {"type": "conversation.item.create", "item": {**USER, **fields}}


def response(**fields: Any) -> dict[str, Any]:
    return {"type": "response.create", "response": fields}


TRUNCATE = {"type": "conversation.item.truncate", "item_id": "x", "content_index": 0}
REFUSED = [
    ({}, "missing_required_parameter", "type"),
    ({"type": "response.start"}, "invalid_value", "type"),
    ({"type": 7}, "invalid_value", "type"),
    ({"type": "response.create", "now": 1}, "unknown_parameter", "now"),
    ({"type": "input_audio_buffer.append"}, "missing_required_parameter", "audio"),
    ({"type": "input_audio_buffer.append", "audio": 1}, "invalid_type", "audio"),
    ({"type": "input_audio_buffer.append", "audio": "%%"}, "invalid_value", "audio"),
    ({"type": "input_audio_buffer.append", "audio": "AAAA"}, "invalid_value", "audio"),
    ({"type": "input_audio_buffer.commit", "item_id": "x"}, "unknown_parameter", "item_id"),
    ({"type": "output_audio_buffer.clear"}, "invalid_request_error", "type"),
    ({"type": "conversation.item.delete"}, "missing_required_parameter", "item_id"),
    ({"type": "conversation.item.retrieve", "item_id": None}, "invalid_type", "item_id"),
    (TRUNCATE, "missing_required_parameter", "audio_end_ms"),
    ({**TRUNCATE, "audio_end_ms": -1}, "invalid_value", "audio_end_ms"),
    ({**TRUNCATE, "audio_end_ms": 1.5}, "invalid_type", "audio_end_ms"),
    ({**TRUNCATE, "audio_end_ms": "1"}, "invalid_type", "audio_end_ms"),
    ({"type": "response.cancel", "reason": "x"}, "unknown_parameter", "reason"),
    ({"type": "session.update"}, "missing_required_parameter", "session"),
    ({"type": "session.update", "session": {}}, "missing_required_parameter", "session.type"),
    (session(temperature=0.8), "unknown_parameter", "session.temperature"),
    (session(voice="marin"), "unknown_parameter", "session.voice"),
    (session(instructions=None), "invalid_type", "session.instructions"),
    (session(output_modalities=["audio", "text"]), "invalid_value", "session.output_modalities"),
    (session(output_modalities=["smell"]), "invalid_value", "session.output_modalities[0]"),
    (session(max_output_tokens=0), "invalid_value", "session.max_output_tokens"),
    (session(tools=[{**TOOL, "strict": True}]), "unknown_parameter", "session.tools[0].strict"),
    (session(tools=[{**TOOL, "type": "mcp"}]), "invalid_value", "session.tools[0].type"),
    (session(tool_choice="look"), "invalid_value", "session.tool_choice"),
    (session(prompt={"id": "p"}), "invalid_value", "session.prompt"),
    ({"type": "session.update", "session": {"type": "transcription"}}, None, "session.type"),
    (heard(turn_detection={"type": "push"}), None, "session.audio.input.turn_detection.type"),
    (
        heard(turn_detection={"type": "server_vad", "eagerness": "low"}),
        "unknown_parameter",
        "session.audio.input.turn_detection.eagerness",
    ),
    (
        heard(turn_detection={"type": "server_vad", "idle_timeout_ms": 6000}),
        "invalid_value",
        "session.audio.input.turn_detection.idle_timeout_ms",
    ),
    (heard(format={"type": "audio/pcmu"}), "invalid_value", "session.audio.input.format.type"),
    (
        heard(format={"type": "audio/pcm", "rate": 16000}),
        "invalid_value",
        "session.audio.input.format.rate",
    ),
    (
        session(audio={"output": {"format": {"type": "audio/pcma"}}}),
        "invalid_value",
        "session.audio.output.format.type",
    ),
    (
        session(audio={"output": {"voice": "nobody"}}),
        "invalid_value",
        "session.audio.output.voice",
    ),
    (session(audio={"output": {"speed": 9}}), "invalid_value", "session.audio.output.speed"),
    (item(role="robot"), "invalid_value", "item.role"),
    (item(type="thought"), "invalid_value", "item.type"),
    (item(content=[{"type": "input_text"}]), None, "item.content[0].text"),
    (item(content=[{**TEXT[0], "bold": 1}]), "unknown_parameter", "item.content[0].bold"),
    (item(role="assistant"), "invalid_value", "item.content[0].type"),
    (item(content=[{"type": "input_image"}]), "invalid_value", "item.content[0].type"),
    (item(id="x" * 65), "invalid_value", "item.id"),
    (response(modalities=["text"]), "unknown_parameter", "response.modalities"),
    (response(conversation="mine"), "invalid_value", "response.conversation"),
    (response(metadata={"a": 1}), "invalid_type", "response.metadata[...]"),
    (response(input=[{"type": "item_reference", "id": "no"}]), None, "item_id"),
    (
        response(audio={"output": {"voice": "nobody"}}),
        "invalid_value",
        "response.audio.output.voice",
    ),
]


@pytest.mark.parametrize(("event", "code", "param"), REFUSED)
def test_is_refused_by_name_and_the_session_goes_on(
    event: dict[str, Any], code: str | None, param: str
) -> None:
    talk = Talk()
    error = refusal(talk.raw(json.dumps({**event, "event_id": "offender"})))
    assert error["type"] == "invalid_request_error"
    assert error["event_id"] == "offender"
    assert error["param"] == param
    assert error["message"]
    assert code in (None, error["code"])
    assert talk.write("still here")[0]["type"] == "conversation.item.added"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("", "invalid_json"),
        ("{", "invalid_json"),
        ("[]", "invalid_json"),
        ('"response.create"', "invalid_json"),
        ("[" * 100_000, "invalid_json"),
        ('{"type": "response.create"} more', "invalid_json"),
        ('{"type": "response.create", "event_id": NaN}', "invalid_json"),
        (b'{"type": "response.create"}', "invalid_frame"),
        ('{"type": "response.create", "event_id": 5}', "invalid_type"),
        ('{"type": "conversation.item.delete", "item_id": "\\ud800"}', "invalid_json"),
    ],
)
def test_a_frame_that_is_no_event(frame: str | bytes, code: str) -> None:
    talk = Talk()
    error = refusal(talk.raw(frame))
    assert (error["code"], error["event_id"]) == (code, None)
    assert talk.write("still here")[0]["type"] == "conversation.item.added"


ACCEPTED = [
    session(
        model="gpt-realtime-2.1",
        instructions="Be brief.",
        tools=[{**TOOL, "description": "Look."}],
        tool_choice={"type": "function", "name": "look"},
        parallel_tool_calls=True,
        reasoning={"effort": "low"},
        max_output_tokens="inf",
        include=None,
        prompt=None,
        tracing={"workflow_name": "x", "metadata": {"a": 1}},
        truncation={
            "type": "retention_ratio",
            "retention_ratio": 0.8,
            "token_limits": {"post_instructions": 8000},
        },
    ),
    heard(
        format={"type": "audio/pcm", "rate": 24000},
        transcription={"model": "gpt-transcribe", "language": "en", "prompt": "tmux"},
        noise_reduction=None,
        turn_detection={"type": "semantic_vad", "eagerness": "high"},
    ),
    session(audio={"output": {"voice": "marin", "speed": 1.2}}, tracing=None, truncation="auto"),
    item(id="mine", object="realtime.item", status="completed"),
    item(role="assistant", content=[{"type": "output_text", "text": "so"}]),
    item(role="assistant", content=[{"type": "output_audio", "transcript": "so"}]),
    response(instructions="x", metadata={"a": "b"}, audio={"output": {"voice": "marin"}}),
    {"type": "response.create"},
    {"type": "response.create", "event_id": "x", "response": {}},
]


@pytest.mark.parametrize("event", ACCEPTED)
def test_is_taken(event: dict[str, Any]) -> None:
    events = Talk().raw(json.dumps(event))
    assert events
    assert [e["error"] for e in events if e["type"] == "error"] == []


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (requests.SessionFields, realtime.RealtimeSessionCreateRequest),
        (requests.ResponseFields, realtime.RealtimeResponseCreateParams),
        (requests.AudioInput, realtime.RealtimeAudioConfigInput),
        (requests.AudioOutput, realtime.RealtimeAudioConfigOutput),
        (requests.NoiseReduction, realtime_audio_config_input.NoiseReduction),
        (requests.Transcription, realtime.AudioTranscription),
        (requests.Tool, realtime.RealtimeFunctionTool),
        (requests.Reasoning, realtime.RealtimeReasoning),
    ],
)
def test_no_field_of_the_specification_is_called_unknown(
    ours: type[requests.Shape], theirs: type[BaseModel]
) -> None:
    assert set(ours.__struct_fields__) == set(theirs.model_fields)


def test_every_client_event_of_the_specification_is_known() -> None:
    tags = {kind.__struct_config__.tag for kind in requests.ALL}
    assert tags == client_event_types()


@pytest.mark.needs("espeak-ng")
def test_a_voice_of_espeaks_can_be_asked_for_where_it_is_installed() -> None:
    assert kinds(Talk().update(audio={"output": {"voice": "en-gb"}})) == ["session.updated"]
    for voice in ("en-nowhere", "enormous"):
        error = refusal(Talk().update(audio={"output": {"voice": voice}}))
        assert error["code"] == "invalid_value"
