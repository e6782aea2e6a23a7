"""The socket of a face, when the daemon at the other end dies in the middle of a line."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from teamvoice.errors import NoDaemon
from teamvoice.ui import wire


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
