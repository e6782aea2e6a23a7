from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest

from teamvoice.audio.pcm import float32_to_pcm16
from teamvoice.conversation import commands as do
from teamvoice.conversation import events as ev
from teamvoice.conversation.commands import Command
from teamvoice.conversation.consent import TIMER as CONFIRM
from teamvoice.conversation.events import Event
from teamvoice.daemon.observer import Observer, decibels
from tests.support.wait import until


def told(*seen: tuple[Event, list[Command]], watched: bool = True) -> list[dict[str, Any]]:
    published: list[dict[str, Any]] = []
    observer = Observer(
        lambda event, **about: published.append({"event": event, **about}),
        lambda: watched,
        call_at=lambda *_: pytest.fail("nothing is to sound"),
    )
    for event, commands in seen:
        observer.saw(event, commands)
    return published


def test_a_call_and_its_end() -> None:
    began = (ev.HoldBegan(at=1.0), [do.OpenMicrophone(), do.RunTool("c1", "team_status", "{}")])
    ended = (ev.ToolEnded(at=2.0, call_id="c1", output="All idle."), list[Command]())
    assert told(began, ended) == [
        {"event": "microphone", "state": "open"},
        {"event": "call", "id": "c1", "name": "team_status", "arguments": "{}"},
        {"event": "called", "id": "c1", "result": "All idle."},
    ]


def test_the_end_of_a_confirmation_is_told_however_it_ended() -> None:
    stopped: list[Command] = [do.StopTimer("answer"), do.StopTimer(CONFIRM)]
    assert told((ev.Confirmed(at=1.0), stopped)) == [{"event": "confirmed"}]


def test_what_is_understood_is_told_piece_by_piece() -> None:
    part = (ev.SpeechPart(at=1.0, item_id="i1", text="who is"), list[Command]())
    assert told(part) == [{"event": "hearing", "id": "i1", "text": "who is"}]


def test_words_that_were_typed_are_told_as_heard() -> None:
    asked = (ev.TextAsked(at=1.0, text="who is idle"), list[Command]())
    assert told(asked) == [{"event": "heard", "text": "who is idle", "typed": True}]


def test_levels_are_told_ten_times_a_second_and_to_nobody_when_nobody_watches() -> None:
    block = b"\xff\x7f" * 480
    blocks = [(ev.AudioCaptured(at=1 + n * 0.02, pcm=block), list[Command]()) for n in range(50)]
    levels = told(*blocks)
    assert len(levels) == 10
    assert levels[0] == {"event": "level", "of": "microphone", "db": 0}
    assert told(*blocks, watched=False) == []


async def test_the_voice_is_as_loud_as_what_sounds_and_not_as_what_came() -> None:
    loop = asyncio.get_running_loop()
    loud, soft = b"\xff\x7f" * 2400, b"\xff\x0f" * 2400  # 100 ms each
    levels: list[int] = []
    observer = Observer(
        lambda _event, **about: levels.extend(db for db in [about.get("db")] if db is not None)
    )
    played = do.Play("a1", 0, loud + soft + loud)
    observer.saw(ev.AnswerText(at=0.0, response_id="r1", item_id="a1", text=""), [played])
    assert levels == [], "nothing sounds yet"
    observer.saw(ev.SoundBegan(at=loop.time()), [])
    began = loop.time()
    await until(lambda: len(levels) == 4, "it has sounded")
    assert levels == [0, -18, 0, -60]
    assert loop.time() - began >= 0.28
    observer.saw(ev.SoundBegan(at=loop.time()), [played] * 100)
    await until(lambda: len(levels) > 5, "it sounds")
    observer.saw(ev.HoldBegan(at=loop.time()), [do.Silence()])
    assert levels[-1] == -60
    assert len(levels) < 300, "what was to sound is told no more"


def test_decibels() -> None:
    assert decibels(b"") == decibels(b"\0" * 960) == -60
    assert decibels(float32_to_pcm16(np.array([0.5, -0.1]))) == -6
    assert decibels(b"\x01\x00\x02") == -60
