"""The daemon is killed in a turn: what was spent counts, and what was said is told, not done."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from libtmux import Server

from teamvoice.daemon.journal import read_last
from tests.support.panes import ROOT, name_of
from tests.support.processes import running
from tests.support.relay import Event, Relay
from tests.support.talk import TOKEN, relay, tmux
from tests.support.wait import until

__all__ = ["relay", "tmux"]

pytestmark = [pytest.mark.needs("tmux"), pytest.mark.timeout(90)]

KINDS = ("text_in", "cached_text_in", "text_out", "audio_in", "cached_audio_in", "audio_out")
CONFIG = """\
provider.url = "{url}"
hotkey.backend = "socket"
team.socket = "{socket}"
[cost.prices."gpt-realtime-2.1"]
{prices}
"""
WORDS = "call list_team {}"


@asynccontextmanager
async def daemon(home: Path) -> AsyncIterator[int]:
    """A daemon that answers on its socket; its process id. It may be killed meanwhile."""
    environment = {"HOME": str(home), "PYTHONPATH": str(ROOT), "OPENAI_API_KEY": TOKEN}
    environment |= dict.fromkeys(("DISPLAY", "WAYLAND_DISPLAY", "NOTIFY_SOCKET"), "")
    command = (sys.executable, "-m", "teamvoice", "run")
    with running(command, environment, home / "daemon.log") as process:
        await until(lambda: answers(home), "it answers", 40)
        yield process.pid


async def request(home: Path, **message: Any) -> dict[str, Any]:
    reader, writer = await asyncio.open_unix_connection(str(home / "control.sock"))
    try:
        writer.write(json.dumps(message).encode() + b"\n")
        return dict(json.loads(await reader.readline() or b"{}"))
    finally:
        writer.close()


async def answers(home: Path) -> bool:
    try:
        return bool((await request(home, do="status")).get("ok"))
    except OSError:
        return False  # it is not there, or does not listen yet


async def spent(home: Path) -> float:
    status = (await request(home, do="status"))["status"]
    return float(status["cost"]["day_usd"])


async def test_a_daemon_that_is_killed_in_a_turn_forgets_neither_money_nor_words(
    tmux: Server, relay: Relay, tmp_path: Path
) -> None:
    held: list[Event] = []
    may_go = asyncio.Event()

    async def hold_the_second(event: Event) -> Event:
        if event["type"] == "response.done":
            held.append(event)
            if len(held) == 2:
                await may_go.wait()
        return event

    relay.gate = hold_the_second
    (tmp_path / "config").mkdir()
    prices = "\n".join(f"{kind} = 1e6" for kind in KINDS)
    text = CONFIG.format(url=relay.url, socket=name_of(tmux), prices=prices)
    (tmp_path / "config" / "config.toml").write_text(text)
    async with daemon(tmp_path) as pid, asyncio.TaskGroup() as asking:
        asking.create_task(request(tmp_path, do="ask", text=WORDS))
        await until(lambda: len(held) == 2, "the second response is held", 30)
        before = await spent(tmp_path)
        os.kill(pid, signal.SIGKILL)
    may_go.set()
    (tmp_path / "control.sock").unlink(missing_ok=True)
    async with daemon(tmp_path):
        assert await spent(tmp_path) >= before > 0
        told = 'ago you said \\"call list_team {}\\", and I was ended'
        await until(lambda: told in json.dumps(relay.sent).replace("\\\\", "\\"), "it is told", 30)
    turns = [r for r in read_last(tmp_path / "state" / "journal.jsonl", 99) if r["kind"] == "turn"]
    assert [(turn["heard"], turn["trouble"]) for turn in turns] == [
        (WORDS, "teamvoice ended before it was over")
    ]
