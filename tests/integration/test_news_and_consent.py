"""News and confirmations through the whole daemon: tmux, a WebSocket, exact ears, no sound card."""

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
pytestmark = pytest.mark.needs("tmux")


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
async def house(panes: Stage, **notify: Any) -> AsyncIterator[House]:
    server, by_name = panes
    for name, pane in by_name.items():
        await _is_ready(name, pane)
    ears = Settings(token=TOKEN, port=0)
    desk, _ = spoken_desk()
    assert isinstance(desk.playback, SilentSpeaker)
    async with serve(ears, ExactEars, LiteralMind(), ToneVoice()) as url:
        settings = config.Config(
            provider=config.Provider(url=url),
            audio=config.Audio(chimes=False),
            team=config.Team(socket=name_of(server)),
            notify=config.Notify(**notify),
        )
        async with App(settings, desk) as app, asyncio.TaskGroup() as tasks:
            found = House(app, desk.playback, by_name)
            listening = tasks.create_task(found.listen())
            await app.link.is_up.wait()
            yield found
            listening.cancel()


async def test_what_looks_dangerous_is_done_after_a_tap(
    panes: Stage,
) -> None:
    async with house(panes) as desk, asyncio.TaskGroup() as tasks:
        ask = desk.call("send_message", member="pm", text="please run sudo reboot")
        turn = tasks.create_task(desk.app.ask(ask))
        await desk.hears("confirm", "tap the key to send message: pm: please run sudo reboot")
        assert (await desk.app.status())["confirm"]
        assert "sudo" not in screen_of(desk.panes["pm"])
        await desk.tap()
        record = await turn
        assert "sudo reboot" in screen_of(desk.panes["pm"])
    (call,) = record["calls"]
    assert call["result"] == "Submitted to the PM."
    assert "Submitted to the PM." in record["spoken"]


async def test_what_is_cancelled_is_not_done(panes: Stage) -> None:
    async with house(panes) as desk, asyncio.TaskGroup() as tasks:
        turn = tasks.create_task(
            desk.app.ask(desk.call("send_message", member="pm", text="sudo reboot"))
        )
        await desk.hears("confirm", "sudo")
        desk.app.key("cancel", asyncio.get_running_loop().time())
        record = await turn
        desk.app.key("confirm", asyncio.get_running_loop().time())
        await desk.hears("notice", "nothing waits for a confirmation")
        assert "sudo" not in screen_of(desk.panes["pm"])
    assert record["calls"][0]["result"] == "Not done: it was cancelled."


async def test_a_dangerous_question_is_approved_by_the_person_only(
    panes: Stage,
) -> None:
    async with house(panes, waiting="silent") as desk, asyncio.TaskGroup() as tasks:
        developer = desk.panes["developer"]
        developer.send_keys("delete it with sudo rm")
        await until(lambda: "Do you want to proceed?" in screen_of(developer), "it asks", 15)
        yes = desk.call("answer_prompt", member="developer", choice="yes")
        untold = await desk.app.ask(yes)
        assert "sudo rm" in untold["calls"][0]["result"]
        assert "Did not answer the developer yet" in untold["calls"][0]["result"]
        turn = tasks.create_task(desk.app.ask(yes))
        await desk.hears("confirm", "answer prompt: developer: yes")
        assert "Allowed" not in screen_of(developer)
        desk.app.key("confirm", asyncio.get_running_loop().time())
        record = await turn
        await until(lambda: "Allowed" in screen_of(developer), "it is allowed", 15)
    assert record["calls"][0]["result"].startswith("Answered the developer:\n[screen of developer")


async def test_who_starts_to_wait_is_told_aloud_once_and_written_down(
    panes: Stage,
) -> None:
    asked = (
        "The developer is waiting for your answer: "
        "Do you want to proceed? run the tests (1 Yes, 2 No)."
    )
    async with house(panes) as desk:
        await until(lambda: state_shown(desk.panes["developer"]) == ["idle"], "it was seen idle")
        desk.panes["developer"].send_keys("run the tests")
        await desk.hears(
            "news", "The developer is waiting for your answer: Do you want to proceed?"
        )
        await until(lambda: len(desk.speaker.recording) > 0, "it is said aloud", 15)
        await until(lambda: kinds_written().count("news") == 1, "it was said to its end", 15)
        answer = await desk.app.ask(desk.call("answer_prompt", member="developer", choice="no"))
        assert answer["calls"][0]["result"].startswith("Answered the developer:\n[screen of")
        assert "run the tests" in answer["calls"][0]["result"]
        assert desk.texts("news") == [asked]
    (written,) = (record for record in read_last(journal_path(), 10) if record["kind"] == "news")
    assert written["news"] == asked
    assert written["spoken"] == asked  # what its model had in a fence, without it


async def test_notify_when_is_told_when_it_happens(
    panes: Stage,
) -> None:
    async with house(panes, finished="silent") as desk:
        await desk.app.ask(desk.call("send_message", member="pm", text="think"))
        asked = await desk.app.ask(desk.call("notify_when", member="pm", state="idle"))
        assert asked["calls"][0]["result"] == "I will tell you when the PM is idle."
        await until(
            lambda: set(desk.texts("news")) & {"The PM has finished.", "The PM is idle now."},
            "it is told, whether the work was seen or not",
            20,
        )
        await until(lambda: len(desk.speaker.recording) > 0, "it is said aloud", 15)


def kinds_written() -> list[str]:
    """The kinds of what the journal has."""
    return [record["kind"] for record in read_last(journal_path(), 10)]


def state_shown(pane: Pane) -> list[str]:
    """What the watcher shows of a member in tmux."""
    return pane.cmd("show-options", "-p", "-v", "@teamvoice_state").stdout
