"""Sound servers that die, freeze or are not there; devices that do not exist; a busy machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from teamvoice.audio import capture
from teamvoice.audio.capture import Microphone
from teamvoice.audio.pcm import BLOCK_BYTES, RATE
from teamvoice.audio.playback import Played, Speaker
from teamvoice.audio.portaudio import LIBRARY
from teamvoice.errors import AudioUnavailable
from tests.support.desk import NEEDS_SOUND, Sound
from tests.support.ear import Ear
from tests.support.sounds import loud_samples
from tests.support.wait import until

pytestmark = pytest.mark.needs(*NEEDS_SOUND)

LOUD = b"\x00\x20" * RATE  # a second


class Notes:
    """What a speaker told."""

    def __init__(self, speaker: Speaker) -> None:
        self.began: list[float] = []
        self.ended: list[float] = []
        self.lost: list[str] = []
        self.played: tuple[Played, ...] = ()
        speaker.connect(self.began.append, self.ended.append, self._lose)

    def _lose(self, reason: str, played: Sequence[Played]) -> None:
        self.lost.append(reason)
        self.played = tuple(played)


@contextmanager
def frozen(sound: Sound) -> Iterator[None]:
    """The sound server is there, and does nothing."""
    os.kill(sound.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(sound.pid, signal.SIGCONT)


async def test_a_closed_microphone_is_not_listened_to(own_sound: Sound) -> None:
    async with Microphone() as microphone:
        idle = own_sound.listeners()
        assert own_sound.source_state() != "RUNNING"
        await Ear().listen(microphone)
        assert own_sound.source_state() == "RUNNING"
        await microphone.close()
        assert own_sound.source_state() != "RUNNING"
        assert own_sound.listeners() == idle


async def test_a_speaker_that_is_idle_is_closed(own_sound: Sound) -> None:
    speaker = Speaker(idle_s=0.1)
    notes = Notes(speaker)
    async with speaker:
        speaker.play("item", 0, LOUD[:BLOCK_BYTES])
        speaker.end_of_answer()
        await until(notes.ended.__len__, "the answer ended")
        await until(lambda: own_sound.players() == 0, "the speaker is closed")
        with own_sound.recorder() as recorder:  # it is open again no longer than the chime sounds
            speaker.chime("sent")
            await until(lambda: len(loud_samples(recorder.pcm())), "the chime is heard")
    assert own_sound.players() == 0


async def test_a_microphone_whose_server_dies_is_lost_and_opens_again(own_sound: Sound) -> None:
    first, second = Ear(), Ear()
    async with Microphone() as microphone:
        await first.listen(microphone)
        own_sound.break_down()
        await until(first.lost.__len__, "the loss is told")
        with pytest.raises(AudioUnavailable):
            await microphone.open(second.on_block, second.lost.append)
        with own_sound.serving():
            await second.listen(microphone)
            await microphone.close()
    assert len(first.lost) == 1
    assert second.lost == []


async def test_a_speaker_whose_server_dies_is_lost_and_plays_again(own_sound: Sound) -> None:
    speaker = Speaker()
    notes = Notes(speaker)
    async with speaker:
        speaker.play("first", 0, LOUD)
        await until(notes.began.__len__, "the answer began")
        own_sound.break_down()
        await until(notes.lost.__len__, "the loss is told")
        speaker.end_of_answer()
        await until(notes.ended.__len__, "an answer that was lost ends")
        with own_sound.serving():
            speaker.play("second", 0, LOUD[:BLOCK_BYTES])
            await until(lambda: _retried(speaker, notes), "the next answer began")
            await speaker.silence()


def _retried(speaker: Speaker, notes: Notes) -> bool:
    """Right after a loss what comes is dropped: keep on playing, as an answer does."""
    speaker.play("second", 0, LOUD[:BLOCK_BYTES])
    return len(notes.began) == 2


async def test_what_was_heard_before_a_loss_is_told(own_sound: Sound) -> None:
    speaker = Speaker()
    notes = Notes(speaker)
    async with speaker:
        speaker.play("item", 0, LOUD)
        await until(notes.began.__len__, "the answer began")
        own_sound.break_down()
        await until(notes.lost.__len__, "the loss is told")
        (played,) = notes.played
        assert await speaker.silence() == notes.played
    assert not played.complete
    assert 0 < played.ms < 1000


async def test_a_frozen_server_is_reported_and_waited_for_no_longer_than_the_deadline(
    own_sound: Sound,
) -> None:
    first, second = Ear(), Ear()
    idle = own_sound.listeners()
    async with Microphone() as microphone:
        await first.listen(microphone)
        with frozen(own_sound):
            await until(first.lost.__len__, "the loss is told")
            with pytest.raises(AudioUnavailable, match="does not answer") as caught:
                await microphone.open(second.on_block, second.lost.append)
        assert "restart" in caught.value.mend
        assert "closed" in microphone.describe()
        third = Ear()
        await third.listen(microphone)
        await microphone.close()
    await until(lambda: own_sound.listeners() == idle, "what opened too late is closed again")
    assert second.blocks == []


async def test_with_no_sound_server_it_says_so(own_sound: Sound) -> None:
    own_sound.break_down()
    ear, speaker = Ear(), Speaker()
    notes = Notes(speaker)
    async with Microphone() as microphone:
        with pytest.raises(AudioUnavailable, match="there is no microphone") as caught:
            await microphone.open(ear.on_block, ear.lost.append)
    assert "libasound2-plugins" in caught.value.mend
    async with speaker:
        speaker.play("item", 0, LOUD)
        speaker.end_of_answer()
        await until(notes.ended.__len__, "the answer that nobody hears ends")
    assert "there is no speaker" in notes.lost[0]


async def test_a_device_that_does_not_exist_is_named(sound: Sound) -> None:
    assert sound.listeners() >= 0
    ear = Ear()
    async with Microphone("pluse") as microphone:
        with pytest.raises(AudioUnavailable) as caught:
            await microphone.open(ear.on_block, ear.lost.append)
    assert 'called "pluse"' in str(caught.value)
    assert 'did you mean "pulse"?' in caught.value.mend


async def test_the_devices_of_the_desk_are_listed(sound: Sound) -> None:
    assert sound.source_state()
    devices = await LIBRARY.devices()
    assert [device.name for device in devices if not device.route] == ["pulse", "default"]


async def test_speech_that_a_busy_loop_cannot_take_is_counted(
    sound: Sound, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sound.source_state()
    monkeypatch.setattr(capture, "QUEUE", 5)
    ear = Ear()
    async with Microphone() as microphone:
        await ear.listen(microphone)
        time.sleep(0.5)  # noqa: ASYNC251 - the loop is held up: that is the test
        await microphone.close()
        assert "ms dropped" in microphone.describe()
    assert ear.lost == []


def test_without_portaudio_it_says_what_to_install(tmp_path: Path) -> None:
    tmp_path.joinpath("sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    program = "from teamvoice.audio import capture, playback, virtual, portaudio\n"
    program += "try:\n    portaudio.load()\nexcept Exception as error:\n    print(repr(error.mend))"
    path = os.pathsep.join((str(tmp_path), str(Path.cwd())))
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "apt install libportaudio2" in done.stdout


def test_importing_the_adapters_loads_no_portaudio() -> None:
    program = "import sys; from teamvoice.audio import capture, playback, virtual, portaudio\n"
    program += "sys.exit('sounddevice' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_alsas_own_lines_are_kept_off_the_screen() -> None:
    fails = "; import ctypes; pcm = ctypes.c_void_p(); "
    fails += "ctypes.CDLL('libasound.so.2').snd_pcm_open(ctypes.byref(pcm), b'no such thing', 0, 0)"

    def written(first: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", first + fails], check=True, capture_output=True, text=True
        )
        return done.stderr

    assert "ALSA lib" in written("pass")
    assert written("from teamvoice.audio.portaudio import load; load()") == ""
