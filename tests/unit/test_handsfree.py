"""Hands-free: the session is as wished for, and a hold has what came before it was told."""

from __future__ import annotations

import pytest

from teamvoice import config
from teamvoice.audio.pcm import BLOCK_BYTES
from teamvoice.audio.virtual import SpokenMicrophone
from teamvoice.daemon.chat import Wishes, _link, _settings
from teamvoice.daemon.handsfree import BEFORE, OpenEar
from teamvoice.daemon.news import Newsroom
from tests.support.wait import until

TOOL = {"type": "function", "name": "look"}


@pytest.mark.parametrize(
    ("wishes", "voice", "tools", "vad", "told"),
    [
        (Wishes(), "marin", (TOOL,), "server_vad", "no key"),
        (Wishes(vad="semantic", voice="cedar"), "cedar", (TOOL,), "semantic_vad", "no key"),
        (
            Wishes(tools=False, instructions="French."),
            "marin",
            (),
            "server_vad",
            "French.",
        ),
    ],
)
def test_what_is_wished_for_is_in_the_session(
    wishes: Wishes, voice: str, tools: tuple[object, ...], vad: str, told: str
) -> None:
    settings = _settings(config.Config(), wishes)
    spec = _link(wishes, settings, (TOOL,), Newsroom())._spec()
    assert (spec.voice, spec.tools) == (voice, tools)
    assert spec.turn_detection == {
        "type": vad,
        "create_response": False,
        "interrupt_response": False,
    }
    assert told in spec.instructions
    assert settings.offline.voice == (wishes.voice or config.Offline().voice)


async def test_what_came_before_speech_was_told_is_of_the_hold_once() -> None:
    microphone = SpokenMicrophone()
    microphone.say(b"\1\0" * (BLOCK_BYTES // 2) * 3)
    all_: list[bytes] = []
    held: list[bytes] = []
    async with OpenEar(microphone) as ear:
        ear.on_sound = all_.append
        await until(lambda: len(all_) >= 3, "it hears")
        await ear.open(lambda pcm, _at: held.append(pcm), lambda _why: None)
        assert held == all_[-BEFORE:]
        await ear.close()
        held.clear()
        before = len(all_)
        await ear.open(lambda pcm, _at: held.append(pcm), lambda _why: None)
        assert held == all_[before:]
