"""Hands-free with no sound card: what the provider tells of the speech, and who asks meanwhile."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator

import pytest
from libtmux import Server

from teamvoice.conversation.states import Response
from teamvoice.daemon.chat import Wishes, _settings, hands_free
from teamvoice.daemon.desk import spoken_desk
from teamvoice.daemon.keys import LISTENS
from teamvoice.errors import TeamvoiceError
from teamvoice.ui import wire
from teamvoice.ui.picture import Picture
from tests.support import talk
from tests.support.offline_parts import sound_of
from tests.support.relay import Event, Relay
from tests.support.talk import Talk, settings_for
from tests.support.wait import until

pytestmark = [pytest.mark.needs("tmux"), pytest.mark.timeout(60)]
tmux, relay = talk.tmux, talk.relay
PAUSE = bytes(48 * 700)  # the provider takes the speech to have ended
SAID = ("the first words", "the second words", "the third words")


@contextlib.asynccontextmanager
async def chatting(tmux: Server, url: str, *, is_gated: bool = False) -> AsyncIterator[Talk]:
    wishes, (desk, microphone) = Wishes(), spoken_desk()
    settings = _settings(settings_for(tmux, url), wishes)
    app, _ = hands_free(settings, wishes, desk, is_gated=is_gated)
    chat = Talk(app, desk, microphone)
    async with app, chat.collecting():
        await until(app.link.is_up.is_set, "the link is up")
        yield chat


async def test_speech_that_is_told_late_and_all_at_once_is_answered(
    tmux: Server, relay: Relay
) -> None:
    free = asyncio.Event()

    async def held(event: Event) -> Event:
        await free.wait()
        return event

    async with chatting(tmux, relay.url) as chat:
        before, relay.gate = _heard_ms(relay), held
        speech = PAUSE.join([*map(sound_of, SAID), b""])
        chat.microphone.say(speech)
        await until(lambda: _heard_ms(relay) > before + len(speech) / 48 + 500, "all was sent", 20)
        free.set()
        await until(lambda: all(words in _spoken(chat) for words in SAID), "all is answered", 20)
    assert " ".join(turn["heard"] for turn in chat.turns) == " ".join(SAID)


async def test_words_that_are_cancelled_before_their_answer_are_told_to_be_and_kept(
    tmux: Server, relay: Relay
) -> None:
    free = asyncio.Event()

    async def held(event: Event) -> Event:
        if event["type"] == "input_audio_buffer.committed":
            await free.wait()
        return event

    async with chatting(tmux, relay.url) as chat:
        relay.gate = held
        chat.microphone.say(sound_of(SAID[0]) + PAUSE)
        try:
            asked = Response.REQUESTED
            await until(lambda: chat.app.machine.response is asked, "the machine has the words")
            chat.app.key("cancel", chat.now())
            told = chat.heard_of("what you said is cancelled")
            await until(told, "it is told at once", 5)
        finally:
            free.set()
        turn = await chat.turn()
    assert (turn["outcome"], turn["heard"]) == ("cancelled", SAID[0])


async def test_a_key_from_outside_is_refused_and_what_is_said_next_is_done(
    tmux: Server, relay: Relay
) -> None:
    async with chatting(tmux, relay.url) as chat:
        for action in ("toggle", "toggle", "press", "release"):
            with pytest.raises(TeamvoiceError, match=LISTENS):
                await wire.request(do="ptt", action=action)
        for number, words in enumerate(SAID[:2], 1):
            chat.microphone.say(sound_of(words) + PAUSE)
            turn = await chat.turn(number)
            assert (turn["heard"], turn["outcome"]) == (words, "answered")
        for action in ("cancel", "mute", "mute", "quiet", "quiet"):
            await wire.request(do="ptt", action=action)
    assert len(chat.turns) == 2


async def test_the_microphone_is_told_to_be_open_unless_it_is_not_heard(
    tmux: Server, relay: Relay
) -> None:
    async with chatting(tmux, relay.url) as chat:
        assert await _microphone(chat) == ("open", True)
        chat.microphone.say(sound_of(SAID[0]) + PAUSE)
        await chat.turn()
        assert await _microphone(chat) == ("open", True)
        assert set(_shown(chat)) == {"open"}
        chat.app.key("mute", chat.now())
        await until(lambda: _shown(chat)[-1] == "muted", "a face shows it")
        assert await _microphone(chat) == ("closed", False)
        chat.app.key("mute", chat.now())
        await until(lambda: _shown(chat)[-1] == "open", "a face shows it")


async def test_while_the_voice_speaks_into_the_room_the_microphone_is_told_to_be_closed(
    tmux: Server, relay: Relay
) -> None:
    async with chatting(tmux, relay.url, is_gated=True) as chat:
        chat.microphone.say(sound_of(SAID[0]) + PAUSE)
        await until(lambda: _shown(chat)[-1:] == ["closed"], "the answer sounds", 20)
        await until(lambda: _shown(chat)[-1:] == ["open"], "it listens again", 20)


async def _microphone(chat: Talk) -> tuple[str, bool]:
    """Its state, and whether the status line says that it is open."""
    status = await chat.app.status()
    return status["microphone"]["state"], "microphone open" in status["line"]


def _shown(chat: Talk) -> list[str]:
    """What a face shows of the microphone after each event that is about it."""
    picture, shown = Picture(), []
    for event in chat.told:
        picture.take(event)
        if event["event"] in {"microphone", "silence"}:
            shown.append(picture.microphone)
    return shown


def _heard_ms(relay: Relay) -> float:
    sound = [e["audio"] for e in relay.sent if e["type"] == "input_audio_buffer.append"]
    return sum(len(base64.b64decode(each)) for each in sound) / 48


def _spoken(chat: Talk) -> str:
    return " ".join(turn["spoken"] for turn in chat.turns)
