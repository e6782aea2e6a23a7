"""``teamvoice usage``: what the turns in the journal came to; no daemon is needed."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from teamvoice.cli.output import console, plain, write, write_json
from teamvoice.cli.parser import Subparsers, add_command, add_json
from teamvoice.cli.since import add_since
from teamvoice.daemon.journal import journal_path, read_since
from teamvoice.daemon.tally import GROUPS, Tally, tallies, together

if TYPE_CHECKING:  # rich takes its time, and --json needs none of it
    from rich.table import Table

_COLUMNS = {
    "text_in": "text in",
    "audio_in": "audio in",
    "text_out": "text out",
    "audio_out": "audio out",
}


def add_parsers(subparsers: Subparsers) -> None:
    """Add the parser of ``usage``."""
    parser = add_command(
        subparsers,
        "usage",
        "Count turns, tokens and dollars in the journal: one line of tokens, and one of dollars.\n"
        "A sum in which a price is missing is shown with a + behind it.",
        "teamvoice usage --since 2026-01-01 --by month\nteamvoice usage --json",
    )
    parser.add_argument("--by", choices=list(GROUPS), default="day", help="default: day")
    add_since(parser)
    add_json(parser, "one object")


def run(args: argparse.Namespace) -> int:
    """Count and show."""
    begin = args.since.timestamp() if args.since else 0.0
    found = tallies(read_since(journal_path(), begin), args.by, begin)
    if args.json:
        parts = {name: tally.as_json() for name, tally in found.items()}
        write_json({"by": args.by, "parts": parts, "total": together(found.values()).as_json()})
    elif found:
        _show(found, args.by)
    else:
        write("no turns in the journal" + (f" since {args.since:%Y-%m-%d %H:%M}" if begin else ""))
    return 0


def _show(found: dict[str, Tally], by: str) -> None:
    rows = {plain(name): tally for name, tally in found.items()}
    total = together(found.values())
    if len(rows) > 1:
        rows["in all"] = total
    screen = console()
    screen.print(_tokens(rows, by))
    screen.print()
    screen.print(_dollars(rows, by))
    for model, count in total.unknown.items():
        write(f"the price of {model} is not known: {count} of its uses are not wholly in the sums")
    if total.unknown:
        write("docs/costs.md says how to add a price")


def _tokens(rows: dict[str, Tally], by: str) -> Table:
    table = _table(by, "turns", "spoken", *_COLUMNS.values(), "cached")
    for name, tally in rows.items():
        share = tally.cached_share
        table.add_row(
            name,
            str(tally.turns),
            f"{tally.spoken_ms / 1000:.0f} s",
            *(f"{tally.tokens[key]:,}" for key in _COLUMNS),
            "" if share is None else f"{share:.0%} of in",
        )
    return table


def _dollars(rows: dict[str, Tally], by: str) -> Table:
    headings = ("text in", "audio in", "cached in", "text out", "audio out", "transcription", "$")
    table = _table(by, *headings)
    for name, tally in rows.items():
        usd = tally.dollars
        cached = usd["cached_text_in"] + usd["cached_audio_in"]
        parts = (usd["text_in"], usd["audio_in"], cached, usd["text_out"], usd["audio_out"])
        shown = [f"{part:.4f}" for part in (*parts, usd["transcription"])]
        table.add_row(name, *shown, f"{tally.total_usd:.4f}{'+' if tally.unknown else ''}")
    return table


def _table(first: str, *others: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(first)
    for heading in others:
        table.add_column(heading, justify="right")
    return table
