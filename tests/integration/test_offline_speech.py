"""The ears and the voice with the real programs."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from teamvoice.errors import MissingPart
from teamvoice.offline.ears import Ears
from teamvoice.offline.mind import understand
from teamvoice.offline.vocabulary import Vocabulary
from teamvoice.offline.voice import Voice
from tests.support.commands import COMMANDS, FOREIGN, TEAM
from tests.support.speech import TOOLS, VOICES, Score, feed, noisy, score, spoken_pcm
from tests.support.wait import until

pytestmark = [pytest.mark.needs("flite", "python:pocketsphinx"), pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def ears() -> Ears:
    loaded = Ears(TEAM)
    loaded.load()
    return loaded


def hear(ears: Ears, pcm: bytes) -> str:
    feed(ears, pcm)
    return ears.end().text


def test_the_twelve_commands_in_three_voices(ears: Ears) -> None:
    scores: list[Score] = []
    for command in COMMANDS:
        for voice in VOICES:
            pcm = noisy(spoken_pcm(command.said, voice), 0.002)
            scores.append(score(command, hear(ears, pcm), TEAM))
    assert sum(result.right for result in scores) >= 34
    assert sum(result.errors for result in scores) <= 0.10 * sum(s.words for s in scores)


def test_silence_and_noise_call_nothing(ears: Ears) -> None:
    assert hear(ears, bytes(48_000)) == ""
    assert hear(ears, b"") == ""
    assert understand(hear(ears, noisy(bytes(48_000), 0.05)), TOOLS, TEAM).calls == ()


@pytest.mark.parametrize("text", FOREIGN[:3])
def test_talk_that_is_not_meant_for_us_writes_nothing(ears: Ears, text: str) -> None:
    plan = understand(hear(ears, spoken_pcm(text, "slt")), TOOLS, TEAM)
    assert not [call for call in plan.calls if call.name in {"send_message", "interrupt"}]


def test_an_abandoned_hold_is_forgotten_and_the_length_is_told(ears: Ears) -> None:
    feed(ears, spoken_pcm("stop the developer", "rms"))
    feed(ears, bytes(24_000))
    hearing = ears.end()
    assert (hearing.text, hearing.ms) == ("", 500.0)


def test_words_that_no_dictionary_has_can_be_heard() -> None:
    ears = Ears(Vocabulary((("zorblax", ()),), ("flumbert",)))
    heard = hear(ears, spoken_pcm("tell zorblax to fix the flumbert", "rms"))
    assert heard == "tell zorblax to fix the flumbert"
    without = Ears(Vocabulary((("zorblax", ()),)))
    assert "flumbert" not in hear(without, spoken_pcm("tell zorblax to fix the flumbert", "rms"))


@pytest.mark.parametrize("name", ["slt", "marin", "rms"])
async def test_the_voice_speaks_audible_pieces(name: str) -> None:
    pieces = [piece async for piece in Voice(name).speak("Submitted. -o is no option.")]
    assert max(map(len, pieces)) <= 4_800
    samples = np.frombuffer(b"".join(pieces), dtype="<i2")
    assert 24_000 < len(samples) < 120_000
    assert np.abs(samples).max() > 3_000


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children are read in /proc")
async def test_speech_that_is_cancelled_leaves_no_program_behind() -> None:
    async with asyncio.TaskGroup() as group:
        speech = group.create_task(_say_all("This is long. " * 3 + "and on it goes, " * 60))
        await until(_children, "a program speaks")
        speech.cancel()
    assert _children() == []


@pytest.mark.needs("espeak-ng")
async def test_without_flite_espeak_speaks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    espeak = shutil.which("espeak-ng")
    assert espeak is not None
    (tmp_path / "espeak-ng").symlink_to(espeak)
    monkeypatch.setitem(os.environ, "PATH", str(tmp_path))
    samples = np.frombuffer(await _say_all("Submitted to the developer."), dtype="<i2")
    assert 24_000 < len(samples) < 96_000
    assert np.abs(samples).max() > 3_000


async def test_nothing_to_say_is_silence() -> None:
    assert [piece async for piece in Voice().speak(" … ")] == []


async def test_a_machine_without_a_voice_says_how_to_mend_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(os.environ, "PATH", str(tmp_path))
    with pytest.raises(MissingPart, match="apt install flite"):
        await anext(Voice().speak("hello"))


async def _say_all(text: str) -> bytes:
    return b"".join([piece async for piece in Voice().speak(text)])


def _children() -> list[str]:
    """The flite processes that this process has started and not yet seen the end of."""
    tasks = Path("/proc/self/task").glob("*/children")
    children = [pid for task in tasks for pid in task.read_text().split()]
    return [pid for pid in children if _name(pid) == "flite"]


def _name(pid: str) -> str:
    try:
        return Path("/proc", pid, "comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):  # it was reaped just now
        return ""


def test_the_first_utterance_is_heard_as_well_as_the_others() -> None:
    said = "send a message to the dev that the tests are failing"
    fresh = Ears(TEAM)
    fresh.begin()
    fresh.feed(spoken_pcm(said, "rms"))
    assert fresh.end().text == said  # unsettled ears hear "she and a message"
