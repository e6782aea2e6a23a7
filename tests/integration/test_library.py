"""The library: programs in its own words hold conversations with the offline server."""

from __future__ import annotations

import asyncio
import base64
import functools
import inspect
import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import teamvoice
from teamvoice import AudioHandler, RealtimeClient, SessionConfig
from teamvoice.audio.pcm import RATE
from teamvoice.errors import AudioUnavailable, ConfigError, LinkClosed, LinkRefused
from tests.support.desk import NEEDS_SOUND, Recorder, Sound
from tests.support.library import Listener, server, serving
from tests.support.offline_parts import sound_of, tone
from tests.support.offline_talk import TOOL
from tests.support.panes import ROOT
from tests.support.processes import running
from tests.support.relay import relay_to
from tests.support.sounds import chirp, is_heard_whole, sound_ms
from tests.support.wait import until

__all__ = ["server"]

PATHS = {"PYTHONPATH": str(ROOT)}


@pytest.mark.usefixtures("server")
async def test_hands_free_the_server_ends_the_turn_and_speaking_interrupts() -> None:
    told = Listener()
    async with told.client(SessionConfig(voice="alloy", instructions="Be brief.")) as client:
        await until(lambda: client.connected, "it is connected")
        await client.send_audio(sound_of("hello there") + bytes(48_000))
        await until(lambda: "You said: hello there" in told.words, "the answer's words", 10)
        await until(lambda: told.audio == b"".join(tone("You said: hello there")), "its sound")
        assert told.interruptions == 0, "there was no answer to interrupt"
        await client.send_audio(sound_of("and now"))
        await until(lambda: told.interruptions == 1, "that the answer is interrupted is told")
    assert not client.connected
    assert told.errors == []


@pytest.mark.usefixtures("server")
async def test_push_to_talk_calls_a_tool_and_goes_on() -> None:
    told = Listener()
    config = SessionConfig(turn_detection=None, tools=[TOOL])
    async with told.client(config, api_key="sk-of-ours") as client:
        samples = np.frombuffer(sound_of('call look {"where": "here"}'), "<i2") / 32_767
        await client.send_audio(samples)
        await client.commit_audio()
        async for event in client.events():
            if event["type"] == "response.function_call_arguments.done":
                assert json.loads(event["arguments"]) == {"where": "here"}
                call = event["call_id"]
            if event["type"] == "response.done":
                break
        await client.send_tool_output(call, "a cat")
        sound = b""
        async for event in client.events():
            if event["type"] == "response.output_audio.delta":
                sound += base64.b64decode(event["delta"])
            if event["type"] == "response.done":
                break
        assert told.words == "look says a cat"
        assert sound == told.audio == b"".join(tone("look says a cat"))


@pytest.mark.usefixtures("server")
async def test_a_turn_in_writing_and_a_cancel_that_comes_too_late() -> None:
    told = Listener()
    async with told.client(SessionConfig(turn_detection=None)) as client:
        await client.send_text("hello")
        await until(lambda: told.words == "You said: hello", "the answer")
        async for event in client.events():
            if event["type"] == "response.done":
                break
        await client.cancel_response()
        await client.send_text("once more")
        await until(lambda: "once more" in told.words, "the conversation goes on")
    assert told.errors == []


@pytest.mark.usefixtures("server")
async def test_a_session_that_ends_is_told_and_ends_the_events() -> None:
    told = Listener()
    client = told.client()
    await client.connect()
    await client.connect()  # harmless
    seen: list[str] = []

    async def listen() -> None:
        async for event in client.events():
            seen.append(event["type"])  # noqa: PERF401 - each as it comes

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(listen())
        await client.send_text("hello")
        await until(lambda: "response.done" in seen, "the answer is over")
        await client.close()
    assert not client.connected
    with pytest.raises(LinkClosed):
        await client.send_text("anybody there?")
    await client.close()  # harmless


@pytest.mark.usefixtures("server")
async def test_a_wrong_key_no_key_and_a_format_that_is_not_spoken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(LinkRefused):
        await RealtimeClient(api_key="sk-of-somebody").connect()
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.delenv("TEAMVOICE_PROVIDER_URL")
    with pytest.raises(ConfigError, match="no API key"):
        await RealtimeClient().connect()
    monkeypatch.setenv("TEAMVOICE_PROVIDER_NAME", "offline")
    for key in (None, "sk-of-ours"):
        with pytest.raises(ConfigError, match="only the daemon starts") as raised:
            await RealtimeClient(key).connect()
        assert "teamvoice offline-server" in raised.value.mend
    monkeypatch.delenv("TEAMVOICE_PROVIDER_NAME")
    config = SessionConfig()
    config.input_audio_format = "g711_ulaw"
    with pytest.raises(ConfigError, match="g711"):
        await RealtimeClient("sk-of-ours", config).connect()


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("wrong", ["server_vad", ["server_vad"], True])
async def test_a_turn_detection_that_is_no_mapping_is_told(wrong: Any) -> None:
    with pytest.raises(ConfigError, match="turn_detection") as raised:
        await RealtimeClient(config=SessionConfig(turn_detection=wrong)).connect()
    assert '{"type": "server_vad"}' in raised.value.mend


@pytest.mark.parametrize(("channels", "odd"), [(1, 3), (2, 6)])
def test_sound_that_ends_within_a_sample_is_told(channels: int, odd: int) -> None:
    handler = AudioHandler(channels=channels)
    handler.start_playback()
    try:
        handler.play_audio(bytes(4))
        with pytest.raises(
            ValueError, match=f"{odd} bytes (are no whole number of|end within a) sample"
        ):
            handler.play_audio(bytes(odd))
    finally:
        handler.stop()


@pytest.mark.usefixtures("server")
async def test_events_before_and_after_a_session_end_and_a_callback_that_fails_is_told() -> None:
    client = RealtimeClient(on_transcript=lambda text: text["words"])  # type: ignore[index]  # wrong on purpose
    assert [event async for event in client.events()] == []
    with pytest.raises(LinkClosed, match="there is no session"):
        await client.send_audio(sound_of("hello"))

    async def talk() -> None:
        async with client:
            await client.send_text("hello")
            await asyncio.Event().wait()

    with pytest.raises(TypeError, match="indices"):
        await talk()
    assert not client.connected
    assert "response.created" in [event["type"] async for event in client.events()]


@pytest.mark.usefixtures("server")
async def test_outside_a_block_a_callback_that_fails_is_told_by_whatever_is_called_next() -> None:
    async def fail(_text: str) -> None:
        raise OverflowError("my list is full")

    async def failed() -> RealtimeClient:
        client = RealtimeClient(on_transcript=fail)
        await client.connect()
        await client.send_text("hello")
        await until(lambda: not client.connected, "the session has ended", 10)
        return client

    client = await failed()
    with pytest.raises(OverflowError):
        await client.close()
    await client.close()  # who was told once is not told again
    client = await failed()
    with pytest.raises(OverflowError):
        await client.send_text("anybody there?")
    seen: list[str] = []

    async def listen() -> None:
        async for event in client.events():
            seen.append(event["type"])  # noqa: PERF401 - each as it comes

    with pytest.raises(OverflowError):
        await listen()
    assert "response.created" in seen
    await client.connect()
    assert client.connected
    await client.close()
    with pytest.raises(LinkClosed, match="no session"):
        await client.send_text("hello")


@pytest.mark.usefixtures("server")
async def test_callbacks_may_be_async_and_one_of_them_may_close() -> None:
    told = Listener()
    heard: list[str] = []

    async def read(text: str) -> None:
        await asyncio.sleep(0)
        heard.append(text)
        if "".join(heard) == "You said: hello":
            await client.close()

    client = RealtimeClient(on_transcript=read, on_error=told.errors.append)
    await client.connect()
    await client.send_text("hello")
    async for _ in client.events():
        pass
    assert "".join(heard) == "You said: hello"
    await client.close()
    assert (client.connected, told.errors) == (False, [])


@pytest.mark.usefixtures("server")
async def test_a_configuration_is_what_it_was_changed_to(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Listener()
    config = SessionConfig()
    client = told.client(config)
    config.turn_detection = None
    config.tools = [TOOL]
    client.config.voice = "cedar"
    async with relay_to(os.environ["TEAMVOICE_PROVIDER_URL"]) as relay:
        monkeypatch.setenv("TEAMVOICE_PROVIDER_URL", relay.url)
        async with client:
            await client.send_audio(sound_of('call look {"where": "here"}'))
            await client.commit_audio()
            async for event in client.events():
                if event["type"] == "response.function_call_arguments.done":
                    break
    assert told.interruptions == 0, "nobody listens for the end of a turn but commit_audio"
    (updated,) = (event for event in relay.received if event["type"] == "session.updated")
    assert updated["session"]["audio"]["output"]["voice"] == "cedar"


@pytest.mark.parametrize("wrong", ["text", 3, [0.1], np.zeros(3, np.int32)])
def test_what_is_no_sound_is_told(wrong: Any) -> None:
    with pytest.raises(TypeError, match="sound is bytes of PCM16"):
        teamvoice.audio_to_base64(wrong)


def test_what_would_be_noise_or_fail_far_from_here_is_told() -> None:
    with pytest.raises(ValueError, match="3 bytes end within a sample"):
        teamvoice.audio_to_base64(b"abc")
    with pytest.raises(TypeError, match="takes an array of floats, not int16"):
        teamvoice.float32_to_pcm16(np.zeros(3, np.int16))
    with pytest.raises(TypeError, match="takes bytes of PCM16, not ndarray"):
        teamvoice.pcm16_to_float32(np.zeros(3))  # type: ignore[arg-type]  # as one without types
    with pytest.raises(TypeError, match="config is a SessionConfig, not dict"):
        RealtimeClient(config={"voice": "marin"})  # type: ignore[arg-type]  # as without types


def test_every_form_of_sound_is_the_same_on_the_wire() -> None:
    loud = np.array([0.5, -0.5], np.float32)
    pcm = teamvoice.float32_to_pcm16(loud)
    forms = (pcm, bytearray(pcm), memoryview(pcm), np.frombuffer(pcm, "<i2"), loud)
    assert {teamvoice.audio_to_base64(form) for form in forms} == {base64.b64encode(pcm).decode()}


def test_a_handler_of_nothing_and_one_that_was_not_started() -> None:
    for wrong in ({"sample_rate": 0}, {"channels": -1}, {"chunk_ms": 0}):
        with pytest.raises(ValueError, match="must be positive"):
            AudioHandler(**wrong)
    with pytest.raises(ValueError, match="channels must be 1 or 2, not 3"):
        AudioHandler(channels=3)
    with pytest.raises(ValueError, match="5 ms at 100 Hz hold no sample"):
        AudioHandler(sample_rate=100, chunk_ms=5)
    handler = AudioHandler()
    assert handler.is_muted is False
    with pytest.raises(TypeError, match="not callable"):
        handler.is_muted()  # type: ignore[operator]  # as one who takes it for a method
    assert handler.get_audio_chunk() is None
    with pytest.raises(RuntimeError, match="start playback first"):
        handler.play_audio(bytes(960))
    handler.clear_playback_queue()
    handler.stop()


def test_a_machine_without_a_microphone_says_so_and_leaves_nothing_running(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TEAMVOICE_AUDIO_INPUT", "no such microphone")
    before = threading.active_count()
    with pytest.raises(AudioUnavailable):
        AudioHandler().start()
    assert threading.active_count() <= before + 1  # the sound library's own thread stays


@pytest.mark.needs(*NEEDS_SOUND)
@pytest.mark.parametrize("rate", [24_000, 16_000])
async def test_the_microphone_and_the_speaker(sound: Sound, rate: int) -> None:
    spoken = chirp(0.6)
    handler = AudioHandler(sample_rate=rate)
    assert handler.get_audio_chunk() is None
    handler.start()
    handler.start()  # harmless
    try:
        first = await handler.get_audio_chunk_async(timeout=5)
        assert first is not None
        assert len(first) == rate // 20 * 2
        await sound.play_into_microphone(spoken)
        heard = first
        while sound_ms(heard) * RATE / rate < 595:
            heard += await handler.get_audio_chunk_async(timeout=5) or b""
        assert rate != RATE or is_heard_whole(spoken, heard)
        handler.mute()
        assert handler.is_muted is True
        with sound.recorder() as recorder:
            handler.play_audio(heard)
            await until(lambda: sound_ms(recorder.pcm()) > 100, "what was recorded is played")
            handler.clear_playback_queue()
        handler.unmute()
    finally:
        handler.stop()
    await until(lambda: sound.source_state() != "RUNNING", "the microphone is closed")


@pytest.mark.needs(*NEEDS_SOUND)
async def test_a_recording_ends_with_a_shorter_chunk_and_the_next_has_none_of_it(
    sound: Sound,
) -> None:
    rate = 16_000
    handler = AudioHandler(sample_rate=rate, chunk_ms=60_000)
    try:
        handler.start_recording()
        await sound.play_into_microphone(chirp(0.3) + bytes(RATE))
        handler.stop_recording()
        heard = handler.get_audio_chunk()
        assert heard is not None, "the last chunk"
        assert sound_ms(heard) * RATE / rate > 290
        handler.start_recording()
        await sound.play_into_microphone(bytes(RATE))
        handler.stop_recording()
        heard = handler.get_audio_chunk()
        assert heard is not None, "the second recording"
        assert (len(heard) > rate // 10, sound_ms(heard)) == (True, 0.0)
        handler.stop_recording()
        assert handler.get_audio_chunk() is None, "nothing is left"
    finally:
        handler.stop()


def _is_heard(recorder: Recorder) -> bool:
    return sound_ms(recorder.pcm()) > 400


@pytest.mark.needs(*NEEDS_SOUND)
async def test_a_handler_starts_again_and_cuts_all_that_it_records_alike(sound: Sound) -> None:
    handler = AudioHandler(sample_rate=48_000, channels=2, chunk_ms=10)
    try:
        for _ in range(2):
            handler.start()
            handler.stop()
        for _ in range(2):
            handler.start_playback()
            with sound.recorder() as recorder:
                handler.play_audio(np.repeat(np.frombuffer(chirp(0.5), "<i2"), 4))
                await until(functools.partial(_is_heard, recorder), "it plays")
            handler.stop_playback()
        handler.start_recording()
        await sound.play_into_microphone(chirp(0.3))
        handler.stop_recording()
        *chunks, last = iter(handler.get_audio_chunk, None)
        assert {len(chunk) for chunk in chunks} == {1920}
        assert 0 < len(last) <= 1920
    finally:
        handler.stop()


@pytest.mark.needs(*NEEDS_SOUND)
@pytest.mark.usefixtures("sound")
async def test_the_devices_are_told() -> None:
    names = [device["name"] for device in AudioHandler.list_devices()]
    assert "pulse" in names
    default = AudioHandler.get_default_device_info()
    assert default["input"] is not None
    assert default["input"]["name"] == "pulse"


@pytest.mark.needs(*NEEDS_SOUND)
async def test_the_program_in_the_readme_talks(
    sound: Sound, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (program,) = _programs("README.md")
    file = tmp_path / "program.py"
    file.write_text(program)
    log = tmp_path / "log"
    async with serving(monkeypatch, tmp_path):
        with running((sys.executable, file), PATHS, log):
            await until(lambda: sound.source_state() == "RUNNING", "it listens", 20)
            await sound.play_into_microphone(chirp(0.5) + bytes(24_000))
            await until(
                lambda: log.read_text().startswith(("You said", "I heard")), "an answer", 20
            )
            await until(lambda: sound.players() > 0, "the answer is played", 20)


async def test_the_turn_of_the_docs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With a configuration for the daemon's own server, which a program cannot reach."""
    names, turn = _programs("docs/library.md")
    scope: dict[str, Any] = {}
    exec(names, scope)  # noqa: S102 - the page's own words
    assert set(teamvoice.__all__) <= scope.keys() & {*dir(teamvoice)}
    (tmp_path / "config.toml").write_text('[provider]\nname = "offline"\n')
    async with serving(monkeypatch, tmp_path):
        environ = {**os.environ, **PATHS, "TEAMVOICE_PROVIDER_NAME": "generic"}
        python = functools.partial(subprocess.run, env=environ, capture_output=True, text=True)
        program = await asyncio.to_thread(python, (sys.executable, "-c", turn))
    assert program.stdout == "You said: Hello!\n", program.stderr


def _programs(page: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_importing_the_package_imports_none_of_it() -> None:
    program = "import sys, teamvoice; print([m for m in sys.modules if m.startswith('teamvoice.')])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", teamvoice.__all__)
def test_every_name_is_there_and_explained(name: str) -> None:
    found = getattr(teamvoice, name)
    assert name == "VOICES" or inspect.getdoc(found)


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        teamvoice.__getattr__("Nonsense")
