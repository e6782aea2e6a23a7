"""The offline server as a process of its own, with its own ears and voice."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

SETTINGS = {"token": "t", "members": [{"name": "pm", "aliases": ["boss"]}], "words": ["tmux"]}
needs_parts = pytest.mark.needs(
    "python:pocketsphinx", "python:teamvoice.offline.ears", "python:teamvoice.offline.voice"
)


@asynccontextmanager
async def running(tmp_path: Path, *arguments: str) -> AsyncIterator[Process]:
    environ = {**os.environ, "TEAMVOICE_CONFIG_DIR": str(tmp_path)}
    command = (sys.executable, "-m", "teamvoice.offline", *arguments)
    process = await asyncio.create_subprocess_exec(
        *command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environ
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def tell(process: Process, line: str) -> None:
    assert process.stdin
    process.stdin.write(f"{line}\n".encode())
    await process.stdin.drain()


async def said(process: Process) -> str:
    assert process.stdout
    async with asyncio.timeout(30):
        return (await process.stdout.readline()).decode().strip()


async def ended(process: Process) -> int:
    async with asyncio.timeout(30):
        return await process.wait()


async def greeting(url: str, token: str) -> str:
    async with connect(url, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
        kind: str = json.loads(await socket.recv())["type"]
        return kind


async def test_the_help_teaches(tmp_path: Path) -> None:
    async with running(tmp_path, "--help") as process:
        out, _ = await process.communicate()
    assert process.returncode == 0
    for word in (b"--port", b"--token", b"--settings", b"Authorization: Bearer", b"examples:"):
        assert word in out


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("{", "--settings -"),
        ("{}", "`token`"),
        ('{"token": ""}', "token"),
        ('{"token": "t", "wrods": []}', "`wrods`"),
        ('{"token": "t", "members": [{"name": 5}]}', "name"),
    ],
)
async def test_settings_that_are_not_right(tmp_path: Path, line: str, hint: str) -> None:
    async with running(tmp_path, "--settings", "-") as process:
        await tell(process, line)
        _, err = await process.communicate()
    assert process.returncode == 2
    assert hint in err.decode()
    assert len(err.splitlines()) == 1


async def test_a_parent_that_says_nothing(tmp_path: Path) -> None:
    async with running(tmp_path, "--settings", "-") as process:
        _, err = await process.communicate(b"")
    assert process.returncode == 2
    assert b"Traceback" not in err


async def test_a_port_that_is_none(tmp_path: Path) -> None:
    async with running(tmp_path, "--port", "70000") as process:
        _, err = await process.communicate()
    assert process.returncode == 2
    assert b"70000 is no port" in err


@needs_parts
async def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    async with running(tmp_path, "--settings", "-") as process:
        await tell(process, json.dumps(SETTINGS))
        url = json.loads(await said(process))["url"]
        assert await greeting(url, "t") == "session.created"
        assert process.stdin
        process.stdin.close()
        assert await ended(process) == 0


@needs_parts
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_by_hand_it_makes_a_token_and_ends_on_a_signal(
    tmp_path: Path, number: signal.Signals
) -> None:
    async with running(tmp_path) as process:
        url = (await said(process)).removeprefix("listening on ")
        token = (await said(process)).removeprefix("token: ")
        assert await greeting(url, token) == "session.created"
        process.send_signal(number)
        assert await ended(process) == 0
        assert process.stderr
        assert await process.stderr.read() == b""


@needs_parts
async def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    async with running(tmp_path, "--token", "t") as first:
        port = (await said(first)).split(":")[2].split("/")[0]
        async with running(tmp_path, "--port", port) as second:
            _, err = await second.communicate()
        assert second.returncode == 1
        assert b"cannot listen" in err
