"""Hands-free in a real tmux pane: speech into the virtual microphone, the real offline server."""

from __future__ import annotations

import contextlib
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from libtmux import Pane, Server

from teamvoice import config
from teamvoice.audio.devices import Device
from teamvoice.cli.waybar import waybar
from teamvoice.daemon.chat import cancelled
from teamvoice.daemon.journal import read_last
from tests.support.daemon import CONFIG, Daemon, places, without_session
from tests.support.desk import NEEDS_SOUND, Sound
from tests.support.panes import name_of, open_pane, own_server, screen_of, standin
from tests.support.wait import until

pytestmark = [
    pytest.mark.needs(*NEEDS_SOUND, "tmux", "flite", "python:pocketsphinx"),
    pytest.mark.timeout(120),
]
MORE = """
[policy]
dangerous = ["release notes"]
"""


class Chat:
    """A conversation in a pane, and what the journal has of it."""

    def __init__(self, daemon: Daemon, pane: Pane) -> None:
        self.daemon = daemon
        self.pane = pane

    def turns(self) -> list[dict[str, Any]]:
        records = read_last(self.daemon.home / "state" / "journal.jsonl", 999)
        return [record for record in records if record["kind"] == "turn"]

    async def shows(self, *texts: str, within: float = 30.0) -> None:
        try:
            await until(lambda: all(t in self._flat() for t in texts), f"it shows {texts}", within)
        except AssertionError as error:
            raise AssertionError(f"{error}; it shows:\n{screen_of(self.pane)}") from None

    async def end(self) -> None:
        """Ctrl-C; it has ended with 0."""
        self.pane.send_keys("C-c", enter=False)
        await self.shows("ended with 0")

    def _flat(self) -> str:
        return " ".join(screen_of(self.pane).split())


@contextlib.contextmanager
def chatting(home: Path, sound: Sound, *words: str) -> Iterator[Chat]:
    """``teamvoice chat`` with two stand-ins, until the block ends."""
    environment = {**without_session(), **sound.environment, **places(home), "NO_COLOR": "1"}
    with own_server() as server:
        for member in ("developer", "pm"):
            open_pane(server, member, standin(member, 0.5))
        (home / "config").mkdir()
        text = CONFIG.format(socket=name_of(server)) + MORE
        (home / "config" / "config.toml").write_text(text)
        yield Chat(Daemon(home, server, environment), _open(server, environment, words))


def _open(server: Server, environment: dict[str, str], words: tuple[str, ...]) -> Pane:
    settings = [f"{name}={shlex.quote(value)}" for name, value in environment.items()]
    program = f"{sys.executable} -m teamvoice chat {shlex.join(words)}"
    run = f"env -u COLUMNS {' '.join(settings)} {program}"
    return open_pane(server, "chat", f"trap : INT; {run}; echo ended with $?; exec sleep 600")


async def test_three_commands_one_of_them_spoken_over_the_answer(
    sound: Sound, tmp_path: Path
) -> None:
    with chatting(tmp_path, sound) as chat:
        await chat.shows("speak; Ctrl-C ends")
        await sound.say("give me a team status update")
        await chat.shows("does team_status", "voice")
        await until(lambda: _sounds(sound), "the answer sounds")
        await sound.say("tell the developer to run the tests")
        await chat.shows(
            "(interrupted before its end was heard)", "voice Submitted to the developer."
        )
        await until(lambda: len(chat.turns()) == 2, "the second turn is over", 20)
        await sound.say("ask the project manager to write the release notes")
        await chat.shows("confirm type y and Enter to send message: pm")
        chat.pane.send_keys("yes", enter=True)
        await chat.shows("notice just speak; y and Enter confirms")
        status = await chat.daemon.status()
        assert status["confirm_by"] == "type y and Enter"
        assert status["microphone"]["hands_free"]
        assert "release" not in chat.daemon.screen("pm")
        chat.pane.send_keys("y", enter=True)
        await until(lambda: "release notes" in chat.daemon.screen("pm"), "it is done", 20)
        await until(lambda: len(chat.turns()) == 3, "the third turn is over", 20)
        await chat.end()
        assert [turn["outcome"] for turn in chat.turns()] == ["interrupted", "answered", "answered"]
        assert "run the tests" in chat.daemon.screen("developer")


async def test_with_speakers_it_does_not_answer_itself(sound: Sound, tmp_path: Path) -> None:
    words = ("--speakers", "--vad", "semantic")
    with sound.without_headset(), chatting(tmp_path, sound, *words) as chat:
        await chat.shows("speak; Ctrl-C ends")
        await sound.say("give me a team status update")
        await until(lambda: len(chat.turns()) == 1, "the first turn is over", 30)
        with sound.recorder() as recorder:
            await until(lambda: recorder.ms() > 1000, "the microphone is not gated any more")
        await sound.say("who needs me")
        await until(lambda: len(chat.turns()) >= 2, "the second turn is over", 30)
        code, _, err = await chat.daemon.cli("chat")
        assert (code, "runs already" in err) == (1, True)
        await chat.end()
        heard = [turn["heard"] for turn in chat.turns()]
        assert heard == ["give me a team status update", "who needs me"]


async def test_a_refusal_that_no_waiting_mends_ends_it(sound: Sound, tmp_path: Path) -> None:
    lacks_a_key = {"TEAMVOICE_PROVIDER_NAME": "openai", **without_session(), **sound.environment}
    with own_server() as server:
        chat = Daemon(tmp_path, server, {**lacks_a_key, **places(tmp_path)})
        code, out, err = await chat.cli("chat", "--no-tools")
    assert code == 1
    assert "key" in err
    assert "speak;" not in out


async def test_a_voice_that_there_is_not_ends_it(sound: Sound, tmp_path: Path) -> None:
    with chatting(tmp_path, sound, "--no-tools", "--voice", "nosuch") as chat:
        await chat.shows("ended with 1")
        told = screen_of(chat.pane)
        hint, _, error = told.partition("teamvoice: ")
        assert "through speakers it would hear itself: say --speakers" in hint
        assert error.startswith("the provider refused the session: Invalid voice")
        assert told.count("Invalid") == 1


async def test_a_sound_server_that_dies_leaves_the_conversation_on_the_screen(
    own_sound: Sound, tmp_path: Path
) -> None:
    with chatting(tmp_path, own_sound) as chat:
        await chat.shows("speak; Ctrl-C ends")
        own_sound.break_down()
        await chat.shows("ready speak; Ctrl-C ends trouble", "it is looked for")
        log = tmp_path / "state" / "chat.log"
        await until(lambda: "Expression" in log.read_text(), "the sound library has complained")
        await until(lambda: "lost" in _line_of_tmux(chat), "tmux shows that nothing is heard")
        status = await chat.daemon.status()
        microphone = status["microphone"]
        assert (microphone["state"], microphone["reason"]) == ("lost", "the microphone is gone")
        assert "microphone lost" in status["line"]
        assert waybar(status)["alt"] == "trouble"
        assert "Expression" not in screen_of(chat.pane)
        with own_sound.serving():
            await chat.shows("ready the microphone is back")
            status = await chat.daemon.status()
            assert (status["microphone"]["state"], status["microphone"]["reason"]) == ("open", "")
            await until(lambda: "lost" not in _line_of_tmux(chat), "and that it hears again")
            await chat.end()
        assert "Expression" not in screen_of(chat.pane)


def test_the_sound_servers_echo_canceller_is_used_where_there_is_one() -> None:
    audio = config.Audio()
    plain = Device(0, "Microphone", 1, 0, 48_000, route="alsa_input")
    ear = Device(0, "Echo-cancelled", 1, 0, 48_000, route="alsa_input.echo-cancel")
    mouth = Device(0, "Echo-cancelled", 0, 2, 48_000, route="alsa_output.echo-cancel")
    assert cancelled(audio, [plain]) is None
    assert cancelled(audio, [plain, ear]) is None
    assert cancelled(config.Audio(input="USB"), [plain, ear, mouth]) is None
    found = cancelled(audio, [plain, ear, mouth])
    assert found is not None
    assert (found.input, found.output) == (ear.route, mouth.route)


def _line_of_tmux(chat: Chat) -> str:
    (line,) = chat.pane.server.cmd("show-options", "-gqv", "@teamvoice_line").stdout or [""]
    return line


def _sounds(sound: Sound) -> bool:
    return sound.players() > 0
