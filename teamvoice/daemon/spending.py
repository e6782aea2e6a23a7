"""What is spent, as it is spent: prices what the provider tells of, and knows which day it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from teamvoice.conversation.events import Event, ResponseEnded, SpeechTranscribed, Spent
from teamvoice.daemon.cost import Tariff, at_least
from teamvoice.daemon.journal import read_since
from teamvoice.daemon.tally import day_of, spent_on

_TWO_DAYS_S = 2 * 86_400


def local_now() -> datetime:
    """Now, in the person's own time zone."""
    return datetime.now(UTC).astimezone()


class Spending:
    """Reports to the conversation what was spent.

    Args:
        tariff: The prices in force.
        journal: Where the turns of the day are that were before this daemon.
        now: The wall clock, with its time zone.
    """

    def __init__(
        self, tariff: Tariff, journal: Path, now: Callable[[], datetime] = local_now
    ) -> None:
        self._tariff = tariff
        self._journal = journal
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
            case ResponseEnded(usage=usage):
                parts = self._tariff.dollars([usage])
            case SpeechTranscribed(usage=took) if took:
                parts = self._tariff.dollars([], [took])
            case _:
                return None
        usd = at_least(parts.values())
        return Spent(at=event.at, day=self._now().date().isoformat(), usd=usd) if usd else None

    def _come_to(self, day: str, at: float) -> Spent:
        return Spent(at=at, day=day, usd=self._before.pop(day, 0.0))
