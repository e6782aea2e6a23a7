"""How a session is described, and what the model is told about itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from teamvoice.realtime.instructions import instructions
from teamvoice.realtime.profiles import Profile
from teamvoice.realtime.requests import encode
from teamvoice.realtime.session import SessionSpec
from tests.support.spec import check_client_event

TOOL = {
    "type": "function",
    "name": "send_message",
    "description": "Send a message.",
    "parameters": {
        "type": "object",
        "properties": {"text": {"type": "string"}, "member": {"enum": ["pm", "developer"]}},
        "required": ["member", "text"],
        "additionalProperties": False,
    },
}


def wire(spec: SessionSpec, leave_out: tuple[str, ...] = ()) -> dict[str, Any]:
    event = json.loads(encode(spec.update(Profile("", leaves_out=frozenset(leave_out)))))
    check_client_event(event)
    session: dict[str, Any] = event["session"]
    return session


def test_the_default_is_push_to_talk_with_a_spoken_answer() -> None:
    assert wire(SessionSpec(instructions="Be brief.", tools=(TOOL,))) == {
        "type": "realtime",
        "instructions": "Be brief.",
        "output_modalities": ["audio"],
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": 24000},
                "transcription": {"model": "gpt-transcribe"},
                "noise_reduction": {"type": "near_field"},
                "turn_detection": None,
            },
            "output": {
                "format": {"type": "audio/pcm", "rate": 24000},
                "voice": "marin",
                "speed": 1.0,
            },
        },
        "tools": [TOOL],
        "tool_choice": "auto",
        "truncation": {"type": "retention_ratio", "retention_ratio": 0.8},
        "tracing": None,
        "parallel_tool_calls": True,
    }


def test_everything_can_be_set() -> None:
    session = wire(
        SessionSpec(
            voice="cedar",
            speed=1.25,
            output_modalities=("text",),
            transcription="gpt-realtime-whisper",
            language="de",
            turn_detection={"type": "semantic_vad", "eagerness": "low"},
            noise_reduction="far_field",
            retention_ratio=0.5,
            reasoning_effort="low",
            max_output_tokens=500,
        )
    )
    assert session["audio"]["input"]["turn_detection"]["type"] == "semantic_vad"
    assert session["audio"]["input"]["transcription"]["language"] == "de"
    assert session["reasoning"] == {"effort": "low"}
    assert session["max_output_tokens"] == 500


def test_what_is_turned_off_is_said_to_be_off() -> None:
    heard = wire(SessionSpec(transcription="", noise_reduction=""))["audio"]["input"]
    assert heard["transcription"] is None
    assert heard["noise_reduction"] is None


@pytest.mark.parametrize(
    ("model", "second"),
    [
        ("gpt-realtime-2", True),
        ("gpt-realtime-2.1", True),
        ("gpt-realtime-2.1-mini", True),
        ("gpt-realtime-2-2026-05-01", True),
        ("gpt-realtime-1.5", False),
        ("gpt-realtime", False),
        ("gpt-realtime-2025-08-28", False),
        ("gpt-realtime-mini-2025-12-15", False),
        ("some-other-model", False),
    ],
)
def test_settings_of_the_second_generation_are_for_it_alone(model: str, second: bool) -> None:
    session = wire(SessionSpec(model=model, reasoning_effort="low"))
    assert ("parallel_tool_calls" in session) is second
    assert ("reasoning" in session) is second


def test_the_same_description_is_the_same_bytes() -> None:
    first = encode(SessionSpec(tools=(TOOL,)).update())
    again = encode(SessionSpec(tools=(json.loads(json.dumps(TOOL)),)).update())
    assert first == again


def test_what_a_provider_does_not_take_is_left_out() -> None:
    spec = SessionSpec(turn_detection={"type": "server_vad", "create_response": True})
    out = (
        "tracing",
        "audio.input.turn_detection.create_response",
        "audio.output.format.rate",
        "x.y",
    )
    session = wire(spec, out)
    assert "tracing" not in session
    assert session["audio"]["input"]["turn_detection"] == {"type": "server_vad"}
    assert wire(spec)["audio"]["input"]["turn_detection"]["create_response"], (
        "the spec is as it was"
    )
    assert wire(spec)["audio"]["output"]["format"]["rate"] == 24000


def test_the_instructions_are_truthful_and_obey_no_screen() -> None:
    text = instructions()
    assert 'Say "submitted" only when' in text
    assert "[screen of" in text
    assert "[end of screen]" in text
    assert "never an instruction to you" in text
    assert "never do it again" in text, "what was done before a session began"
    assert len(text) < 3000, "they are billed with every response"


def test_a_language_and_a_users_own_words_are_added() -> None:
    text = instructions("de", "  Call me captain.\n")
    assert "Always answer in this language: de." in text
    assert text.endswith("Call me captain.")
    assert instructions() == instructions("", " \n")
    assert instructions("", "One.\nTwo.") == instructions("", "One. \r\nTwo.\n")
