from __future__ import annotations

import asyncio
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from teamvoice.cli import client
from teamvoice.daemon.control import Control
from teamvoice.errors import NoDaemon, TeamvoiceError
from tests.support.small_voice import SmallVoice
from tests.support.wait import until


@pytest.fixture
def path(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "control.sock"
        monkeypatch.setenv("TEAMVOICE_SOCKET", str(path))
        yield path


async def test_watching_is_what_is_then_what_happens_then_the_end(path: Path) -> None:
    voice = SmallVoice()
    seen: list[dict[str, Any]] = []

    def look() -> None:
        seen.extend(client.watch())

    async with asyncio.TaskGroup() as tasks, Control(path, voice):
        looking = tasks.create_task(asyncio.to_thread(look))
        await until(lambda: voice.watchers, "the watcher came")
        voice.tell({"event": "link", "state": "down"})
        voice.stop_telling()
        await looking
    assert seen == [{"status": await voice.status()}, {"event": "link", "state": "down"}]


async def test_a_refusal_has_the_daemons_words_and_exit_code(path: Path) -> None:
    async with Control(path, SmallVoice()):
        with pytest.raises(TeamvoiceError) as refusal:
            await asyncio.to_thread(client.request, {"do": "ask", "text": "nobody"})
    assert refusal.value.message == "there is no nobody"
    assert refusal.value.exit_code == 1


async def test_a_request_that_is_too_long_gets_the_daemons_answer(path: Path) -> None:
    async with Control(path, SmallVoice()):
        with pytest.raises(TeamvoiceError, match="longer than 1 MB"):
            await asyncio.to_thread(client.request, {"do": "ask", "text": "a" * 2**22})


def test_a_daemon_that_does_not_answer_is_not_waited_for(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(path))
        silent.listen()
        with pytest.raises(TeamvoiceError, match="did not answer in time"):
            client.request({"do": "status"}, within=0.05)


async def test_a_daemon_that_hangs_up_is_told(path: Path) -> None:
    server = await asyncio.start_unix_server(lambda _, writer: writer.close(), path)
    async with server:
        with pytest.raises(TeamvoiceError, match=r"hung up|is gone"):
            await asyncio.to_thread(client.request, {"do": "status"})


def test_a_socket_that_is_none_is_no_daemon(path: Path) -> None:
    path.write_text("a file")
    with pytest.raises(NoDaemon, match="no daemon answers"):
        client.request({"do": "status"})


def test_a_path_that_is_too_long_is_no_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAMVOICE_SOCKET", "/tmp/" + "a" * 200)  # noqa: S108 - never made
    with pytest.raises(NoDaemon, match="too long"):
        client.request({"do": "status"})
