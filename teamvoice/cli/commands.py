"""Which commands there are, and which module to import when one of them is called.

A module of commands offers ``add_parsers(subparsers)``, which adds a parser for each of its
commands and does nothing else, and ``run(args) -> int``, where ``args.command`` is the name.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any, NamedTuple

from teamvoice import __version__
from teamvoice.cli.parser import Parser, Subparsers


class Command(NamedTuple):
    """Where a command is, and what ``teamvoice --help`` says of it."""

    module: str
    summary: str


_TEAM = "teamvoice.cli.team_commands"
_DAEMON = "teamvoice.cli.daemon_commands"

COMMANDS = {
    "run": Command("teamvoice.cli.run", "run the daemon in this terminal"),
    "demo": Command("teamvoice.cli.demo", "see it work: a small team, spoken to"),
    "init": Command("teamvoice.cli.init", "set it up: find your agents, try the microphone"),
    "doctor": Command("teamvoice.cli.doctor", "what a spoken turn needs, looked at part by part"),
    "talk": Command("teamvoice.cli.talk", "the terminal face: talk, see, answer"),
    "chat": Command("teamvoice.cli.chat", "hands-free: just speak"),
    "watch": Command("teamvoice.cli.talk", "the terminal face, to look at only"),
    "ptt": Command("teamvoice.cli.ptt", "act as the push-to-talk key"),
    "keys": Command("teamvoice.cli.keys_commands", "bind a key of the desktop's, or of tmux"),
    "ask": Command(_DAEMON, "take a turn by typing it"),
    "status": Command(_DAEMON, "link, key, microphone, costs, members, last turn"),
    "team": Command(_TEAM, "the members, their panes and what they do"),
    "send": Command(_TEAM, "put a message into a member's prompt"),
    "read": Command(_TEAM, "read what is on a member's screen"),
    "answer": Command(_TEAM, "answer the question that a member waits on"),
    "held": Command(_TEAM, "messages that wait until their member is idle"),
    "interrupt": Command(_TEAM, "stop what a member is doing"),
    "history": Command("teamvoice.cli.history", "what was said and done"),
    "usage": Command("teamvoice.cli.usage", "what it came to, in tokens and in dollars"),
    "devices": Command("teamvoice.cli.devices", "microphones and speakers"),
    "voices": Command("teamvoice.cli.voices", "the voices, and what they sound like"),
    "offline-server": Command("teamvoice.cli.offline_server", "the offline server on its own"),
    "service": Command("teamvoice.cli.service", "start the daemon at login"),
    "config": Command("teamvoice.cli.config_commands", "show, check or find the configuration"),
}

_EXIT_CODES = """\
examples:
  teamvoice run                    start the daemon, then hold the key and speak
  teamvoice ask who needs me       the same, typed
  teamvoice send developer "run the tests"

exit codes: 0 done; 1 refused, unconfirmed or failed; 2 usage or configuration;
3 the machine lacks something; 4 no daemon
"""


def run(words: list[str]) -> int:
    """Run the command that the words name.

    Raises:
        TeamvoiceError: Whatever the command raises.
    """
    parser, subparsers = _parser()
    name = words[0] if words else "--help"
    try:
        if name.startswith("-"):
            return _without_command(parser, subparsers, words)
        if name not in COMMANDS:
            parser.error(f'there is no command "{name}".{_nearest(name)}')
        module = importlib.import_module(COMMANDS[name].module)
        if hasattr(module, "run_words"):  # its words are for another parser
            return int(module.run_words(words[1:]))
        module.add_parsers(subparsers)
        args, unknown = parser.parse_known_args(words)
        if unknown:
            subparsers.choices[name].error(f"unrecognized arguments: {' '.join(unknown)}")
        return int(module.run(args))
    except SystemExit as end:  # argparse's way to end after --help, or an error that it told
        return int(end.code or 0)


def _parser() -> tuple[Parser, Subparsers]:
    import argparse

    parser = Parser(
        prog="teamvoice",
        description="Talk to the coding agents in your tmux panes.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"teamvoice {__version__}")
    subparsers = parser.add_subparsers(
        title="commands", dest="command", metavar="COMMAND", parser_class=Parser
    )
    return parser, subparsers


def _without_command(parser: Parser, subparsers: Subparsers, words: list[str]) -> int:
    for name, command in COMMANDS.items():
        subparsers.add_parser(name, help=command.summary)
    parser.parse_args(words)  # ends by itself after --help and --version
    if words:
        parser.error("which command?")
    parser.print_help(sys.stderr)
    return 2


def _nearest(name: str) -> Any:
    from teamvoice.config import nearest

    return nearest(name, COMMANDS)
