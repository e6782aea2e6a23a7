"""The demonstration as its user runs it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.panes import ROOT

pytestmark = [pytest.mark.needs("tmux", "flite", "python:pocketsphinx"), pytest.mark.timeout(120)]


@pytest.fixture
def home() -> Iterator[Path]:
    """An empty HOME with a short path: a socket goes into it."""
    with tempfile.TemporaryDirectory(prefix="tv-") as directory:
        yield Path(directory)


async def demo(home: Path, *words: str) -> tuple[int, str, str]:
    """Run it with an empty HOME; exit code, standard output, standard error."""
    stays = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "teamvoice", "demo", *words),
        env={**stays, "HOME": str(home), "TMPDIR": str(home), "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 100)
    return process.returncode or 0, out.decode(), err.decode()


async def tmux(socket: str, *words: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *("tmux", "-S", socket, *words), stdout=asyncio.subprocess.PIPE, stderr=-2
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


async def test_two_turns_as_json_and_nothing_left_behind(home: Path) -> None:
    says = ["tell the developer to run the tests", "who is on the team"]
    code, out, err = await demo(home, "--json", "--say", says[0], "--say", says[1])
    assert code == 0, err
    turns = [json.loads(line) for line in out.splitlines()]
    assert [turn["said"] for turn in turns] == says
    assert [turn["calls"][0]["name"] for turn in turns] == ["send_message", "list_team"]
    for turn in turns:
        assert list(turn) == ["said", "heard", "calls", "spoken", "ms"]
        assert {"held", "answer", "sound"} <= set(turn["ms"])
        assert [list(call) for call in turn["calls"]] == [["name", "arguments", "result"]]
    left = await asyncio.to_thread(lambda: list(home.iterdir()))
    assert left == [], "the tmux server's folder, or a journal, is left"


async def test_prose_tells_how_to_attach_and_the_panes_are_kept(home: Path) -> None:
    code, out, err = await demo(home, "--keep", "--say", "tell the developer to run the tests")
    assert code == 0, err
    found = re.search(r"tmux -S (\S+) attach", out)
    assert found, out
    try:
        assert "Submitted to the developer" in out
        code, panes = await tmux(found[1], "list-panes", "-a", "-F", "#{pane_dead}")
        assert (code, panes.split()) == (0, ["0", "0"])
    finally:
        await tmux(found[1], "kill-server")


async def test_a_turn_in_which_nothing_was_heard_is_a_failure(home: Path) -> None:
    code, out, err = await demo(home, "--say", "...")
    assert code == 1, err
    assert "I did not hear anything" in out


async def test_a_broken_configuration_is_told(home: Path) -> None:
    (home / ".config" / "teamvoice").mkdir(parents=True)
    wrong = "[hotkey]\nkye = 1\n"
    (home / ".config" / "teamvoice" / "config.toml").write_text(wrong)
    code, out, err = await demo(home, "--say", "who is on the team")
    assert code == 2, out
    assert 'unknown key "hotkey.kye". Did you mean "key"?' in err


async def test_a_terminal_that_closes_leaves_nothing_behind(home: Path) -> None:
    stays = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "teamvoice", "demo", "--say", "who is on the team"),
        env={**stays, "HOME": str(home), "TMPDIR": str(home), "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    while b"loads its ears" not in await process.stdout.readline():
        assert not process.stdout.at_eof()
    process.send_signal(signal.SIGHUP)
    out, _ = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 130, out.decode()
    left = await asyncio.to_thread(lambda: list(home.iterdir()))
    assert left == []
