"""The sound of turns: kept when that is wanted, as far as it was heard, and played again."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
import wave
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from libtmux import Server

from teamvoice import config
from teamvoice.audio.pcm import RATE
from teamvoice.conversation.states import Sound as Speaking
from teamvoice.daemon.journal import journal_path, read_last
from teamvoice.daemon.recordings import Recordings, audio_dir, kept, name_of, read
from tests.support.cli import Cli
from tests.support.desk import NEEDS_SOUND, Sound
from tests.support.offline_parts import sound_of, tone
from tests.support.panes import ROOT
from tests.support.relay import Relay
from tests.support.sounds import chirp, place, sound_ms
from tests.support.talk import Talk, relay, settings_for, talking, tmux
from tests.support.wait import until

__all__ = ["relay", "tmux"]  # the fixtures

KEEP = config.Journal(keep_audio=True)
PCM = chirp(0.5)


def keeping(tmux: Server, relay: Relay, journal: config.Journal = KEEP) -> config.Config:
    return msgspec.structs.replace(settings_for(tmux, relay.url), journal=journal)


def last_turn() -> dict[str, Any]:
    (record,) = read_last(journal_path(), 1, lambda all_: [r for r in all_ if name_of(r)])
    return record


def names_in(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# The daemon ------------------------------------------------------------------------------------


@pytest.mark.needs("tmux")
async def test_what_was_said_and_answered_is_kept_for_its_owner(tmux: Server, relay: Relay) -> None:
    async with talking(keeping(tmux, relay)) as talk:
        await talk.app.link.is_up.wait()
        await talk.say("hello there")
        await talk.turn()
    files = kept(last_turn())
    assert set(files) == {"you", "voice"}
    assert (mode(audio_dir()), *map(mode, files.values())) == (0o700, 0o600, 0o600)
    said, heard = read(files["you"]), read(files["voice"])
    assert sound_of("hello there") in said
    assert len(said) // 48 == last_turn()["sent_ms"]
    assert heard == b"".join(tone("You said: hello there"))


@pytest.mark.needs("tmux")
async def test_of_an_answer_that_was_spoken_over_what_was_heard_is_kept(
    tmux: Server, relay: Relay
) -> None:
    async with talking(keeping(tmux, relay)) as talk:
        await talk.app.link.is_up.wait()
        await talk.say("hello " * 20)
        await until(lambda: _sound(talk) is Speaking.PLAYING, "the answer sounds")
        await until(lambda: len(talk.speaker.recording) > RATE, "half a second of it", 20)
        talk.press()
        await until(lambda: _sound(talk) is Speaking.SILENT, "it is silent")
        played = talk.speaker.recording.rstrip(b"\0")
        talk.app.key("cancel", talk.now())
        interrupted = await talk.turn()
    heard = read(kept(interrupted)["voice"])
    whole = b"".join(tone(interrupted["spoken"]))
    assert interrupted["outcome"] == "interrupted"
    assert len(heard) < len(whole)
    assert whole.startswith(heard)
    assert abs(len(heard) - len(played)) <= 2 * 48


@pytest.mark.needs("tmux")
@pytest.mark.parametrize("is_quiet", [False, True])
async def test_nothing_is_written_of_what_is_not_wanted_or_not_heard(
    tmux: Server, relay: Relay, is_quiet: bool
) -> None:
    settings = keeping(tmux, relay, KEEP if is_quiet else config.Journal())
    async with talking(settings) as talk:
        await talk.app.link.is_up.wait()
        if is_quiet:
            talk.app.key("quiet", talk.now())
        await talk.say("hello there")
        await talk.turn()
    assert set(kept(last_turn())) == ({"you"} if is_quiet else set())
    assert audio_dir().exists() is is_quiet


def _sound(talk: Talk) -> Speaking:
    return talk.app._bridge.machine.sound


# The files -------------------------------------------------------------------------------------


async def test_the_oldest_go_when_it_is_too_much_or_too_old(tmp_path: Path) -> None:
    troubles: list[str] = []
    megabyte = bytes(1024 * 1024 - 44)
    async with Recordings(tmp_path, config.Journal(audio_mb=2), troubles.append) as recordings:
        for number in range(3):
            await recordings.keep(f"m-{number}", {"you": megabyte, "voice": b""})
            os.utime(tmp_path / f"m-{number}-you.wav", (number + time.time() - 9,) * 2)
    assert names_in(tmp_path) == ["m-1-you.wav", "m-2-you.wav"]
    os.utime(tmp_path / "m-1-you.wav", (time.time() - 86_400 * 7 - 60,) * 2)
    (tmp_path / "m-9-you.part").write_bytes(b"half of it")
    async with Recordings(tmp_path, config.Journal(), troubles.append):
        pass  # what is too old goes where nothing is kept any more, too
    assert names_in(tmp_path) == ["m-2-you.wav"]
    assert troubles == []


FILL = """
import asyncio, json, resource, sys
from pathlib import Path
from teamvoice import config
from teamvoice.daemon.recordings import Recordings

async def run():
    troubles = []
    async with Recordings(Path(sys.argv[1]), config.Journal(), troubles.append) as recordings:
        for number in range(3):
            await recordings.keep(f"m-{number}", {"you": bytes(9000)})
        resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
        await recordings.keep("m-3", {"you": bytes(9000)})
    print(json.dumps(troubles))

resource.setrlimit(resource.RLIMIT_FSIZE, (5000, -1))
asyncio.run(run())
"""


def test_a_disk_that_takes_no_more_is_told_once_and_leaves_no_half(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FILL, str(tmp_path)]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=True
    )
    (told,) = json.loads(done.stdout)
    assert "the sound of turns cannot be kept" in told
    assert "File too large" in told
    assert names_in(tmp_path) == ["m-3-you.wav"]


# Playing ---------------------------------------------------------------------------------------


async def kept_at(home: Path, *, number: int = 7, **sounds: bytes) -> dict[str, Any]:
    """A record in the journal, and its sound."""
    time_ = "2026-01-31T09:30:00+00:00"
    record = {"kind": "turn", "time": time_, "number": number, "heard": f"turn {number}"}
    with (home / "state" / "journal.jsonl").open("a") as journal:
        journal.write(json.dumps(record) + "\n")
    async with Recordings(home / "state" / "audio", KEEP, pytest.fail) as recordings:
        await recordings.keep(name_of(record), sounds)
    return record


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    (tmp_path / "state").mkdir()
    return Cli(tmp_path)


@pytest.mark.needs(*NEEDS_SOUND)
async def test_a_turn_is_played_again(cli: Cli, sound: Sound) -> None:
    await kept_at(cli.directory, you=PCM, voice=PCM[::-1][: RATE // 5 * 2])
    await kept_at(cli.directory, number=8)  # without sound
    listening = replace(cli, environ=dict(sound.environment))
    shown = (await cli("history")).out
    assert ", kept 20260131T093000-7 (you and voice)\n" in shown
    assert shown.count("kept 2026") == 1
    with sound.recorder() as recorder:
        done = await listening("history", "--replay", "last")
        assert (done.code, done.err.count("playing")) == (0, 2), done.err
        assert "playing voice, 0.2 s" in done.err
        assert "you: turn 7" in done.out
        await until(lambda: place(PCM, recorder.pcm())[1] > 0.9, "what was said is heard")
        assert sound_ms(recorder.pcm()) > 650


async def test_a_sound_that_cannot_be_played_says_why(cli: Cli) -> None:
    await kept_at(cli.directory, number=1, you=PCM)
    name = name_of(await kept_at(cli.directory, number=2, you=PCM))
    await kept_at(cli.directory, number=3)
    folder = cli.directory / "state" / "audio"
    (folder / f"{name}-you.wav").write_bytes(b"RIFF")
    with wave.open(str(folder / "20260131T093000-1-you.wav"), "wb") as other:
        other.setparams((2, 2, 44_100, 0, "NONE", ""))
        other.writeframes(bytes(400))
    for turn, code, why in (
        ("20260131T093000-1", 1, "it is not as teamvoice writes them"),
        (name, 1, "cannot be played"),
        ("20260131T093000-3", 1, "there is no sound of that turn"),
        ("20260131T093000-4", 2, 'there is no turn "20260131T093000-4"'),
    ):
        done = await cli("history", "--replay", turn)
        assert (done.code, done.out) == (code, ""), done
        assert why in done.err
    done = await cli("history", "--replay", "last", "turn 3")
    assert "no turn with these words is found of which the sound is kept" in done.err
