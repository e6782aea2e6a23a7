"""``--since``: a moment in the past, as people say it."""

from __future__ import annotations

import argparse
import re
from datetime import datetime, timedelta

WHEN = "from then on: 2h, 3d, 1w, today, yesterday, 2026-01-31, 2026-01-31T09:30"

_SPAN = re.compile(r"(\d{1,6}) ?([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DAYS = {"today": 0, "yesterday": 1}


def add_since(parser: argparse.ArgumentParser) -> None:
    """Add ``--since``: None when it is not given, else an aware moment of the person's own time."""
    parser.add_argument("--since", type=_moment, metavar="WHEN", help=WHEN)


def moment(text: str, now: datetime) -> datetime:
    """What is meant by ``2h`` (ago), ``today`` (its midnight), or a date.

    Args:
        text: So many m(inutes), h(ours), d(ays) or w(eeks) before now; ``today``, ``yesterday``; or
            a date, with a time or without, as ISO 8601 writes it.
        now: Aware of its time zone. A date without one is in the machine's own.

    Raises:
        ValueError: It is none of these.
    """
    if span := _SPAN.fullmatch(text):
        return now - timedelta(**{_UNITS[span[2]]: int(span[1])})
    if text in _DAYS:
        day = now.date() - timedelta(days=_DAYS[text])
        return datetime(day.year, day.month, day.day).astimezone()
    then = datetime.fromisoformat(text)
    return then if then.tzinfo else then.astimezone()


def _moment(text: str) -> datetime:
    try:
        return moment(text, datetime.now().astimezone())
    except (ValueError, OverflowError):
        known = "2h, 3d, yesterday or 2026-01-31"
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as {known}") from None
