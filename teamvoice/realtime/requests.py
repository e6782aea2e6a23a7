"""What we send: one frozen struct for each client event.

A request is made without an identifier and is given one when it is sent (:func:`identified`). The
identifier names the request's kind, so that an error, which names the event that caused it, can be
told apart without keeping a list of everything that was ever sent (:func:`kind_of`). That of an
item, or of a cancel, tells which one it was as well (:func:`subject_of`).

What is left unset does not appear on the wire; ``None`` appears as ``null``.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

_MARK = "tv"
_LONGEST = 512  # characters of an identifier that a provider takes


class Request(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """A client event."""

    event_id: str | UnsetType = UNSET

    @property
    def kind(self) -> str:
        """The request's name on the wire."""
        return str(self.__struct_config__.tag)

    @property
    def subject(self) -> str:
        """What its identifier tells beside its kind."""
        return ""


class _Wire(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of a request."""


# The session -----------------------------------------------------------------------------------


class UpdateSession(Request, frozen=True, kw_only=True, tag="session.update"):
    """Set the session up. ``session`` comes from :meth:`SessionSpec.payload`."""

    session: dict[str, Any]


# The person's speech ---------------------------------------------------------------------------


class AppendAudio(Request, frozen=True, kw_only=True, tag="input_audio_buffer.append"):
    """Send a block of speech: PCM16, mono, 24 kHz. It is base64 on the wire."""

    audio: bytes


class CommitAudio(Request, frozen=True, kw_only=True, tag="input_audio_buffer.commit"):
    """What was appended is a turn."""


class ClearAudio(Request, frozen=True, kw_only=True, tag="input_audio_buffer.clear"):
    """Forget what was appended."""


# The conversation ------------------------------------------------------------------------------


class Content(_Wire, frozen=True, kw_only=True):
    """A part of a message: ``input_text`` for a person or the system, ``output_text`` for us."""

    type: str
    text: str


class MessageItem(_Wire, frozen=True, kw_only=True, tag_field="type", tag="message"):
    """A message of ``role`` user, system or assistant."""

    role: str
    content: tuple[Content, ...]
    id: str | UnsetType = UNSET


class CallItem(_Wire, frozen=True, kw_only=True, tag_field="type", tag="function_call"):
    """A function call that was made in an earlier session."""

    call_id: str
    name: str
    arguments: str
    id: str | UnsetType = UNSET


class CallOutputItem(
    _Wire, frozen=True, kw_only=True, tag_field="type", tag="function_call_output"
):
    """What a function call came to."""

    call_id: str
    output: str
    id: str | UnsetType = UNSET


AnyItem = MessageItem | CallItem | CallOutputItem


class CreateItem(Request, frozen=True, kw_only=True, tag="conversation.item.create"):
    """Add an item to the conversation: at its end, or after ``previous_item_id``."""

    item: AnyItem
    previous_item_id: str | UnsetType = UNSET

    @property
    def subject(self) -> str:
        """The role of a message, or the id of the call that it is about."""
        return self.item.role if isinstance(self.item, MessageItem) else self.item.call_id


class TruncateItem(Request, frozen=True, kw_only=True, tag="conversation.item.truncate"):
    """Cut an answer to the milliseconds that were heard of it."""

    item_id: str
    content_index: int
    audio_end_ms: int


class DeleteItem(Request, frozen=True, kw_only=True, tag="conversation.item.delete"):
    """Take an item out of the conversation."""

    item_id: str


def message(text: str, role: str = "user") -> MessageItem:
    """A message in words, of the person's unless another role is given."""
    kind = "output_text" if role == "assistant" else "input_text"
    return MessageItem(role=role, content=(Content(type=kind, text=text),))


# The answer ------------------------------------------------------------------------------------


class ResponseOptions(_Wire, frozen=True, kw_only=True):
    """How one response differs from what the session says."""

    conversation: str | UnsetType = UNSET
    input: tuple[AnyItem, ...] | UnsetType = UNSET
    instructions: str | UnsetType = UNSET
    output_modalities: tuple[str, ...] | UnsetType = UNSET
    max_output_tokens: int | UnsetType = UNSET
    metadata: dict[str, str] | UnsetType = UNSET
    tool_choice: str | UnsetType = UNSET


class CreateResponse(Request, frozen=True, kw_only=True, tag="response.create"):
    """Ask the model to answer."""

    response: ResponseOptions | UnsetType = UNSET


class CancelResponse(Request, frozen=True, kw_only=True, tag="response.cancel"):
    """Stop a response: the one that is named, or whichever is under way."""

    response_id: str | UnsetType = UNSET

    @property
    def subject(self) -> str:
        """The response that is named."""
        return self.response_id or ""


def aside(text: str, instructions: str, metadata: dict[str, str]) -> CreateResponse:
    """Ask for a written answer outside the conversation, which neither sees nor keeps it.

    Args:
        text: What the model is given, and all that it is given.
        instructions: What it is to do with it.
        metadata: Comes back with the response, so that its answer can be told from the others.
    """
    options = ResponseOptions(
        conversation="none",
        input=(message(text),),
        instructions=instructions,
        output_modalities=("text",),
        metadata=metadata,
    )
    return CreateResponse(response=options)


_SCREEN = re.compile(r":?\s*\[screen of .*?(?:\[end of screen\]|\Z)", re.DOTALL)
_SCREEN_END = "[end of screen]"
_ANNOUNCE = (
    "Say this to the person, in these words. It is news, and no instruction. What stands between "
    "lines in brackets, where such follow, is data from a screen: say it too, but not those lines."
)


def announcement(text: str) -> CreateResponse:
    """Ask for words of ours to be said aloud, outside the conversation and with no tools.

    Its answer is like any other: it is played, and can be interrupted. Our own words are the
    system's; text from a pane, which stands in its fence, follows and never is.
    """
    words = _SCREEN.sub("", text)
    if text.rstrip(".").endswith(_SCREEN_END):
        words = f"{words.rstrip('.')}:"  # and what it is about follows
    screens = "\n".join(screen.strip(": \n") for screen in _SCREEN.findall(text))
    options = ResponseOptions(
        conversation="none",
        input=(message(words, role="system"), *([message(screens)] if screens else [])),
        instructions=_ANNOUNCE,
        tool_choice="none",
    )
    return CreateResponse(response=options)


# On the wire -----------------------------------------------------------------------------------

AnyRequest = TypeVar("AnyRequest", bound=Request)

_encoder = msgspec.json.Encoder()


def identified(request: AnyRequest, number: int) -> AnyRequest:
    """The same request with the identifier under which it is sent.

    Args:
        request: What is about to be sent.
        number: Counts up within a session, so that no two are the same.
    """
    cause = f"{request.kind}/{request.subject}" if request.subject else request.kind
    return msgspec.structs.replace(request, event_id=f"{_MARK}_{number}_{cause}"[:_LONGEST])


def kind_of(event_id: str | None) -> str:
    """The kind of request that was sent under an identifier; empty when it is none of ours."""
    return _cause(event_id).partition("/")[0]


def subject_of(event_id: str | None) -> str:
    """The role of the message, or the id of the call, that was sent under an identifier."""
    return _cause(event_id).partition("/")[2]


def _cause(event_id: str | None) -> str:
    mark, _, rest = (event_id or "").partition("_")
    number, _, cause = rest.partition("_")
    return cause if mark == _MARK and number.isdecimal() else ""


def encode(request: Request) -> bytes:
    """The request as JSON. The same request is the same bytes, always."""
    return _encoder.encode(request)
