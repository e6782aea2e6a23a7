"""What other programs play is ducked while somebody talks, and given back exactly."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from teamvoice.audio.ducking import PART, Ducking
from teamvoice.audio.others import Others
from teamvoice.audio.playback import Speaker
from tests.support.desk import NEEDS_SOUND, Sound
from tests.support.sounds import tone
from tests.support.wait import until

pytestmark = pytest.mark.needs(*NEEDS_SOUND)

ODD = 43_210  # of 65,536: a volume that no rounding would bring back
DUCKED = int(ODD * PART)


@contextlib.asynccontextmanager
async def music(sound: Sound, volume: int = ODD) -> AsyncIterator[None]:
    """Another program plays, for as long as the block."""
    before = len(sound.volumes())
    player = await asyncio.create_subprocess_exec(
        *("paplay", "--raw", "--channels=2", f"--volume={volume}", "/dev/zero"),
        env={**os.environ, **sound.environment},
    )
    try:
        await until(lambda: len(sound.volumes()) > before, "it plays")
        yield
    finally:
        player.kill()
        await player.wait()
    await until(lambda: len(sound.volumes()) == before, "it plays no more")


async def test_music_is_ducked_while_somebody_talks_and_our_voice_is_not(
    own_sound: Sound, tmp_path: Path
) -> None:
    ledger = tmp_path / "ducked.json"
    async with music(own_sound), Others(Ducking(ledger)) as others, Speaker() as speaker:
        speaker.play("item", 0, tone(30))
        await until(lambda: len(own_sound.volumes()) == 2, "both play")
        others.talk(True)
        await until(lambda: own_sound.volumes() == [[DUCKED] * 2, [65_536]], "it is ducked")
        assert ledger.stat().st_mode & 0o777 == 0o600
        others.talk(False)
        await until(lambda: own_sound.volumes() == [[ODD] * 2, [65_536]], "it is given back")
        await until(lambda: not ledger.exists(), "nothing is owed")


async def test_what_was_changed_by_hand_meanwhile_stays(own_sound: Sound, tmp_path: Path) -> None:
    async with music(own_sound):
        async with Others(Ducking(tmp_path / "ducked.json")) as others:
            others.talk(True)
            await until(lambda: own_sound.volumes() == [[DUCKED] * 2], "it is ducked")
            own_sound.set_volume(30_000)
        assert own_sound.volumes() == [[30_000] * 2]


async def test_after_a_crash_it_is_given_back_to_the_stream(
    own_sound: Sound, tmp_path: Path
) -> None:
    ledger = tmp_path / "ducked.json"
    async with music(own_sound):
        async with Others(Ducking(ledger)) as others:
            others.talk(True)
            await until(lambda: own_sound.volumes() == [[DUCKED] * 2], "it is ducked")
            left = ledger.read_bytes()
        own_sound.set_volume(DUCKED)  # as it is after a crash, and so is the ledger
        ledger.write_bytes(left)
        async with Others(Ducking(ledger)):
            await until(lambda: own_sound.volumes() == [[ODD] * 2], "it is given back")


async def test_a_stream_that_ended_while_it_was_ducked_leaves_the_next_one_as_it_was(
    own_sound: Sound, tmp_path: Path
) -> None:
    ledger = tmp_path / "ducked.json"
    async with Others(Ducking(ledger)) as others:
        async with music(own_sound):
            others.talk(True)
            await until(lambda: own_sound.volumes() == [[DUCKED] * 2], "it is ducked")
        assert ledger.exists()
    assert ledger.exists(), "it is still owed"
    async with (
        music(own_sound, DUCKED),
        Others(Ducking(ledger)),
    ):  # the server remembers a program's volume
        await until(lambda: own_sound.volumes() == [[ODD] * 2], "the next one is given it")


async def test_without_a_sound_server_nothing_happens(own_sound: Sound, tmp_path: Path) -> None:
    own_sound.break_down()
    ledger = tmp_path / "ducked.json"
    async with Others(Ducking(ledger)) as others:
        others.talk(True)
        others.talk(False)
    assert not ledger.exists()
