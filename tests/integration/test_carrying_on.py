"""Carrying on through the whole daemon: outages, restarts, and a link that needs a person."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import msgspec
import pytest
from libtmux import Server

from teamvoice import config
from teamvoice.audio.virtual import SilentSpeaker, SpokenMicrophone
from teamvoice.conversation.turn import Turn
from teamvoice.daemon.bridge import Bridge, Rooms
from teamvoice.daemon.journal import journal_path, read_last
from teamvoice.offline.script import Names
from teamvoice.realtime.requests import Request
from tests.support.offline_parts import TONE, ToneVoice
from tests.support.panes import screen_of
from tests.support.ports import silent_port
from tests.support.relay import Event, Relay, relay_to
from tests.support.talk import SEND, TOKEN, Talk, provider, relay, settings_for, talking, tmux
from tests.support.wait import until

__all__ = ["relay", "tmux"]  # the fixtures

pytestmark = pytest.mark.needs("tmux")
RECEIPT = "send message: dev: fix the login: Submitted to the developer."
DROPPED = "there was no connection for too long, so something that you said was not sent"


def notes(relay: Relay) -> list[str]:
    """What sessions were told of what came before, as JSON."""
    items = [event["item"] for event in relay.sent if event["type"] == "conversation.item.create"]
    return [
        str(item["content"][0]["text"])
        for item in items
        if item.get("role") == "system" and "came before" in item["content"][0]["text"]
    ]


def settings(tmux: Server, url: str, **about: Any) -> config.Config:
    wish = config.Provider(url=url, **about)
    return msgspec.structs.replace(settings_for(tmux, url), provider=wish)


async def is_up(talk: Talk) -> None:
    await until(lambda: talk.app.link.state == "up", "the link is up", 20)


async def test_the_next_session_knows_what_was_done_and_does_nothing_again(
    tmux: Server,
    relay: Relay,
) -> None:
    async with talking(settings(tmux, relay.url)) as talk:
        await is_up(talk)
        await talk.say(SEND)
        await talk.turn()
        assert notes(relay) == []  # there was nothing to tell the first one
        await relay.cut()
        await until(lambda: notes(relay), "the next session is told", 20)
        await is_up(talk)
        (note,) = notes(relay)
        assert f'the person said "{SEND}". {RECEIPT}' in note
        seed = next(n for n, e in enumerate(relay.sent) if "came before" in str(e.get("item")))
        assert relay.sent[seed - 1]["type"] == "session.update"
        await talk.app.ask("call list_team {}")
    sessions = [event["session"] for event in relay.sent if event["type"] == "session.update"]
    assert sessions[0] == sessions[1], "instructions and tools are the same bytes"
    (pane,) = tmux.panes.filter(window_name="developer")
    assert screen_of(pane).count("> fix the login") == 1


async def next_session(relay: Relay) -> None:
    """Break the one that is up, and await that another one was told of it."""
    before = len(notes(relay))
    await relay.cut()
    await until(lambda: len(notes(relay)) > before, "the next session is told", 20)


class Counted(Names):
    """Ids that begin anew in every session; only the session's own does not."""

    def __init__(self) -> None:
        super().__init__()
        self._count: Counter[str] = Counter()

    def fresh(self, kind: str) -> str:
        self._count[kind] += 1
        return super().fresh(kind) if kind == "sess" else f"{kind}_{self._count[kind]}"


async def test_where_ids_begin_anew_with_every_session_each_write_is_done_once(
    tmux: Server,
) -> None:
    (pane,) = tmux.panes.filter(window_name="developer")
    other = SEND.replace("login", "logout")
    async with provider(names=Counted) as url, relay_to(url) as relay:
        async with talking(settings(tmux, relay.url)) as talk:
            for said in (SEND, other, SEND):
                await is_up(talk)
                turn = await talk.app.ask(said)
                assert [call["result"] for call in turn["calls"]] == ["Submitted to the developer."]
                await next_session(relay)
        async with talking(settings(tmux, relay.url)) as talk:
            assert "Not done" not in str(await talk.app.ask(other))
    assert screen_of(pane).count("> fix the login") == 2
    assert screen_of(pane).count("> fix the logout") == 2
    outputs = [e["item"] for e in relay.sent if e.get("item", {}).get("type", "")[-6:] == "output"]
    ids = [item["call_id"] for item in outputs]
    assert (len(ids), len(set(ids)), "@" in str(ids)) == (4, 2, False), "each as the server has it"


async def test_a_restarted_daemon_carries_on(
    tmux: Server,
    relay: Relay,
) -> None:
    async with talking(settings(tmux, relay.url)) as talk:
        await talk.app.ask(SEND)
    async with talking(settings(tmux, relay.url)):
        await until(lambda: notes(relay), "the new daemon's session is told", 20)
    assert RECEIPT in notes(relay)[0]


async def test_a_session_that_comes_while_an_answer_sounds_knows_of_that_turn(
    tmux: Server,
) -> None:
    long = ToneVoice(lambda _: iter([TONE] * 100))
    async with (
        provider(voice=long) as url,
        relay_to(url) as relay,
        talking(settings(tmux, relay.url)) as talk,
    ):
        await is_up(talk)
        await talk.say(SEND)
        await until(lambda: ended(relay) == 2, "the answer is complete", 20)
        assert talk.turns == []
        await relay.cut()
        await until(lambda: notes(relay), "the next session is told", 20)
        assert f'the person said "{SEND}". {RECEIPT}' in notes(relay)[0]


def ended(relay: Relay) -> int:
    return [event["type"] for event in relay.received].count("response.done")


async def test_a_receipt_that_was_not_told_before_the_end_is_told_after_it_once(
    tmux: Server, relay: Relay
) -> None:
    over = asyncio.Event()

    async def gate(event: Event) -> Event:
        if event["type"] == "response.created" and "function_call_output" in str(relay.sent):
            await over.wait()  # the answer that would tell it
        return event

    untold = "ago, before I was ended: Submitted to the developer."
    relay.gate = gate
    async with talking(settings(tmux, relay.url)) as talk, asyncio.TaskGroup() as tasks:
        await is_up(talk)
        asking = tasks.create_task(talk.app.ask(SEND))
        await until(lambda: "function_call_output" in str(relay.sent), "it is done", 20)
        asking.cancel()
    over.set()
    (turn,) = (record for record in read_last(journal_path(), 9) if record["kind"] == "turn")
    assert (turn["heard"], turn["trouble"]) == (SEND, "teamvoice was ended")
    async with provider() as url:
        async with talking(settings(tmux, url)) as talk:
            await until(lambda: "told" in written(), "it is told", 20)
            assert talk.heard_of(untold)()
            assert len(talk.speaker.recording) > 0
        async with talking(settings(tmux, url)) as talk:
            await talk.app.ask("call list_team {}")
            assert not talk.heard_of(untold)()
    (pane,) = tmux.panes.filter(window_name="developer")
    assert screen_of(pane).count("> fix the login") == 1


async def test_what_was_said_too_long_ago_is_dropped_aloud(
    tmux: Server,
) -> None:
    with silent_port() as port:
        async with talking(
            settings(tmux, f"ws://127.0.0.1:{port}/v1/realtime", keep_said_s=0.5)
        ) as talk:
            await talk.say("call list_team {}")
            turn = await talk.turn()
            assert (turn["outcome"], turn["trouble"]) == ("dropped", DROPPED)
            assert talk.heard_of(f"{DROPPED}; say it again")()
            async with provider(port):
                await until(lambda: len(talk.speaker.recording) > 0, "it is said aloud", 20)
                await until(lambda: written() == ["turn", "news"], "both are written down", 20)


def written() -> list[str]:
    """The kinds of what the journal has, save what is known before a turn is over."""
    kinds = [str(record["kind"]) for record in read_last(journal_path(), 20)]
    return [kind for kind in kinds if kind not in {"spent", "said"}]


async def test_an_outage_is_told_once_however_many_tries_it_takes(
    tmux: Server,
) -> None:
    with silent_port() as port:
        async with talking(settings(tmux, f"ws://127.0.0.1:{port}/v1/realtime")) as talk:
            await until(lambda: troubles(talk), "it is told", 20)
            assert (await talk.app.status())["link"]["state"] in {"waiting", "connecting"}
            async with provider(port):
                await is_up(talk)
            await until(lambda: len(troubles(talk)) == 2, "the next outage is told", 20)


def troubles(talk: Talk) -> list[str]:
    return [str(news["text"]) for news in talk.told if news["event"] == "trouble"]


async def test_a_bad_key_is_told_with_what_to_do_and_a_press_tries_the_new_one(
    tmux: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "not-the-key")
    async with provider() as url, talking(settings(tmux, url)) as talk:
        await until(lambda: talk.app.link.state == "stopped", "it gives up", 20)
        assert [text for text in troubles(talk) if "check the API key" in text] == troubles(talk)
        link = (await talk.app.status())["link"]
        assert (link["state"], "check the API key" in link["reason"]) == ("stopped", True)
        monkeypatch.setenv("OPENAI_API_KEY", TOKEN)
        await talk.say("call list_team {}")
        assert (await talk.turn())["outcome"] == "answered"
        assert len(troubles(talk)) == 1


class NoWire:
    """A link that never comes up."""

    def send(self, _request: Request) -> bool:
        return False

    def want(self) -> None: ...

    def reconnect(self, _reason: str) -> None: ...


async def test_the_sleep_of_the_machine_counts() -> None:
    turns: list[Turn] = []
    slept = [0.0]

    async def nothing(*_: object) -> str:
        return ""

    async def pin() -> None: ...

    rooms = Rooms(
        SpokenMicrophone(),
        SilentSpeaker(),
        NoWire(),
        nothing,
        pin,
        turns.append,
        lambda _kind, _text: None,
        asleep=lambda: slept[0],
    )
    async with Bridge(rooms) as bridge, asyncio.TaskGroup() as tasks:
        asked = tasks.create_task(bridge.ask("deploy it"))
        await until(lambda: bridge.machine.turn == 1, "it is kept")
        slept[0] = 8 * 3600.0
        bridge.link_up()
        assert (await asked).outcome == "dropped"
        bridge.link_down("gone", fatal=False)
        slept[0] += 8 * 3600.0
        later = tasks.create_task(bridge.ask("who is idle?"))
        await until(lambda: bridge.machine.turn == 3, "it is new, and kept")
        assert not later.done()
        later.cancel()
