"""A desktop's day: microphones that come, go and change while they are listened to."""

from __future__ import annotations

import pytest

from teamvoice.audio.capture import KEPT, Microphone
from teamvoice.audio.pcm import BYTES_PER_SECOND
from teamvoice.audio.portaudio import LIBRARY
from teamvoice.errors import AudioUnavailable
from tests.support.desk import NEEDS_SOUND, Sound
from tests.support.ear import Ear
from tests.support.sounds import chirp, loud_samples, place
from tests.support.wait import until

pytestmark = pytest.mark.needs(*NEEDS_SOUND)


async def opened(microphone: Microphone) -> Ear:
    """Open, and past the first block."""
    ear = Ear()
    await ear.listen(microphone)
    return ear


async def test_a_microphone_that_is_unplugged_is_lost_and_returns(own_sound: Sound) -> None:
    async with Microphone() as microphone:
        ear = await opened(microphone)
        own_sound.unplug()
        await until(ear.lost.__len__, "the loss is told")
        await until(lambda: not own_sound.microphone_in_use(), "nor is the speaker recorded")
        nothing = Ear()
        with pytest.raises(AudioUnavailable, match="there is no microphone"):
            await microphone.open(nothing.on_block, nothing.lost.append)
        own_sound.plug_in()
        again = await opened(microphone)
        await own_sound.play_into_microphone(chirp(0.2))
        await microphone.close()
    assert len(ear.lost) == 1
    assert nothing.blocks == []
    assert again.lost == []
    assert place(chirp(0.2), again.pcm)[1] > 0.9


async def test_the_default_is_followed_between_holds_and_within_one(own_sound: Sound) -> None:
    own_sound.plug_in("headset")
    async with Microphone() as microphone:
        ear = await opened(microphone)
        assert own_sound.microphone_in_use() == "mic"
        own_sound.choose_microphone("headset")
        await until(lambda: own_sound.microphone_in_use() == "headset", "the hold follows")
        await own_sound.play_into_microphone(chirp(0.2))
        await microphone.close()
        own_sound.choose_microphone("mic")
        between = await opened(microphone)
        assert own_sound.microphone_in_use() == "mic"
        own_sound.unplug("mic")
        await until(lambda: own_sound.microphone_in_use() == "headset", "the other one takes over")
        await own_sound.play_into_microphone(chirp(0.2))
        await microphone.close()
    for heard in (ear, between):
        assert heard.lost == []
        assert place(chirp(0.2), heard.pcm)[1] > 0.9


async def test_a_microphone_of_the_sound_server_is_found_by_its_name(own_sound: Sound) -> None:
    own_sound.plug_in("headset")
    async with Microphone("headset") as microphone:
        ear = await opened(microphone)
        assert own_sound.microphone_in_use() == "headset"
        own_sound.choose_microphone("mic")
        await microphone.close()
        ear = await opened(microphone)
        assert own_sound.microphone_in_use() == "headset"
        own_sound.unplug("headset")
        await until(ear.lost.__len__, "the loss is told, though there is another one")
        with pytest.raises(AudioUnavailable, match='no microphone called "headset"'):
            await opened(microphone)
        own_sound.plug_in("headset")
        await opened(microphone)
        assert own_sound.microphone_in_use() == "headset"
        await microphone.close()
    assert ear.lost == ["the microphone headset is gone"]
    async with Microphone() as microphone:
        await opened(microphone)
        assert own_sound.microphone_in_use() == "mic"


async def test_what_stands_behind_the_sound_server_is_listed(own_sound: Sound) -> None:
    own_sound.plug_in("headset")
    own_sound.choose_microphone("headset")
    devices = {device.route: device for device in await LIBRARY.devices() if device.route}
    assert set(devices) == {"mic", "headset", "spk", "micsink"}
    assert [name for name, device in devices.items() if device.default_input] == ["headset"]
    assert [name for name, device in devices.items() if device.default_output] == ["spk"]


# The grace ----------------------------------------------------------------------------------------


async def test_in_its_grace_a_microphone_remembers_what_was_said_just_before(
    own_sound: Sound,
) -> None:
    spoken = chirp(0.6)
    async with Microphone(grace_s=30) as microphone:
        first = await opened(microphone)
        await microphone.close()
        count = len(first.blocks)
        assert "open for 30 s" in microphone.describe()
        assert own_sound.source_state() == "RUNNING"
        await own_sound.play_into_microphone(spoken)
        second = Ear()
        await microphone.open(second.on_block, second.lost.append)
        kept = len(second.pcm)
        assert not microphone.rests
        await until(lambda: len(second.pcm) > 2 * kept, "it goes on")
        await microphone.close()
        assert len(first.blocks) == count, "blocks without a hold"
        await microphone.close(at_once=True)
        assert own_sound.source_state() != "RUNNING"
    assert kept <= KEPT * BYTES_PER_SECOND // 100
    end = spoken[-int(0.1 * BYTES_PER_SECOND) :]
    at, fit = place(end, second.pcm)
    assert fit > 0.9
    assert at * 2 < kept
    assert len(loud_samples(second.pcm)) * 2 < len(spoken) * 0.7  # the end of it, and not all


async def test_after_its_grace_it_is_closed_and_nothing_is_kept(own_sound: Sound) -> None:
    async with Microphone(grace_s=0.2) as microphone:
        await opened(microphone)
        await microphone.close()
        await own_sound.play_into_microphone(chirp(0.1))
        await until(lambda: own_sound.source_state() != "RUNNING", "the grace is over")
        assert not microphone.rests
        ear = await opened(microphone)
        await microphone.close(at_once=True)
    assert len(loud_samples(ear.pcm)) == 0


async def test_a_microphone_that_dies_in_its_grace_is_not_told_and_opens_again(
    own_sound: Sound,
) -> None:
    async with Microphone(grace_s=30) as microphone:
        first = await opened(microphone)
        await microphone.close()
        own_sound.break_down()
        await until(lambda: not microphone.rests, "it is closed")
        with own_sound.serving():
            await opened(microphone)
            await microphone.close(at_once=True)
    assert first.lost == []
