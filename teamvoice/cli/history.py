"""``teamvoice history``: the journal, read from its files; no daemon is needed."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from teamvoice import config
from teamvoice.cli.output import console, plain, write, write_json
from teamvoice.cli.parser import Subparsers, add_command, add_json
from teamvoice.cli.since import add_since
from teamvoice.daemon.journal import follow, journal_path, newest_first, read_last
from teamvoice.daemon.recordings import RATE, kept, name_of, names_kept, read
from teamvoice.daemon.records import is_step, worth_showing
from teamvoice.daemon.tally import ended_at
from teamvoice.errors import TeamvoiceError, UsageError

Record = dict[str, Any]

LOOK_AGAIN_S = 0.25
LAST = 20  # turns, when nothing says since when
STRAYS = 1000  # records older than is looked for, in a row, that may be a clock's that was wrong
_KEEP = "journal.keep_audio = true keeps the sound of turns that come"

_SAID = ("heard", "spoken", "news", "trouble", "calls", "name", "arguments", "result")


@dataclass(frozen=True, slots=True)
class Search:
    """Which records are looked for.

    Args:
        words: Each must be in what was said, done or answered; case does not count.
        since: The Unix time at which a turn ended, at the earliest.
    """

    words: tuple[str, ...] = ()
    since: float = 0.0

    def finds(self, record: Record) -> bool:
        """Whether the record is one of them."""
        if self._is_before(record):
            return False
        said = [record[key] for key in _SAID if key in record] if self.words else ()
        text = json.dumps(said, ensure_ascii=False).casefold()
        return all(word in text for word in self.words)

    def among(self, newest_first: Iterable[Record]) -> Iterator[Record]:
        """Those of the records that are worth showing, as far back as one can be."""
        before = 0
        for record in worth_showing(newest_first):
            before = before + 1 if self._is_before(record) else 0
            if before > STRAYS:
                return
            if self.finds(record):
                yield record

    def _is_before(self, record: Record) -> bool:
        return bool(self.since) and ended_at(record) < self.since


def add_parsers(subparsers: Subparsers) -> None:
    """Add the parser of ``history``."""
    parser = add_command(
        subparsers,
        "history",
        "Show the last turns: what was heard, what was done and became of it, what was said, how\n"
        "long it took and what it cost. Words show those in which all of them are found.",
        "teamvoice history -n 3\nteamvoice history --since yesterday login\n"
        "teamvoice history --replay last\nteamvoice history --json | jq -r .heard",
    )
    parser.add_argument("words", nargs="*", metavar="WORD", help="what to look for")
    parser.add_argument(
        "-n", type=_count, metavar="N", help=f"how many (default: {LAST}, with --since all)"
    )
    add_since(parser)
    parser.add_argument("-f", "--follow", action="store_true", help="go on with what comes")
    parser.add_argument(
        "--replay",
        metavar="TURN",
        help="play the sound of a turn: last, or the name that is shown beside one whose sound is "
        "kept (journal.keep_audio)",
    )
    add_json(parser, "one object a line")


def run(args: argparse.Namespace) -> int:
    """Show the journal, or play a turn of it."""
    show: Callable[[Record], None] = write_json if args.json else _shower()
    if args.replay and args.follow:
        raise UsageError("--replay plays one turn, and cannot follow", "teamvoice history --help")
    if args.replay:
        return _replay(args, show)
    count = 0
    for count, record in enumerate(_found(args), 1):  # noqa: B007 - how many there were
        show(record)
    if not count and (args.words or args.since) and args.n != 0:
        sys.stderr.write("teamvoice: no turn is found of which that is true\n")
    return 0


def _found(args: argparse.Namespace) -> Iterable[Record]:
    path = journal_path()
    search = _search(args)
    count: int = args.n if args.n is not None else sys.maxsize if args.since else LAST
    if args.follow:
        return _followed(path, count, search)
    found = islice(search.among(newest_first(path)), count)
    # They may be all that there is, and as text they take a sixth of the memory.
    texts = [msgspec.json.encode(record) for record in found]
    return (msgspec.json.decode(text) for text in reversed(texts))


def _search(args: argparse.Namespace) -> Search:
    words = tuple(word.casefold() for word in args.words)
    return Search(words, args.since.timestamp() if args.since else 0.0)


def _followed(path: Path, count: int, search: Search) -> Iterator[Record]:
    """As they come; of a call that writes, its turn tells, or that it is not known how it ended."""
    records = follow(path, lambda: time.sleep(LOOK_AGAIN_S), count, search.among)
    return (record for record in records if not is_step(record) and search.finds(record))


def _replay(args: argparse.Namespace, show: Callable[[Record], None]) -> int:
    """Show the turn, then play what was said and what was heard of the answer."""
    import asyncio

    from teamvoice.daemon.soundcheck import sound

    record = _to_replay(args)
    files = kept(record)
    if not files:
        why = "it was not kept, or has gone since: it was too old, or there was too much of it"
        raise TeamvoiceError(f"there is no sound of that turn: {why}", _KEEP)
    sounds = {side: read(file) for side, file in files.items()}
    show(record)
    for side, pcm in sounds.items():
        sys.stderr.write(f"teamvoice: playing {side}, {len(pcm) / RATE / 2:.1f} s\n")
        asyncio.run(sound(config.load(), pcm))
    return 0


def _to_replay(args: argparse.Namespace) -> Record:
    search, is_last = _search(args), args.replay == "last"
    names = names_kept() if is_last else {args.replay}

    def wanted(records: Iterable[Record]) -> Iterator[Record]:
        return (record for record in search.among(records) if name_of(record) in names)

    found = read_last(journal_path(), 1, wanted) if names else []
    if not found and is_last:
        where = " with these words" if args.words else ""
        raise TeamvoiceError(f"no turn{where} is found of which the sound is kept", _KEEP)
    if not found:
        raise UsageError(f'there is no turn "{plain(args.replay)}"', "teamvoice history")
    return found[0]


def _shower() -> Callable[[Record], None]:
    """Shows a record, under its day when that is another one."""
    from rich.text import Text

    from teamvoice.cli.turns import day_text, record_text

    screen, shown = console(), ""

    def put(text: Text) -> None:
        if screen.is_terminal:
            screen.print(text)
        else:
            write(text.plain)  # to lay a line out takes ten times as long as to make it
            sys.stdout.flush()  # who follows sees it now

    def show(record: Record) -> None:
        nonlocal shown
        day = day_text(record)
        if day and day != shown:
            put(Text(day, style="dim"))
            shown = day
        text = record_text(record)
        if files := kept(record):
            text.append(f", kept {name_of(record)} ({' and '.join(files)})", style="dim")
        put(text)

    return show


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of turns")
    return min(int(text), sys.maxsize)
