"""The client events of the GA Realtime protocol, as strict as the service is.

Every struct forbids fields that the protocol does not have. A field that may be left out is
``UNSET`` then, which is told apart from an explicit ``null`` (``turn_detection: null``). What the
protocol has and this server cannot do is left in, and refused in words by :mod:`.configuration`
and :mod:`.conversation`: "unknown parameter" would be a lie there.
"""

# ruff: noqa: D101 - every struct is the object or the event of its name in the protocol

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

Natural = Annotated[int, Meta(ge=0)]
ItemId = Annotated[str, Meta(min_length=1, max_length=64)]
Modalities = Annotated[list[Literal["text", "audio"]], Meta(min_length=1, max_length=1)]
Metadata = Annotated[
    dict[Annotated[str, Meta(max_length=64)], Annotated[str, Meta(max_length=512)]],
    Meta(max_length=16),
]
MaxTokens = Annotated[int, Meta(ge=1, le=4096)] | Literal["inf"]


class Shape(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """An object of the protocol."""


# The session -----------------------------------------------------------------------------------


class Format(Shape, frozen=True, kw_only=True):
    type: Literal["audio/pcm", "audio/pcmu", "audio/pcma"]
    rate: int | UnsetType = UNSET


class NoiseReduction(Shape, frozen=True, kw_only=True):
    type: Literal["near_field", "far_field"]
    strength: float | UnsetType = UNSET


class Transcription(Shape, frozen=True, kw_only=True):
    model: str | UnsetType = UNSET
    language: str | UnsetType = UNSET
    languages: list[str] | UnsetType = UNSET
    prompt: str | UnsetType = UNSET
    keywords: list[str] | UnsetType = UNSET
    delay: Literal["minimal", "low", "medium", "high", "xhigh"] | UnsetType = UNSET


class ServerVad(Shape, frozen=True, kw_only=True, tag_field="type", tag="server_vad"):
    create_response: bool = True
    interrupt_response: bool = True
    threshold: Annotated[float, Meta(ge=0, le=1)] = 0.5
    prefix_padding_ms: Annotated[int, Meta(ge=0, le=5000)] = 300
    silence_duration_ms: Annotated[int, Meta(ge=0, le=10_000)] = 500
    idle_timeout_ms: Annotated[int, Meta(ge=5000, le=30_000)] | None = None


class SemanticVad(Shape, frozen=True, kw_only=True, tag_field="type", tag="semantic_vad"):
    create_response: bool = True
    interrupt_response: bool = True
    eagerness: Literal["low", "medium", "high", "auto"] = "auto"


class CustomVoice(Shape, frozen=True, kw_only=True):
    id: str


class AudioInput(Shape, frozen=True, kw_only=True):
    format: Format | UnsetType = UNSET
    noise_reduction: NoiseReduction | UnsetType | None = UNSET
    transcription: Transcription | UnsetType | None = UNSET
    turn_detection: ServerVad | SemanticVad | UnsetType | None = UNSET


class AudioOutput(Shape, frozen=True, kw_only=True):
    format: Format | UnsetType = UNSET
    voice: str | CustomVoice | UnsetType = UNSET
    speed: Annotated[float, Meta(ge=0.25, le=1.5)] | UnsetType = UNSET


class Audio(Shape, frozen=True, kw_only=True):
    input: AudioInput | UnsetType = UNSET
    output: AudioOutput | UnsetType = UNSET


class Tool(Shape, frozen=True, kw_only=True):
    type: Literal["function"]
    name: Annotated[str, Meta(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]
    description: str = ""
    parameters: dict[str, Any] = {}


class ChosenTool(Shape, frozen=True, kw_only=True):
    type: Literal["function"]
    name: str


ToolChoice = Literal["auto", "none", "required"] | ChosenTool


class TokenLimits(Shape, frozen=True, kw_only=True):
    post_instructions: Natural | UnsetType = UNSET


class RetentionRatio(Shape, frozen=True, kw_only=True):
    type: Literal["retention_ratio"]
    retention_ratio: Annotated[float, Meta(ge=0, le=1)]
    token_limits: TokenLimits | UnsetType = UNSET


class Reasoning(Shape, frozen=True, kw_only=True):
    effort: Literal["minimal", "low", "medium", "high", "xhigh"] | UnsetType = UNSET


class Tracing(Shape, frozen=True, kw_only=True):
    group_id: str | UnsetType = UNSET
    metadata: dict[str, Any] | UnsetType = UNSET
    workflow_name: str | UnsetType = UNSET


class Prompt(Shape, frozen=True, kw_only=True):
    id: str
    variables: dict[str, Any] | UnsetType | None = UNSET
    version: str | UnsetType | None = UNSET


class SessionFields(Shape, frozen=True, kw_only=True):
    type: Literal["realtime", "transcription"]
    audio: Audio | UnsetType = UNSET
    include: list[Literal["item.input_audio_transcription.logprobs"]] | UnsetType | None = UNSET
    instructions: str | UnsetType = UNSET
    max_output_tokens: MaxTokens | UnsetType = UNSET
    model: str | UnsetType = UNSET
    output_modalities: Modalities | UnsetType = UNSET
    parallel_tool_calls: bool | UnsetType = UNSET
    prompt: Prompt | UnsetType | None = UNSET
    reasoning: Reasoning | UnsetType = UNSET
    tool_choice: ToolChoice | UnsetType = UNSET
    tools: list[Tool] | UnsetType = UNSET
    tracing: Tracing | Literal["auto"] | UnsetType | None = UNSET
    truncation: RetentionRatio | Literal["auto", "disabled"] | UnsetType = UNSET


# Items -----------------------------------------------------------------------------------------


class Content(Shape, frozen=True, kw_only=True):
    """A part of a message, of any role; which types a role may have is checked beside the role."""

    type: Literal["input_text", "input_audio", "input_image", "output_text", "output_audio"]
    text: str | UnsetType = UNSET
    audio: str | UnsetType = UNSET
    transcript: str | UnsetType | None = UNSET
    image_url: str | UnsetType = UNSET
    detail: Literal["auto", "low", "high"] | UnsetType = UNSET


class _Item(Shape, frozen=True, kw_only=True, tag_field="type"):
    id: ItemId | UnsetType = UNSET
    object: Literal["realtime.item"] | UnsetType = UNSET
    status: Literal["completed", "incomplete", "in_progress"] | UnsetType = UNSET


class Message(_Item, frozen=True, kw_only=True, tag="message"):
    role: Literal["user", "assistant", "system"]
    content: list[Content]


class FunctionCall(_Item, frozen=True, kw_only=True, tag="function_call"):
    name: str
    arguments: str
    call_id: ItemId | UnsetType = UNSET


class FunctionCallOutput(_Item, frozen=True, kw_only=True, tag="function_call_output"):
    call_id: ItemId
    output: str


class ItemReference(Shape, frozen=True, kw_only=True, tag_field="type", tag="item_reference"):
    id: ItemId


AnyItem = Message | FunctionCall | FunctionCallOutput


# Responses -------------------------------------------------------------------------------------


class ResponseAudioOutput(Shape, frozen=True, kw_only=True):
    format: Format | UnsetType = UNSET
    voice: str | CustomVoice | UnsetType = UNSET


class ResponseAudio(Shape, frozen=True, kw_only=True):
    output: ResponseAudioOutput | UnsetType = UNSET


class ResponseFields(Shape, frozen=True, kw_only=True):
    audio: ResponseAudio | UnsetType = UNSET
    conversation: Literal["auto", "none"] = "auto"
    input: list[AnyItem | ItemReference] | UnsetType = UNSET
    instructions: str | UnsetType = UNSET
    max_output_tokens: MaxTokens | UnsetType = UNSET
    metadata: Metadata | None = None
    output_modalities: Modalities | UnsetType = UNSET
    parallel_tool_calls: bool | UnsetType = UNSET
    prompt: Prompt | UnsetType | None = UNSET
    reasoning: Reasoning | UnsetType = UNSET
    tool_choice: ToolChoice | UnsetType = UNSET
    tools: list[Tool] | UnsetType = UNSET


# The events ------------------------------------------------------------------------------------


class Request(Shape, frozen=True, kw_only=True, tag_field="type"):
    """A client event. Errors that it causes carry its ``event_id``."""

    event_id: Annotated[str, Meta(max_length=512)] | UnsetType = UNSET


class SessionUpdate(Request, frozen=True, kw_only=True, tag="session.update"):
    session: SessionFields


class BufferAppend(Request, frozen=True, kw_only=True, tag="input_audio_buffer.append"):
    audio: str


class BufferCommit(Request, frozen=True, kw_only=True, tag="input_audio_buffer.commit"):
    pass


class BufferClear(Request, frozen=True, kw_only=True, tag="input_audio_buffer.clear"):
    pass


class OutputClear(Request, frozen=True, kw_only=True, tag="output_audio_buffer.clear"):
    pass


class ItemCreate(Request, frozen=True, kw_only=True, tag="conversation.item.create"):
    item: AnyItem
    previous_item_id: ItemId | None = None


class ItemDelete(Request, frozen=True, kw_only=True, tag="conversation.item.delete"):
    item_id: ItemId


class ItemRetrieve(Request, frozen=True, kw_only=True, tag="conversation.item.retrieve"):
    item_id: ItemId


class ItemTruncate(Request, frozen=True, kw_only=True, tag="conversation.item.truncate"):
    item_id: ItemId
    content_index: Natural
    audio_end_ms: Natural


class ResponseCreate(Request, frozen=True, kw_only=True, tag="response.create"):
    response: ResponseFields = ResponseFields()


class ResponseCancel(Request, frozen=True, kw_only=True, tag="response.cancel"):
    response_id: ItemId | UnsetType = UNSET


ALL: tuple[type[Request], ...] = (
    SessionUpdate,
    BufferAppend,
    BufferCommit,
    BufferClear,
    OutputClear,
    ItemCreate,
    ItemDelete,
    ItemRetrieve,
    ItemTruncate,
    ResponseCreate,
    ResponseCancel,
)
