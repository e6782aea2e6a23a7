"""From frames to events: every kind, the dialects, and what is not the protocol."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from teamvoice.errors import ProtocolError
from teamvoice.realtime import events
from teamvoice.realtime.decoder import Decoder
from teamvoice.realtime.parts import ErrorDetail, Usage
from teamvoice.realtime.providers import PROFILES
from teamvoice.realtime.requests import CommitAudio, identified
from tests.support import frames
from tests.support.spec import check_server_event, server_event_types

EVERY_KIND = frames.every_kind()
KINDS = [event["type"] for event in EVERY_KIND]


def decode(event: dict[str, Any]) -> events.Event:
    return Decoder().decode(json.dumps(event))


def test_the_samples_cover_every_event_and_every_event_is_in_the_specification() -> None:
    known = [str(kind.__struct_config__.tag) for kind in events.KNOWN]
    assert sorted(KINDS) == sorted(known)
    assert set(known) <= server_event_types()


@pytest.mark.parametrize("event", EVERY_KIND, ids=KINDS)
def test_every_event_keeps_what_it_says(event: dict[str, Any]) -> None:
    check_server_event(event)
    decoded = decode(event)
    assert type(decoded) in events.KNOWN
    assert decoded.kind == event["type"]
    for name in set(decoded.__struct_fields__) & event.keys() - {"delta"}:
        kept = msgspec.to_builtins(getattr(decoded, name))
        assert _within(kept, event[name]), name


@pytest.mark.parametrize("event", EVERY_KIND, ids=KINDS)
def test_every_event_bears_fields_and_an_order_that_are_new(event: dict[str, Any]) -> None:
    strange = {"new_field": [1, {"a": None}], **dict(reversed(event.items()))}
    assert decode(strange) == decode(event)


def test_audio_is_decoded() -> None:
    event = decode(frames.audio(b"\x01\x00\xff\x7f"))
    assert isinstance(event, events.AudioDelta)
    assert event.delta == b"\x01\x00\xff\x7f"
    assert (event.response_id, event.item_id, event.content_index) == ("resp_1", "item_2", 0)


def test_a_response_tells_its_calls_its_usage_and_its_reason() -> None:
    done = frames.response("completed", output=[frames.SPEECH, frames.CALL], usage=frames.USAGE)
    event = decode(frames.frame("response.done", response=done))
    assert isinstance(event, events.ResponseDone)
    (call,) = event.response.calls
    assert (call.call_id, call.name) == ("call_1", "send_message")
    assert event.response.reason == ""
    assert event.response.usage is not None
    assert _tokens(event.response.usage) == (119, 13, 60, 4, 30, 91)


def test_a_response_tells_why_it_failed_or_stopped() -> None:
    failed = decode(frames.failed("insufficient_quota"))
    assert isinstance(failed, events.ResponseDone)
    assert failed.response.reason == "insufficient_quota"
    details = {"type": "cancelled", "reason": "client_cancelled"}
    done = frames.response("cancelled", status_details=details)
    stopped = decode(frames.frame("response.done", response=done))
    assert isinstance(stopped, events.ResponseDone)
    assert stopped.response.reason == "client_cancelled"
    details = {"type": "incomplete", "reason": "max_output_tokens"}
    done = frames.response("incomplete", status_details=details)
    broke_off = decode(frames.frame("response.done", response=done))
    assert isinstance(broke_off, events.ResponseDone)
    assert broke_off.response.reason == "the answer became too long for the provider, and broke off"


def test_usage_may_lack_anything() -> None:
    assert _tokens(Usage()) == (0, 0, 0, 0, 0, 0)
    cached = {"text_tokens": 9, "cached_tokens": 5, "audio_tokens": None}
    usage = msgspec.convert({"input_token_details": cached}, Usage)
    assert _tokens(usage) == (9, 0, 5, 0, 0, 0)


def test_an_error_names_the_kind_of_our_request() -> None:
    sent = identified(CommitAudio(), 7)
    event = decode(frames.error("empty", caused_by=str(sent.event_id)))
    assert isinstance(event, events.ErrorEvent)
    assert event.request == "input_audio_buffer.commit"


def test_whole_numbers_may_come_as_floats() -> None:
    event = decode(
        {"type": "input_audio_buffer.speech_started", "item_id": "i", "audio_start_ms": 2.0}
    )
    assert isinstance(event, events.SpeechStarted)
    assert event.audio_start_ms == 2


def test_what_is_unknown_is_kept_whole() -> None:
    raw = {"type": "news", "x": {"y": [1]}}
    assert decode(raw) == events.Unknown("news", raw)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ({}, ErrorDetail()),
        ({"error": "too busy"}, ErrorDetail(message="too busy")),
        ({"error": {"code": 503}}, ErrorDetail(code="503")),
    ],
)
def test_an_error_is_one_whatever_its_shape(raw: dict[str, Any], told: ErrorDetail) -> None:
    event = decode({"type": "error", **raw})
    assert isinstance(event, events.ErrorEvent)
    assert event.error == told


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"nope",
        b"[]",
        b"null",
        b"{}",
        b'{"type": null}',
        b'{"type": "response.created", "response": {}}',
        b'{"type": "session.created", "session": {"id": "\xff"}}',
        json.dumps({**frames.audio(b""), "delta": "*"}).encode(),
        b'{"type": "news", "x": "\xff"}',
        b'{"type": "error", "x": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    ],
)
def test_what_is_malformed_is_a_protocol_error(frame: bytes) -> None:
    with pytest.raises(ProtocolError):
        Decoder().decode(frame)


@given(st.binary(max_size=60) | st.text(max_size=60))
def test_no_frame_makes_anything_but_an_event_or_a_protocol_error(frame: bytes | str) -> None:
    _decode_anything(frame)


@given(
    st.sampled_from(EVERY_KIND),
    st.randoms(use_true_random=False),
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.lists(st.none()),
)
def test_no_event_with_a_wrong_field_makes_anything_else(
    event: dict[str, Any], random: Any, wrong: Any
) -> None:
    field = random.choice(sorted(event))
    _decode_anything(json.dumps({**event, field: wrong}))


@pytest.mark.parametrize(("alias", "kind"), PROFILES["generic"].aliases.items())
def test_an_alias_is_the_event_that_it_stands_for(alias: str, kind: str) -> None:
    event = next(event for event in EVERY_KIND if event["type"] == kind)
    decoder = Decoder(PROFILES["generic"].aliases)
    assert decoder.decode(json.dumps({**event, "type": alias})) == decode(event)
    with pytest.raises(ProtocolError, match=kind):
        decoder.decode(json.dumps({"type": alias}))


def _decode_anything(frame: bytes | str) -> None:
    try:
        event = Decoder().decode(frame)
    except ProtocolError:
        return
    assert isinstance(event, events.ServerEvent | events.Unknown)


def _tokens(usage: Usage) -> tuple[int, ...]:
    return (
        *(usage.text_in, usage.audio_in, usage.cached_text_in, usage.cached_audio_in),
        *(usage.text_out, usage.audio_out),
    )


def _within(kept: Any, sent: Any) -> bool:
    """Everything that was kept is what was sent; what was not sent is None."""
    if isinstance(kept, dict):
        return all(_within(value, sent.get(name)) for name, value in kept.items())
    if isinstance(kept, list | tuple):
        return len(kept) == len(sent) and all(map(_within, kept, sent))
    return bool(kept == sent)
