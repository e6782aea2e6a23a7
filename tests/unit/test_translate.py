from __future__ import annotations

import json

import pytest

from teamvoice.conversation import commands as do
from teamvoice.conversation import events as ev
from teamvoice.conversation.commands import Command
from teamvoice.daemon.translate import event_from, request_for
from teamvoice.realtime.decoder import Decoder
from teamvoice.realtime.requests import encode
from tests.support.spec import check_client_event

FOR_THE_WIRE = [
    do.AppendAudio(bytes(960)),
    do.CommitAudio(),
    do.ClearAudio(),
    do.AddText("who is idle?"),
    do.AddToolOutput("call_1", "Submitted."),
    do.CreateResponse(),
    do.CancelResponse("resp_1"),
    do.TruncateItem("item_1", 0, 340),
    do.DeleteItem("item_1"),
]


@pytest.mark.parametrize("command", FOR_THE_WIRE, ids=lambda command: type(command).__name__)
def test_every_command_for_the_wire_is_a_valid_request(command: Command) -> None:
    request = request_for(command)
    assert request is not None
    check_client_event(json.loads(encode(request)))


@pytest.mark.parametrize(
    "command", [do.OpenMicrophone(), do.Silence(), do.BeginTurn(1), do.Tell("heard", "x")]
)
def test_other_commands_are_not_for_the_wire(command: Command) -> None:
    assert request_for(command) is None


def meaning(**frame: object) -> ev.Event | None:
    return event_from(Decoder().decode(json.dumps(frame)), at=1.0)


def test_a_response_with_its_calls_and_its_tokens() -> None:
    usage = {
        "input_tokens": 30,
        "output_tokens": 8,
        "input_token_details": {
            "text_tokens": 20,
            "audio_tokens": 10,
            "cached_tokens": 12,
            "cached_tokens_details": {"text_tokens": 8, "audio_tokens": 4},
        },
        "output_token_details": {"text_tokens": 6, "audio_tokens": 2},
    }
    call = {"type": "function_call", "call_id": "c1", "name": "list_team", "arguments": "{}"}
    response = {"id": "r1", "status": "completed", "output": [call], "usage": usage}
    assert meaning(type="response.done", response=response) == ev.ResponseEnded(
        at=1.0,
        response_id="r1",
        status="completed",
        calls=(ev.ToolCall("c1", "list_team", "{}"),),
        usage=ev.Usage(20, 10, 8, 4, 6, 2),
    )


def test_a_call_is_known_beyond_its_session_and_answered_within_it() -> None:
    call = {"type": "function_call", "call_id": "call_1", "name": "list_team", "arguments": "{}"}
    response = {"id": "r1", "status": "completed", "output": [call]}
    frame = json.dumps({"type": "response.done", "response": response})
    known = [event_from(Decoder().decode(frame), 1.0, session) for session in ("sess_a", "sess_b")]
    ids = [event.calls[0].call_id for event in known if isinstance(event, ev.ResponseEnded)]
    assert ids == ["call_1@sess_a", "call_1@sess_b"]
    request = request_for(do.AddToolOutput(ids[0], "Submitted."))
    assert request is not None
    assert json.loads(encode(request))["item"]["call_id"] == "call_1"


CANCEL = "response.cancel", "response_cancel_not_active"
ANOTHER = "response.create", "conversation_already_has_active_response"


@pytest.mark.parametrize(
    ("error", "meant"),
    [
        ({"code": CANCEL[1], "message": "no"}, CANCEL),
        ({"type": "x", "message": "Cancellation failed: no active response found"}, CANCEL),
        ({"code": ANOTHER[1], "message": "no"}, ANOTHER),
        ({"code": "x", "message": "Conversation already has an active response."}, ANOTHER),
        ({"code": "busy", "message": "too busy"}, ("", "busy")),
    ],
)
def test_which_request_was_refused_when_the_server_does_not_say(
    error: dict[str, str], meant: tuple[str, str]
) -> None:
    refused = meaning(type="error", error=error)
    assert isinstance(refused, ev.RequestRefused)
    assert (refused.request, refused.code) == meant


def test_why_a_response_failed() -> None:
    details = {"type": "failed", "error": {"code": "server_error", "message": "overloaded"}}
    response = {"id": "r1", "status": "failed", "status_details": details}
    ended = meaning(type="response.done", response=response)
    assert isinstance(ended, ev.ResponseEnded)
    assert (ended.status, ended.reason) == ("failed", "overloaded")


@pytest.mark.parametrize(
    ("output", "is_empty"), [([], True), (None, False), ([{"type": "x"}], False)]
)
def test_a_response_that_came_to_nothing(output: object, is_empty: bool) -> None:
    response = {"id": "r1", "status": "completed", "output": output}
    ended = meaning(type="response.done", response=response)
    assert isinstance(ended, ev.ResponseEnded)
    assert ended.is_empty is is_empty


def test_a_response_beside_the_conversation_is_no_part_of_it() -> None:
    response = {"id": "r1", "status": "completed", "metadata": {"for": "a test"}}
    assert meaning(type="response.done", response=response) is None
    assert meaning(type="response.created", response=response) is None


def test_a_transcription_that_failed_is_an_empty_one() -> None:
    kind = "conversation.item.input_audio_transcription.failed"
    failed = meaning(type=kind, item_id="i1", content_index=0, error={"message": "no"})
    assert failed == ev.SpeechTranscribed(at=1.0, item_id="i1", text="")


def test_an_error_names_the_request_that_caused_it() -> None:
    error = {"type": "invalid_request_error", "code": "x", "message": "m"}
    refused = meaning(type="error", error={**error, "event_id": "tv_7_response.create"})
    assert refused == ev.RequestRefused(at=1.0, request="response.create", code="x", message="m")


def test_what_the_conversation_has_no_use_for_is_nothing() -> None:
    assert meaning(type="rate_limits.updated", rate_limits=[]) is None
    assert meaning(type="something.new", of="the provider") is None
