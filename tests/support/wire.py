"""What the stand-in model reads and writes: HTTP, and two ways to stream an answer."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections.abc import Iterator
from typing import Any, Protocol

STREAM = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
    b"Cache-Control: no-cache\r\nConnection: close\r\n\r\n"
)
_PASTED = re.compile(
    r"<pasted_content id=[^>]*>\n?(?P<text>.*?)\n?</pasted_content[^>]*>", re.DOTALL
)
_numbers = itertools.count(1)

Event = dict[str, Any]
Tool = tuple[str, dict[str, Any]]


class Stream(Protocol):
    """An answer in one of the protocols."""

    def __init__(self, request: Event) -> None: ...

    def begin(self, text: str) -> Iterator[bytes]:
        """The head of the answer, with its text."""

    def end(self, tool: Tool | None) -> Iterator[bytes]:
        """The rest, with a tool call if there is one."""

    def asking(self, command: str, why: str) -> Tool:
        """The tool call for which this agent asks permission."""


async def read_request(reader: asyncio.StreamReader) -> tuple[str, bytes]:
    """The path and the body of a request."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    fields = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
    if fields.get("transfer-encoding") == "chunked":
        return head[0].split()[1], await _chunks(reader)
    return head[0].split()[1], await reader.readexactly(int(fields.get("content-length", "0")))


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readline()).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body


def plain(status: int, body: Event) -> bytes:
    """A whole answer in JSON."""
    text = json.dumps(body).encode()
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nConnection: close\r\n"
    return head.encode() + f"Content-Length: {len(text)}\r\n\r\n".encode() + text


def protocol_of(path: str) -> type[Stream] | None:
    """Which protocol a path belongs to."""
    if path.startswith("/v1/messages"):
        return Messages
    return Responses if path.startswith("/v1/responses") else None


def is_conversation(request: Event) -> bool:
    """Whether it is the agent's main conversation: titles and the like are asked without tools."""
    return bool(request.get("tools"))


def said(request: Event) -> list[str]:
    """What the person said in the conversation that a request carries."""
    items = request.get("messages") or request.get("input") or []
    texts = (text for item in items if item.get("role") == "user" for text in _texts(item))
    return [_unwrapped(text) for text in texts if not _is_of_the_agent(text)]


def _texts(item: Event) -> Iterator[str]:
    content = item["content"]
    if isinstance(content, str):
        yield content
        return
    yield from (part["text"] for part in content if part["type"] in {"text", "input_text"})


def _is_of_the_agent(text: str) -> bool:
    """Agents put remarks of their own among what the person says, each in a tag."""
    bare = text.lstrip()
    return bare.startswith(("<", "# AGENTS.md")) and not bare.startswith("<pasted_content")


def _unwrapped(text: str) -> str:
    """What was pasted, without the tag that Claude puts around a long paste."""
    return _PASTED.sub(lambda match: match["text"], text).strip("\n")


class Messages:
    """The Messages API."""

    def __init__(self, request: Event) -> None:
        self._model = request.get("model", "")

    def begin(self, text: str) -> Iterator[bytes]:
        """The head of the answer, with its text."""
        message = {
            "id": f"msg_{next(_numbers)}", "type": "message", "role": "assistant",
            "model": self._model, "content": [], "stop_reason": None, "stop_sequence": None,
            "usage": {"input_tokens": 100, "output_tokens": 1},
        }  # fmt: skip
        yield _event({"type": "message_start", "message": message})
        block = {"type": "text", "text": ""}
        yield _event({"type": "content_block_start", "index": 0, "content_block": block})
        if text:
            delta = {"type": "text_delta", "text": text}
            yield _event({"type": "content_block_delta", "index": 0, "delta": delta})

    def end(self, tool: Tool | None) -> Iterator[bytes]:
        """The rest, with a tool call if there is one."""
        yield _event({"type": "content_block_stop", "index": 0})
        if tool:
            yield from self._use(*tool)
        reason = "tool_use" if tool else "end_turn"
        delta = {"stop_reason": reason, "stop_sequence": None}
        usage = {"input_tokens": 100, "output_tokens": 20}
        yield _event({"type": "message_delta", "delta": delta, "usage": usage})
        yield _event({"type": "message_stop"})

    def _use(self, name: str, arguments: Event) -> Iterator[bytes]:
        block = {"type": "tool_use", "id": f"toolu_{next(_numbers)}", "name": name, "input": {}}
        yield _event({"type": "content_block_start", "index": 1, "content_block": block})
        delta = {"type": "input_json_delta", "partial_json": json.dumps(arguments)}
        yield _event({"type": "content_block_delta", "index": 1, "delta": delta})
        yield _event({"type": "content_block_stop", "index": 1})

    def asking(self, command: str, why: str) -> Tool:
        """The tool call for which Claude asks permission."""
        return "Bash", {"command": command, "description": why}


class Responses:
    """The Responses API."""

    def __init__(self, request: Event) -> None:
        self._model = request.get("model", "")
        self._id = f"resp_{next(_numbers)}"
        self._item = f"msg_{next(_numbers)}"
        self._text = ""

    def begin(self, text: str) -> Iterator[bytes]:
        """The head of the answer, with its text."""
        self._text = text
        yield _event({"type": "response.created", "response": {"id": self._id}})
        if text:
            yield self._item_event("added", self._message(""))
            where = {"item_id": self._item, "output_index": 0, "content_index": 0}
            yield _event({"type": "response.output_text.delta", **where, "delta": text})

    def end(self, tool: Tool | None) -> Iterator[bytes]:
        """The rest, with a tool call if there is one."""
        if self._text:
            yield self._item_event("done", self._message(self._text))
        if tool:
            name, arguments = tool
            number = next(_numbers)
            call = {
                "type": "function_call", "id": f"fc_{number}", "call_id": f"call_{number}",
                "name": name, "arguments": json.dumps(arguments),
            }  # fmt: skip
            yield self._item_event("done", call)
        usage = {
            "input_tokens": 100, "input_tokens_details": None, "output_tokens": 20,
            "output_tokens_details": None, "total_tokens": 120,
        }  # fmt: skip
        response = {"id": self._id, "output": [], "usage": usage}
        yield _event({"type": "response.completed", "response": response})

    def asking(self, command: str, why: str) -> Tool:
        """The tool call for which Codex asks permission."""
        return "exec_command", {
            "cmd": command, "sandbox_permissions": "require_escalated", "justification": why,
        }  # fmt: skip

    def _message(self, text: str) -> Event:
        content = [{"type": "output_text", "text": text, "annotations": []}] if text else []
        return {"type": "message", "role": "assistant", "id": self._item, "content": content}

    def _item_event(self, what: str, item: Event) -> bytes:
        return _event({"type": f"response.output_item.{what}", "output_index": 0, "item": item})


def _event(event: Event) -> bytes:
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()
