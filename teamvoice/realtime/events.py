"""What the provider sends: one frozen struct for each event that matters.

``realtime.decoder`` makes them from frames. Unknown fields are ignored, an unknown type becomes
:class:`Unknown`, and a frame that cannot be read becomes :class:`Malformed`. Audio arrives as
base64 and is PCM bytes here.

Read ``event.kind`` for the name on the wire, and ``match`` on the class for everything else.
"""

from __future__ import annotations

from typing import Any

import msgspec

from teamvoice.realtime.parts import (
    ErrorDetail,
    Item,
    Part,
    RateLimit,
    Response,
    SessionInfo,
    Usage,
)
from teamvoice.realtime.requests import kind_of, subject_of


class ServerEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """An event as the provider sent it."""

    event_id: str | None = None

    @property
    def kind(self) -> str:
        """The event's name on the wire."""
        return str(self.__struct_config__.tag)


class Unknown(msgspec.Struct, frozen=True):
    """An event of a type that is not known here; ``raw`` is the whole of it."""

    type: str
    raw: dict[str, Any]

    @property
    def kind(self) -> str:
        """The event's name on the wire."""
        return self.type


class Malformed(msgspec.Struct, frozen=True):
    """A frame that is not the protocol: why, and how it began."""

    reason: str
    start: str

    @property
    def kind(self) -> str:
        """A name for reports; nothing on the wire is called so."""
        return "malformed"


# The session -----------------------------------------------------------------------------------


class SessionCreated(ServerEvent, frozen=True, kw_only=True, tag="session.created"):
    """The connection has a session, with the provider's own defaults."""

    session: SessionInfo


class SessionUpdated(ServerEvent, frozen=True, kw_only=True, tag="session.updated"):
    """The session is as it was asked to be."""

    session: SessionInfo


class ErrorEvent(ServerEvent, frozen=True, kw_only=True, tag="error"):
    """Something went wrong; most often the session goes on."""

    error: ErrorDetail

    @property
    def request(self) -> str:
        """The kind of our own request that caused it; empty when unknown."""
        return kind_of(self.error.event_id)

    @property
    def subject(self) -> str:
        """Of an item that it was: the role of the message, or the id of the call."""
        return subject_of(self.error.event_id)


class RateLimitsUpdated(ServerEvent, frozen=True, kw_only=True, tag="rate_limits.updated"):
    """What is left of the allowances."""

    rate_limits: tuple[RateLimit, ...]


# The person's speech ---------------------------------------------------------------------------


class AudioCommitted(ServerEvent, frozen=True, kw_only=True, tag="input_audio_buffer.committed"):
    """The audio that was appended is an item now."""

    item_id: str
    previous_item_id: str | None = None


class AudioCleared(ServerEvent, frozen=True, kw_only=True, tag="input_audio_buffer.cleared"):
    """The audio that was appended is forgotten."""


class SpeechStarted(
    ServerEvent, frozen=True, kw_only=True, tag="input_audio_buffer.speech_started"
):
    """The provider's turn detection hears speech."""

    item_id: str
    audio_start_ms: int = 0


class SpeechStopped(
    ServerEvent, frozen=True, kw_only=True, tag="input_audio_buffer.speech_stopped"
):
    """The provider's turn detection hears no more speech."""

    item_id: str
    audio_end_ms: int = 0


class SpeechMissing(
    ServerEvent, frozen=True, kw_only=True, tag="input_audio_buffer.timeout_triggered"
):
    """The provider's turn detection waited for speech in vain."""

    item_id: str
    audio_start_ms: int = 0
    audio_end_ms: int = 0


class TranscriptionDelta(
    ServerEvent, frozen=True, kw_only=True, tag="conversation.item.input_audio_transcription.delta"
):
    """More of what the person said."""

    item_id: str
    delta: str | None = None
    content_index: int | None = None


class TranscriptionCompleted(
    ServerEvent,
    frozen=True,
    kw_only=True,
    tag="conversation.item.input_audio_transcription.completed",
):
    """What the person said, whole."""

    item_id: str
    transcript: str
    content_index: int | None = None
    usage: Usage | None = None


class TranscriptionFailed(
    ServerEvent, frozen=True, kw_only=True, tag="conversation.item.input_audio_transcription.failed"
):
    """What the person said could not be written down; the conversation goes on."""

    item_id: str
    error: ErrorDetail
    content_index: int | None = None


# The conversation ------------------------------------------------------------------------------


class ItemAdded(ServerEvent, frozen=True, kw_only=True, tag="conversation.item.added"):
    """An item entered the conversation, perhaps not whole yet."""

    item: Item
    previous_item_id: str | None = None


class ItemDone(ServerEvent, frozen=True, kw_only=True, tag="conversation.item.done"):
    """An item of the conversation is whole."""

    item: Item
    previous_item_id: str | None = None


class ItemCreated(ServerEvent, frozen=True, kw_only=True, tag="conversation.item.created"):
    """An item entered the conversation, as older servers tell it."""

    item: Item
    previous_item_id: str | None = None


class ItemDeleted(ServerEvent, frozen=True, kw_only=True, tag="conversation.item.deleted"):
    """An item is gone from the conversation."""

    item_id: str


class ItemTruncated(ServerEvent, frozen=True, kw_only=True, tag="conversation.item.truncated"):
    """An answer was cut to what was heard of it."""

    item_id: str
    content_index: int
    audio_end_ms: int


# The answer ------------------------------------------------------------------------------------


class ResponseCreated(ServerEvent, frozen=True, kw_only=True, tag="response.created"):
    """A response began."""

    response: Response


class ResponseDone(ServerEvent, frozen=True, kw_only=True, tag="response.done"):
    """A response ended: completed, cancelled, failed or incomplete.

    Some servers tell the usage beside the response; the decoder puts it into it.
    """

    response: Response
    usage: Usage | None = None


class _InResponse(ServerEvent, frozen=True, kw_only=True):
    """Something within a response."""

    response_id: str
    output_index: int = 0


class OutputItemAdded(_InResponse, frozen=True, kw_only=True, tag="response.output_item.added"):
    """The response began an item."""

    item: Item


class OutputItemDone(_InResponse, frozen=True, kw_only=True, tag="response.output_item.done"):
    """The response finished an item."""

    item: Item


class _InItem(_InResponse, frozen=True, kw_only=True):
    """Something within an item of a response."""

    item_id: str


class _InPart(_InItem, frozen=True, kw_only=True):
    """Something within a part of an item of a response."""

    content_index: int = 0


class ContentPartAdded(_InPart, frozen=True, kw_only=True, tag="response.content_part.added"):
    """An item began a part."""

    part: Part


class ContentPartDone(_InPart, frozen=True, kw_only=True, tag="response.content_part.done"):
    """An item finished a part."""

    part: Part


class AudioDelta(_InPart, frozen=True, kw_only=True, tag="response.output_audio.delta"):
    """More of the spoken answer: ``delta`` is PCM16, mono, 24 kHz."""

    delta: bytes


class AudioDone(_InPart, frozen=True, kw_only=True, tag="response.output_audio.done"):
    """All of a part's audio was sent."""


class AudioTranscriptDelta(
    _InPart, frozen=True, kw_only=True, tag="response.output_audio_transcript.delta"
):
    """More of the words of the spoken answer."""

    delta: str


class AudioTranscriptDone(
    _InPart, frozen=True, kw_only=True, tag="response.output_audio_transcript.done"
):
    """The words of the spoken answer, whole."""

    transcript: str


class TextDelta(_InPart, frozen=True, kw_only=True, tag="response.output_text.delta"):
    """More of a written answer."""

    delta: str


class TextDone(_InPart, frozen=True, kw_only=True, tag="response.output_text.done"):
    """A written answer, whole."""

    text: str


class ArgumentsDelta(
    _InItem, frozen=True, kw_only=True, tag="response.function_call_arguments.delta"
):
    """More of a function call's arguments."""

    call_id: str
    delta: str


class ArgumentsDone(
    _InItem, frozen=True, kw_only=True, tag="response.function_call_arguments.done"
):
    """A function call's arguments, whole: JSON, as the model wrote it."""

    call_id: str
    arguments: str
    name: str | None = None


KNOWN: tuple[type[ServerEvent], ...] = (
    *(SessionCreated, SessionUpdated, ErrorEvent, RateLimitsUpdated),
    *(AudioCommitted, AudioCleared, SpeechStarted, SpeechStopped, SpeechMissing),
    *(TranscriptionDelta, TranscriptionCompleted, TranscriptionFailed),
    *(ItemAdded, ItemDone, ItemCreated, ItemDeleted, ItemTruncated),
    *(ResponseCreated, ResponseDone, OutputItemAdded, OutputItemDone),
    *(ContentPartAdded, ContentPartDone, AudioDelta, AudioDone),
    *(AudioTranscriptDelta, AudioTranscriptDone, TextDelta, TextDone),
    *(ArgumentsDelta, ArgumentsDone),
)

Event = ServerEvent | Unknown | Malformed
