"""A daemon in this process with two stand-ins in real panes: what it tells and says of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from libtmux import Pane, Server

from teamvoice import config
from teamvoice.audio.virtual import SilentSpeaker
from teamvoice.daemon.app import App
from teamvoice.daemon.desk import spoken_desk
from teamvoice.daemon.journal import journal_path, read_last
from teamvoice.offline.server import Settings, serve
from tests.support.offline_parts import ExactEars, LiteralMind, ToneVoice
from tests.support.panes import name_of, open_pane, own_server, screen_of, standin
from tests.support.wait import until

Stage = tuple[Server, dict[str, Pane]]
TOKEN = "a-token-of-the-test"


class House:
    """A daemon, what it tells, and its panes."""

    def __init__(self, app: App, speaker: SilentSpeaker, panes: dict[str, Pane]) -> None:
        self.app = app
        self.speaker = speaker
        self.panes = panes
        self.told: list[dict[str, Any]] = []

    async def listen(self) -> None:
        async for news in self.app.watch():
            self.told.append(news)

    def texts(self, event: str) -> list[str]:
        return [str(news["text"]) for news in self.told if news["event"] == event]

    async def hears(self, event: str, part: str) -> None:
        await until(lambda: any(part in text for text in self.texts(event)), f"{event}: {part}", 20)

    async def tap(self) -> None:
        now = asyncio.get_running_loop().time()
        self.app.key("press", now)
        self.app.key("release", now + 0.1)

    def call(self, tool: str, **arguments: Any) -> str:
        return f"call {tool} {json.dumps(arguments)}"


@pytest.fixture
def panes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setenv("TEAMVOICE_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("TEAMVOICE_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("TEAMVOICE_SOCKET", str(tmp_path / "control.sock"))
    monkeypatch.setenv("OPENAI_API_KEY", TOKEN)
    with own_server() as server:
        yield server, {n: open_pane(server, n, standin(n, 1.0)) for n in ("developer", "pm")}


async def _is_ready(name: str, pane: Pane) -> None:
    await until(lambda: "? for shortcuts" in screen_of(pane), f"{name} is ready", 15)


@asynccontextmanager
async def house(
    panes: Stage, *, chimes: bool = False, anew: bool = False, **notify: Any
) -> AsyncIterator[House]:
    server, by_name = panes
    for name, pane in by_name.items():
        if not anew:
            await _is_ready(name, pane)
    ears = Settings(token=TOKEN, port=0)
    desk, _ = spoken_desk()
    assert isinstance(desk.playback, SilentSpeaker)
    async with serve(ears, ExactEars, LiteralMind(), ToneVoice()) as url:
        settings = config.Config(
            provider=config.Provider(url=url),
            audio=config.Audio(chimes=chimes),
            team=config.Team(socket=name_of(server)),
            notify=config.Notify(**notify),
        )
        async with App(settings, desk) as app, asyncio.TaskGroup() as tasks:
            found = House(app, desk.playback, by_name)
            listening = tasks.create_task(found.listen())
            await app.link.is_up.wait()
            yield found
            listening.cancel()


def kinds_written() -> list[str]:
    """The kinds of what the journal has, save what is known before a turn is over."""
    kinds = [str(record["kind"]) for record in read_last(journal_path(), 20)]
    return [kind for kind in kinds if kind not in {"spent", "said"}]


def state_shown(pane: Pane) -> list[str]:
    """What the watcher shows of a member in tmux."""
    return pane.cmd("show-options", "-p", "-v", "@teamvoice_state").stdout


def news_written() -> list[str]:
    """The news that was said, by the journal."""
    records = read_last(journal_path(), 20)
    return [record["news"] for record in records if record["kind"] == "news"]
