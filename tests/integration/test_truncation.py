"""What the model is told of an answer that was spoken over, against what the speaker really played.

The daemon plays on a real sound server, whose speaker is recorded. The answer is noise of
which every piece is like no other, so that the recording itself tells how far it was played.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from teamvoice.audio.pcm import RATE
from teamvoice.audio.playback import Speaker
from teamvoice.audio.virtual import SpokenMicrophone
from teamvoice.conversation.states import Sound as Speaking
from teamvoice.daemon.app import App
from teamvoice.daemon.desk import Desk
from tests.support.desk import NEEDS_SOUND, Recorder, Sound
from tests.support.hard_day import (
    PAUSE,
    TOKEN,
    living_at,
    settings_for,
    terse_provider,
)
from tests.support.offline_parts import sound_of
from tests.support.paper_team import PaperTeam
from tests.support.relay import Relay, relay_to
from tests.support.sounds import loud_samples, noise, place
from tests.support.wait import until

BLOCK_MS = 20
ANSWER = noise(8.0)
PIECE = RATE // 10 * 2  # bytes of 100 ms
LAST = RATE // 40 * 2  # bytes of 25 ms: short, so that hardly a gap falls into it

pytestmark = pytest.mark.needs(*NEEDS_SOUND)


def say(_text: str) -> Iterator[bytes]:
    return (ANSWER[start : start + PIECE] for start in range(0, len(ANSWER), PIECE))


def played_to_ms(recording: bytes) -> float:
    """How far into the answer the end of a recording is: where its last 25 ms stand in that."""
    last = int(loud_samples(recording)[-1]) + 1
    at, fit = place(recording[2 * last - LAST : 2 * last], ANSWER)
    assert fit > 0.8, "what was played last is a part of the answer"
    return (at + LAST // 2) * 1000 / RATE


async def say_over(app: App, microphone: SpokenMicrophone) -> None:
    clock = asyncio.get_running_loop().time
    microphone.say(PAUSE + sound_of("hello") + PAUSE)
    app.key("press", clock())
    await microphone.wait_spoken()
    app.key("release", clock())


async def cut_after(seconds: float, app: App, recorder: Recorder) -> int:
    """Wait until so much of the answer is in the recording; where that is, in bytes."""
    machine = app._bridge.machine
    await until(lambda: machine.sound is Speaking.PLAYING, "an answer", 20)
    start = len(recorder.pcm())
    wanted = int(seconds * RATE)
    await until(lambda: len(loud_samples(recorder.pcm()[start:])) > wanted, "it is heard", 30)
    return start


@pytest.mark.timeout(120)
async def test_an_answer_is_cut_where_the_speaker_stopped(
    sound: Sound, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAMVOICE_API_KEY", TOKEN)
    microphone = SpokenMicrophone()
    found: list[float] = []
    async with terse_provider(say=say) as url, relay_to(url) as relay:
        with living_at(tmp_path / "home"), sound.recorder() as recorder:
            settings = settings_for(relay.url, "auto", "")
            async with App(settings, Desk(microphone, Speaker()), team=PaperTeam) as app:
                await app.link.is_up.wait()
                await say_over(app, microphone)
                for seconds in (0.3, 1.1, 2.2):
                    start = await cut_after(seconds, app, recorder)
                    await say_over(app, microphone)
                    await until(lambda: len(_cuts(relay)) > len(found), "it is cut", 20)
                    found.append(played_to_ms(await _quiet(recorder, start)))
                app.key("cancel", asyncio.get_running_loop().time())
    told = _cuts(relay)
    assert np.abs(np.subtract(told[: len(found)], found)).max() <= BLOCK_MS, (told, found)


async def _quiet(recorder: Recorder, start: int) -> bytes:
    """The recording of an answer, with what came until it was cut."""

    def pause() -> int:
        """Where the first 60 ms of silence after sound begin."""
        loud = loud_samples(recorder.pcm()[start:])
        gaps = np.flatnonzero(np.diff(loud) > RATE * 60 // 1000)
        return int(loud[gaps[-1]]) + 1 if len(gaps) else 0

    await until(pause, "it fell silent", 20)
    return recorder.pcm()[start : start + 2 * pause()]


def _cuts(relay: Relay) -> list[int]:
    """At which milliseconds answers were cut, as the provider was told."""
    kind = "conversation.item.truncate"
    return [event["audio_end_ms"] for event in relay.sent if event["type"] == kind]
