"""A Realtime session without I/O: client events in, commands out.

The world around calls, and carries out what each call returns, in order::

    begin()                     the connection is open
    receive(frame)              the client sent a frame
    heard(utterance, text)      the ears are done with a Conclude (or not_heard)
    spoke(response_id, pcm)     the voice has a piece of a Speak
    spoken(response_id)         the voice has ended a Speak
    expire()                    the session's time is over

Nothing here waits, reads a clock or touches a socket, so a whole conversation can be tested as a
list of events. A client event that is refused becomes an ``error`` event that names it; the session
goes on. The parts: :mod:`.validate` reads events, :mod:`.configuration` is what the session is set
to, :mod:`.intake` is the input audio buffer, :mod:`.history` is the conversation, and
:mod:`.responder` answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from msgspec import UNSET, Struct

from teamvoice.offline import items, requests, usage, validate
from teamvoice.offline.commands import Close, Command, Conclude, Feed, Listen
from teamvoice.offline.configuration import Configuration
from teamvoice.offline.history import History
from teamvoice.offline.intake import Intake
from teamvoice.offline.items import Item
from teamvoice.offline.ports import Mind
from teamvoice.offline.responder import Responder
from teamvoice.offline.script import Names, Script
from teamvoice.offline.usage import BYTES_PER_MS
from teamvoice.offline.vad import Mark
from teamvoice.offline.validate import Refused

_STEP = 100 * BYTES_PER_MS  # how finely speech is looked for in a long append
_MINUTE = 60_000 * BYTES_PER_MS


class Limits(Struct, frozen=True, kw_only=True):
    """The bounds of a session."""

    session_s: float = 3600.0
    items: int = 500
    kept_audio_bytes: int = 10 * _MINUTE
    buffer_bytes: int = 15 * _MINUTE


class Session:
    """One client's session.

    Args:
        mind: What understands.
        limits: The session's bounds.
        names: Where ids come from.
        model: What the client asked for in the URL; empty when it did not.
        now: Seconds since the epoch.
    """

    def __init__(self, mind: Mind, limits: Limits, names: Names, model: str, now: float) -> None:
        self._script = Script(names)
        expires_at = int(now + limits.session_s)
        self._configuration = Configuration(names.fresh("sess"), model, expires_at)
        self._history = History(limits.items, limits.kept_audio_bytes)
        self._intake = Intake(limits.buffer_bytes)
        self._intake.detect(self._configuration.turn_detection)
        self._responder = Responder(self._configuration, self._history, mind, self._script)
        self._speech_item = ""  # the id that the utterance being spoken will have
        self._at_ears: dict[str, Item] = {}
        self._handlers: dict[type, Callable[[Any], None]] = {
            requests.SessionUpdate: self._update,
            requests.BufferAppend: self._append,
            requests.BufferCommit: self._commit_asked,
            requests.BufferClear: self._clear,
            requests.OutputClear: self._clear_output,
            requests.ItemCreate: self._create_item,
            requests.ItemDelete: self._delete_item,
            requests.ItemRetrieve: self._retrieve_item,
            requests.ItemTruncate: self._truncate_item,
            requests.ResponseCreate: self._create_response,
            requests.ResponseCancel: self._cancel_response,
        }

    # What the world tells ----------------------------------------------------------------------

    def begin(self) -> list[Command]:
        """Greet the client."""
        self._script.send("session.created", session=self._configuration.wire())
        return self._script.take()

    def receive(self, frame: str | bytes) -> list[Command]:
        """Take one frame from the client, whatever is in it."""
        event_id = None
        try:
            request = validate.decode(frame)
            event_id = None if request.event_id is UNSET else str(request.event_id)
            self._handlers[type(request)](request)
        except Refused as refused:
            offender = refused.event_id or event_id
            self._script.error(refused.code, refused.message, refused.param, offender)
        return self._script.take()

    def heard(self, utterance: str, text: str) -> list[Command]:
        """The ears understood an utterance."""
        item = self._at_ears.pop(utterance)
        part = item.content[0] if item.unheard is None else item.unheard
        part.transcript, item.hearing = text, False
        self._tell_transcript(item, part)
        self._responder.heard(item)
        return self._script.take()

    def not_heard(self, utterance: str, why: str) -> list[Command]:
        """The ears failed at an utterance."""
        item = self._at_ears.pop(utterance)
        item.trouble, item.hearing = why, False
        if self._configuration.transcription is not None:
            error = {"type": "server_error", "code": "transcription_failed", "message": why}
            kind = "conversation.item.input_audio_transcription.failed"
            self._script.send(kind, item_id=item.id, content_index=0, error=error)
        self._responder.heard(item)
        return self._script.take()

    def spoke(self, response_id: str, pcm: bytes) -> list[Command]:
        """The voice has a piece: mono PCM16 little-endian at 24 kHz, of any length."""
        self._responder.spoke(response_id, pcm)
        return self._script.take()

    def spoken(self, response_id: str, trouble: str = "") -> list[Command]:
        """The voice has ended; ``trouble`` is why it failed, if it did."""
        self._responder.spoken(response_id, trouble)
        return self._script.take()

    def expire(self) -> list[Command]:
        """The session's time is over."""
        message = "Your session hit the maximum duration."
        self._script.error("session_expired", message)
        return [*self._script.take(), Close(1001, "session expired")]

    def wants(self, response_id: str) -> bool:
        """Tell whether a response still has use for the voice."""
        return self._responder.lives(response_id)

    # The session and the input buffer ------------------------------------------------------------

    def _update(self, request: requests.SessionUpdate) -> None:
        before = self._configuration.turn_detection
        used = self._responder.voice_used
        self._configuration.update(request.session, voice_used=used)
        if self._configuration.turn_detection != before:
            self._detect_afresh()
        self._script.send("session.updated", session=self._configuration.wire())

    def _append(self, request: requests.BufferAppend) -> None:
        pcm = validate.audio(request.audio, "audio")
        self._intake.make_room(len(pcm))
        for piece in _pieces(pcm) if self._configuration.turn_detection else [pcm]:
            for mark in self._intake.append(piece):
                self._mark(mark)
            self._script.do(*self._intake.feed())

    def _mark(self, mark: Mark) -> None:
        detection = self._configuration.turn_detection
        if mark.kind == "began":
            self._speech_item = self._script.names.fresh("item")
            begin = self._intake.begin_speech(mark.at_ms)
            kind = "input_audio_buffer.speech_started"
            self._script.send(kind, audio_start_ms=begin, item_id=self._speech_item)
            if detection and detection.interrupt_response and self._responder.active:
                self._responder.cancel(None, "turn_detected")
            return
        kind = "input_audio_buffer.speech_stopped"
        self._script.send(kind, audio_end_ms=mark.at_ms, item_id=self._speech_item)
        self._commit()
        if detection and detection.create_response:
            self._answer_by_itself()

    def _answer_by_itself(self) -> None:
        try:
            self._responder.create(requests.ResponseFields())
        except Refused as refused:
            self._script.error(refused.code, refused.message)

    def _commit_asked(self, _: requests.BufferCommit) -> None:
        self._commit()
        if self._configuration.turn_detection:
            self._detect_afresh()

    def _commit(self) -> None:
        pcm, last = self._intake.commit()
        names = self._script.names
        item = items.spoken_by_user(self._speech_item or names.fresh("item"), pcm)
        self._speech_item = ""
        previous = self._history.last_id()
        kind = "input_audio_buffer.committed"
        self._script.send(kind, item_id=item.id, previous_item_id=previous)
        self._add(item, None)
        self._script.do(*last, Conclude(self._await_ears(item)))

    def _clear(self, _: requests.BufferClear) -> None:
        self._intake.clear()
        self._detect_afresh()
        self._script.send("input_audio_buffer.cleared")

    def _clear_output(self, _: requests.OutputClear) -> None:
        message = "'output_audio_buffer.clear' is only for WebRTC connections: cancel the response."
        raise Refused("invalid_request_error", message, "type")

    def _detect_afresh(self) -> None:
        self._speech_item = ""
        self._intake.detect(self._configuration.turn_detection)

    # The conversation --------------------------------------------------------------------------

    def _create_item(self, request: requests.ItemCreate) -> None:
        names = self._script.names
        item = items.made_by_client(request.item, names.fresh("item"), names.fresh("call"), "item")
        if item.type == "function_call_output":
            self._check_output(item)
        self._add(item, request.previous_item_id)
        if part := item.unheard:
            item.hearing = True
            self._script.do(Listen(), Feed(bytes(part.pcm)), Conclude(self._await_ears(item)))
            self._intake.begin_again()

    def _check_output(self, output: Item) -> None:
        same = [item for item in self._history if item.call_id == output.call_id]
        if not any(item.type == "function_call" for item in same):
            message = f"Tool call ID '{output.call_id}' not found in conversation."
            raise Refused("invalid_tool_call_id", message, "item.call_id")
        if any(item.type == "function_call_output" for item in same):
            message = f"Tool call ID '{output.call_id}' has an output already."
            raise Refused("invalid_tool_call_id", message, "item.call_id")

    def _delete_item(self, request: requests.ItemDelete) -> None:
        self._history.remove(self._history.get(request.item_id, "delete"))
        self._script.send("conversation.item.deleted", item_id=request.item_id)

    def _retrieve_item(self, request: requests.ItemRetrieve) -> None:
        item = self._history.get(request.item_id, "retrieve")
        self._script.send("conversation.item.retrieved", item=item.wire(sound=True))

    def _truncate_item(self, request: requests.ItemTruncate) -> None:
        where = (request.item_id, request.content_index, request.audio_end_ms)
        self._history.truncate(*where)
        names = ("item_id", "content_index", "audio_end_ms")
        self._script.send("conversation.item.truncated", **dict(zip(names, where, strict=True)))

    def _add(self, item: Item, after: str | None) -> None:
        previous = self._history.add(item, after)
        for kind in ("conversation.item.added", "conversation.item.done"):
            self._script.send(kind, previous_item_id=previous, item=item.wire())

    def _await_ears(self, item: Item) -> str:
        utterance = self._script.names.fresh("utterance")
        self._at_ears[utterance] = item
        return utterance

    def _tell_transcript(self, item: Item, part: items.Part) -> None:
        if self._configuration.transcription is None:
            return
        text = part.transcript or ""
        kind, place = "conversation.item.input_audio_transcription", item.content.index(part)
        where = {"item_id": item.id, "content_index": place}
        if text:
            self._script.send(f"{kind}.delta", **where, delta=text)
        cost = usage.transcription_usage(part.pcm_bytes, text)
        self._script.send(f"{kind}.completed", **where, transcript=text, usage=cost)

    # Responses ---------------------------------------------------------------------------------

    def _create_response(self, request: requests.ResponseCreate) -> None:
        self._responder.create(request.response)

    def _cancel_response(self, request: requests.ResponseCancel) -> None:
        response_id = None if request.response_id is UNSET else str(request.response_id)
        self._responder.cancel(response_id, "client_cancelled")


def _pieces(pcm: bytes) -> Iterator[bytes]:
    return (pcm[start : start + _STEP] for start in range(0, len(pcm), _STEP))
