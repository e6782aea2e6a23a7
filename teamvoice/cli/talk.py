"""``teamvoice talk`` and ``watch``: the terminal face."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterator
from typing import Any

from teamvoice.cli.parser import Subparsers, add_command
from teamvoice.errors import MissingPart, TeamvoiceError, UsageError, install

PAST = 10  # turns to begin with


def add_parsers(subparsers: Subparsers) -> None:
    """Add the parsers of ``talk`` and ``watch``."""
    add_command(
        subparsers,
        "talk",
        "Talk to your team in this terminal: who does what, the conversation as it is heard and\n"
        "spoken, every tool call with its receipt, levels and cost. SPACE starts and stops, M\n"
        "mutes, C cancels, T types a turn, Y confirms, a digit answers the selected member's\n"
        "question, Enter looks closer, Q quits. With no daemon it runs one of its own.",
        "teamvoice talk\ntmux display-popup -w 80 -h 24 -E teamvoice talk",
    )
    add_command(
        subparsers,
        "watch",
        "The same picture, read-only: Q quits, Enter looks closer at a member.",
        "teamvoice watch",
    )


def run(args: argparse.Namespace) -> int:
    """Show the face until it is quit."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(f"{args.command} needs a terminal", "teamvoice status --json")
    try:
        from teamvoice.ui.face import Face
    except ImportError as error:
        raise MissingPart(f"the terminal face needs {error.name}", install("tui")) from error
    if args.command == "watch":
        past, word = _past()
        Face(read_only=True, word=word, past=past).run()
    else:
        asyncio.run(_talk(Face))
    return 0


async def _talk(face: type) -> None:
    from teamvoice.ui.host import a_daemon

    sys.stderr.write("teamvoice: looking for the daemon …\n")
    async with a_daemon() as word:
        past, trouble = _past()
        await face(word=trouble or word, past=past).run_async()


def _past() -> tuple[list[dict[str, Any]], str]:
    """The last turns of the journal, oldest first, or why there are none to be had.

    A popup is opened and closed all day.
    """
    from teamvoice.daemon.journal import journal_path, read_last
    from teamvoice.daemon.records import worth_showing

    def turns(newest: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        return (one for one in worth_showing(newest) if one.get("kind") in {"turn", "news"})

    try:
        return read_last(journal_path(), PAST, turns), ""
    except (TeamvoiceError, OSError) as error:
        return [], f"what was said before cannot be shown: {error}"
