"""The real thing throughout: X, a key, a sound server, sounddevice, WebSocket, tmux.

Speech is played into the virtual microphone while a key is held on the display; what comes out of
the virtual speaker is recorded, and recognised again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import numpy as np
import pytest
import soxr

from tests.support.daemon import Daemon, daemon_at
from tests.support.desk import BYTES_PER_SECOND, NEEDS, Desk, Display, Recorder, Sound
from tests.support.wait import until

pytestmark = [
    pytest.mark.needs(*NEEDS, "tmux", "python:pocketsphinx", "python:sounddevice"),
    pytest.mark.timeout(180),
]


@pytest.fixture(scope="module")
def daemon(
    _display: Display, _sound: Sound, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Daemon]:
    environment = Desk(_display, _sound).environment
    with daemon_at(tmp_path_factory.mktemp("daemon"), environment) as daemon:
        yield daemon


def recognised(pcm: bytes) -> str:
    """What pocketsphinx's general model hears in a recording: not the model of our own ears."""
    import pocketsphinx

    samples = np.frombuffer(pcm, "<i2").astype(np.float32)
    narrow = soxr.resample(samples, 24_000, 16_000).astype("<i2").tobytes()
    decoder = pocketsphinx.Decoder(samprate=16_000, loglevel="FATAL")
    decoder.start_utt()
    decoder.process_raw(narrow, full_utt=True)
    decoder.end_utt()
    hypothesis = decoder.hyp()
    return hypothesis.hypstr if hypothesis else ""


def loud(pcm: bytes) -> bool:
    """Somebody speaks in it."""
    samples = np.frombuffer(pcm, "<i2").astype(np.float64)
    return bool(len(samples)) and float(np.sqrt((samples**2).mean())) > 100


async def say_with_the_key(desk: Desk, text: str) -> None:
    await desk.display.key_down("F9")
    await desk.sound.say(text)
    await desk.display.key_up("F9")


async def test_a_command_reaches_the_pane_and_is_answered_aloud(desk: Desk, daemon: Daemon) -> None:
    async with daemon.watching() as watch:
        with desk.sound.recorder() as recorder:
            await say_with_the_key(desk, "tell the developer to start working on the login feature")
            turn = await watch.turn()
    assert turn["heard"] == "tell the developer to start working on the login feature"
    (call,) = turn["calls"]
    assert call["name"] == "send_message"
    message = {"member": "developer", "text": "start working on the login feature"}
    assert call["arguments"] == message
    assert call["result"] == turn["spoken"] == "Submitted to the developer."
    assert "start working on the login feature" in daemon.screen("developer")
    assert "login" not in daemon.screen("pm")
    words = recognised(recorder.pcm())
    assert "developer" in words, f"the speaker was understood to say: {words}"


async def test_a_status_question_is_answered_from_the_screens(desk: Desk, daemon: Daemon) -> None:
    async with daemon.watching() as watch:
        with desk.sound.recorder() as recorder:
            await say_with_the_key(desk, "give me a team status update")
            turn = await watch.turn(60)
    (call,) = turn["calls"]
    assert call["name"] == "team_status"
    assert re.search(r"The developer is (working|idle)", turn["spoken"])
    assert "The PM is idle" in turn["spoken"]
    assert "developer" in recognised(recorder.pcm())


async def test_an_unknown_command_is_answered_honestly_and_does_nothing(
    desk: Desk, daemon: Daemon
) -> None:
    before = {member: daemon.screen(member) for member in ("developer", "pm")}
    async with daemon.watching() as watch:
        await say_with_the_key(desk, "the weather was lovely in the mountains last summer")
        turn = await watch.turn()
    assert turn["calls"] == []
    assert "did not understand" in turn["spoken"]
    assert daemon.screen("pm") == before["pm"]


async def test_the_speaker_falls_silent_when_the_key_goes_down(desk: Desk, daemon: Daemon) -> None:
    async with daemon.watching() as watch:
        with desk.sound.recorder() as recorder:
            await say_with_the_key(desk, "give me a team status update")
            await until(lambda: loud(_last(recorder, 0.3)), "the answer is heard", 30)
            await desk.display.key_down("F9")
            at = len(recorder.pcm())
            await until(
                lambda: len(recorder.pcm()) - at > BYTES_PER_SECOND * 3 // 2, "1.5 s go by", 10
            )
            await desk.display.key_up("F9")
            after = recorder.pcm()[at + BYTES_PER_SECOND // 2 :]
            turn = await watch.turn()
    assert turn["outcome"] == "interrupted"
    assert not loud(after), "half a second after the key went down, the voice still spoke"


async def test_a_tap_is_no_turn_and_leaves_nothing_open(desk: Desk, daemon: Daemon) -> None:
    last = (await daemon.status())["turn"]["number"]
    await desk.display.tap("F9")

    async def is_closed() -> bool:
        told = (await daemon.status())["microphone"]["state"] == "closed"
        return told and desk.sound.source_state() != "RUNNING"

    await until(is_closed, "the microphone is closed, and said to be")
    assert (await daemon.status())["turn"]["number"] == last


async def test_the_status_tells_what_is(desk: Desk, daemon: Daemon) -> None:
    status = await daemon.status()
    assert status["link"]["state"] == "up"
    assert status["link"]["provider"] == "offline"
    assert status["hotkey"]["state"] == "ready"
    assert {member["name"]: member["state"] for member in status["members"]}["pm"] == "idle"
    assert status["turn"]["cost_usd"] == 0.0
    assert desk.sound.source_state() != "RUNNING"


async def test_typed_turns_and_history_work_beside_the_voice(daemon: Daemon) -> None:
    code, out, err = await daemon.cli("ask", "tell the pm to write the release notes", "--json")
    assert code == 0, err
    assert "Submitted to the PM." in out
    assert "write the release notes" in daemon.screen("pm")
    code, out, err = await daemon.cli("history", "--json")
    assert code == 0, err
    assert "tell the pm to write the release notes" in out


async def test_the_socket_serves_as_the_key(desk: Desk, daemon: Daemon) -> None:
    async with daemon.watching() as watch:
        assert (await daemon.cli("ptt", "press"))[0] == 0
        await desk.sound.say("who is on the team")
        assert (await daemon.cli("ptt", "release"))[0] == 0
        turn = await watch.turn()
    assert [call["name"] for call in turn["calls"]] == ["list_team"]


async def test_a_second_daemon_says_who_runs_already(daemon: Daemon) -> None:
    code, _, err = await daemon.cli("run")
    assert code == 1
    assert str(daemon.pid) in err
    os.kill(daemon.pid, 0)


def _last(recorder: Recorder, seconds: float) -> bytes:
    return recorder.pcm()[-int(seconds * BYTES_PER_SECOND) // 2 * 2 :]
