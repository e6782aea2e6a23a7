"""One turn as each kind of server tells it: hand-made from what is written about them.

Every turn is the same: the person's speech is committed and written down, the answer is half a
second of sound with its words and a tool call, and it cost the same. What differs is the shape.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from teamvoice.realtime.profiles import BETA_NAMES
from tests.support import frames
from tests.support.scripted import Expect, Send, SendRaw, Step

Frame = dict[str, Any]

PCM = bytes(24_000)
_PART = {"response_id": "resp_1", "item_id": "item_2", "output_index": 0, "content_index": 0}
_OLD = {name: old for old, name in BETA_NAMES.items()}
_COMMIT = "input_audio_buffer.commit"
_CREATE = "response.create"


def _turn() -> list[Frame]:
    done = frames.response("completed", output=[frames.SPEECH, frames.CALL], usage=frames.USAGE)
    return [
        frames.frame("input_audio_buffer.committed", item_id="item_1", previous_item_id=None),
        frames.frame("response.created", response=frames.response("in_progress")),
        frames.audio(PCM),
        frames.frame("response.output_audio_transcript.delta", **_PART, delta="Submitted."),
        frames.frame("response.output_audio.done", **_PART),
        frames.frame("response.done", response=done),
        frames.frame(
            "conversation.item.input_audio_transcription.completed",
            item_id="item_1",
            content_index=0,
            transcript="tell them",
            usage={"type": "tokens", "total_tokens": 5, "input_tokens": 3, "output_tokens": 2},
        ),
    ]


def _beta(frame: Frame) -> Frame:
    return {**frame, "type": _OLD.get(frame["type"], frame["type"])}


def _loose(frame: Frame) -> Step:
    return SendRaw(json.dumps(frame))


def _greeting(*, strict: bool = True) -> list[Step]:
    hello = frames.frame("session.created", session=frames.SESSION)
    update = Expect("session.update", strict)
    return [_loose(hello), update, _loose(frames.frame("session.updated", session=frames.SESSION))]


def _usage_beside(frame: Frame) -> Frame:
    if frame["type"] != "response.done":
        return frame
    response = {name: value for name, value in frame["response"].items() if name != "usage"}
    return {**frame, "response": response, "usage": frames.USAGE}


def openai() -> list[Step]:
    return [*_greeting(), Expect(_COMMIT), Expect(_CREATE), *map(Send, _turn())]


def old_azure() -> list[Step]:
    """A resource that was made for the beta."""
    return [*_greeting(), Expect(_COMMIT), Expect(_CREATE), *map(_loose, map(_beta, _turn()))]


def xai() -> list[Step]:
    """No greeting, the beta's names, pings in between, and the usage beside the response."""
    ping = _loose({"type": "ping", "event_id": "event_p", "timestamp": 1})
    told: list[Step] = []
    for frame in map(_beta, _turn()):
        told += [_loose(_usage_beside(frame)), ping]
    hello = {"type": "conversation.created", "conversation": {"id": "conv_1"}}
    update = Expect("session.update", strict=False)
    updated = _loose(frames.frame("session.updated", session={"id": "sess_1"}))
    return [_loose(hello), ping, update, updated, Expect(_COMMIT), Expect(_CREATE), *told]


def localai() -> list[Step]:
    """It answers a commit by itself."""
    return [*_greeting(), Expect(_COMMIT), *map(Send, _turn())]


def old_localai() -> list[Step]:
    """A pipeline that was made for the beta, and answers a commit by itself."""
    return [*_greeting(), Expect(_COMMIT), *map(_loose, map(_beta, _turn()))]


SHAPES: Mapping[str, tuple[str, Callable[[], list[Step]]]] = {
    "openai": ("openai", openai),
    "azure": ("azure", openai),
    "azure of the beta": ("azure", old_azure),
    "xai": ("xai", xai),
    "localai": ("localai", localai),
    "localai of the beta": ("localai", old_localai),
    "offline": ("offline", openai),
    "generic": ("generic", openai),
    "generic of the beta": ("generic", old_azure),
}
"""Of each shape: the profile that it is for, and the script of its server."""

ERRORS: Mapping[str, Frame] = {
    "as specified": {"error": {"type": "x", "code": "busy", "message": "too busy", "param": None}},
    "no code": {"error": {"type": "busy", "message": "too busy"}},
    "numbers": {"error": {"type": "x", "code": "busy", "message": "too busy", "param": 5}},
    "at the top level": {"code": "busy", "message": "too busy"},
}
"""How servers say that they are too busy."""
