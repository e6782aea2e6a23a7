"""What a record of the journal looks like, so that nothing surprises those who read it. Pure.

The journal is a file: a version of long ago, another program or a person may have written in it.
What somebody builds on is typed here; what only passes through, and what has no name here, is as it
comes. All of it may be missing.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

_DEPTH = 100  # values in one another: with more of them, who shows a record runs out of stack

_Count = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]
_Time = Annotated[str, msgspec.Meta(pattern="^(?!0001|9999)")]  # in another zone: no year at all


class _Usage(msgspec.Struct):
    text_in: _Count = 0
    audio_in: _Count = 0
    cached_text_in: _Count = 0
    cached_audio_in: _Count = 0
    text_out: _Count = 0
    audio_out: _Count = 0


_Part = Literal[
    "text_in",
    "audio_in",
    "cached_text_in",
    "cached_audio_in",
    "text_out",
    "audio_out",
    "transcription",
]


class _Call(msgspec.Struct):
    call_id: str = ""
    name: str = ""
    result: str = ""


class _Shape(_Call):
    kind: str = ""
    time: _Time = ""
    number: int | None = None
    heard: str = ""
    spoken: str = ""
    news: str = ""
    trouble: str = ""
    outcome: str = ""
    state: str = ""
    lost: str = ""
    missed: int = 0
    calls: list[_Call] = []
    call_ids: list[str] = []
    ms: dict[str, float | None] | float = {}
    sent_ms: _Count = 0
    model: str | None = None
    transcriber: str = ""
    usage: list[_Usage] = []
    dollars: dict[_Part, float | None] = {}
    cost_usd: float | None = None


def is_well_formed(record: dict[str, Any], line: bytes) -> bool:
    """All that is typed here is of its type, and nothing is nested very deep.

    Args:
        record: What the line says.
        line: JSON.
    """
    try:
        shape = msgspec.convert(record, _Shape)
    except msgspec.ValidationError:
        return False
    if not isinstance(shape.ms, dict) and shape.kind != "call":  # a turn has them by step
        return False
    return line.count(b"]") + line.count(b"}") <= _DEPTH or not _is_deep(record)


def _is_deep(value: object, room: int = _DEPTH) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return not room or any(_is_deep(one, room - 1) for one in inner)
