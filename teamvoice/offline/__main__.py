"""The offline server as a process: ``teamvoice offline-server``.

By hand it takes its team from the configuration and prints its address and its token. For the
daemon, ``--settings -`` reads one JSON line on standard input::

    {"token": "…", "members": [{"name": "pm", "aliases": ["boss"]}], "words": [], "voice": "slt"}

and prints one JSON line when it listens, ``{"url": "ws://127.0.0.1:PORT/v1/realtime"}``. It then
ends when standard input does, so that it never outlives the daemon.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import signal
import sys
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Annotated

import msgspec

from teamvoice import config
from teamvoice.errors import ConfigError, TeamvoiceError
from teamvoice.offline.server import Settings, serve
from teamvoice.offline.wiring import Member, Team, parts

_LINE_LIMIT = 1024 * 1024
_HELP = """\
A Realtime server of your own, on loopback: it hears with pocketsphinx, understands commands for
your team, calls the client's tools, and speaks with flite or espeak-ng. It needs no network and
makes no conversation. Any client of the OpenAI Realtime API (GA) can talk to it.
"""
_EXAMPLES = """\
examples:
  teamvoice offline-server
      listen on any free port, with a fresh token; both are printed
  teamvoice offline-server --port 8765 --token secret
      then point a client to ws://127.0.0.1:8765/v1/realtime with the header
      Authorization: Bearer secret; with the openai package:
      AsyncOpenAI(api_key="secret", websocket_base_url="ws://127.0.0.1:8765/v1")

The team and its words come from teamvoice's configuration. Ctrl-C ends it.
"""


class Startup(Team, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The line that ``--settings -`` reads."""

    token: Annotated[str, msgspec.Meta(min_length=1)]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the server until it is told to end; the exit code."""
    options = parser().parse_args(argv)
    try:
        asyncio.run(_run(options))
    except TeamvoiceError as error:
        sys.stderr.write(f"teamvoice offline-server: {error}\n")
        return error.exit_code
    return 0


def parser() -> argparse.ArgumentParser:
    """The parser of ``teamvoice offline-server``."""
    parser = argparse.ArgumentParser(
        prog="teamvoice offline-server",
        description=_HELP,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=_port, default=0, help="where to listen (default: any)")
    parser.add_argument("--token", help="what clients must show (default: a fresh one)")
    parser.add_argument(
        "--settings",
        choices=["-"],
        help="read token, members, words and voice as one JSON line from standard input, answer "
        "with the address as JSON, and end when standard input does",
    )
    return parser


def _token(given: str | None) -> str:
    if given == "":
        raise ConfigError("--token is empty", "leave it out, and a fresh one is made and printed")
    return given or secrets.token_urlsafe(24)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text} is no port: 0 to 65535")
    return int(text)


async def _run(options: argparse.Namespace) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    if options.settings is None:
        await _serve_by_hand(options.port, _token(options.token), ended)
    else:
        await _serve_parent(options, ended)


async def _serve_by_hand(port: int, token: str, ended: asyncio.Event) -> None:
    async with await _open(port, token, _configured_team()) as url:
        _tell(f"listening on {url}\ntoken: {token}")
        await ended.wait()


async def _serve_parent(options: argparse.Namespace, ended: asyncio.Event) -> None:
    stdin = await _stdin()
    startup = _startup(await stdin.readline())
    token = options.token or startup.token
    async with await _open(options.port, token, startup) as url, asyncio.TaskGroup() as tasks:
        _tell(msgspec.json.encode({"url": url}).decode())
        watch = tasks.create_task(_wait_for_eof(stdin, ended))
        await ended.wait()
        watch.cancel()


async def _open(port: int, token: str, team: Team) -> AbstractAsyncContextManager[str]:
    ears, mind, voice = await asyncio.to_thread(parts, team)
    return serve(Settings(token=token, port=port), ears, mind, voice)


async def _stdin() -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=_LINE_LIMIT)
    try:
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
        )
    except ValueError as error:
        raise ConfigError("--settings - wants a pipe as standard input") from error
    return reader


def _startup(line: bytes) -> Startup:
    try:
        return msgspec.json.decode(line, type=Startup)
    except msgspec.DecodeError as error:
        raise ConfigError(f"--settings -: the line is not right: {error}") from error


async def _wait_for_eof(stdin: asyncio.StreamReader, ended: asyncio.Event) -> None:
    while await stdin.read(_LINE_LIMIT):
        pass  # nothing more is said after the first line
    ended.set()


def _configured_team() -> Team:
    settings = config.load()
    members = tuple(Member(name=m.name, aliases=m.aliases) for m in settings.team.members)
    return Team(members=members, words=settings.offline.words, voice=settings.offline.voice)


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
