"""The demonstration where there is a display and a microphone: a person holds the key."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.desk import NEEDS, Desk
from tests.support.panes import ROOT

pytestmark = [
    pytest.mark.needs(*NEEDS, "tmux", "python:pocketsphinx"),
    pytest.mark.timeout(120),
]


async def line_with(stream: asyncio.StreamReader, text: str) -> str:
    """The next line that holds the text; fails when the program ends before."""
    said: list[str] = []
    async with asyncio.timeout(60):
        while line := (await stream.readline()).decode():
            if text in line:
                return line
            said.append(line)
    raise AssertionError(f"the demonstration ended before it said {text}: {''.join(said)}")


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tv-") as directory:  # short: sockets are in it
        yield Path(directory)


async def test_it_says_which_key_to_hold_and_listens(desk: Desk, home: Path) -> None:
    stays = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    places = {"HOME": str(home), "TMPDIR": str(home), "PYTHONPATH": str(ROOT)}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "teamvoice", "demo"),
        env={**stays, **places, **desk.environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    try:
        assert "Hold <f9>" in await line_with(process.stdout, "Ctrl-C ends it")
        await desk.display.key_down("F9")
        await desk.sound.say("tell the developer to start working on the login feature")
        await desk.display.key_up("F9")
        told = await line_with(process.stdout, "result")
        assert "Submitted to the developer." in told
        process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.communicate(), 20)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0
    assert not await asyncio.to_thread(lambda: list(home.glob("teamvoice-*")))
