"""``teamvoice history``: the journal, read from its file; no daemon is needed."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from teamvoice.cli.output import console, write_json
from teamvoice.cli.parser import Subparsers, add_command, add_json
from teamvoice.daemon.journal import follow, journal_path, read_last
from teamvoice.daemon.records import is_step, worth_showing

LOOK_AGAIN_S = 0.25


def add_parsers(subparsers: Subparsers) -> None:
    """Add the parser of ``history``."""
    parser = add_command(
        subparsers,
        "history",
        "Show the last turns: what was heard, what was done and became of it, what was said.",
        "teamvoice history -n 3\nteamvoice history --json | jq -r .heard",
    )
    parser.add_argument("-n", type=_count, default=20, metavar="N", help="how many (default: 20)")
    parser.add_argument("-f", "--follow", action="store_true", help="go on with what comes")
    add_json(parser, "one object a line")


def run(args: argparse.Namespace) -> int:
    """Show the journal."""
    show: Callable[[Any], None] = write_json if args.json else _shower()
    path = journal_path()
    records = _followed(path, args.n) if args.follow else read_last(path, args.n, worth_showing)
    for record in records:
        show(record)
    return 0


def _followed(path: Path, count: int) -> Iterator[dict[str, Any]]:
    """As they come; of a call that writes, its turn tells, or that it is not known how it ended."""
    records = follow(path, lambda: time.sleep(LOOK_AGAIN_S), count, worth_showing)
    return (record for record in records if not is_step(record))


def _shower() -> Callable[[dict[str, Any]], None]:
    from teamvoice.cli.turns import record_text

    screen = console()
    return lambda record: screen.print(record_text(record))


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of turns")
    return int(text)
