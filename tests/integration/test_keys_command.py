"""``teamvoice keys bind``: tmux for real, and the file for the portal."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import pty
import struct
import tempfile
import termios
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from libtmux import Server

from teamvoice.daemon.control import Control
from tests.support.cli import Cli
from tests.support.panes import name_of, open_pane, own_server
from tests.support.small_voice import SmallVoice
from tests.support.wait import until


@pytest.fixture
def cli() -> Iterator[Cli]:
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "run").mkdir(mode=0o700)
        yield Cli(Path(directory))


@pytest.fixture
def tmux(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A tmux server as cron, ssh or systemd starts one: it knows nothing of where the daemon is."""
    for name, value in cli.variables().items():
        monkeypatch.setenv(name, value)
    for name in ("TEAMVOICE_SOCKET", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    with own_server() as server:
        open_pane(server, "work", "cat")
        yield server


def bound(server: Server, key: str) -> str:
    return "\n".join(server.cmd("list-keys", "-T", "prefix", key).stdout)


@contextlib.asynccontextmanager
async def attached(server: Server, rows: int, columns: int) -> AsyncIterator[int]:
    """A person's terminal on it, to be typed on."""
    person, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    client = await asyncio.create_subprocess_exec(
        *("tmux", "-L", name_of(server), "attach"),
        env={**os.environ, "TERM": "xterm"},
        stdin=terminal,
        stdout=terminal,
    )
    os.close(terminal)
    asyncio.get_running_loop().add_reader(
        person, os.read, person, 65536
    )  # its screen, not looked at
    try:
        await until(lambda: server.cmd("list-clients").stdout, "somebody is attached")
        yield person
    finally:
        asyncio.get_running_loop().remove_reader(person)
        client.kill()
        await client.wait()
        os.close(person)


@pytest.mark.needs("tmux", "python:textual")
@pytest.mark.parametrize(
    ("variable", "rows", "columns"), [("TEAMVOICE_SOCKET", 40, 120), ("XDG_RUNTIME_DIR", 18, 64)]
)
async def test_tmux_is_bound_its_key_toggles_and_the_other_shows_the_face(
    cli: Cli, tmux: Server, variable: str, rows: int, columns: int
) -> None:
    """Both reach the daemon of whoever bound them, whatever that one is known by."""
    socket = cli.directory / "run" / "teamvoice" / "control.sock"
    known_by = {
        "TEAMVOICE_SOCKET": {"TEAMVOICE_SOCKET": str(socket)},
        "XDG_RUNTIME_DIR": {"TEAMVOICE_SOCKET": "", "XDG_RUNTIME_DIR": f"{cli.directory}/run"},
    }[variable]
    ours = replace(cli, environ={"TEAMVOICE_TEAM_SOCKET": name_of(tmux), **known_by})
    done = await ours("keys", "bind", "tmux")
    assert done.code == 0, done.err
    lines = done.out.partition("To keep it, add to ~/.tmux.conf:\n")[2].splitlines()
    assert [line.startswith("bind-key ") for line in lines] == [True, True]
    assert ("ptt toggle" in bound(tmux, "v"), "display-popup" in bound(tmux, "V")) == (True, True)
    voice = SmallVoice()
    async with Control(socket, voice), attached(tmux, rows, columns) as person:
        os.write(person, b"\x02v")
        await until(lambda: voice.keys, "the key arrived", 10)
        assert [action for action, _ in voice.keys] == ["toggle"]
        os.write(person, b"\x02V")
        await until(lambda: voice.watchers, "the face looks on", 20)
        os.write(person, b"m")
        await until(lambda: len(voice.keys) == 2, "what is typed is the face's", 10)
        os.write(person, b"q")
        await until(lambda: not voice.watchers, "it is closed", 10)
        os.write(person, b"\x02v")
        await until(lambda: len(voice.keys) == 3, "tmux has its keys back", 10)
    async with attached(tmux, rows, columns) as person:
        os.write(person, b"\x02v")
        (client,) = tmux.cmd("list-clients", "-F", "#{client_name}").stdout

        def told() -> str:
            return " ".join(tmux.cmd("show-messages", "-t", client).stdout)

        await until(lambda: "no daemon answers" in told(), "it is said why nothing happens", 10)
        assert tmux.cmd("display-message", "-p", "#{pane_in_mode}").stdout == ["0"]
    assert (await ours("keys", "bind", "tmux")).code == 0, "its own keys may be bound anew"
    assert (await ours("keys", "bind", "tmux", "--unbind")).code == 0
    assert (bound(tmux, "v"), bound(tmux, "V")) == ("", "")


@pytest.mark.needs("tmux")
async def test_a_key_of_tmux_that_does_something_else_stays(cli: Cli, tmux: Server) -> None:
    ours = replace(cli, environ={"TEAMVOICE_TEAM_SOCKET": name_of(tmux)})
    before = bound(tmux, "c")
    for words in (("--key", "c"), ("--key", "c", "--unbind"), ("--popup-key", "c")):
        done = await ours("keys", "bind", "tmux", *words)
        assert done.code == 1
        assert "bound to something else: new-window" in done.err
        assert f"bind tmux {words[0]} KEY" in done.err
    assert (await ours("keys", "bind", "tmux", "--print")).code == 0
    assert (await ours("keys", "bind", "tmux", "--key", "V")).code == 2
    assert (bound(tmux, "v"), bound(tmux, "V")) == ("", "")
    assert bound(tmux, "c") == before


@pytest.mark.needs("tmux")
async def test_without_a_tmux_server_it_says_so(cli: Cli) -> None:
    nowhere = replace(cli, environ={"TEAMVOICE_TEAM_SOCKET": str(cli.directory / "none")})
    assert (await nowhere("keys", "bind", "tmux")).code == 3


async def test_the_portals_file_is_written_and_taken_away(cli: Cli) -> None:
    assert (await cli("keys", "bind", "portal")).code == 0
    (file,) = cli.directory.glob(".local/share/applications/*.desktop")
    assert file.name.count(".") == 3
    assert "NoDisplay=true" in file.read_text()
    assert (await cli("keys", "bind", "portal", "--unbind")).code == 0
    assert list(file.parent.iterdir()) == []


async def test_what_is_printed_can_be_appended(cli: Cli) -> None:
    done = await cli("keys", "bind", "sway", "--key", "<super>+t")
    assert done.code == 0
    lines = done.out.splitlines()
    assert [line for line in lines if not line.startswith(("#", "bindsym "))] == []
    assert sum(line.startswith("bindsym --") for line in lines) == 2
    refused = await cli("keys", "bind", "sway", "--unbind")
    assert (refused.code, refused.out) == (2, "")
