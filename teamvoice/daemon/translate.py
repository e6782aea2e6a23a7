"""Between the conversation and the wire: its commands as requests, the provider's events as its.

Pure. What the conversation has no use for becomes nothing.

The id of a call is the provider's own within one session, and some count anew in the next. Whatever
knows a call for longer than its session knows it as ``call_8vHq@sess_3kPm``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from teamvoice.conversation import commands as do
from teamvoice.conversation import events as ev
from teamvoice.conversation.commands import Command
from teamvoice.conversation.refusals import ANOTHER
from teamvoice.realtime import events as wire
from teamvoice.realtime import parts
from teamvoice.realtime import requests as ask
from teamvoice.realtime.parts import Response
from teamvoice.realtime.requests import Request

_OF = "@"


def request_for(command: Command) -> Request | None:
    """The request that carries out a command; None when it is not for the wire."""
    make = _REQUESTS.get(type(command))
    return make(command) if make else None


def _truncation(command: do.TruncateItem) -> Request:
    return ask.TruncateItem(
        item_id=command.item_id,
        content_index=command.content_index,
        audio_end_ms=command.audio_end_ms,
    )


def _tool_output(command: do.AddToolOutput) -> Request:
    own = command.call_id.rpartition(_OF)[0] or command.call_id
    item = ask.CallOutputItem(call_id=own, output=command.output)
    return ask.CreateItem(item=item)


_REQUESTS: dict[type[Command], Callable[[Any], Request]] = {
    do.AppendAudio: lambda command: ask.AppendAudio(audio=command.pcm),
    do.CommitAudio: lambda _: ask.CommitAudio(),
    do.ClearAudio: lambda _: ask.ClearAudio(),
    do.AddText: lambda command: ask.CreateItem(item=ask.message(command.text)),
    do.AddToolOutput: _tool_output,
    do.AddNote: lambda command: ask.CreateItem(item=ask.message(command.text, role="system")),
    do.Announce: lambda command: ask.announcement(command.text),
    do.CreateResponse: lambda _: ask.CreateResponse(),
    do.CancelResponse: lambda command: ask.CancelResponse(response_id=command.response_id),
    do.TruncateItem: _truncation,
    do.DeleteItem: lambda command: ask.DeleteItem(item_id=command.item_id),
}


# Of servers that do not say which request it was: what only one kind of request can cause, by the
# code, else by the words.
_CAUSES = {
    "input_audio_buffer_commit_empty": "input_audio_buffer.commit",
    "response_cancel_not_active": "response.cancel",
    ANOTHER: "response.create",
    "item_truncate_invalid_item_id": "conversation.item.truncate",
    "item_delete_invalid_item_id": "conversation.item.delete",
}
_WORDS = {
    "already has an active response": ANOTHER,
    "no active response": "response_cancel_not_active",
}


def event_from(event: wire.Event, at: float, session: str = "") -> ev.Event | None:
    """What an event of the provider's means to the conversation; None when nothing.

    Args:
        event: As it came.
        at: When, in seconds on the conversation's clock.
        session: Which session it is of; empty where there is only one.
    """
    match event:
        case wire.ResponseCreated(response=response) if not _is_aside(response):
            return ev.ResponseBegan(at=at, response_id=response.id)
        case wire.ResponseDone(response=response) if not _is_aside(response):
            return _ended(response, at, session)
        case wire.AudioDelta():
            return ev.AnswerAudio(
                at=at,
                response_id=event.response_id,
                item_id=event.item_id,
                content_index=event.content_index,
                pcm=event.delta,
            )
        case wire.AudioTranscriptDelta() | wire.TextDelta():
            return ev.AnswerText(
                at=at, response_id=event.response_id, item_id=event.item_id, text=event.delta
            )
        case _:
            return _about_speech(event, at, session)


def _about_speech(event: wire.Event, at: float, session: str) -> ev.Event | None:
    match event:
        case wire.AudioCommitted(item_id=item_id):
            return ev.SpeechCommitted(at=at, item_id=item_id)
        case wire.TranscriptionDelta(item_id=item_id, delta=str(text)):
            return ev.SpeechPart(at=at, item_id=item_id, text=text)
        case wire.TranscriptionCompleted(item_id=item_id, transcript=text, usage=usage):
            took = _transcribed(usage) if usage else None
            return ev.SpeechTranscribed(at=at, item_id=item_id, text=text.strip(), usage=took)
        case wire.TranscriptionFailed(item_id=item_id):
            return ev.SpeechTranscribed(at=at, item_id=item_id, text="")
        case wire.ErrorEvent(error=error):
            code = _code(error)
            return ev.RequestRefused(
                at=at,
                request=event.request or _CAUSES.get(code, ""),
                about=_about(event.subject, session),
                code=code,
                message=error.message or error.name,
            )
        case _:
            return None


def _code(error: parts.ErrorDetail) -> str:
    """The provider's code; the usual one for what some servers say in words alone."""
    if error.code in _CAUSES:
        return error.code
    said = (error.message or "").lower()
    meant = (code for words, code in _WORDS.items() if words in said)
    return next(meant, "") or error.code or error.type or ""


def _about(subject: str, session: str) -> str:
    match subject:
        case "system":
            return ""
        case "user" | "assistant":
            return subject
    return _known_as(subject, session)


def _known_as(call_id: str | None, session: str) -> str:
    """A call's id, which no other session's call has."""
    return f"{call_id}{_OF}{session}" if call_id and session else call_id or ""


def _ended(response: Response, at: float, session: str) -> ev.ResponseEnded:
    calls = tuple(
        ev.ToolCall(_known_as(item.call_id, session), item.name or "", item.arguments or "")
        for item in response.calls
    )
    return ev.ResponseEnded(
        at=at,
        response_id=response.id,
        status=response.status or "completed",
        calls=calls,
        usage=_usage(response),
        reason=response.reason,
        is_empty=response.output == (),
    )


def _usage(response: Response) -> ev.Usage:
    usage = response.usage
    if usage is None:
        return ev.Usage()
    return ev.Usage(
        text_in=usage.text_in,
        audio_in=usage.audio_in,
        cached_text_in=usage.cached_text_in,
        cached_audio_in=usage.cached_audio_in,
        text_out=usage.text_out,
        audio_out=usage.audio_out,
    )


def _transcribed(usage: parts.Usage) -> ev.Transcribed:
    return ev.Transcribed(
        text_in=usage.text_in,
        audio_in=usage.audio_in,
        text_out=usage.output_tokens or 0,
        seconds=usage.seconds,
    )


def _is_aside(response: Response) -> bool:
    """It was asked for outside the conversation."""
    return bool(response.metadata)
