"""``ask`` and ``status``: answered by the daemon that runs."""

from __future__ import annotations

import argparse
import os
from typing import Any

from teamvoice.cli.client import request
from teamvoice.cli.output import console, write, write_json
from teamvoice.cli.parser import Subparsers, add_command, add_json
from teamvoice.daemon.records import ASK_LIMIT
from teamvoice.errors import NoDaemon, TeamvoiceError, UsageError
from teamvoice.service.manager import WAITING


def add_parsers(subparsers: Subparsers) -> None:
    """Add the parsers of ``ask`` and ``status``."""
    ask = add_command(
        subparsers,
        "ask",
        "Take a turn by typing it. Waits for the answer and prints what was done for it.\n"
        "Exit code 1 when the turn was not answered.",
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
    turn = request({"do": "ask", "text": _words(args)}, within=None)["turn"]
    if args.json:
        write_json(turn)
    else:
        from teamvoice.cli.turns import turn_text

        console().print(turn_text(turn))
    return 0 if turn.get("outcome") == "answered" else 1


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
    from teamvoice.cli.waybar import OFF

    try:
        write(_asked().get("line", ""))
    except NoDaemon as error:
        if not (reason := _service_waits_for()):
            write(OFF["text"])
            raise
        write(f"{WAITING}{reason}")
        return error.exit_code
    return 0


def _waybar() -> int:
    """Also with no daemon: Waybar hides a module whose command fails."""
    from teamvoice.cli.waybar import OFF, waiting, waybar

    try:
        write_json(waybar(_asked()))
    except NoDaemon:
        reason = _service_waits_for()
        write_json(waiting(reason) if reason else OFF)
    return 0
