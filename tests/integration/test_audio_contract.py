"""What every microphone and speaker must do: the real ones on the desk, and the virtual ones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from teamvoice.audio.capture import Capture, Microphone
from teamvoice.audio.chimes import KINDS
from teamvoice.audio.pcm import BLOCK_BYTES, RATE, milliseconds
from teamvoice.audio.playback import Playback, Speaker
from teamvoice.audio.virtual import SilentSpeaker, SpokenMicrophone
from tests.support.desk import NEEDS_SOUND, Sound
from tests.support.ear import Ear
from tests.support.sounds import (
    PIECE_BYTES,
    chirp,
    is_heard_whole,
    loud_samples,
    place,
    sound_ms,
    tone,
)
from tests.support.wait import until

REAL = pytest.param("real", marks=pytest.mark.needs(*NEEDS_SOUND))
REFUSED = pytest.param("48 kHz", marks=pytest.mark.needs(*NEEDS_SOUND))


# The microphone -----------------------------------------------------------------------------------


@dataclass
class HeardBy:
    microphone: Capture
    speak: Callable[[bytes], Awaitable[None]]


@pytest.fixture(params=["virtual", REAL, REFUSED])
async def room(request: pytest.FixtureRequest) -> AsyncIterator[HeardBy]:
    if request.param == "virtual":
        virtual = SpokenMicrophone()

        async def speak(pcm: bytes) -> None:
            virtual.say(pcm)
            await until(lambda: virtual.has_spoken, "the speech was delivered", within=10)

        yield HeardBy(virtual, speak)
        await virtual.close()
    else:
        sound: Sound = request.getfixturevalue("sound")
        microphone = Microphone(rates=(RATE,) if request.param == "real" else (48_000,))
        async with microphone:
            yield HeardBy(microphone, sound.play_into_microphone)


async def test_every_sample_arrives_once_and_in_order(room: HeardBy) -> None:
    ear, spoken = Ear(), chirp(1.5)
    await ear.listen(room.microphone)
    await room.speak(spoken)
    await room.microphone.close()
    assert is_heard_whole(spoken, ear.pcm)
    assert {len(block) for block in ear.blocks} == {BLOCK_BYTES}
    assert ear.times == sorted(ear.times)
    assert ear.lost == []


async def test_after_close_no_block_comes(room: HeardBy) -> None:
    ear = Ear()
    await ear.listen(room.microphone)
    await room.microphone.close()
    count = len(ear.blocks)
    again = Ear()
    await room.microphone.open(again.on_block, again.lost.append)
    await until(lambda: len(again.blocks) > 3, "blocks of the second opening")
    await room.microphone.close()
    assert len(ear.blocks) == count
    assert ear.lost == again.lost == []


async def test_it_opens_and_closes_twenty_times(room: HeardBy) -> None:
    for _ in range(20):
        ear = Ear()
        await ear.listen(room.microphone)
        await room.microphone.close()
        assert ear.lost == []


async def test_closing_what_is_closed_is_harmless(room: HeardBy) -> None:
    await room.microphone.close()
    assert "closed" in room.microphone.describe()


async def test_closing_at_once_leaves_nothing_open(room: HeardBy) -> None:
    ear = Ear()
    await room.microphone.open(ear.on_block, ear.lost.append)
    await room.microphone.close()
    assert "closed" in room.microphone.describe()
    assert ear.lost == []


# The speaker --------------------------------------------------------------------------------------


@dataclass
class Stage:
    """A speaker, what it told, and what is really heard of it."""

    speaker: Playback
    recording: Callable[[], bytes]
    began: list[float] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    async def heard(self, ms: float) -> None:
        """Wait until so much of what was played is in the recording."""
        await until(lambda: sound_ms(self.recording()) >= ms, f"{ms} ms of sound", within=10)


@pytest.fixture(params=["virtual", REAL, REFUSED])
def recorded(request: pytest.FixtureRequest) -> Iterator[tuple[Playback, Callable[[], bytes]]]:
    if request.param == "virtual":
        virtual = SilentSpeaker()
        yield virtual, lambda: virtual.recording
        return
    sound: Sound = request.getfixturevalue("sound")
    with ExitStack() as stack:
        recorder = stack.enter_context(sound.recorder())
        rates = (RATE,) if request.param == "real" else (48_000,)
        yield Speaker(rates=rates), recorder.pcm


@pytest.fixture
def stage(recorded: tuple[Playback, Callable[[], bytes]]) -> Stage:
    speaker, recording = recorded
    made = Stage(speaker, recording)
    speaker.connect(made.began.append, made.ended.append, lambda why, _: made.lost.append(why))
    return made


async def test_an_answer_is_heard_whole(stage: Stage) -> None:
    answer = chirp(1.0)
    async with stage.speaker:
        for start in range(0, len(answer), 4800):
            stage.speaker.play("item", 0, answer[start : start + 4800])
        stage.speaker.end_of_answer()
        await until(lambda: stage.ended, "the answer ended")
        await stage.heard(995)
    assert is_heard_whole(answer, stage.recording())
    assert len(stage.began) == len(stage.ended) == 1
    assert stage.ended[0] - stage.began[0] > 0.95
    assert stage.lost == []


@pytest.mark.needs(*NEEDS_SOUND)
async def test_the_volume_is_what_is_heard(sound: Sound) -> None:
    speaker, quarter = Speaker(volume=0.25), 0.25 * 16_383  # of the tone's own
    with sound.recorder() as recorder:
        stage = Stage(speaker, recorder.pcm)
        async with speaker:
            speaker.play("item", 0, tone(0.3))
            await stage.heard(295)
    assert len(loud_samples(recorder.pcm(), int(0.95 * quarter)))
    assert not len(loud_samples(recorder.pcm(), int(1.05 * quarter)))


async def test_silence_tells_what_was_heard(stage: Stage) -> None:
    async with stage.speaker:
        stage.speaker.play("item", 0, tone(5.0))
        await stage.heard(500)
        (played,) = await stage.speaker.silence()
        before = sound_ms(stage.recording())
        stage.speaker.play("next", 0, chirp(0.5))  # what follows shows that the rest is gone
        stage.speaker.end_of_answer()
        await until(lambda: stage.ended, "the next answer ended")
    assert (played.item_id, played.content_index, played.complete) == ("item", 0, False)
    recording = stage.recording()
    next_at, fit = place(chirp(0.5)[:PIECE_BYTES], recording)
    assert fit > 0.9
    heard = sound_ms(recording[: next_at * 2 - 200])
    assert abs(played.ms - heard) <= 20
    assert before >= 500


async def test_parts_are_counted_each(stage: Stage) -> None:
    async with stage.speaker:
        stage.speaker.play("first", 0, tone(0.2))
        stage.speaker.play("second", 1, tone(5.0))
        stage.speaker.play("third", 0, tone(1.0))
        await stage.heard(500)
        first, second, third = await stage.speaker.silence()
    assert (first.item_id, first.ms, first.complete) == ("first", 200, True)
    assert (second.content_index, second.complete) == (1, False)
    assert 200 <= second.ms < 5000
    assert (third.item_id, third.ms, third.complete) == ("third", 0, False)
    assert stage.ended == []


async def test_silence_when_nothing_plays_tells_nothing(stage: Stage) -> None:
    async with stage.speaker:
        assert await stage.speaker.silence() == ()


async def test_an_answer_that_was_heard_is_told_once(stage: Stage) -> None:
    async with stage.speaker:
        stage.speaker.play("item", 0, tone(0.1))
        stage.speaker.end_of_answer()
        await until(lambda: stage.ended, "the answer ended")
        assert await stage.speaker.silence() == ()


async def test_an_answer_without_sound_ends_too(stage: Stage) -> None:
    async with stage.speaker:
        stage.speaker.end_of_answer()
        await until(lambda: stage.ended, "the empty answer ended")
    assert stage.began == []


async def test_an_answer_in_drops_is_heard_whole(stage: Stage) -> None:
    async with stage.speaker:
        for _ in range(10):
            stage.speaker.play("item", 0, tone(0.05))
            await asyncio.sleep(0.01)  # the pace of a network, not a wait
        stage.speaker.end_of_answer()
        await until(lambda: stage.ended, "the answer ended")
        # Counted sample by sample: on a busy machine the network's pace may leave gaps.
        wanted = len(loud_samples(tone(0.05))) * 10 * 0.98
        await until(lambda: len(loud_samples(stage.recording())) >= wanted, "every drop")
    assert len(loud_samples(stage.recording())) <= wanted * 1.04


@pytest.mark.parametrize("kind", KINDS)
async def test_a_chime_sounds_and_is_not_counted(stage: Stage, kind: str) -> None:
    async with stage.speaker:
        stage.speaker.chime(kind)
        await stage.heard(80)
        assert await stage.speaker.silence() == ()
    assert stage.began == stage.ended == []


async def test_a_chime_over_an_answer_leaves_the_count(stage: Stage) -> None:
    async with stage.speaker:
        stage.speaker.play("item", 0, tone(0.5))
        stage.speaker.chime("trouble")
        stage.speaker.end_of_answer()
        await until(lambda: stage.ended, "the answer ended")
        await stage.heard(495)
    assert abs(sound_ms(stage.recording()) - milliseconds(tone(0.5))) < 10


async def test_silence_then_a_chime_is_heard(stage: Stage) -> None:
    async with stage.speaker:
        stage.speaker.play("item", 0, tone(5.0))
        await stage.heard(200)
        await stage.speaker.silence()
        stage.speaker.chime("listening")
        at_once = stage.recording()
        await until(
            lambda: len(loud_samples(stage.recording()[len(at_once) :])) > 1000,
            "the chime after the silence",
        )
