from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from teamvoice import __version__
from teamvoice.cli.commands import COMMANDS
from teamvoice.cli.ptt import ACTIONS
from teamvoice.config import Config
from teamvoice.daemon.control import Control
from tests.support.cli import Cli, Done, ended
from tests.support.small_voice import SmallVoice
from tests.support.wait import until


@pytest.fixture
def cli() -> Iterator[Cli]:
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "run").mkdir(mode=0o700)
        yield Cli(Path(directory))


@pytest.fixture
async def voice(cli: Cli) -> AsyncIterator[SmallVoice]:
    """A daemon with a small voice is running."""
    voice = SmallVoice()
    async with Control(cli.socket, voice):
        yield voice


def configured(cli: Cli, text: str) -> Path:
    file = cli.directory / "config" / "config.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    return file


# The key ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ACTIONS)
async def test_ptt_tells_the_daemon_and_when(cli: Cli, voice: SmallVoice, action: str) -> None:
    if action == "release":
        await cli("ptt", "press")
    began = time.monotonic()
    assert await cli("ptt", action) == Done(0, "", "")
    assert voice.keys[-1][0] == action
    assert began <= voice.keys[-1][1] <= time.monotonic()


async def test_ptt_starts_with_hardly_anything(cli: Cli, voice: SmallVoice) -> None:
    script = (
        "import sys\n"
        "from teamvoice.__main__ import main\n"
        "code = main(['ptt', 'press'])\n"
        "print(code, *sys.modules)"
    )
    done = await ended(
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", script, env=cli.variables(), stdout=-1, stderr=-1
        )
    )
    code, *modules = done.out.split()
    assert (code, voice.keys[0][0]) == ("0", "press")
    heavy = {"numpy", "structlog", "libtmux", "websockets", "msgspec", "platformdirs", "argparse"}
    assert not heavy & set(modules)
    assert not {"asyncio", "dataclasses", "pathlib", "logging", "rich", "typing"} & set(modules)
    assert not {"socket", "contextlib", "enum", "json"} & set(modules)


@pytest.mark.parametrize("words", [("ptt", "press"), ("status",), ("ask", "hello")])
async def test_without_a_daemon_it_says_how_to_start_one(cli: Cli, words: tuple[str, ...]) -> None:
    done = await cli(*words)
    assert (done.code, done.out) == (4, "")
    what, mend = done.err.splitlines()
    assert what.startswith(f"teamvoice: no daemon answers on {cli.socket}")
    assert "teamvoice run" in mend


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
async def test_another_users_socket_is_told_nothing(cli: Cli) -> None:
    for directory in (cli.directory, cli.socket.parent):
        directory.chmod(0o777)
    script = (
        "import os, socket, sys\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen()\n"
        "os.chmod(sys.argv[1], 0o777); print('listening', flush=True)\n"
        "print(s.accept()[0].recv(100))"
    )
    stranger = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, str(cli.socket), stdout=-1, stderr=-1
    )
    assert stranger.stdout is not None
    await stranger.stdout.readline()
    done = await cli("ask", "my secret plan")
    assert done.code == 4
    assert "belongs to another user" in done.err
    assert (await ended(stranger)).out == "b''\n"


# Asking ----------------------------------------------------------------------------------------


async def test_ask_shows_what_was_done_and_said(cli: Cli, voice: SmallVoice) -> None:
    done = await cli("ask", "tell", "the", "developer", "to", "rest")
    assert (done.code, done.err) == (0, "")
    assert voice.turns[0]["heard"] == "tell the developer to rest"
    for part in (
        "you (typed): tell the developer to rest",
        'send_message(member="developer", text="rest")',
        "→ Submitted to the developer.",
        "voice: Submitted to the developer.",
        "answered, answer 510 ms, sound 540 ms, $0.0041",
    ):
        assert part in done.out


async def test_ask_json_is_the_turn(cli: Cli, voice: SmallVoice) -> None:
    done = await cli("ask", "--json", "rest")
    assert json.loads(done.out) == voice.turns[0]
    assert done.out.count("\n") == 1


async def test_ask_gives_up_a_daemon_that_says_nothing_at_all(cli: Cli) -> None:
    clients: list[asyncio.StreamWriter] = []
    hangs = await asyncio.start_unix_server(lambda _, client: clients.append(client), cli.socket)
    async with hangs:
        done = await cli("ask", "rest")
        for client in clients:
            client.close()
            await client.wait_closed()
    what, mend = done.err.splitlines()
    assert (done.code, what) == (1, "teamvoice: the daemon does not answer; nothing was asked")
    assert "teamvoice run" in mend


async def test_ask_ends_with_a_daemon_that_hangs_up_at_once(cli: Cli) -> None:
    hangs_up = await asyncio.start_unix_server(lambda _, client: client.close(), cli.socket)
    async with hangs_up:
        done = await cli("ask", "rest")
    assert (done.code, done.out) == (4, "")
    assert done.err.startswith("teamvoice: the daemon ")


async def test_a_status_bar_shows_that_a_daemon_hangs(cli: Cli) -> None:
    clients: list[asyncio.StreamWriter] = []
    hangs = await asyncio.start_unix_server(lambda _, client: clients.append(client), cli.socket)
    async with hangs:
        line, bar = await asyncio.gather(cli("status", "--line"), cli("status", "--waybar"))
        for client in clients:
            client.close()
            await client.wait_closed()
    assert (line.code, line.out) == (1, "teamvoice does not answer\n")
    assert (bar.code, json.loads(bar.out)["class"]) == (0, ["trouble"])


@pytest.mark.usefixtures("voice")
async def test_a_turn_that_was_not_answered_is_no_success(cli: Cli) -> None:
    assert (await cli("ask", "fail")).code == 1


@pytest.mark.usefixtures("voice")
async def test_a_refusal_is_a_line_and_its_mend(cli: Cli) -> None:
    assert await cli("ask", "nobody") == Done(
        1, "", "teamvoice: there is no nobody\nteamvoice team lists the members\n"
    )


async def test_ctrl_c_ends_quietly(cli: Cli, voice: SmallVoice) -> None:
    asking = await cli.start("ask", "wait")
    await until(lambda: voice.waiting, "the question arrived")
    asking.send_signal(signal.SIGINT)
    assert await ended(asking) == Done(130, "", "")


async def test_a_daemon_that_ends_in_the_middle_is_told(cli: Cli) -> None:
    voice = SmallVoice()
    async with Control(cli.socket, voice):
        asking = await cli.start("ask", "wait")
        await until(lambda: voice.waiting, "the question arrived")
    done = await ended(asking)
    assert done.code == 4
    assert done.err.startswith("teamvoice: the daemon ")


async def test_a_press_in_a_locked_session_says_that_it_does_not_listen(
    cli: Cli, voice: SmallVoice
) -> None:
    voice.away = "the session is locked"
    done = await cli("ptt", "press")
    assert done.code == 1
    assert done.err.startswith("teamvoice: the key is ignored: the session is locked")


# Status ----------------------------------------------------------------------------------------


async def test_status_json_passes_through(cli: Cli, voice: SmallVoice) -> None:
    await voice.ask("rest")
    done = await cli("status", "--json")
    assert json.loads(done.out) == await voice.status()


async def test_status_shows_everything_and_no_escape_of_a_screens(
    cli: Cli, voice: SmallVoice
) -> None:
    await voice.ask("rest")
    done = await cli("status")
    assert (done.code, done.err) == (0, "")
    assert "\x1b" not in done.out
    for line, parts in {
        "link": ["up", "offline"],
        "hotkey": ["lost", "<f9>", "chosen for an X11 session", "no X"],
        "session": ["away", "the session is locked"],
        "notices": ["ready"],
        "microphone": ["closed", "pulse"],
        "developer": ["working", "2 s ago", "%3"],
        "pm": ["waiting", "Run [31mls?"],
    }.items():
        (shown,) = [text for text in done.out.splitlines() if text.startswith(line)]
        for part in parts:
            assert part in shown
    assert "you (typed): rest" in done.out


@pytest.mark.usefixtures("voice")
async def test_status_before_the_first_turn(cli: Cli) -> None:
    assert "no turn yet" in (await cli("status")).out


@pytest.mark.usefixtures("voice")
async def test_status_line_is_one_line(cli: Cli) -> None:
    line = "link up · key lost · 1 working, 1 waiting\n"
    assert (await cli("status", "--line")).out == line


async def test_status_line_says_that_no_daemon_runs(cli: Cli) -> None:
    done = await cli("status", "--line")
    assert (done.code, done.out) == (4, "teamvoice off\n")
    assert "teamvoice run" in done.err, "a terminal shows what to do as well"


@pytest.mark.usefixtures("voice")
async def test_status_for_waybar_is_one_object(cli: Cli) -> None:
    done = await cli("status", "--waybar")
    assert (done.code, done.err, done.out.count("\n")) == (0, "", 1)
    assert json.loads(done.out) == {
        "text": "link up · key lost · 1 working, 1 waiting",
        "tooltip": "developer: working\npm: waiting Run [31mls?\nhotkey: lost no X",
        "alt": "trouble",
        "class": ["trouble", "waiting", "working"],
        "percentage": 0,
    }


async def test_waybar_shows_that_no_daemon_runs(cli: Cli) -> None:
    done = await cli("status", "--waybar")
    assert (done.code, json.loads(done.out)["class"]) == (0, ["off"])


@pytest.mark.usefixtures("voice")
@pytest.mark.parametrize(("environ", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
async def test_colour_is_for_terminals(
    cli: Cli, environ: dict[str, str], *, coloured: bool
) -> None:
    terminal, other_end = pty.openpty()
    terminal_cli = replace(cli, environ={"TERM": "xterm-256color", **environ})
    process = await terminal_cli.start("status", stdout=other_end)
    os.close(other_end)
    assert (await ended(process)).code == 0
    shown = os.read(terminal, 65536).decode()
    os.close(terminal)
    assert "working" in shown
    assert ("\x1b[36m" in shown) is coloured


# Configuration ---------------------------------------------------------------------------------


async def test_config_show_is_toml_with_origins(cli: Cli) -> None:
    file = configured(cli, '[hotkey]\nkey = "<f8>"\n[provider]\ninstructions = "a\\u007f\\"\\n"\n')
    loud = replace(cli, environ={"TEAMVOICE_AUDIO_VOLUME": "0.5"})
    done = await loud("config", "show")
    assert done.code == 0
    shown = msgspec.convert(tomllib.loads(done.out), Config)
    assert shown.hotkey.key == "<f8>"
    assert shown.audio.volume == 0.5
    assert shown.provider.instructions == 'a\x7f"\n'
    assert shown.team == Config().team
    assert f'key = "<f8>"  # {file}\n' in done.out
    assert "volume = 0.5  # environment TEAMVOICE_AUDIO_VOLUME\n" in done.out
    assert "tap_ms = 180  # default\n" in done.out


async def test_config_show_json(cli: Cli) -> None:
    shown = json.loads((await cli("config", "show", "--json")).out)
    assert msgspec.convert(shown["settings"], Config) == Config()
    assert set(shown["origins"].values()) == {"default"}
    assert shown["api_key"] == "none"


@pytest.mark.parametrize("words", [("config", "show"), ("config", "show", "--json")])
async def test_config_show_keeps_secrets(cli: Cli, words: tuple[str, ...]) -> None:
    configured(cli, '[provider]\nurl = "wss://me:word@host/?api-key=hush1&x=1"\n')
    secret = replace(cli, environ={"OPENAI_API_KEY": "hush2"})
    done = await secret(*words)
    assert "from the environment, OPENAI_API_KEY" in done.out
    assert "[hidden]" in done.out
    for text in ("hush1", "hush2", "word@"):
        assert text not in done.out


async def test_config_path_and_check(cli: Cli) -> None:
    path = (await cli("config", "path")).out.strip()
    assert (await cli("config", "check")).out == f"{path}: not there, so the defaults hold\n"
    assert configured(cli, "[log]\n") == Path(path)
    assert (await cli("config", "check")).out == f"{path}: fine\n"


@pytest.mark.parametrize("words", [("config", "check"), ("config", "show"), ("run",)])
async def test_a_bad_configuration_is_one_line(cli: Cli, words: tuple[str, ...]) -> None:
    file = configured(cli, '[hotkey]\nkee = "x"\n')
    wrong = f'teamvoice: {file}: unknown key "hotkey.kee". Did you mean "key"?\n'
    assert await cli(*words) == Done(2, "", wrong)


# Usage -----------------------------------------------------------------------------------------


async def test_version(cli: Cli) -> None:
    assert await cli("--version") == Done(0, f"teamvoice {__version__}\n", "")


async def test_help_lists_every_command(cli: Cli) -> None:
    done = await cli("--help")
    assert done.code == 0
    for name, command in COMMANDS.items():
        assert f"    {name}" in done.out
        assert command.summary in done.out


async def test_nothing_is_answered_with_help_and_a_usage_error(cli: Cli) -> None:
    done = await cli()
    assert (done.code, done.out) == (2, "")
    assert "commands:" in done.err


@pytest.mark.parametrize(
    "words",
    [("run",), ("ptt",), ("ask",), ("status",), ("history",), ("devices",), ("config",)]
    + [("config", action) for action in ("show", "check", "path")],
)
async def test_help_teaches_with_an_example(cli: Cli, words: tuple[str, ...]) -> None:
    done = await cli(*words, "--help")
    assert done.code == 0
    _, _, example = done.out.partition("\nexample:\n")
    assert "teamvoice" in example


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("statsu",), 'there is no command "statsu". Did you mean "status"?'),
        (("xyzzy",), 'there is no command "xyzzy".'),
        (("--versoin",), "unrecognized arguments: --versoin"),
        (("ptt", "hug"), "invalid choice: 'hug'"),
        (("ptt",), "required: ACTION"),
        (("ptt", "press", "now"), "unrecognized arguments: now"),
        (("ask",), "required: TEXT"),
        (("history", "-n", "-3"), "'-3' is not a number of turns"),
        (("history", "-n", "x"), "'x' is not a number of turns"),
        (("usage", "--since", "x"), "'x' is no time such as 2h, 3d, yesterday or 2026-01-31"),
        (("config",), "required: show|check|path"),
        (("status", "--json", "--line"), "not allowed with argument"),
    ],
)
async def test_usage_errors_say_what_and_where_to_look(
    cli: Cli, words: tuple[str, ...], what: str
) -> None:
    done = await cli(*words)
    assert (done.code, done.out) == (2, "")
    first, second = done.err.splitlines()
    assert first.startswith("teamvoice: ")
    assert what in first
    assert second.startswith("see: teamvoice")
    assert second.endswith("--help")


def test_it_is_found_by_its_name_too() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from teamvoice.__main__ import main; main(['--version'])"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"teamvoice {__version__}\n"
