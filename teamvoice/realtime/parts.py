"""What server events carry: items, responses, usage, errors, the session.

Read leniently, because servers of the same protocol differ: a field that is not needed may be
missing, ``null``, or joined by others that are not known here.
"""

from __future__ import annotations

from typing import Any

import msgspec

_REASONS = {
    "max_output_tokens": "the answer became too long for the provider, and broke off",
    "content_filter": "the provider's filter stopped the answer",
}


class Part(msgspec.Struct, frozen=True):
    """A piece of a message: its kind, and its words. Audio is told by deltas, not kept here."""

    type: str | None = None
    text: str | None = None
    transcript: str | None = None

    @property
    def words(self) -> str:
        """The text, or what was spoken; empty when there is neither."""
        return self.text or self.transcript or ""


class Item(msgspec.Struct, frozen=True):
    """One item of the conversation, of whatever type: the fields of the other types are None."""

    type: str
    id: str | None = None
    role: str | None = None
    status: str | None = None
    content: tuple[Part, ...] | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None
    output: str | None = None


class ErrorDetail(msgspec.Struct, frozen=True):
    """The provider's words about something that went wrong.

    ``event_id`` is the identifier of our own event that caused it, when one did.
    """

    message: str | None = None
    type: str | None = None
    code: str | None = None
    param: str | None = None
    event_id: str | None = None

    @property
    def name(self) -> str:
        """The code, else the type, else an empty string: what the table of failures knows."""
        return self.code or self.type or ""


class StatusDetails(msgspec.Struct, frozen=True):
    """Why a response ended as it did."""

    type: str | None = None
    reason: str | None = None
    error: ErrorDetail | None = None


class CachedTokens(msgspec.Struct, frozen=True):
    """Cached input tokens by modality."""

    text_tokens: int | None = None
    audio_tokens: int | None = None


class InputTokens(msgspec.Struct, frozen=True):
    """Input tokens by modality; the cached ones are a part of them."""

    text_tokens: int | None = None
    audio_tokens: int | None = None
    cached_tokens: int | None = None
    cached_tokens_details: CachedTokens | None = None


class OutputTokens(msgspec.Struct, frozen=True):
    """Output tokens by modality."""

    text_tokens: int | None = None
    audio_tokens: int | None = None


class Usage(msgspec.Struct, frozen=True):
    """Tokens of one response (or one transcription)."""

    total_tokens: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    input_token_details: InputTokens | None = None
    output_token_details: OutputTokens | None = None
    seconds: float | None = None

    @property
    def text_in(self) -> int:
        """Text tokens that went in, cached ones included; all, if their modality is not told."""
        return self._in.text_tokens or (0 if self.input_token_details else self.input_tokens) or 0

    @property
    def audio_in(self) -> int:
        """Audio tokens that went in, cached ones included."""
        return self._in.audio_tokens or 0

    @property
    def cached_text_in(self) -> int:
        """Cached text tokens; a count that names no modality is taken for text."""
        details = self._in.cached_tokens_details
        return (self._in.cached_tokens if details is None else details.text_tokens) or 0

    @property
    def cached_audio_in(self) -> int:
        """Cached audio tokens."""
        details = self._in.cached_tokens_details
        return (details.audio_tokens or 0) if details else 0

    @property
    def text_out(self) -> int:
        """Text tokens that came out; all of them, if their modality is not told."""
        told = self.output_token_details
        return self._out.text_tokens or (0 if told else self.output_tokens) or 0

    @property
    def audio_out(self) -> int:
        """Audio tokens that came out."""
        return self._out.audio_tokens or 0

    @property
    def _in(self) -> InputTokens:
        return self.input_token_details or InputTokens()

    @property
    def _out(self) -> OutputTokens:
        return self.output_token_details or OutputTokens()


class Response(msgspec.Struct, frozen=True):
    """A response as it stands: begun, or ended with everything that it came to."""

    id: str
    status: str | None = None
    status_details: StatusDetails | None = None
    output: tuple[Item, ...] | None = None
    usage: Usage | None = None
    metadata: dict[str, Any] | None = None
    conversation_id: str | None = None

    @property
    def calls(self) -> tuple[Item, ...]:
        """The function calls that it asks for, in order."""
        return tuple(item for item in self.output or () if item.type == "function_call")

    @property
    def error(self) -> ErrorDetail | None:
        """What made it fail, when something did."""
        return self.status_details.error if self.status_details else None

    @property
    def reason(self) -> str:
        """Why it failed or stopped early, in one line; empty when it did neither."""
        if self.error:
            return self.error.message or self.error.name
        reason = (self.status_details.reason or "") if self.status_details else ""
        return _REASONS.get(reason, reason)


class SessionInfo(msgspec.Struct, frozen=True):
    """What the provider says about the session.

    ``expires_at`` is a Unix time in seconds, when the provider tells it.
    """

    id: str | None = None
    model: str | None = None
    expires_at: float | None = None


class RateLimit(msgspec.Struct, frozen=True):
    """What is left of one allowance, and when it is full again."""

    name: str | None = None
    limit: int | None = None
    remaining: int | None = None
    reset_seconds: float | None = None
