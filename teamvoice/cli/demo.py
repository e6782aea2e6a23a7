"""``teamvoice demo``: the whole of it at once, on stand-in agents."""

from __future__ import annotations

import argparse
import importlib

from teamvoice.cli.parser import Subparsers, add_command, add_json


def add_parsers(subparsers: Subparsers) -> None:
    """Add the parser of ``demo``."""
    parser = add_command(
        subparsers,
        "demo",
        "Show all of teamvoice with nothing but this machine: a tmux server of its own with two\n"
        "stand-in agents, the daemon, and the offline server. With a display and a microphone\n"
        "you hold the key and speak; otherwise a synthesised voice speaks four commands.\n"
        "Exit code 0 only if every turn was heard and answered.",
        "teamvoice demo\n"
        "teamvoice demo --say 'tell the developer to run the tests' --say 'stop the developer'\n"
        "teamvoice demo --keep --json",
    )
    parser.add_argument(
        "--say", action="append", metavar="TEXT", help="have this spoken instead (repeatable)"
    )
    parser.add_argument("--keep", action="store_true", help="leave the tmux server running")
    add_json(parser, "one object a turn")


def run(args: argparse.Namespace) -> int:
    """Give the demonstration."""
    show = importlib.import_module("teamvoice.demo.show")
    return int(show.run(args.say, keep=args.keep, as_json=args.json))
