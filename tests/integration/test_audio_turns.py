"""Turns over real sound: what a dying sound server does to them, and that they leave nothing."""

from __future__ import annotations

import tracemalloc

import pytest

from teamvoice.audio.capture import Microphone
from teamvoice.audio.playback import Speaker
from teamvoice.audio.virtual import SilentSpeaker, SpokenMicrophone
from teamvoice.realtime.requests import TruncateItem
from tests.support.desk import NEEDS_SOUND, Sound
from tests.support.sounds import chirp, place, sound_ms, tone
from tests.support.spoken import Talk, soak, talking
from tests.support.wait import until

pytestmark = pytest.mark.needs(*NEEDS_SOUND)

ANSWER = tone(0.3)
TURNS = 300
# Bytes that may be left of one: timers that were stopped wait in the loop for their time.
A_TURN = 100


async def works(talk: Talk, sound: Sound) -> None:
    """The next turn hears and is heard."""
    said, told = chirp(0.2), len(talk.told)
    talk.session.answer = ANSWER
    with sound.recorder() as recorder:
        await talk.listen()
        await sound.play_into_microphone(said)
        over = talk.over
        talk.let_go()
        await until(lambda: talk.over > over, "the turn is over")
        await until(lambda: sound_ms(recorder.pcm()) > 290, "the answer is heard")
    assert talk.last is not None
    assert talk.last.outcome == "answered"
    assert place(said, talk.session.heard)[1] > 0.9
    assert len(talk.told) == told


async def goes_on(talk: Talk, sound: Sound) -> None:
    """What is said before the microphone came back, and what is said after it, is one turn."""
    await until(talk.notices.__len__, "it is told that it is back")
    after = chirp(0.2)
    await sound.play_into_microphone(after)
    over = talk.over
    talk.let_go()
    await until(lambda: talk.over > over, "the turn is over")
    assert talk.last is not None
    assert talk.last.outcome == "answered"
    assert "a piece of what was said is lost" in talk.last.trouble
    for said in (tone(0.3), after):
        assert place(said, talk.session.heard)[1] > 0.9


async def test_a_microphone_that_is_out_for_a_moment_costs_a_piece_and_not_the_hold(
    own_sound: Sound,
) -> None:
    async with talking(Microphone(), Speaker(), ANSWER) as talk:
        await talk.listen()
        await own_sound.play_into_microphone(tone(0.3))
        own_sound.unplug()
        await until(talk.told.__len__, "the loss is told")
        assert "microphone" in talk.told[0]
        own_sound.plug_in()
        await goes_on(talk, own_sound)
        assert len(talk.told) == 1
        await works(talk, own_sound)


async def test_a_server_that_dies_during_a_hold_costs_a_piece_of_it_only(own_sound: Sound) -> None:
    async with talking(Microphone(), Speaker(), ANSWER) as talk:
        assert (await talk.turn()).outcome == "answered"
        await talk.listen()
        await own_sound.play_into_microphone(tone(0.3))
        own_sound.break_down()
        await until(talk.told.__len__, "the loss is told")
        with own_sound.serving():
            await goes_on(talk, own_sound)
            await works(talk, own_sound)


async def test_what_was_said_counts_when_the_microphone_does_not_come_back(
    own_sound: Sound,
) -> None:
    speaker = SilentSpeaker()
    async with talking(Microphone(), speaker, ANSWER) as talk:
        await talk.listen()
        await own_sound.play_into_microphone(tone(0.3))
        own_sound.break_down()
        await until(talk.told.__len__, "the loss is told")
        talk.let_go()
        await until(lambda: talk.over == 1, "the turn is over")
        assert talk.last is not None
        assert talk.last.outcome == "answered"
        assert place(tone(0.3), talk.session.heard)[1] > 0.9


@pytest.mark.parametrize("grace_s", [0.0, 30.0])
async def test_a_hold_of_a_muted_microphone_says_that_it_is_muted(
    own_sound: Sound, grace_s: float
) -> None:
    async with talking(Microphone(grace_s=grace_s), Speaker(), ANSWER) as talk:
        own_sound.mute(True)
        turn = await talk.turn(300)
        assert turn.outcome == "dropped"
        assert "the microphone is muted in the sound settings" in turn.trouble
        assert "pactl set-source-mute mic 0" in turn.trouble
        assert talk.told == [f"{turn.trouble}; say it again"]
        assert talk.session.heard == b""
        own_sound.mute(False)
        await works(talk, own_sound)


async def test_a_server_that_dies_during_an_answer_ends_it_where_it_was_heard(
    own_sound: Sound,
) -> None:
    async with talking(Microphone(), Speaker(), tone(30.0)) as talk:
        await talk.listen(100)
        talk.let_go()
        await until(talk.is_speaking, "it speaks")
        own_sound.break_down()
        await until(lambda: talk.over == 1, "the answer is over")
        assert "speaker" in talk.told[0]
        assert talk.last is not None
        assert (talk.last.outcome, talk.last.trouble) == ("interrupted", talk.told[0])
        (cut,) = talk.session.cuts
        assert isinstance(cut, TruncateItem)
        assert 0 < cut.audio_end_ms < 30_000
        assert talk.bridge.shows_answers, "what was not heard is to be shown"
        with own_sound.serving():
            await works(talk, own_sound)
        assert not talk.bridge.shows_answers


async def test_an_answer_for_which_there_is_no_speaker_is_shown_and_its_turn_says_why(
    own_sound: Sound,
) -> None:
    own_sound.break_down()
    async with talking(SpokenMicrophone(), Speaker(), ANSWER) as talk:
        turn = await talk.turn()
        assert (turn.outcome, turn.trouble) == ("answered", talk.told[0])
        assert talk.bridge.shows_answers
        assert talk.session.cuts == [], "what is shown is not forgotten"


async def test_a_voice_that_is_made_quiet_stops_at_once_and_its_turn_ends() -> None:
    speaker = SilentSpeaker()
    async with talking(SpokenMicrophone(), speaker, tone(30.0)) as talk:
        await talk.listen(100)
        talk.let_go()
        await until(talk.is_speaking, "it speaks")
        talk.bridge.be_quiet(True)
        await until(lambda: talk.over == 1, "the turn is over")
        talk.bridge.be_quiet(False)
        talk.session.answer = ANSWER
        before = sound_ms(speaker.recording)
        await talk.turn()
        assert sound_ms(speaker.recording) - before > 290


@pytest.mark.timeout(120)
@pytest.mark.usefixtures("own_sound")
async def test_three_hundred_turns_leave_nothing_behind() -> None:
    tracemalloc.start()
    try:
        before, after = await soak(TURNS)
    finally:
        tracemalloc.stop()
    assert after.tasks == before.tasks
    assert after.files == before.files
    assert after.threads == before.threads
    assert after.memory - before.memory < A_TURN * TURNS
