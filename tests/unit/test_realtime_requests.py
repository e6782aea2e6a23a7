"""What we send: valid under the specification, strictly, and always the same bytes."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from teamvoice.realtime import requests
from teamvoice.realtime.requests import Request, encode, identified, kind_of
from teamvoice.realtime.session import SessionSpec
from tests.support.spec import check_client_event

EVERY_REQUEST: list[Request] = [
    SessionSpec().update(),
    requests.AppendAudio(audio=b"\x01\x00" * 480),
    requests.CommitAudio(),
    requests.ClearAudio(),
    requests.CreateItem(item=requests.message("hello")),
    requests.CreateItem(item=requests.message("earlier", "assistant"), previous_item_id="root"),
    requests.CreateItem(item=requests.message("a summary", "system")),
    requests.CreateItem(item=requests.CallItem(call_id="c", name="send", arguments="{}")),
    requests.CreateItem(item=requests.CallOutputItem(call_id="c", output="Submitted.")),
    requests.TruncateItem(item_id="i", content_index=0, audio_end_ms=0),
    requests.DeleteItem(item_id="i"),
    requests.CreateResponse(),
    requests.CreateResponse(
        response=requests.ResponseOptions(
            output_modalities=("text",), max_output_tokens=99, tool_choice="none"
        )
    ),
    requests.aside("what was said", "Sum it up.", {"purpose": "summary"}),
    requests.CancelResponse(),
    requests.CancelResponse(response_id="resp_1"),
]


def on_the_wire(request: Request, number: int = 1) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(encode(identified(request, number)))
    return event


@pytest.mark.parametrize("request_", EVERY_REQUEST, ids=lambda r: r.kind)
def test_every_request_is_valid(request_: Request) -> None:
    event = on_the_wire(request_)
    check_client_event(event)
    assert event["type"] == request_.kind
    assert event["event_id"]


def test_there_is_a_sample_of_every_request() -> None:
    assert {type(request) for request in EVERY_REQUEST} == set(Request.__subclasses__())


def test_the_check_forbids_what_the_specification_does_not_have() -> None:
    with pytest.raises(ValidationError):
        check_client_event({"type": "input_audio_buffer.commit", "extra": 1})
    with pytest.raises(ValidationError):
        check_client_event({"type": "response.create", "response": {"temperature": 1}})
    with pytest.raises(ValidationError):
        check_client_event({"type": "conversation.item.truncate", "item_id": "i"})


def test_what_is_not_set_is_not_sent() -> None:
    assert on_the_wire(requests.CancelResponse()).keys() == {"type", "event_id"}
    assert on_the_wire(requests.CreateResponse()).keys() == {"type", "event_id"}


def test_zero_is_sent() -> None:
    event = on_the_wire(requests.TruncateItem(item_id="i", content_index=0, audio_end_ms=0))
    assert (event["content_index"], event["audio_end_ms"]) == (0, 0)


@given(st.binary(max_size=2000))
def test_audio_is_base64_on_the_wire(pcm: bytes) -> None:
    event = on_the_wire(requests.AppendAudio(audio=pcm))
    assert base64.b64decode(event["audio"], validate=True) == pcm


@given(st.sampled_from(EVERY_REQUEST), st.integers(min_value=0))
def test_an_identifier_tells_its_kind_of_request(request_: Request, number: int) -> None:
    identifier = identified(request_, number).event_id
    assert isinstance(identifier, str)
    assert kind_of(identifier) == request_.kind


@given(st.sampled_from(EVERY_REQUEST), st.integers(0, 10**6), st.integers(0, 10**6))
def test_no_two_numbers_make_the_same_identifier(request_: Request, one: int, other: int) -> None:
    same = identified(request_, one).event_id == identified(request_, other).event_id
    assert same is (one == other)


@pytest.mark.parametrize("theirs", [None, "", "evt_1", "tv", "tv_", "tv_x_response.create", "_1_a"])
def test_an_identifier_of_others_tells_nothing(theirs: str | None) -> None:
    assert kind_of(theirs) == ""


@given(st.text(max_size=200))
def test_any_text_can_be_sent(text: str) -> None:
    event = on_the_wire(requests.CreateItem(item=requests.message(text)))
    assert event["item"]["content"][0]["text"] == text
