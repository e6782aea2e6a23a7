"""One session over a real WebSocket: how it begins, what it carries, and every way it ends."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest

from teamvoice.errors import LinkClosed, LinkRefused, ProtocolError
from teamvoice.realtime.client import Limits, Session
from teamvoice.realtime.events import AudioDelta, ErrorEvent, Event, Malformed, Unknown
from teamvoice.realtime.providers import PROFILES, Provider
from teamvoice.realtime.requests import AppendAudio, CommitAudio, CreateItem, message
from teamvoice.realtime.session import SessionSpec
from tests.support import frames
from tests.support.scripted import (
    GREETING,
    Answer,
    Close,
    Cut,
    Expect,
    Freeze,
    Refuse,
    Script,
    Send,
    SendRaw,
    Stall,
    Step,
    scripted,
)
from tests.support.wait import until

KEY = "sk-very-secret"
PATIENT = Limits(close_s=0.3)


def dial(script: Script, limits: Limits | None = None, *, profile: str = "openai") -> Session:
    provider = Provider(PROFILES[profile], script.url, "gpt-realtime-2.1", KEY)
    return Session(provider, SessionSpec(instructions="Be brief."), limits)


async def received(session: Session, count: int) -> list[Event]:
    return [await anext(session) for _ in range(count)]


async def send_for_ever(session: Session) -> None:
    while True:
        await session.send(CreateItem(item=message("x" * 2**23)))


async def refusal(*steps: Step, limits: Limits = PATIENT) -> LinkRefused:
    async with scripted(list(steps)) as script:
        with pytest.raises(LinkRefused) as refused:
            await dial(script, limits).__aenter__()
        await until(lambda: script.finished, "the script is at its end")
    return refused.value


# How it begins ---------------------------------------------------------------------------------


async def test_is_ready_only_once_its_settings_are_confirmed() -> None:
    async with scripted([*GREETING]) as script, dial(script) as session:
        assert session.info.expires_at == frames.SESSION["expires_at"]
        (update,) = script.heard[0]
        assert update["session"]["instructions"] == "Be brief."
        assert update["session"]["audio"]["input"]["turn_detection"] is None


async def test_sends_the_key_and_the_model_and_nothing_of_the_beta() -> None:
    async with scripted([*GREETING]) as script, dial(script):
        (request,) = script.requests
    assert request.path == "/v1/realtime?model=gpt-realtime-2.1"
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert "OpenAI-Beta" not in request.headers


async def test_the_key_is_in_no_log_and_no_representation(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with scripted([*GREETING]) as script, dial(script) as session:
        assert KEY not in repr(vars(session))
        client_logs = [r for r in caplog.records if r.name != "websockets.server"]
        assert KEY not in "".join(r.getMessage() for r in client_logs)
        assert script.requests


async def test_keeps_what_arrives_before_it_is_ready() -> None:
    early = frames.frame("conversation.created", conversation={"id": "conv_1"})
    steps = [Send(early), SendRaw("{"), *GREETING, Send(frames.audio(b"\0\0"))]
    async with scripted(steps) as script, dial(script) as session:
        first, second, third = await received(session, 3)
    assert (first.kind, second.kind) == ("conversation.created", "malformed")
    assert isinstance(third, AudioDelta)


async def test_does_not_wait_for_confirmation_for_ever_while_much_else_arrives() -> None:
    noise = [SendRaw('{"type": "noise"}')] * 65
    async with scripted([*noise]) as script:
        with pytest.raises(ProtocolError):
            await dial(script).__aenter__()
        await until(lambda: script.finished, "the script is at its end")


# How it is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
async def test_a_refused_connection_has_its_status(status: int) -> None:
    assert (await refusal(Refuse(status))).status == status


async def test_a_refused_connection_has_the_providers_own_code_and_words() -> None:
    body = {"error": {"code": "insufficient_quota", "type": "x", "message": "You ran out."}}
    refused = await refusal(Refuse(429, json.dumps(body)))
    assert refused.code == "insufficient_quota"
    assert "You ran out." in refused.message


@pytest.mark.parametrize("body", ["", "no JSON", "[]", '{"error": "text"}', '{"error": null}'])
async def test_a_refusal_without_the_providers_words_is_told_all_the_same(body: str) -> None:
    refused = await refusal(Refuse(403, body))
    assert (refused.status, refused.code) == (403, "")


@pytest.mark.parametrize(
    ("told", "least", "most"),
    [
        ("7", 7, 7),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 1e9, 1e12),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0),
        ("soon", 0, 0),
        ("-5", 0, 0),
        ("", 0, 0),
    ],
)
async def test_a_refusal_tells_how_long_to_wait(told: str, least: float, most: float) -> None:
    refused = await refusal(Refuse(429, headers=(("Retry-After", told),)))
    assert least <= refused.wait_s <= most


@pytest.mark.parametrize("profile", ["openai", "azure"])
async def test_a_redirect_is_not_followed_and_sees_no_key(profile: str) -> None:
    async with scripted() as elsewhere:
        location = (("Location", elsewhere.url),)
        async with scripted([Refuse(307, headers=location)]) as script:
            with pytest.raises(LinkRefused) as refused:
                await dial(script, profile=profile).__aenter__()
        assert not elsewhere.requests
    assert refused.value.status == 307


async def test_a_server_that_is_not_there_has_no_status() -> None:
    async with scripted() as script:
        pass
    with pytest.raises(LinkRefused) as refused:
        await dial(script).__aenter__()
    assert refused.value.status == 0


async def test_a_connection_that_does_not_open_in_time_is_refused() -> None:
    refused = await refusal(Stall(), limits=Limits(open_s=0.3))
    assert "did not answer within 0.3 s" in refused.message


async def test_a_session_that_is_not_created_in_time_is_refused() -> None:
    async with scripted([]) as script:
        with pytest.raises(LinkRefused, match=r"no session\.created within 0\.3 s"):
            await dial(script, Limits(created_s=0.3, close_s=0.3)).__aenter__()
    assert script.kinds() == []


async def test_a_session_that_is_not_confirmed_in_time_is_refused() -> None:
    limits = Limits(updated_s=0.3, close_s=0.3)
    refused = await refusal(Send(frames.created()), Expect("session.update"), limits=limits)
    assert "no session.updated within 0.3 s" in refused.message


async def test_a_session_whose_settings_are_rejected_is_refused_with_the_code() -> None:
    refused = await refusal(
        Send(frames.created()),
        Expect("session.update"),
        Answer(lambda sent: frames.error("invalid_value", caused_by=sent["event_id"])),
    )
    assert (refused.status, refused.code) == (101, "invalid_value")


async def test_a_key_that_is_bad_closes_with_its_code() -> None:
    async with scripted([Send(frames.created()), Close(3000, "invalid key")]) as script:
        with pytest.raises(LinkClosed, match="invalid key") as closed:
            await dial(script).__aenter__()
        await until(lambda: script.finished, "the script is at its end")
    assert closed.value.code == 3000


# How it ends -----------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [1000, 1001, 1008, 1011, 1013, 3000, 4000])
async def test_the_iteration_ends_with_the_close_code(code: int) -> None:
    steps = [*GREETING, Send(frames.audio(b"\0\0")), Close(code, "so it is")]
    async with scripted(steps) as script, dial(script) as session:
        assert isinstance(await anext(session), AudioDelta)
        with pytest.raises(LinkClosed, match="so it is") as closed:
            await anext(session)
    assert closed.value.code == code


async def test_a_connection_that_breaks_has_code_1006() -> None:
    async with scripted([*GREETING, Cut()]) as script, dial(script) as session:
        with pytest.raises(LinkClosed) as closed:
            await anext(session)
    assert closed.value.code == 1006


async def test_a_half_open_connection_is_noticed() -> None:
    limits = Limits(ping_every_s=0.1, pong_within_s=0.5, close_s=0.2)
    async with scripted([*GREETING, Freeze()]) as script, dial(script, limits) as session:
        with pytest.raises(LinkClosed, match="ping timeout") as closed:
            await anext(session)
    assert closed.value.code == 1006


async def test_a_request_on_a_connection_that_ended_says_so() -> None:
    async with scripted([*GREETING, Close(1001)]) as script, dial(script) as session:
        with pytest.raises(LinkClosed):
            await anext(session)
        with pytest.raises(LinkClosed) as closed:
            await session.send(CommitAudio())
    assert closed.value.code == 1001


async def test_leaving_does_not_wait_for_a_farewell_that_never_comes() -> None:
    limits = Limits(close_s=0.1)
    async with scripted([*GREETING, Freeze()]) as script:
        session = await dial(script, limits).__aenter__()
        await until(lambda: script.finished, "the server no longer reads")
        await asyncio.wait_for(session.close(), 30)


async def test_a_connection_that_takes_nothing_more_is_noticed_and_can_be_left() -> None:
    limits = Limits(send_s=0.3, close_s=0.1)
    async with scripted([*GREETING, Freeze()]) as script:
        session = await dial(script, limits).__aenter__()
        with pytest.raises(LinkClosed, match=r"took nothing for 0\.3 s"):
            await send_for_ever(session)
        await asyncio.wait_for(session.close(), 30)
        assert session._open_socket.transport.is_closing()


async def test_a_frame_larger_than_the_bound_ends_the_session() -> None:
    steps = [*GREETING, Send(frames.audio(bytes(4096)))]
    async with scripted(steps) as script, dial(script, Limits(frame_bytes=2048)) as session:
        with pytest.raises(LinkClosed) as closed:
            await anext(session)
    assert closed.value.code in {1006, 1009}


# What it carries -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bad",
    [
        "not JSON",
        "[1]",
        "{}",
        '{"type": 5}',
        '{"type": "response.output_audio.delta", "delta": "AAAA"}',
        b"\xff\xfe\x00",
        '{"type": "response.created", "response": {"id": "' + "[" * 9 + "}",
        '{"type": "response.created", "x": ' + "[" * 50_000 + "]" * 50_000 + "}",
    ],
    ids=["text", "array", "empty", "type", "fields", "binary", "cut", "deep"],
)
async def test_a_malformed_frame_is_reported_and_the_session_goes_on(bad: str | bytes) -> None:
    steps = [*GREETING, SendRaw(bad), Send(frames.audio(b"\1\0"))]
    async with scripted(steps) as script, dial(script) as session:
        malformed, audio = await received(session, 2)
    assert isinstance(malformed, Malformed)
    assert len(malformed.start) <= 200
    assert isinstance(audio, AudioDelta)


async def test_an_unknown_event_is_kept_whole() -> None:
    ping: dict[str, Any] = {"type": "ping", "n": 1}
    async with scripted([*GREETING, SendRaw(json.dumps(ping))]) as script, dial(script) as session:
        assert await anext(session) == Unknown("ping", ping)


async def test_a_frame_of_sixteen_megabytes_arrives_whole() -> None:
    pcm = bytes(range(256)) * (3 * 2**14)  # 12 MB, 16 MB as base64
    async with scripted([*GREETING, Send(frames.audio(pcm))]) as script, dial(script) as session:
        (audio,) = await received(session, 1)
    assert isinstance(audio, AudioDelta)
    assert audio.delta == pcm


async def test_an_error_tells_which_request_caused_it() -> None:
    steps: list[Step] = [
        *GREETING,
        Expect("input_audio_buffer.append"),
        Expect("input_audio_buffer.commit"),
        Answer(lambda sent: frames.error("commit_empty", caused_by=sent["event_id"])),
        Send(frames.error("of_its_own")),
        Send(frames.error("of_another", caused_by="theirs_1")),
    ]
    async with scripted(steps) as script, dial(script) as session:
        await session.send(AppendAudio(audio=b"\0\0"))
        identifier = await session.send(CommitAudio())
        errors = await received(session, 3)
    assert all(isinstance(error, ErrorEvent) for error in errors)
    assert [e.request for e in errors if isinstance(e, ErrorEvent)] == [
        *("input_audio_buffer.commit", "", "")
    ]
    assert isinstance(errors[0], ErrorEvent)
    assert errors[0].error.event_id == identifier


async def test_requests_of_many_senders_arrive_whole_and_in_order() -> None:
    count = 60
    steps = [*GREETING, *[Expect("conversation.item.create")] * count]
    async with scripted(steps) as script, dial(script) as session:
        async with asyncio.TaskGroup() as tasks:
            for number in range(count):
                tasks.create_task(session.send(CreateItem(item=message(f"{number}" * 2000))))
        await until(lambda: script.finished, "everything was heard")
        heard = script.heard[0][1:]
    texts = [event["item"]["content"][0]["text"] for event in heard]
    assert texts == [f"{number}" * 2000 for number in range(count)]
    assert len({event["event_id"] for event in heard}) == count


async def test_names_of_the_beta_are_understood_where_the_profile_says_so() -> None:
    beta = {**frames.audio(b"\1\0"), "type": "response.audio.delta"}
    steps = [*GREETING, SendRaw(json.dumps(beta))]
    async with scripted(steps) as script, dial(script, profile="generic") as session:
        assert isinstance(await anext(session), AudioDelta)
    async with scripted(steps) as script, dial(script, profile="openai") as session:
        assert isinstance(await anext(session), Unknown)


async def test_a_session_is_of_no_use_before_it_is_entered() -> None:
    session = Session(Provider(PROFILES["generic"], "ws://127.0.0.1:9", "m"), SessionSpec())
    with pytest.raises(RuntimeError):
        await session.send(CommitAudio())
