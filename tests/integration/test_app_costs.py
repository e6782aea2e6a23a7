"""What a turn costs, the day's limit, and what is done to keep it low, in the whole daemon."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from libtmux import Server

from teamvoice import config
from teamvoice.daemon.journal import journal_path, read_last
from teamvoice.daemon.records import worth_showing
from teamvoice.prices import Price
from tests.support.offline_parts import sound_of
from tests.support.relay import Relay, relay_to
from tests.support.talk import provider, settings_for, talking, tmux
from tests.support.wait import until

__all__ = ["tmux"]

pytestmark = pytest.mark.needs("tmux")

# A dollar for each token, so that any turn is worth more than a dollar.
DEAR = Price(**dict.fromkeys(Price.__struct_fields__, 1_000_000.0))
SEND = 'call send_message {"member": "dev", "text": "fix the login"}'


@pytest.fixture
async def relay(tmux: Server) -> AsyncIterator[Relay]:  # noqa: ARG001 - the team is there first
    async with provider() as url, relay_to(url) as relay:
        yield relay


def costing(tmux: Server, url: str, cap_usd: float = 0.0) -> config.Config:
    prices = {"gpt-realtime-2.1": DEAR, "gpt-transcribe": Price(minute=60.0)}
    cost = config.Cost(cap_usd=cap_usd, prices=prices)
    return msgspec.structs.replace(settings_for(tmux, url), cost=cost)


async def test_a_turn_is_written_down_with_its_price(tmux: Server, relay: Relay) -> None:
    async with talking(costing(tmux, relay.url)) as talk:
        await talk.say(SEND)
        turn = await talk.turn()
        status = await talk.app.status()
    (transcribed,) = turn["transcribed"]
    assert transcribed["audio_in"] == pytest.approx(turn["sent_ms"] / 100, abs=1)
    assert turn["dollars"]["transcription"] == pytest.approx(transcribed["audio_in"] / 10)
    assert len(turn["usage"]) == 2, "the call, and the answer"
    spent = sum(usage["audio_out"] for usage in turn["usage"])
    assert turn["dollars"]["audio_out"] == spent > 0
    assert turn["cost_usd"] == pytest.approx(sum(turn["dollars"].values()))
    assert status["cost"]["day_usd"] == pytest.approx(turn["cost_usd"])


async def test_the_voice_speaks_as_fast_as_it_was_told_to(tmux: Server, relay: Relay) -> None:
    settings = settings_for(tmux, relay.url)
    hasty = msgspec.structs.replace(settings.provider, speed=1.25)
    async with talking(msgspec.structs.replace(settings, provider=hasty)) as talk:
        await talk.app.ask("call team_status {}")
    (update,) = map(json.loads, updates(relay))
    assert update["session"]["audio"]["output"]["speed"] == 1.25


async def test_a_price_that_is_not_known_is_null(tmux: Server, relay: Relay) -> None:
    settings = settings_for(tmux, relay.url)
    limited = msgspec.structs.replace(settings, cost=config.Cost(cap_usd=1.0))
    async with talking(limited) as talk:
        turn = await talk.app.ask("hello")
        status = await talk.app.status()
        assert talk.heard_of("cap_usd cannot be kept")(), "a limit that cannot be kept is told"
    assert turn["cost_usd"] is None
    assert turn["dollars"]["audio_out"] is None
    assert not status["cost"]["prices_known"]


async def test_a_limit_is_kept_across_a_restart_until_it_is_raised(
    tmux: Server,
    relay: Relay,
) -> None:
    settings = costing(tmux, relay.url, cap_usd=1.0)
    async with talking(settings) as talk:
        await talk.say(SEND)  # its first response reaches the limit: no second one is asked for
        turn = await talk.turn()
        assert turn["calls"][0]["result"] == "Submitted to the developer."
        assert talk.heard_of("the day's limit of $1.00 is reached")()
        assert talk.heard_of("Submitted to the developer.")(), "what was done is shown"
        assert relay.kinds().count("response.create") == 1
    async with talking(settings) as talk:
        await talk.app.link.is_up.wait()
        await talk.say("call list_team {}")
        turn = await talk.turn()
        assert (turn["outcome"], turn["heard"]) == ("failed", "call list_team {}")
        assert "not answered: the day's limit" in turn["trouble"]
        assert (await talk.app.ask("hello"))["outcome"] == "dropped"
        status = await talk.app.status()
        assert status["cost"]["state"] == "spent"
        assert relay.kinds().count("response.create") == 1
    kept = read_last(journal_path(), 2, worth_showing)
    assert [one["heard"] for one in kept] == [turn["heard"], "hello"]
    async with talking(costing(tmux, relay.url, cap_usd=1e9)) as talk:
        assert (await talk.app.ask("call list_team {}"))["outcome"] == "answered"


async def test_silence_around_what_is_said_is_not_sent(tmux: Server, relay: Relay) -> None:
    pause, words = bytes(960 * 40), sound_of("call list_team {}")
    async with talking(settings_for(tmux, relay.url)) as talk:
        await talk.app.link.is_up.wait()
        talk.press()
        talk.microphone.say(pause + words + pause)
        await talk.microphone.wait_spoken()
        talk.release()
        turn = await talk.turn()
    assert turn["heard"] == "call list_team {}"
    pieces = [base64.b64decode(e["audio"]) for e in relay.sent if e["type"].endswith("append")]
    sent_ms = len(b"".join(pieces)) // 48
    assert turn["sent_ms"] == sent_ms
    assert len(words) / 48 + 590 <= sent_ms <= len(words) / 48 + 640, "300 ms on either side"
    assert turn["ms"]["held"] > sent_ms + 900


async def test_what_a_session_is_told_of_itself_never_changes(tmux: Server, relay: Relay) -> None:
    wish = config.Provider(
        url=relay.url, instructions="Call me chief. \n\nBe brief.", language="en"
    )
    settings = msgspec.structs.replace(settings_for(tmux, relay.url), provider=wish)
    async with talking(settings) as talk:
        await talk.app.link.is_up.wait()
        for text in (SEND, "call team_status {}"):  # the developer works, and rests again
            await talk.app.ask(text)
        await relay.cut()
        await until(lambda: len(updates(relay)) == 2, "another session is there")
        (pane,) = tmux.panes.filter(window_name="pm")
        pane.kill()
        assert "pm" in (await talk.app.ask("call team_status {}"))["spoken"].lower()
    first, second = updates(relay)
    assert first == second
    assert "Call me chief." in first


def updates(relay: Relay) -> list[str]:
    """Every ``session.update``, as text: the order of what is in it counts."""
    sent: list[dict[str, Any]] = [e for e in relay.sent if e["type"] == "session.update"]
    return [json.dumps(event) for event in sent]
