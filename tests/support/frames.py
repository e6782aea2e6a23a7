"""Server events as a real server sends them, with the fields that the specification forgets."""

from __future__ import annotations

import base64
import itertools
from typing import Any

_ids = itertools.count(1)

SESSION = {
    "type": "realtime",
    "object": "realtime.session",
    "id": "sess_1",
    "model": "gpt-realtime-2.1",
    "expires_at": 1_900_000_000,
    "output_modalities": ["audio"],
}

USAGE = {
    "total_tokens": 253,
    "input_tokens": 132,
    "output_tokens": 121,
    "input_token_details": {
        "text_tokens": 119,
        "audio_tokens": 13,
        "image_tokens": 0,
        "cached_tokens": 64,
        "cached_tokens_details": {"text_tokens": 60, "audio_tokens": 4, "image_tokens": 0},
    },
    "output_token_details": {"text_tokens": 30, "audio_tokens": 91},
}

CALL = {
    "id": "item_3",
    "object": "realtime.item",
    "type": "function_call",
    "status": "completed",
    "name": "send_message",
    "call_id": "call_1",
    "arguments": '{"member": "developer", "text": "hello"}',
}

SPEECH = {
    "id": "item_2",
    "object": "realtime.item",
    "type": "message",
    "role": "assistant",
    "status": "completed",
    "content": [{"type": "output_audio", "transcript": "Submitted."}],
}

_PART = {"response_id": "resp_1", "item_id": "item_2", "output_index": 0, "content_index": 0}
_ARGS = {"response_id": "resp_1", "item_id": "item_3", "output_index": 1, "call_id": "call_1"}


def frame(kind: str, **fields: Any) -> dict[str, Any]:
    """An event of a kind, with an identifier of its own."""
    return {"type": kind, "event_id": f"event_{next(_ids)}", **fields}


def created() -> dict[str, Any]:
    return frame("session.created", session=SESSION)


def updated() -> dict[str, Any]:
    return frame("session.updated", session=SESSION)


def error(
    code: str | None, kind: str = "invalid_request_error", caused_by: str | None = None
) -> dict[str, Any]:
    words = {"type": kind, "code": code, "message": f"about {code}", "param": None}
    return frame("error", error={**words, "event_id": caused_by})


def audio(pcm: bytes) -> dict[str, Any]:
    delta = base64.b64encode(pcm).decode()
    return frame("response.output_audio.delta", **_PART, delta=delta, obfuscation="x7")


def response(status: str, **fields: Any) -> dict[str, Any]:
    return {
        "object": "realtime.response",
        "id": "resp_1",
        "conversation_id": "conv_1",
        "status": status,
        "status_details": None,
        "output": [],
        "usage": None,
        "metadata": None,
        **fields,
    }


def failed(code: str) -> dict[str, Any]:
    """A response that failed for a reason of the provider's."""
    details = {"type": "failed", "error": {"type": code, "code": code}}
    return frame("response.done", response=response("failed", status_details=details))


def every_kind() -> list[dict[str, Any]]:
    """One event of each kind that has a struct."""
    item = {"item": SPEECH, "previous_item_id": None}
    heard = {"item_id": "item_1", "content_index": 0}
    transcription = "conversation.item.input_audio_transcription"
    done = response("completed", output=[SPEECH, CALL], usage=USAGE)
    usage = {"type": "tokens", "total_tokens": 5, "input_tokens": 3, "output_tokens": 2}
    limit = {"name": "tokens", "limit": 9, "remaining": 8, "reset_seconds": 0.5}
    speech, added = {"item_id": "item_1"}, {"response_id": "resp_1", "output_index": 0}
    return [
        created(),
        updated(),
        error("response_cancel_not_active"),
        frame("rate_limits.updated", rate_limits=[limit]),
        frame("input_audio_buffer.committed", item_id="item_1", previous_item_id=None),
        frame("input_audio_buffer.cleared"),
        frame("input_audio_buffer.speech_started", **speech, audio_start_ms=10),
        frame("input_audio_buffer.speech_stopped", **speech, audio_end_ms=90),
        frame("input_audio_buffer.timeout_triggered", **speech, audio_start_ms=10, audio_end_ms=90),
        frame(f"{transcription}.delta", **heard, delta="tell", obfuscation="q"),
        frame(f"{transcription}.completed", **heard, transcript="tell them", usage=usage),
        frame(f"{transcription}.failed", **heard, error={"message": "too loud", "code": None}),
        frame("conversation.item.added", **item),
        frame("conversation.item.done", **item),
        frame("conversation.item.created", **item),
        frame("conversation.item.deleted", item_id="item_1"),
        frame("conversation.item.truncated", **heard, audio_end_ms=120),
        frame("response.created", response=response("in_progress")),
        frame("response.done", response=done),
        frame("response.output_item.added", **added, item=SPEECH),
        frame("response.output_item.done", **added, item=CALL),
        frame("response.content_part.added", **_PART, part={"type": "audio", "transcript": ""}),
        frame("response.content_part.done", **_PART, part={"type": "text", "text": "Done."}),
        audio(b"\x01\x02"),
        frame("response.output_audio.done", **_PART),
        frame("response.output_audio_transcript.delta", **_PART, delta="Sub"),
        frame("response.output_audio_transcript.done", **_PART, transcript="Submitted."),
        frame("response.output_text.delta", **_PART, delta="Sub"),
        frame("response.output_text.done", **_PART, text="Submitted."),
        frame("response.function_call_arguments.delta", **_ARGS, delta="{"),
        frame(
            "response.function_call_arguments.done", **_ARGS, name="send_message", arguments="{}"
        ),
    ]
