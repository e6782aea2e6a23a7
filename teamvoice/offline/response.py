"""One response: what it may do, what it has put out, and the events that tell of it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from teamvoice.offline import usage
from teamvoice.offline.history import History
from teamvoice.offline.items import Item, Part, Status
from teamvoice.offline.ports import Call
from teamvoice.offline.script import Script
from teamvoice.offline.usage import Segment, Tokens

End = Literal["completed", "cancelled", "failed", "incomplete"]
_DELTA_BYTES = 200 * usage.BYTES_PER_MS
_ARGUMENTS_PIECE = 24


@dataclass(frozen=True, slots=True)
class Options:
    """What a response was asked to be: the session's settings, or the event's own."""

    modality: str
    tools: list[dict[str, Any]]
    parallel: bool
    voice: str
    max_output_tokens: int | str
    metadata: dict[str, str] | None
    in_conversation: bool
    context: list[Item] | None  # instead of the conversation


@dataclass(slots=True)
class Response:
    """A response while it lives. Its methods add the events of what they do to the script."""

    id: str
    options: Options
    history: History
    script: Script
    given: list[Segment] = field(default_factory=list)
    output: list[Item] = field(default_factory=list)
    context: list[Item] = field(default_factory=list)  # the items that it answers
    waits_for: Item | None = None  # the words of this item are still at the ears

    def begin(self) -> None:
        """Tell that it began. What comes into the conversation from now on is for the next one."""
        own = self.options.context
        self.context = list(self.history) if own is None else own
        self.script.send("response.created", response=self.wire("in_progress"))

    def call(self, call: Call) -> None:
        """Ask for a function call."""
        arguments = msgspec.json.encode(call.arguments).decode()
        names = self.script.names
        item = Item(names.fresh("item"), "function_call", "in_progress", name=call.name)
        item.call_id = names.fresh("call")
        where = self._open(item)
        where["call_id"] = item.call_id
        for start in range(0, len(arguments), _ARGUMENTS_PIECE):
            piece = arguments[start : start + _ARGUMENTS_PIECE]
            self.script.send("response.function_call_arguments.delta", **where, delta=piece)
        item.arguments = arguments
        kind = "response.function_call_arguments.done"
        self.script.send(kind, **where, name=call.name, arguments=arguments)
        self._close(item, "completed")

    def write(self, text: str) -> Status:
        """Put out a written message; ``incomplete`` when it is longer than allowed."""
        limit = self._limit(Tokens(), 4)
        part = Part("output_text", text=text[:limit])
        where = self._open_message(part)
        for word in _words(part.text):
            self.script.send("response.output_text.delta", **where, delta=word)
        self.script.send("response.output_text.done", **where, text=part.text)
        end: Status = "completed" if part.text == text else "incomplete"
        self._close_message(end)
        return end

    def open_speech(self, text: str) -> None:
        """Put out the words of a spoken message; its sound follows."""
        part = Part("output_audio", transcript=text)
        where = self._open_message(part)
        for word in _words(text):
            self.script.send("response.output_audio_transcript.delta", **where, delta=word)

    def sound(self, pcm: bytes) -> bool:
        """Put out a piece of the sound; False when no more of it is allowed."""
        item = self.output[-1]
        (part,) = item.content
        made = Tokens(audio=usage.audio_tokens(part.pcm_bytes, usage.SPOKEN_MS))
        limit = self._limit(made, usage.SPOKEN_MS * usage.BYTES_PER_MS)
        sent = pcm[:limit]
        for start in range(0, len(sent), _DELTA_BYTES):
            delta = base64.b64encode(sent[start : start + _DELTA_BYTES]).decode()
            self.script.send("response.output_audio.delta", **self._where(item, 0), delta=delta)
        if not item.truncated:
            part.pcm += sent
            part.pcm_bytes += len(sent)
        return len(sent) == len(pcm)

    def finish(self, end: End, reason: str = "", *, before: list[Segment]) -> None:
        """Tell that it ended; what was still open is closed first.

        Args:
            end: How.
            reason: Why, when it is not complete (``failed``: the error's message).
            before: The input of the response before, of which the common head was cached.
        """
        if self.output and self.output[-1].status == "in_progress":
            self._close_speech("completed" if end == "completed" else "incomplete")
        response = self.wire(end)
        response["status_details"] = _details(end, reason)
        given, saved = usage.total(self.given), usage.cached(before, self.given)
        response["usage"] = usage.response_usage(given, saved, self._made())
        self.script.send("response.done", response=response)

    def wire(self, status: str) -> dict[str, Any]:
        """The response as events show it."""
        options = self.options
        sounds = {"format": {"type": "audio/pcm", "rate": 24_000}, "voice": options.voice}
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": None,
            "output": [item.wire() for item in self.output],
            "conversation_id": "conv_default" if options.in_conversation else None,
            "output_modalities": [options.modality],
            "max_output_tokens": options.max_output_tokens,
            "audio": {"output": sounds},
            "usage": None,
            "metadata": options.metadata,
        }

    def _open_message(self, part: Part) -> dict[str, Any]:
        item = Item(self.script.names.fresh("item"), "message", "in_progress", role="assistant")
        where = self._open(item) | {"content_index": 0}
        item.content.append(part)
        empty = {"type": "text", "text": ""}
        if part.type == "output_audio":
            empty = {"type": "audio", "transcript": ""}
        self.script.send("response.content_part.added", **where, part=empty)
        return where

    def _close_speech(self, status: Status) -> None:
        item = self.output[-1]
        where, (part,) = self._where(item, 0), item.content
        self.script.send("response.output_audio.done", **where)
        kind = "response.output_audio_transcript.done"
        self.script.send(kind, **where, transcript=part.transcript)
        self._close_message(status)
        self.history.shed_sound()

    def _close_message(self, status: Status) -> None:
        item = self.output[-1]
        (part,) = item.content
        full: dict[str, Any] = {"type": "text", "text": part.text}
        if part.type == "output_audio":
            full = {"type": "audio", "transcript": part.transcript}
        self.script.send("response.content_part.done", **self._where(item, 0), part=full)
        self._close(item, status)

    def _open(self, item: Item) -> dict[str, Any]:
        # Behind what it answers: what came meanwhile is answered by the next response.
        known = reversed([*self.context, *self.output])
        behind = next((kept.id for kept in known if kept in self.history), None)
        self.output.append(item)
        where = self._where(item)
        place = {"response_id": self.id, "output_index": where["output_index"]}
        self.script.send("response.output_item.added", **place, item=item.wire())
        if self.options.in_conversation:
            kind, previous = "conversation.item.added", self.history.add(item, behind)
            self.script.send(kind, previous_item_id=previous, item=item.wire())
        return where

    def _close(self, item: Item, status: Status) -> None:
        item.status = status
        if item in self.history:
            previous = self.history.before(item)
            kind = "conversation.item.done"
            self.script.send(kind, previous_item_id=previous, item=item.wire())
        place = {"response_id": self.id, "output_index": self._where(item)["output_index"]}
        self.script.send("response.output_item.done", **place, item=item.wire())

    def _where(self, item: Item, content_index: int | None = None) -> dict[str, Any]:
        index = next(i for i, made in enumerate(self.output) if made is item)
        where = {"response_id": self.id, "item_id": item.id, "output_index": index}
        return where if content_index is None else where | {"content_index": content_index}

    def _limit(self, made: Tokens, per_token: int) -> int | None:
        allowed = self.options.max_output_tokens
        return None if isinstance(allowed, str) else max(0, allowed - made.total) * per_token

    def _made(self) -> Tokens:
        return sum((_made_by(item) for item in self.output), Tokens())


def _made_by(item: Item) -> Tokens:
    spoken = [usage.text_tokens(p.transcript or "") for p in item.content]
    return item.segment().tokens + Tokens(text=sum(spoken))


def _details(end: End, reason: str) -> dict[str, Any]:
    if end == "failed":
        error = {"type": "server_error", "code": "server_error", "message": reason}
        return {"type": end, "error": error}
    return {"type": end, "reason": reason} if reason else {"type": end}


def _words(text: str) -> Iterator[str]:
    return (found[0] for found in re.finditer(r"\s*\S+\s*$|\s*\S+", text))
