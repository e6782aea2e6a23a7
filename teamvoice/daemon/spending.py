"""What is spent, as it is spent: prices what the provider tells of, and knows which day it is.

It is written down at once, for the day on which it was told: so a daemon that is killed, or a price
that becomes known after its turn is written down, changes no sum.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from teamvoice.conversation.events import (
    Event,
    ResponseEnded,
    SpeechTranscribed,
    Spent,
    Transcribed,
    Usage,
)
from teamvoice.daemon.cost import Tariff, at_least
from teamvoice.daemon.journal import Record, read_since
from teamvoice.daemon.records import spent_record
from teamvoice.daemon.tally import day_of, spent_on

_TWO_DAYS_S = 2 * 86_400


def local_now() -> datetime:
    """Now, in the person's own time zone."""
    return datetime.now(UTC).astimezone()


class Spending:
    """Reports to the conversation what was spent.

    Args:
        tariff: The prices in force.
        journal: Where that is what was spent before this daemon.
        write_down: Takes the record of what was spent.
        now: The wall clock, with its time zone.
    """

    def __init__(
        self,
        tariff: Tariff,
        journal: Path,
        write_down: Callable[[Record], object],
        now: Callable[[], datetime] = local_now,
    ) -> None:
        self._tariff = tariff
        self._journal = journal
        self._write_down = write_down
        self._now = now
        self._day = ""
        self._before: dict[str, float] = {}  # what days came to before this daemon, until told

    def read(self, at: float) -> Spent:
        """What was spent today already, from the journal; blocks while it is read.

        What other days came to is kept: a clock that is set comes to a day that was before.
        """
        now = self._now()
        self._day = now.date().isoformat()
        # Whole days before: where midnight was is not sure when the clock changed since.
        for record in read_since(self._journal, now.timestamp() - _TWO_DAYS_S):
            day = day_of(record)
            self._before[day] = self._before.get(day, 0.0) + spent_on(record)
        return self._come_to(self._day, at)

    def look(self, at: float) -> Spent | None:
        """Tell that a day has begun, if one has since the last look, and what is known of it."""
        day = self._now().date().isoformat()
        if day == self._day:
            return None
        self._day = day
        return self._come_to(day, at)

    def of(self, event: Event) -> Spent | None:
        """What an event of the provider's says was spent, as far as its price is known."""
        match event:
            case ResponseEnded(usage=usage) if usage != Usage():
                return self._spend(event.at, [usage], [])
            case SpeechTranscribed(usage=took) if took:
                return self._spend(event.at, [], [took])
        return None

    def _spend(self, at: float, usage: list[Usage], took: list[Transcribed]) -> Spent | None:
        now = self._now()
        self._write_down(spent_record(usage, took, now, self._tariff))
        usd = at_least(self._tariff.dollars(usage, took).values())
        return Spent(at=at, day=now.date().isoformat(), usd=usd) if usd else None

    def _come_to(self, day: str, at: float) -> Spent:
        return Spent(at=at, day=day, usd=self._before.pop(day, 0.0))
