"""Hands-free with no sound card: what the provider tells of the speech, whenever that comes."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator

import pytest
from libtmux import Server

from teamvoice.daemon.chat import Wishes, _settings, hands_free
from teamvoice.daemon.desk import spoken_desk
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
async def chatting(tmux: Server, url: str) -> AsyncIterator[Talk]:
    wishes, (desk, microphone) = Wishes(), spoken_desk()
    app, _ = hands_free(_settings(settings_for(tmux, url), wishes), wishes, desk)
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


def _heard_ms(relay: Relay) -> float:
    sound = [e["audio"] for e in relay.sent if e["type"] == "input_audio_buffer.append"]
    return sum(len(base64.b64decode(each)) for each in sound) / 48


def _spoken(chat: Talk) -> str:
    return " ".join(turn["spoken"] for turn in chat.turns)
