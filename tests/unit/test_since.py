from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from teamvoice.cli.since import moment

ZONE = timezone(timedelta(hours=2))
NOW = datetime(2026, 3, 1, 9, 30, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("text", "then"),
    [
        ("90m", "2026-03-01T08:00:00+02:00"),
        ("2h", "2026-03-01T07:30:00+02:00"),
        ("3d", "2026-02-26T09:30:00+02:00"),
        ("1w", "2026-02-22T09:30:00+02:00"),
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00+00:00"),
    ],
)
def test_a_span_counts_back_and_a_time_is_itself(text: str, then: str) -> None:
    assert moment(text, NOW).isoformat() == then


@pytest.mark.parametrize(
    ("text", "day"), [("today", 1), ("yesterday", 28), ("2026-03-01", 1), ("2026-02-28", 28)]
)
def test_a_day_begins_at_the_persons_own_midnight(text: str, day: int) -> None:
    then = moment(text, NOW)
    assert then == datetime(2026, 3 if day == 1 else 2, day).astimezone()
    assert then.tzinfo


@pytest.mark.parametrize("text", ["", "x", "2", "h", "-2h", "2y", "2026-13-01", "99999999w"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises((ValueError, OverflowError)):
        moment(text, NOW)
