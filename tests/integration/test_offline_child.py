"""The offline server as the daemon keeps it: started, watched, started again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from teamvoice import config
from teamvoice.daemon.offline_process import OfflineProcess
from tests.support.wait import until

pytestmark = pytest.mark.needs("flite", "python:pocketsphinx")


@contextlib.asynccontextmanager
async def kept() -> AsyncIterator[tuple[OfflineProcess, list[str]]]:
    """An offline server that is up, and its address at each change."""
    urls: list[str] = []
    offline = OfflineProcess(config.Config(), lambda: urls.append(offline.url))
    tasks = asyncio.TaskGroup()
    await tasks.__aenter__()
    keeping = tasks.create_task(offline.run())
    try:
        await until(lambda: offline.url, "it listens", 30)
        yield offline, urls
    finally:
        keeping.cancel()
        await tasks.__aexit__(None, None, None)


async def test_one_that_does_not_answer_is_ended_and_another_started() -> None:
    async with kept() as (offline, urls):
        first = offline.url
        offline.restart()
        await until(lambda: offline.url and offline.url != first, "another listens", 30)
        assert urls == [first, "", offline.url]
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", _port(first))


async def test_it_ends_with_the_daemon() -> None:
    async with kept() as (offline, _):
        url = offline.url
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", _port(url))


async def test_a_machine_without_a_voice_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    changes: list[str] = []
    offline = OfflineProcess(config.Config(), lambda: changes.append(offline.trouble))
    async with asyncio.TaskGroup() as tasks:
        keeping = tasks.create_task(offline.run())
        await until(lambda: changes, "it is told", 30)
        keeping.cancel()
    assert "cannot start (exit 3)" in changes[0]


def _port(url: str) -> int:
    return urlsplit(url).port or 0
