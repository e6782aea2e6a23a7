"""The same turn with every kind of server comes to the same, whatever shape they give it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from teamvoice.conversation import events as ev
from teamvoice.daemon.translate import event_from
from teamvoice.errors import LinkRefused
from teamvoice.realtime.client import Limits, Session
from teamvoice.realtime.providers import PROFILES, Provider
from teamvoice.realtime.requests import CommitAudio, CreateResponse, TruncateItem
from teamvoice.realtime.session import SessionSpec
from tests.support.scripted import Expect, Script, SendRaw, scripted
from tests.support.shapes import ERRORS, PCM, SHAPES
from tests.support.wait import until

KEY = "a-key"
CALL = ev.ToolCall("call_1", "send_message", '{"member": "developer", "text": "hello"}')
USAGE = ev.Usage(
    text_in=119, audio_in=13, cached_text_in=60, cached_audio_in=4, text_out=30, audio_out=91
)
TURN = [
    ev.SpeechCommitted(at=0.0, item_id="item_1"),
    ev.ResponseBegan(at=0.0, response_id="resp_1"),
    ev.AnswerAudio(at=0.0, response_id="resp_1", item_id="item_2", content_index=0, pcm=PCM),
    ev.AnswerText(at=0.0, response_id="resp_1", item_id="item_2", text="Submitted."),
    ev.ResponseEnded(
        at=0.0, response_id="resp_1", status="completed", calls=(CALL,), usage=USAGE, reason=""
    ),
    ev.SpeechTranscribed(
        at=0.0, item_id="item_1", text="tell them", usage=ev.Transcribed(text_in=3, text_out=2)
    ),
]


def dial(script: Script, profile: str) -> Session:
    provider = Provider(PROFILES[profile], script.url, "gpt-realtime-2.1", KEY)
    return Session(provider, SessionSpec(instructions="Be brief."), Limits(close_s=0.2))


async def heard(session: Session) -> list[ev.Event]:
    """The turn as the conversation hears it."""
    meanings: list[ev.Event] = []
    while len(meanings) < len(TURN):
        if meaning := event_from(await anext(session), 0.0):
            meanings.append(meaning)
    return meanings


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_turn_is_a_turn(shape: str) -> None:
    profile, script_of = SHAPES[shape]
    async with scripted(script_of()) as script, dial(script, profile) as session:
        await session.send(CommitAudio())
        await session.send(CreateResponse())
        assert await heard(session) == TURN


@pytest.mark.parametrize("error", ERRORS)
async def test_an_error_is_an_error(error: str) -> None:
    _, script_of = SHAPES["generic"]
    frame = SendRaw(json.dumps({"type": "error", **ERRORS[error]}))
    script_steps = [*script_of()[:3], frame]
    async with scripted(script_steps) as script, dial(script, "generic") as session:
        meaning = event_from(await anext(session), 0.0)
    assert meaning == ev.RequestRefused(at=0.0, request="", code="busy", message="too busy")


@pytest.mark.parametrize(("profile", "is_cut"), [("openai", True), ("xai", False)])
async def test_an_answer_is_cut_only_where_it_can_be(profile: str, is_cut: bool) -> None:
    _, script_of = SHAPES[profile]
    cut = TruncateItem(item_id="item_2", content_index=0, audio_end_ms=100)
    then = Expect("conversation.item.truncate" if is_cut else "conversation.item.create")
    async with scripted([*script_of(), then]) as script, dial(script, profile) as session:
        await session.send(CommitAudio())
        await session.send(CreateResponse())
        await session.send(cut)
        await until(lambda: script.finished, "what came after the turn")


async def update_of(shape: str) -> dict[str, Any]:
    """The session that a server was asked for."""
    profile, script_of = SHAPES[shape]
    steps = script_of()[: 4 if shape == "xai" else 3]
    async with scripted(steps) as script, dial(script, profile):
        pass
    session: dict[str, Any] = script.heard[0][0]["session"]
    return session


async def test_the_session_that_xai_is_asked_for() -> None:
    pcm = {"type": "audio/pcm", "rate": 24000}
    assert await update_of("xai") == {
        "instructions": "Be brief.",
        "tools": [],
        "voice": "Ara",
        "turn_detection": None,
        "audio": {"input": {"format": pcm}, "output": {"format": pcm}},
    }


async def test_the_session_that_localai_is_asked_for_leaves_its_voice_to_it() -> None:
    session = await update_of("localai")
    assert session["audio"]["input"]["transcription"] is None
    assert session["audio"]["input"]["turn_detection"] is None
    assert "voice" not in session["audio"]["output"]


async def test_azure_is_shown_its_key_as_it_wants_it() -> None:
    _, script_of = SHAPES["azure"]
    async with scripted(script_of()[:3]) as script, dial(script, "azure"):
        (request,) = script.requests
    assert request.headers["api-key"] == KEY
    assert "Authorization" not in request.headers


async def test_the_end_of_a_session_is_no_later_than_the_provider_allows() -> None:
    _, script_of = SHAPES["openai"]
    async with scripted(script_of()[:3]) as script, dial(script, "openai") as session:
        assert session.info.expires_at == 1_900_000_000
        assert session.ends_at is not None
        assert session.ends_at < 1_900_000_000
    async with scripted(script_of()[:3]) as script, dial(script, "generic") as session:
        assert session.ends_at == 1_900_000_000


@pytest.mark.parametrize("profile", ["openai", "xai"])
async def test_a_server_that_says_nothing_is_given_up(profile: str) -> None:
    steps = [Expect("session.update", strict=False)] if profile == "xai" else []
    async with scripted([*steps]) as script:
        session = Session(
            Provider(PROFILES[profile], script.url, "m", KEY),
            SessionSpec(),
            Limits(created_s=0.2, updated_s=0.2, close_s=0.2),
        )
        with pytest.raises(LinkRefused, match=r"no session\."):
            await session.__aenter__()
