"""What the README tells a newcomer to type works.

Its blocks say what they are: ``sh`` is run here, and must succeed; ``console`` shows what to type
at a prompt, where running it takes more than a test has (a microphone, systemd, apt), so that only
its commands are checked; ``python`` is run by ``test_library``; ``text`` and ``toml`` are for
reading.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^ *```(?P<kind>\w*)\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL)
BLOCKS = [(match["kind"], match["text"]) for match in BLOCK.finditer(README)]
KINDS = {"sh", "console", "text", "toml", "python"}


def test_every_block_is_of_a_known_kind() -> None:
    assert {kind for kind, _ in BLOCKS} <= KINDS
    assert README.count("```") == 2 * len(BLOCKS)


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {words[1] for words in _typed() if words[0] == "make"}
    assert named
    assert named <= targets


@pytest.mark.needs("tmux", "python:teamvoice.__main__")
def test_the_shell_examples_run(desk: dict[str, str]) -> None:
    examples = [text for kind, text in BLOCKS if kind == "sh"]
    assert examples
    for example in examples:
        _run(["sh", "-eu", "-c", example], desk)


@pytest.mark.needs("python:teamvoice.__main__")
def test_every_command_that_is_named_exists(desk: dict[str, str]) -> None:
    named = {words[1] for words in _typed() if words[0] == "teamvoice"}
    named |= set(re.findall(r"^\| `teamvoice ([a-z-]+)", README, re.MULTILINE))
    assert {"run", "ptt", "send"} <= named
    for name in sorted(named):
        _run(["teamvoice", name, "--help"], desk)


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a person with an empty home and a tmux server of their own."""
    home = tmp_path_factory.mktemp("readme")
    runtime = home / "run"
    runtime.mkdir(mode=0o700)
    environ = {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PATH": f"{_command(home)}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "SHELL": "/bin/sh",
        "TERM": "xterm-256color",
        "TMUX_TMPDIR": str(runtime),
        "XDG_RUNTIME_DIR": str(runtime),
    }
    try:
        yield environ
    finally:  # no server is no trouble: then nothing is left to end
        subprocess.run(["tmux", "kill-server"], env=environ, capture_output=True, check=False)


def _command(home: Path) -> Path:
    """A directory with ``teamvoice`` as this Python would run it, installed or not."""
    folder = home / ".local" / "bin"
    folder.mkdir(parents=True)
    command = folder / "teamvoice"
    command.write_text(
        f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m teamvoice "$@"\n', encoding="utf-8"
    )
    command.chmod(0o755)
    return folder


def _typed() -> Iterator[list[str]]:
    """The words of every line after a prompt."""
    for kind, text in BLOCKS:
        if kind == "console":
            for line in re.findall(r"^ *\$ (.+)$", text, re.MULTILINE):
                yield shlex.split(line)


def _run(command: list[str], environ: dict[str, str]) -> None:
    done = subprocess.run(
        command,
        env=environ,
        cwd=environ["HOME"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
