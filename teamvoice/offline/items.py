"""Conversation items as the server keeps them, and as the wire shows them."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any, Literal

from msgspec import UNSET

from teamvoice.offline import requests, usage, validate
from teamvoice.offline.ports import Plan
from teamvoice.offline.usage import Segment, Tokens
from teamvoice.offline.validate import Refused

_ALLOWED = {
    "user": ("input_text", "input_audio"),
    "system": ("input_text",),
    "assistant": ("output_text", "output_audio"),
}
Status = Literal["in_progress", "completed", "incomplete"]


@dataclass(slots=True)
class Part:
    """A part of a message. ``transcript`` of a part that is still being heard is None."""

    type: str
    text: str = ""
    transcript: str | None = None
    pcm: bytearray = field(default_factory=bytearray)
    pcm_bytes: int = 0  # of ``pcm``, also after the sound itself was let go

    @property
    def words(self) -> str:
        """What was written or said."""
        return self.text or self.transcript or ""

    def wire(self, *, sound: bool = False) -> dict[str, Any]:
        """The part as an item shows it; with its sound only when the item is retrieved."""
        if self.type.endswith("_text"):
            return {"type": self.type, "text": self.text}
        shown = {"type": self.type, "transcript": self.transcript}
        return shown | {"audio": base64.b64encode(self.pcm).decode()} if sound else shown

    def tokens(self) -> Tokens:
        """What it costs as a part of the input."""
        if self.type.endswith("_text"):
            return Tokens(text=usage.text_tokens(self.text))
        rate = usage.HEARD_MS if self.type == "input_audio" else usage.SPOKEN_MS
        return Tokens(audio=usage.audio_tokens(self.pcm_bytes, rate))


@dataclass(slots=True)
class Item:
    """A message, a function call or its output."""

    id: str
    type: Literal["message", "function_call", "function_call_output"]
    status: Status = "completed"
    role: str = ""
    content: list[Part] = field(default_factory=list)
    name: str = ""
    call_id: str = ""
    arguments: str = ""
    output: str = ""
    hearing: bool = False  # its sound is at the ears
    trouble: str = ""  # why the ears failed
    truncated: bool = False
    plan: Plan | None = None  # what its words were understood to ask for

    @property
    def words(self) -> str:
        """All that was written or said in a message."""
        return " ".join(part.words for part in self.content if part.words)

    @property
    def unheard(self) -> Part | None:
        """The part of it that has sound and no words yet."""
        parts = (part for part in self.content if part.type == "input_audio")
        return next((part for part in parts if part.transcript is None), None)

    def wire(self, *, sound: bool = False) -> dict[str, Any]:
        """The item as events show it."""
        head = {"id": self.id, "object": "realtime.item", "type": self.type, "status": self.status}
        return head | self._body(sound=sound)

    def segment(self) -> Segment:
        """The item as a piece of a response's input."""
        spoken = sum((part.tokens() for part in self.content), Tokens())
        written = usage.text_tokens(self.name + self.arguments + self.output)
        return Segment(self.id, spoken + Tokens(text=written))

    def _body(self, *, sound: bool) -> dict[str, Any]:
        if self.type == "message":
            parts = [part.wire(sound=sound) for part in self.content]
            return {"role": self.role, "content": parts}
        if self.type == "function_call":
            return {"name": self.name, "call_id": self.call_id, "arguments": self.arguments}
        return {"call_id": self.call_id, "output": self.output}


def spoken_by_user(item_id: str, pcm: bytes) -> Item:
    """Make the item of a committed utterance, which is still at the ears."""
    part = Part("input_audio", pcm=bytearray(pcm), pcm_bytes=len(pcm))
    return Item(item_id, "message", role="user", content=[part], hearing=True)


def made_by_client(shape: requests.AnyItem, item_id: str, call_id: str, param: str) -> Item:
    """Make the item that a client describes.

    Args:
        shape: The description.
        item_id: The id to use when the client gives none.
        call_id: The same for the id of a function call.
        param: Where the description stands in the client's event.

    Raises:
        Refused: A content that its role cannot have.
    """
    used = item_id if shape.id is UNSET else str(shape.id)
    if isinstance(shape, requests.FunctionCall):
        called = call_id if shape.call_id is UNSET else str(shape.call_id)
        return Item(
            used, "function_call", name=shape.name, call_id=called, arguments=shape.arguments
        )
    if isinstance(shape, requests.FunctionCallOutput):
        return Item(used, "function_call_output", call_id=shape.call_id, output=shape.output)
    parts = [
        _part(content, shape.role, f"{param}.content[{index}]")
        for index, content in enumerate(shape.content)
    ]
    return Item(used, "message", role=shape.role, content=parts)


def _part(content: requests.Content, role: str, param: str) -> Part:
    if content.type not in _ALLOWED[role]:
        known = " and ".join(f"'{name}'" for name in _ALLOWED[role])
        message = f"Invalid value: '{content.type}'. A {role} message can have {known} here."
        raise Refused("invalid_value", message, f"{param}.type")
    if content.type.endswith("_text"):
        return Part(content.type, text=_required(content.text, f"{param}.text"))
    if content.type == "output_audio":
        return _said(content, param)
    pcm = validate.audio(_required(content.audio, f"{param}.audio"), f"{param}.audio")
    transcript = content.transcript if isinstance(content.transcript, str) else None
    return Part("input_audio", transcript=transcript, pcm=bytearray(pcm), pcm_bytes=len(pcm))


def _said(content: requests.Content, param: str) -> Part:
    if content.audio is not UNSET:
        message = "The audio of an assistant message cannot be set; give its transcript."
        raise Refused("invalid_value", message, f"{param}.audio")
    transcript = UNSET if content.transcript is None else content.transcript
    return Part("output_audio", transcript=_required(transcript, f"{param}.transcript"))


def _required(value: Any, param: str) -> str:
    if value is UNSET:
        code = "missing_required_parameter"
        raise Refused(code, f"Missing required parameter: '{param}'.", param)
    return str(value)
