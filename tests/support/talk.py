"""The whole daemon in one process, to talk to: real tmux, a real WebSocket, no sound card.

The fixtures ``tmux`` and ``relay`` are for the modules that import them.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from libtmux import Server

from teamvoice import config
from teamvoice.audio.virtual import SilentSpeaker, SpokenMicrophone
from teamvoice.daemon.app import App
from teamvoice.daemon.desk import Desk, spoken_desk
from teamvoice.offline.ports import Voice
from teamvoice.offline.script import Names
from teamvoice.offline.server import Settings, serve
from tests.support.offline_parts import ExactEars, LiteralMind, ToneVoice, sound_of
from tests.support.panes import name_of, open_standins, own_server
from tests.support.relay import Relay, relay_to
from tests.support.wait import until

TOKEN = "a-token-of-the-test"
SEND = 'call send_message {"member": "dev", "text": "fix the login"}'
PAUSE = bytes(960 * 6)


@pytest.fixture
def tmux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Two stand-ins in a server of their own; everything that the daemon keeps is in a folder."""
    monkeypatch.setenv("TEAMVOICE_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("TEAMVOICE_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("TEAMVOICE_SOCKET", str(tmp_path / "control.sock"))
    monkeypatch.setenv("OPENAI_API_KEY", TOKEN)
    with own_server() as server:
        open_standins(server, 0.2, "developer", "pm")
        yield server


@contextlib.asynccontextmanager
async def provider(
    port: int = 0, voice: Voice | None = None, names: Callable[[], Names] = Names
) -> AsyncIterator[str]:
    """A Realtime server whose ears make no mistake."""
    settings = Settings(token=TOKEN, port=port, names=names)
    async with serve(settings, ExactEars, LiteralMind(), voice or ToneVoice()) as url:
        yield url


def settings_for(tmux: Server, url: str, **hotkey: Any) -> config.Config:
    return config.Config(
        provider=config.Provider(url=url),
        hotkey=config.Hotkey(**hotkey),
        audio=config.Audio(chimes=False),  # what is recorded is the answer and nothing else
        team=config.Team(socket=name_of(tmux)),
    )


class Talk:
    """A daemon to talk to, and the turns that it ended."""

    def __init__(self, app: App, desk: Desk, microphone: SpokenMicrophone) -> None:
        assert isinstance(desk.playback, SilentSpeaker)
        self.app = app
        self.speaker = desk.playback
        self.microphone = microphone
        self._news = app.watch()
        self.turns: list[dict[str, Any]] = []
        self.told: list[dict[str, Any]] = []

    @contextlib.asynccontextmanager
    async def collecting(self) -> AsyncIterator[None]:
        """The turns are noted for as long as the block."""
        tasks = asyncio.TaskGroup()
        await tasks.__aenter__()
        collecting = tasks.create_task(self._collect())
        try:
            yield
        finally:
            collecting.cancel()
            await tasks.__aexit__(None, None, None)

    async def _collect(self) -> None:
        async for news in self._news:
            self.told.append(news)
            if news["event"] == "turn":
                self.turns.append(news["turn"])

    @staticmethod
    def now() -> float:
        return asyncio.get_running_loop().time()

    def press(self) -> None:
        self.app.key("press", self.now())

    def release(self) -> None:
        self.app.key("release", self.now())

    async def say(self, text: str) -> None:
        """A whole hold; the words are in it from edge to edge."""
        self.press()
        self.microphone.say(PAUSE + sound_of(text) + PAUSE)
        await self.microphone.wait_spoken()
        self.release()

    async def is_listening_no_more(self) -> bool:
        status = await self.app.status()
        return bool(status["microphone"]["state"] == "closed")

    async def turn(self, count: int = 1) -> dict[str, Any]:
        """The turn with which so many are over."""
        await until(lambda: len(self.turns) >= count, f"turn {count} is over", 20)
        return self.turns[count - 1]

    def heard_of(self, text: str) -> Callable[[], bool]:
        return lambda: any(text in str(news.get("text", "")) for news in self.told)


@contextlib.asynccontextmanager
async def talking(settings: config.Config, desk: Desk | None = None) -> AsyncIterator[Talk]:
    spoken, microphone = spoken_desk()
    app = App(settings, desk or spoken)
    talk = Talk(app, spoken, microphone)
    async with app, talk.collecting():
        yield talk


@pytest.fixture
async def relay(tmux: Server) -> AsyncIterator[Relay]:  # noqa: ARG001 - the team is there first
    async with provider() as url, relay_to(url) as relay:
        yield relay
