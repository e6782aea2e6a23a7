"""The socket of a face, when the daemon at the other end dies in the middle of a line."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from teamvoice.errors import NoDaemon
from teamvoice.ui import host, wire
from tests.support.wait import until


@contextlib.asynccontextmanager
async def answering(path: Path, reply: bytes) -> AsyncIterator[None]:
    """Somebody who answers the first line with this, and hangs up."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(reply)
        writer.close()

    async with await asyncio.start_unix_server(answer, path):
        yield


@pytest.mark.parametrize("reply", [b"", b'{"ok": tr', b'{"ok": true, "status": {"li'])
async def test_an_answer_that_is_cut_off_is_a_daemon_that_is_gone(
    reply: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "control.sock"
    monkeypatch.setenv("TEAMVOICE_SOCKET", str(path))
    told = "was cut off" if reply else "hung up"
    async with answering(path, reply), wire.KeyLine() as key:
        with pytest.raises(NoDaemon, match=told):
            await wire.request(do="status")
        for _ in range(2):  # the second time on a connection of its own
            with pytest.raises(NoDaemon, match=told):
                await key.press("mute")


async def test_news_that_are_cut_off_end_the_news(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "control.sock"
    monkeypatch.setenv("TEAMVOICE_SOCKET", str(path))
    told = []

    async def listen() -> None:
        async for message in wire.watch():
            told.append(message)  # noqa: PERF401 - each as it comes

    async with answering(path, b'{"status": {}}\n{"event": "new'):
        with pytest.raises(NoDaemon, match="was cut off"):
            await listen()
    assert told == [{"status": {}}]


@contextlib.asynccontextmanager
async def silent(path: Path, first: bytes = b"") -> AsyncIterator[list[bytes]]:
    """Somebody who says this to each who comes, and nothing more, like a daemon that hangs."""
    heard: list[bytes] = []
    there: set[asyncio.StreamWriter] = set()

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there.add(writer)
        writer.write(first)
        while line := await reader.readline():
            heard.append(line)
        writer.close()
        there.remove(writer)

    async with await asyncio.start_unix_server(hear, path):
        yield heard
        await until(lambda: not there, "all have left")


async def test_a_daemon_that_says_nothing_for_long_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "control.sock"
    monkeypatch.setenv("TEAMVOICE_SOCKET", str(path))
    async with silent(path, b'{"status": {}}\n'), contextlib.aclosing(wire.watch()) as news:
        assert await anext(news) == {"status": {}}
        monkeypatch.setattr(wire, "SILENT_S", 0.05)
        assert await anext(news) == await anext(news) == {"event": "silent"}


async def test_no_other_daemon_is_run_beside_one_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAMVOICE_SOCKET", str(tmp_path / "control.sock"))
    monkeypatch.setattr(wire, "SILENT_S", 0.05)
    async with silent(tmp_path / "control.sock") as heard, host.a_daemon() as word:
        assert word == ""
        await until(lambda: len(heard) == 1, "it was asked")


async def test_a_key_that_nobody_answers_is_given_up_and_the_next_one_sooner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "control.sock"
    monkeypatch.setenv("TEAMVOICE_SOCKET", str(path))
    monkeypatch.setattr(wire, "PATIENCE_S", 0.05)
    async with silent(path), wire.KeyLine() as key:
        with pytest.raises(NoDaemon, match="does not answer"):
            await key.press("toggle")
        monkeypatch.setattr(wire, "PATIENCE_S", 3600.0)
        key.is_silent = True
        with pytest.raises(NoDaemon, match="does not answer"):
            await key.press("mute")


async def test_typed_words_that_nobody_takes_are_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "control.sock"
    monkeypatch.setenv("TEAMVOICE_SOCKET", str(path))
    turns = wire.Requests()

    async def ask(text: str) -> str:
        with pytest.raises(NoDaemon) as refusal:
            await turns.ask(text)
        return str(refusal.value)

    assert "“go on” was not sent" in await ask("go on")
    async with silent(path) as heard, asyncio.TaskGroup() as tasks:
        taken, untaken = (tasks.create_task(ask(text)) for text in ("be quick", "deploy"))
        await until(lambda: len(heard) == 2, "both are sent")
        turns.taken("be quick")
        turns.give_up()
        assert "“deploy” was not sent" in await untaken
        assert not taken.done(), "that one was taken, and may end yet"
        taken.cancel()
