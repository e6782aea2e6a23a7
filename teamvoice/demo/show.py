"""The show: the daemon between a voice and two stand-in agents, told turn by turn."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from teamvoice import config, logs
from teamvoice.audio.portaudio import LIBRARY
from teamvoice.daemon.app import App
from teamvoice.daemon.desk import real_desk, spoken_desk
from teamvoice.demo.stage import CAST, Stage
from teamvoice.errors import AudioUnavailable, RealtimeError
from teamvoice.offline.voice import Voice

Record = dict[str, Any]

COMMANDS = (
    "what is the team doing",
    "tell the developer to start working on the login feature",
    "what is the developer working on",
    "ask the project manager to write the release notes",
)
_SPEAKER_VOICE = "awb"  # not the one that answers
_PAUSE = bytes(24_000 * 2 // 5)  # 200 ms: nobody speaks up to the edges of a hold
_READY_S = 60.0
_TURN_S = 60.0


def run(say: Sequence[str] | None, *, keep: bool, as_json: bool) -> int:
    """Give the show; the exit code.

    Args:
        say: What is to be spoken; None for a person at the desk, or the four commands.
        keep: Leave the tmux server running.
        as_json: Print one object a turn instead of prose.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: signal.raise_signal(signal.SIGINT))  # as by Ctrl-C
    tell: Callable[[str], None] = _to_stderr if as_json else _to_stdout
    tell("A tmux server of its own, with two stand-in agents: developer and pm")
    with _own_places(), Stage(keep=keep) as stage:
        settings = _settings(stage.socket)
        logs.configure(settings.log)
        live = say is None and _has_a_desk()
        show = _live(settings, tell) if live else _spoken(settings, say or COMMANDS, tell)
        good = asyncio.run(_tell_turns(show, as_json=as_json))
        _tell_about_panes(stage, tell, keep=keep)
    return 0 if good else 1


async def _tell_turns(turns: AsyncIterator[tuple[str, Record]], *, as_json: bool) -> bool:
    good = True
    async for said, turn in turns:
        good = good and _is_good(turn)
        _to_stdout(json.dumps(_as_object(said, turn)) if as_json else _as_prose(said, turn))
    return good


async def _spoken(
    settings: config.Config, say: Sequence[str], tell: Callable[[str], None]
) -> AsyncIterator[tuple[str, Record]]:
    """A synthesised voice speaks into the daemon's audio input."""
    desk, microphone = spoken_desk()
    voice = Voice(_SPEAKER_VOICE)
    loop = asyncio.get_running_loop()
    tell("No key to hold: a synthesised voice speaks. The offline server loads its ears")
    async with App(settings, desk) as app, _turns(app) as turns:
        await _wait_for_link(app)
        for text in say:
            speech = b"".join([piece async for piece in voice.speak(text)])
            app.key("press", loop.time())
            microphone.say(_PAUSE + speech + _PAUSE)
            await microphone.wait_spoken()
            app.key("release", loop.time())
            yield text, await _next(turns)


async def _live(
    settings: config.Config, tell: Callable[[str], None]
) -> AsyncIterator[tuple[str, Record]]:
    """A person holds the key and speaks, until Ctrl-C."""
    async with App(settings, real_desk(settings)) as app, _turns(app) as turns:
        tell("The offline server loads its ears")
        await _wait_for_link(app)
        tell(f"Hold {settings.hotkey.key} and say, for example: {COMMANDS[1]}. Ctrl-C ends it.")
        with contextlib.suppress(asyncio.CancelledError):  # Ctrl-C: the show is over
            while True:
                yield "", await turns.get()


@contextlib.asynccontextmanager
async def _turns(app: App) -> AsyncIterator[asyncio.Queue[Record]]:
    """The turns as they end. The queue is bounded by the speed of speech."""
    turns: asyncio.Queue[Record] = asyncio.Queue(100)

    events = app.watch()

    async def collect() -> None:
        async for news in events:
            if news["event"] == "turn":
                await turns.put(news["turn"])

    tasks = asyncio.TaskGroup()
    await tasks.__aenter__()
    collecting = tasks.create_task(collect())
    try:
        yield turns
    finally:
        collecting.cancel()
        await tasks.__aexit__(None, None, None)  # what ended the body is not theirs


async def _next(turns: asyncio.Queue[Record]) -> Record:
    try:
        return await asyncio.wait_for(turns.get(), _TURN_S)
    except TimeoutError:
        raise RealtimeError(f"a turn did not end within {_TURN_S:.0f} s") from None


async def _wait_for_link(app: App) -> None:
    try:
        await asyncio.wait_for(app.link.is_up.wait(), _READY_S)
    except TimeoutError:
        status = await app.status()
        raise RealtimeError(f"the link does not come up: {status['link']['reason']}") from None


def _settings(socket: str) -> config.Config:
    """The user's key, devices and words, with the stage's team and the offline server."""
    own = config.load()
    return config.Config(
        provider=config.Provider(name="offline"),
        hotkey=own.hotkey,
        audio=own.audio,
        team=config.Team(socket=socket, members=CAST),
        offline=own.offline,
        log=config.Log(level="warning"),
    )


@contextlib.contextmanager
def _own_places() -> Iterator[None]:
    """The journal and the control socket of this daemon stand apart from those of another."""
    before = {name: os.environ.get(name) for name in ("TEAMVOICE_STATE_DIR", "TEAMVOICE_SOCKET")}
    with tempfile.TemporaryDirectory(prefix="teamvoice-demo-") as folder:
        os.environ["TEAMVOICE_STATE_DIR"] = folder
        os.environ["TEAMVOICE_SOCKET"] = str(Path(folder) / "control.sock")
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name)
                os.environ.update({name: value} if value is not None else {})


def _has_a_desk() -> bool:
    """There is a display for the key and a microphone for the voice."""
    if not os.environ.get("DISPLAY"):
        return False
    try:
        return any(device.inputs for device in asyncio.run(LIBRARY.devices()))
    except AudioUnavailable:
        return False


def _is_good(turn: Record) -> bool:
    return bool(turn["outcome"] == "answered" and turn["heard"] and turn["spoken"])


def _as_object(said: str, turn: Record) -> Record:
    calls = [{key: call[key] for key in ("name", "arguments", "result")} for call in turn["calls"]]
    heard, spoken, took = turn["heard"], turn["spoken"], turn["ms"]
    return {"said": said, "heard": heard, "calls": calls, "spoken": spoken, "ms": took}


def _as_prose(said: str, turn: Record) -> str:
    lines = ["", f"said      {said}"] if said else [""]
    lines.append(f"heard     {turn['heard'] or '(nothing)'}")
    for call in turn["calls"]:
        lines.append(f"tool      {call['name']} {json.dumps(call['arguments'])}")
        lines.append(f"result    {_indented(call['result'])}")
    lines.append(f"answered  {turn['spoken'] or turn['trouble'] or '(nothing)'}")
    sound = turn["ms"].get("sound")
    lines += [f"          key up to the first sound: {sound} ms"] if sound is not None else []
    return "\n".join(lines)


def _indented(text: str) -> str:
    return "\n          ".join(text.splitlines())


def _tell_about_panes(stage: Stage, tell: Callable[[str], None], *, keep: bool) -> None:
    if keep:
        tell(f"\nThe panes are still there: {stage.attach}")
        tell(f"To end them: tmux -S {stage.socket} kill-server")
    else:
        tell("\nThe panes are gone; teamvoice demo --keep leaves them for you to attach to")


def _to_stdout(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _to_stderr(line: str) -> None:
    sys.stderr.write(f"{line}\n")
