"""The library where a program does what nobody does on purpose."""

from __future__ import annotations

import os

import pytest

from teamvoice import RealtimeClient, SessionConfig
from tests.support.library import Listener, server
from tests.support.relay import relay_to
from tests.support.wait import until

__all__ = ["server"]

pytestmark = pytest.mark.usefixtures("server")

TYPED = SessionConfig(turn_detection=None)


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


async def test_it_speaks_as_fast_as_the_configuration_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAMVOICE_PROVIDER_SPEED", "1.25")
    async with relay_to(os.environ["TEAMVOICE_PROVIDER_URL"]) as relay:
        monkeypatch.setenv("TEAMVOICE_PROVIDER_URL", relay.url)
        async with RealtimeClient(config=TYPED):
            pass
    (updated,) = (event for event in relay.received if event["type"] == "session.updated")
    assert updated["session"]["audio"]["output"]["speed"] == 1.25
