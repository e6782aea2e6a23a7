"""The library where a program does what nobody does on purpose."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest

from teamvoice import AudioHandler, RealtimeClient, SessionConfig
from teamvoice.errors import LinkClosed
from tests.support.library import Listener, server
from tests.support.offline_parts import sound_of
from tests.support.relay import Relay, relay_to
from tests.support.wait import until

__all__ = ["server"]

pytestmark = pytest.mark.usefixtures("server")

TYPED = SessionConfig(turn_detection=None)


@pytest.fixture
async def relay(
    server: None,  # noqa: ARG001 - it is there first
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Relay]:
    """Between the library and the server."""
    async with relay_to(os.environ["TEAMVOICE_PROVIDER_URL"]) as relay:
        monkeypatch.setenv("TEAMVOICE_PROVIDER_URL", relay.url)
        yield relay


async def answer(client: RealtimeClient) -> str:
    """The words of the answer that ends next."""
    words = ""
    async for event in client.events():
        if event["type"] == "response.output_audio_transcript.done":
            words = event["transcript"]
        if event["type"] == "response.done":
            break
    return words


async def test_a_client_that_connects_again_tells_of_the_new_session_alone() -> None:
    told = Listener()
    client = told.client(TYPED)
    await client.connect()
    await client.send_text("one")
    await until(lambda: told.words == "You said: one", "the answer of the first session")
    of_old = client.events()
    first = await anext(of_old)
    await client.close()
    await client.connect()
    try:
        await client.send_text("two")
        assert await answer(client) == "You said: two"
        left = [first, *[event async for event in of_old]]
        assert "two" not in str(left), "who listened to the old session hears its end"
        assert "You said: one" in str(left)
    finally:
        await client.close()


async def test_it_speaks_as_fast_as_the_configuration_says(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAMVOICE_PROVIDER_SPEED", "1.25")
    async with RealtimeClient(config=TYPED):
        pass
    (asked,) = (event for event in relay.sent if event["type"] == "session.update")
    assert asked["session"]["audio"]["output"]["speed"] == 1.25


async def test_connecting_many_times_at_once_is_connecting_once(relay: Relay) -> None:
    client = RealtimeClient(config=TYPED)
    async with asyncio.TaskGroup() as tasks:
        for _ in range(3):
            tasks.create_task(client.connect())
    assert (client.connected, relay.kinds()) == (True, ["session.update"])
    await client.send_text("hello")
    assert await answer(client) == "You said: hello"
    await client.close()
    await until(lambda: relay.up == 0, "nothing is left open")


@pytest.mark.parametrize("at", ["session.created", "session.updated"])
async def test_who_closes_while_others_connect_wins(relay: Relay, at: str) -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def hold(event: dict[str, Any]) -> dict[str, Any]:
        if event["type"] == at:
            reached.set()
            await go_on.wait()
        return event

    relay.gate = hold
    client = RealtimeClient(config=TYPED)

    async def connect() -> None:
        with pytest.raises(LinkClosed, match="closed while it connected"):
            await client.connect()

    async with asyncio.TaskGroup() as tasks:
        for _ in range(2):
            tasks.create_task(connect())
        await reached.wait()
        await client.close()
        await client.close()  # harmless
        assert not client.connected
    go_on.set()
    await until(lambda: relay.up == 0, "nothing is left open")
    await client.connect()
    await client.send_text("hello")
    assert await answer(client) == "You said: hello"
    await client.close()


@pytest.mark.parametrize("sent_ms", [0, 99])
async def test_of_next_to_no_speech_no_answer_is_asked_for(relay: Relay, sent_ms: int) -> None:
    told = Listener()
    async with told.client(TYPED) as client:
        await client.send_audio(bytes(sent_ms * 48))
        await client.commit_audio()
        await until(lambda: len(told.errors) == 1, "it is told", 10)
        assert told.errors[0]["code"] == "input_audio_buffer_commit_empty"
        assert "Expected at least 100ms of audio" in told.errors[0]["message"]
        for words in ("hello", "and more"):
            await client.send_audio(sound_of(words))
            await client.commit_audio()
            assert await answer(client) == f"You said: {words}"
        await client.commit_audio()
        await until(lambda: len(told.errors) == 2, "it is told again", 10)
        await client.send_text("go on")
        assert await answer(client) == "You said: go on"
    assert relay.kinds().count("response.create") == 3


@pytest.mark.parametrize(
    ("field", "wrong", "told"),
    [
        ("tools", 5, "tools is a list of mappings, or None, not int"),
        ("voice", 5, "voice is a string, not int"),
        ("model", 5, "model is a string, not int"),
        ("instructions", ["Be brief."], "instructions is a string, not list"),
    ],
)
async def test_a_field_of_another_kind_is_told(field: str, wrong: Any, told: str) -> None:
    config = SessionConfig(turn_detection=None)
    setattr(config, field, wrong)
    with pytest.raises(TypeError, match=told):
        await RealtimeClient(config=config).connect()


def test_a_key_that_is_no_string_is_told() -> None:
    with pytest.raises(TypeError, match="api_key is a string or None, not int"):
        RealtimeClient(api_key=5)  # type: ignore[arg-type]  # as without types


def test_a_handler_of_what_is_no_rate_is_told() -> None:
    for wrong in (float("nan"), 24_000.5, "24000"):
        with pytest.raises(TypeError, match="are whole numbers"):
            AudioHandler(sample_rate=wrong)  # type: ignore[arg-type]  # as without types
    for rate in (99, 10**9):
        with pytest.raises(ValueError, match="from 100 to 1,000,000 Hz"):
            AudioHandler(sample_rate=rate)


def test_a_handler_of_two_channels_takes_frames_by_channels_and_one_of_one_does_not() -> None:
    stereo = np.zeros((480, 2), np.float32)
    for channels in (1, 2):
        handler = AudioHandler(channels=channels)
        handler.start_playback()
        try:
            if channels == 2:
                handler.play_audio(stereo)
            else:
                with pytest.raises(ValueError, match="not sound of one channel: ensure_mono"):
                    handler.play_audio(stereo)
        finally:
            handler.stop()
