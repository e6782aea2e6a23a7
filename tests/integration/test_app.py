"""The whole daemon in one process: real tmux, a real WebSocket, exact ears, and no sound card."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from libtmux import Server

from teamvoice import config
from teamvoice.audio.capture import OnBlock, OnLost
from teamvoice.audio.virtual import SpokenMicrophone
from teamvoice.cli.waybar import waybar
from teamvoice.daemon.app import App
from teamvoice.daemon.desk import Desk, spoken_desk
from teamvoice.daemon.journal import journal_path, read_last
from teamvoice.daemon.notifier import BusNotifier
from teamvoice.daemon.records import worth_showing
from teamvoice.daemon.session import LogindSession
from teamvoice.errors import AudioUnavailable, HotkeyUnavailable, TeamvoiceError
from teamvoice.hotkey.source import Choice, OnEdge
from tests.support.bus import NEEDS_BUS, PrivateBus
from tests.support.logind import Logind
from tests.support.notification_server import NotificationServer
from tests.support.offline_parts import TONE, ToneVoice, sound_of, tone
from tests.support.panes import screen_of
from tests.support.ports import silent_port
from tests.support.relay import Relay, relay_to
from tests.support.spec import check_client_event, check_server_event
from tests.support.talk import PAUSE, SEND, provider, relay, settings_for, talking, tmux
from tests.support.wait import until

__all__ = ["relay", "tmux"]  # the fixtures

pytestmark = pytest.mark.needs("tmux")


async def test_a_spoken_turn_is_the_protocol_from_end_to_end(tmux: Server, relay: Relay) -> None:
    async with talking(settings_for(tmux, relay.url)) as talk:
        await talk.app.link.is_up.wait()
        await talk.say(SEND)
        turn = await talk.turn()
    assert turn["heard"] == SEND
    assert turn["outcome"] == "answered", turn
    (call,) = turn["calls"]
    assert call["result"] == "Submitted to the developer."
    assert turn["spoken"] == "send_message says Submitted to the developer."
    assert {"held", "commit", "answer", "sound", "total"} <= set(turn["ms"])
    assert relay.kinds() == [
        "session.update",
        "input_audio_buffer.clear",
        "input_audio_buffer.append",
        "input_audio_buffer.commit",
        "response.create",
        "conversation.item.create",
        "response.create",
    ]
    for event in relay.sent:
        check_client_event(event)
    for event in relay.received:
        check_server_event(event)
    (pane,) = tmux.panes.filter(window_name="developer")
    assert "fix the login" in screen_of(pane)


async def test_no_audio_is_sent_before_the_session_is_confirmed(tmux: Server, relay: Relay) -> None:
    async with talking(settings_for(tmux, relay.url)) as talk:
        await talk.say(SEND)  # pressed while the link is still being made
        turn = await talk.turn()
    assert turn["heard"] == SEND
    assert relay.kinds()[0] == "session.update"


async def test_what_is_typed_is_told_once_to_all_who_watch(tmux: Server, relay: Relay) -> None:
    async with talking(settings_for(tmux, relay.url)) as talk:
        assert (await talk.app.ask("call list_team {}"))["outcome"] == "answered"
        await talk.turn()
        heard = [news for news in talk.told if news["event"] == "heard"]
    assert heard == [{"event": "heard", "text": "call list_team {}", "typed": True}]


async def test_what_is_said_with_no_provider_is_sent_when_there_is_one(tmux: Server) -> None:
    with silent_port() as port:
        async with talking(settings_for(tmux, f"ws://127.0.0.1:{port}/v1/realtime")) as talk:
            await talk.say("call list_team {}")
            assert talk.turns == []
            async with provider(port):
                turn = await talk.turn()
                assert turn["calls"][0]["name"] == "list_team"


async def test_what_a_broken_connection_took_along_is_sent_again(
    tmux: Server, relay: Relay
) -> None:
    async with talking(settings_for(tmux, relay.url)) as talk:
        await talk.app.link.is_up.wait()
        talk.press()
        talk.microphone.say(PAUSE + sound_of("call list_team {}") + PAUSE)
        await until(lambda: "input_audio_buffer.append" in relay.kinds(), "speech is on its way")
        await relay.cut()
        await talk.microphone.wait_spoken()
        talk.release()
        turn = await talk.turn()
    assert turn["heard"] == "call list_team {}"


async def test_a_barge_in_tells_the_model_what_was_heard(tmux: Server) -> None:
    long = ToneVoice(lambda text: iter([TONE] * 100) if "hello" in text else tone(text))
    async with (
        provider(voice=long) as url,
        relay_to(url) as relay,
        talking(settings_for(tmux, relay.url)) as talk,
    ):
        await talk.app.link.is_up.wait()
        await talk.say("hello")
        await until(lambda: len(talk.speaker.recording) > 9600, "200 ms of the answer are heard")
        await until(lambda: "response.done" in _kinds(relay.received), "all of it has come")
        talk.press()
        talk.microphone.say(PAUSE + sound_of("call list_team {}") + PAUSE)
        await talk.microphone.wait_spoken()
        talk.release()
        second = await talk.turn(2)
    assert [turn["outcome"] for turn in talk.turns] == ["interrupted", "answered"]
    assert second["heard"] == "call list_team {}"
    (cut,) = [event for event in relay.sent if event["type"] == "conversation.item.truncate"]
    spoken_ms = len(b"".join(_audio(relay, cut["item_id"]))) / 48
    assert 180 < cut["audio_end_ms"] < spoken_ms
    assert "error" not in _kinds(relay.received)


async def test_parallel_calls_run_at_once_and_are_answered_together(
    tmux: Server, relay: Relay
) -> None:
    both = SEND + '; call send_message {"member": "project manager", "text": "write it up"}'
    async with talking(settings_for(tmux, relay.url)) as talk:
        await talk.say(both)
        turn = await talk.turn()
    results = [call["result"] for call in turn["calls"]]
    assert results == ["Submitted to the developer.", "Submitted to the PM."]
    assert relay.kinds().count("response.create") == 2


async def test_typed_words_are_answered_and_written_down(tmux: Server, relay: Relay) -> None:
    async with talking(settings_for(tmux, relay.url)) as talk:
        turn = await talk.app.ask("call list_team {}")
        await talk.turn()
    assert turn["typed"]
    assert "On the team: developer" in turn["spoken"]
    assert read_last(journal_path(), 1, worth_showing) == talk.turns


async def test_nothing_of_a_tap_or_a_cancelled_hold_is_acted_upon(
    tmux: Server, relay: Relay
) -> None:
    async with talking(settings_for(tmux, relay.url)) as talk:
        await talk.app.link.is_up.wait()
        talk.press()
        talk.release()
        talk.press()
        talk.app.key("cancel", asyncio.get_running_loop().time())
        talk.release()
        await talk.say("call list_team {}")
        await talk.turn(2)
        status = await talk.app.status()
    assert [turn["outcome"] for turn in talk.turns] == ["cancelled", "answered"]
    assert [turn["heard"] for turn in talk.turns] == ["", "call list_team {}"]
    assert status["microphone"]["state"] == "closed"


async def test_a_muted_microphone_does_not_listen(tmux: Server, relay: Relay) -> None:
    async with talking(settings_for(tmux, relay.url)) as talk:
        talk.app.key("mute", 0.0)
        talk.press()
        await until(talk.heard_of("is muted"), "the person is told")
        assert (await talk.app.status())["microphone"]["muted"]
        talk.release()
        talk.app.key("mute", 0.0)
        await talk.say("call list_team {}")
        assert (await talk.turn())["outcome"] == "answered"


class RestingMicrophone(SpokenMicrophone):
    """A microphone whose device stays open after a hold."""

    resting = True

    @property
    def rests(self) -> bool:
        return self.resting

    async def close(self, *, at_once: bool = False) -> str:
        self.resting = self.resting and not at_once
        return await super().close()


async def test_a_microphone_in_its_grace_is_shown_and_muting_closes_it(
    tmux: Server, relay: Relay
) -> None:
    spoken, _ = spoken_desk()
    desk = Desk(RestingMicrophone(), spoken.playback)
    async with talking(settings_for(tmux, relay.url), desk) as talk:
        assert (await talk.app.status())["microphone"]["state"] == "grace"
        talk.app.key("mute", 0.0)
        await until(talk.is_listening_no_more, "the device is closed")


async def test_a_quiet_voice_shows_its_answers(tmux: Server, relay: Relay) -> None:
    async with talking(settings_for(tmux, relay.url)) as talk:
        talk.app.key("quiet", 0.0)
        await talk.say("call list_team {}")
        turn = await talk.turn()
        assert turn["outcome"] == "answered"
        await until(talk.heard_of(turn["spoken"]), "the answer is shown")
        assert not any(talk.speaker.recording)
        assert (await talk.app.status())["speaker"]["quiet"]
        talk.app.key("quiet", 0.0)
        await talk.say("call list_team {}")
        await talk.turn(2)
        assert any(talk.speaker.recording)


class DeadMicrophone(SpokenMicrophone):
    """A microphone that is not there."""

    async def open(self, on_block: OnBlock, on_lost: OnLost) -> None:  # noqa: ARG002 - none comes
        raise AudioUnavailable("there is no microphone", "plug one in")


async def test_a_missing_microphone_is_told_and_the_next_press_works(
    tmux: Server, relay: Relay
) -> None:
    spoken, _ = spoken_desk()
    async with talking(
        settings_for(tmux, relay.url), Desk(DeadMicrophone(), spoken.playback)
    ) as talk:
        for _ in range(2):
            talk.press()
            talk.release()
        await until(talk.heard_of("there is no microphone (plug one in)"), "the person is told")
        status = await talk.app.status()
        assert status["microphone"]["reason"] == "there is no microphone (plug one in)"
        assert "no microphone" in status["line"]
        assert waybar(status)["alt"] == "trouble"
        turn = await talk.app.ask("call list_team {}")
    assert turn["outcome"] == "answered"


class NoKeyboard:
    """A session in which no key can be watched."""

    def __init__(self, on_edge: OnEdge, on_lost: OnLost) -> None:
        self._callbacks = (on_edge, on_lost)

    async def __aenter__(self) -> NoKeyboard:
        raise HotkeyUnavailable("there is no display")

    async def __aexit__(self, *_: object) -> None: ...

    def describe(self) -> str:
        return "no keyboard"

    def is_alive(self) -> bool:
        return False


async def test_without_a_display_the_socket_serves_as_the_key(tmux: Server, relay: Relay) -> None:
    spoken, _ = spoken_desk()
    desk = Desk(spoken.capture, spoken.playback, lambda: Choice("none", "it is a test", NoKeyboard))
    async with talking(settings_for(tmux, relay.url), desk) as talk:
        await until(talk.heard_of("there is no display"), "the person is told")
        status = await talk.app.status()
    assert status["hotkey"]["state"] == "unavailable"
    assert "teamvoice ptt serves as the key" in status["hotkey"]["reason"]


async def test_a_hold_that_is_forgotten_ends_by_itself(tmux: Server, relay: Relay) -> None:
    async with talking(settings_for(tmux, relay.url, max_hold_s=1.0)) as talk:
        await talk.app.link.is_up.wait()
        talk.press()
        talk.microphone.say(PAUSE + sound_of("call list_team {}") + PAUSE)
        turn = await talk.turn()
    assert turn["heard"] == "call list_team {}"


async def test_a_second_daemon_is_refused_and_the_first_lives_on(
    tmux: Server, relay: Relay
) -> None:
    settings = settings_for(tmux, relay.url)
    async with talking(settings) as talk:
        with pytest.raises(TeamvoiceError, match="runs already"):
            await App(settings, spoken_desk()[0]).__aenter__()
        assert (await talk.app.ask("call list_team {}"))["outcome"] == "answered"


def _kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


def _audio(relay: Relay, item_id: str) -> Iterator[bytes]:
    import base64

    for event in relay.received:
        if event["type"] == "response.output_audio.delta" and event["item_id"] == item_id:
            yield base64.b64decode(event["delta"])


async def test_two_asks_at_once_are_both_done_and_both_answered(tmux: Server, relay: Relay) -> None:
    other = 'call send_message {"member": "pm", "text": "write it up"}'
    async with talking(settings_for(tmux, relay.url)) as talk:
        first, second = await asyncio.gather(talk.app.ask(SEND), talk.app.ask(other))
    done = {call["arguments"]["text"] for turn in (first, second) for call in turn["calls"]}
    assert done == {"fix the login", "write it up"}
    assert "the developer" in first["spoken"] + second["spoken"]
    assert "the PM" in first["spoken"] + second["spoken"]


async def test_all_that_was_said_before_the_link_was_up_is_done(tmux: Server) -> None:
    with silent_port() as port:
        async with talking(settings_for(tmux, f"ws://127.0.0.1:{port}/v1/realtime")) as talk:
            await talk.say(SEND)
            await until(talk.is_listening_no_more, "the first hold is over")
            await talk.say('call send_message {"member": "pm", "text": "write it up"}')
            async with provider(port):
                turn = await talk.turn()
        results = [call["result"] for call in turn["calls"]]
        assert results == ["Submitted to the developer.", "Submitted to the PM."]


async def test_a_link_on_demand_comes_up_with_the_first_press(tmux: Server, relay: Relay) -> None:
    settings = settings_for(tmux, relay.url)
    wish = config.Provider(url=relay.url, connect="demand")
    async with talking(msgspec.structs.replace(settings, provider=wish)) as talk:
        await until(lambda: talk.app.link.state == "idle", "the link rests")
        assert relay.sent == []
        await talk.say("call list_team {}")
        assert (await talk.turn())["outcome"] == "answered"
        assert talk.app.link.state == "up"


class SilentSession:
    """A session of which nobody has said anything yet."""

    async def run(self, on_away: Callable[[str], None], on_known: Callable[[str], None]) -> None:
        del on_away
        self.tell = on_known
        await asyncio.Event().wait()


async def test_until_it_is_known_whether_the_session_is_locked_nothing_is_heard(
    tmux: Server, relay: Relay
) -> None:
    spoken, _ = spoken_desk()
    session = SilentSession()
    async with talking(settings_for(tmux, relay.url), replace(spoken, session=session)) as talk:
        talk.press()
        talk.release()
        await until(talk.heard_of("it is not known yet"), "the person is told")
        assert (await talk.app.status())["session"]["state"] == "away"
        session.tell("there is no logind")
        await until(talk.is_listening_no_more, "it has looked")
        assert (await talk.app.status())["session"]["state"] == "unknown"
        talk.press()
        assert (await talk.app.status())["microphone"]["state"] != "closed"


@pytest.mark.needs(*NEEDS_BUS)
async def test_a_locked_session_hears_nothing_and_the_screen_shows_what_matters(
    tmux: Server, relay: Relay, bus: PrivateBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SESSION", "SYSTEM"):
        monkeypatch.setenv(f"DBUS_{name}_BUS_ADDRESS", bus.address)
    spoken, _ = spoken_desk()
    desk = replace(spoken, session=LogindSession(), notifier=BusNotifier())
    settings = msgspec.structs.replace(
        settings_for(tmux, relay.url), notify=config.Notify(desktop="full")
    )
    async with Logind(bus, locked=True) as logind, NotificationServer(bus) as screen:
        async with talking(settings, desk) as talk:

            async def is_away() -> bool:
                return bool((await talk.app.status())["session"]["state"] == "away")

            await until(is_away, "the lock is noticed")
            talk.press()
            talk.release()
            await until(talk.heard_of("the session is locked"), "the person is told")
            await logind.lock(locked=False)

            async def is_back() -> bool:
                return not await is_away()

            await until(is_back, "they are back")
            await talk.app.ask("call list_team {}")
            await until(lambda: screen.shown, "the turn is shown")
            status = await talk.app.status()
        (turn,) = talk.turns
    assert turn["heard"] == "call list_team {}"
    assert (status["session"]["state"], status["notices"]["state"]) == ("open", "ready")
    (shown,) = screen.shown.values()
    assert "On the team: developer" in shown.text
    assert logind.faults == screen.faults == []
