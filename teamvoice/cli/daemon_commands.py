"""``ask`` and ``status``: answered by the daemon that runs."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
from typing import Any

from teamvoice.cli.client import request
from teamvoice.cli.output import console, plain, write, write_json
from teamvoice.cli.parser import Subparsers, add_command, add_json
from teamvoice.conversation.consent import NOT_DONE
from teamvoice.daemon.records import ASK_LIMIT
from teamvoice.errors import NoDaemon, TeamvoiceError, UsageError
from teamvoice.service.manager import WAITING

_CONFIRM = "teamvoice ptt confirm"
_SEEN = "teamvoice history shows what it has done"


def add_parsers(subparsers: Subparsers) -> None:
    """Add the parsers of ``ask`` and ``status``."""
    ask = add_command(
        subparsers,
        "ask",
        "Take a turn by typing it. Waits for the answer and prints what was done for it, and says\n"
        "meanwhile what waits for your confirmation. Exit code 1 when the turn was not answered,\n"
        "or was not confirmed.",
        'teamvoice ask "tell the developer to run the tests"',
    )
    ask.add_argument("text", nargs="+", metavar="TEXT", help="what you would have said")
    add_json(ask, "the turn as one object, like a line of history --json")
    status = add_command(
        subparsers,
        "status",
        "Show the link, the key, the microphone, the members and the last turn.",
        "teamvoice status\ntmux set -g status-right '#(teamvoice status --line)'",
    )
    shape = status.add_mutually_exclusive_group()
    shape.add_argument("--line", action="store_true", help="one short line, for a status bar")
    shape.add_argument(
        "--waybar", action="store_true", help="one object, for a custom module of Waybar's"
    )
    shape.add_argument("--json", action="store_true", help="print one object, for programs")


def run(args: argparse.Namespace) -> int:
    """Ask the daemon."""
    return _ask(args) if args.command == "ask" else _status(args)


def _ask(args: argparse.Namespace) -> int:
    turn = asyncio.run(_answered(_words(args)))
    if args.json:
        write_json(turn)
    else:
        from teamvoice.cli.turns import turn_text

        console().print(turn_text(turn))
    not_done = any(c.get("result", "").startswith(NOT_DONE) for c in turn.get("calls", ()))
    return 0 if turn.get("outcome") == "answered" and not not_done else 1


async def _answered(text: str) -> dict[str, Any]:
    """The turn of these words, when it is over.

    Raises:
        TeamvoiceError: The daemon's refusal, or it does not answer.
    """
    from teamvoice.ui import wire

    looks_on = asyncio.Event()
    try:
        async with asyncio.TaskGroup() as tasks:
            looking = tasks.create_task(_look_on(looks_on))
            await looks_on.wait()
            turn: dict[str, Any] = (await wire.request(do="ask", text=text))["turn"]
            looking.cancel()
    except ExceptionGroup as group:
        raise group.exceptions[0] from None
    return turn


async def _look_on(looks_on: asyncio.Event) -> None:
    """Say what waits for the person meanwhile, and give up when the daemon says nothing at all."""
    from teamvoice.ui import wire

    async with contextlib.aclosing(wire.watch()) as told:
        was_told = False
        async for message in told:
            if "status" in message:
                was_told = True
                looks_on.set()
            match message.get("event"):
                case "silent":
                    asked = _SEEN if was_told else "nothing was asked"
                    why = f"the daemon does not answer; {asked}"
                    raise TeamvoiceError(why, "end it, and start it again: teamvoice run")
                case "confirm":
                    by = "" if _CONFIRM in message["text"] else f" (or: {_CONFIRM})"
                    sys.stderr.write(f"teamvoice: waits for you: {plain(message['text'])}{by}\n")
    looks_on.set()  # a daemon that has ended: the question itself says so


def _words(args: argparse.Namespace) -> str:
    text = " ".join(args.text)
    if not text.strip():
        raise UsageError("there is nothing to ask", "teamvoice ask who is on the team")
    if len(text) > ASK_LIMIT:
        raise UsageError(
            f"{len(text)} characters are too long for a turn: at most {ASK_LIMIT}",
            "send a long text to a member: teamvoice send MEMBER - < FILE",
        )
    return text


def _status(args: argparse.Namespace) -> int:
    from teamvoice.cli import status_view

    if args.waybar:
        return _waybar()
    if args.line:
        return _line()
    status = _daemon_status()
    if args.json:
        write_json(status)
    else:
        status_view.show(status, console())
    return 0


def _daemon_status() -> dict[str, Any]:
    """What the daemon says; with none, what the service says if it runs and has not begun.

    Raises:
        NoDaemon: Nobody listens, and why, if that is known.
    """
    try:
        return _asked()
    except NoDaemon:
        if reason := _service_waits_for():
            mend = "it begins by itself when that is mended"
            raise NoDaemon(f"the service runs, and waits: {reason}", mend) from None
        raise


def _asked() -> dict[str, Any]:
    status: dict[str, Any] = request({"do": "status"})["status"]
    return status


def _service_waits_for() -> str:
    from teamvoice.service import manager_here

    try:
        return manager_here(os.environ).state().waits_for
    except TeamvoiceError:  # there is no service manager: then it is as with no service
        return ""


def _line() -> int:
    """Always on standard output, that none runs too: a status bar shows nothing else."""
    from teamvoice.cli.waybar import HANGS, OFF

    try:
        write(_asked().get("line", ""))
    except NoDaemon as error:
        if not (reason := _service_waits_for()):
            write(OFF["text"])
            raise
        write(f"{WAITING}{reason}")
        return error.exit_code
    except TeamvoiceError:
        write(HANGS["text"])
        raise
    return 0


def _waybar() -> int:
    """Also with no daemon: Waybar hides a module whose command fails."""
    from teamvoice.cli.waybar import HANGS, OFF, waiting, waybar

    try:
        write_json(waybar(_asked()))
    except NoDaemon:
        reason = _service_waits_for()
        write_json(waiting(reason) if reason else OFF)
    except TeamvoiceError:
        write_json(HANGS)
    return 0
