from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from teamvoice import config
from teamvoice.conversation.events import Transcribed, Usage
from teamvoice.conversation.turn import Turn
from teamvoice.daemon.cost import Tariff
from teamvoice.daemon.records import spent_record, turn_record
from teamvoice.daemon.tally import Tally, day_of, spent_on, tallies, together

USAGE = Usage(text_in=1000, audio_in=50, cached_text_in=400, cached_audio_in=20, audio_out=100)
USD = (600 * 4 + 30 * 32 + 420 * 0.4 + 100 * 64) / 1_000_000 + 0.0045 / 60


@pytest.fixture(autouse=True)
def new_zealand(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A person whose day begins eleven or twelve hours before that of UTC."""
    monkeypatch.setenv("TZ", "NZST-12")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def record(when: str, model: str = "gpt-realtime-2.1", **turn: Any) -> dict[str, Any]:
    """As before what was spent had records of its own."""
    kept = itemised(when, model, **turn)
    del kept["itemised"]
    return kept


def tariff(model: str = "gpt-realtime-2.1") -> Tariff:
    return Tariff(config.Config(provider=config.Provider(model=model)), "openai")


def at(when: str) -> datetime:
    return datetime.fromisoformat(when).replace(tzinfo=UTC)


def itemised(when: str, model: str = "gpt-realtime-2.1", **turn: Any) -> dict[str, Any]:
    whole = Turn(1, 0.0, usage=(USAGE,), transcribed=(Transcribed(seconds=1.0),), sent_ms=1000)
    return turn_record(
        Turn(**{**{name: getattr(whole, name) for name in Turn.__slots__}, **turn}),
        at(when),
        tariff(model),
    )


DAYS = [
    record("2026-01-30T11:59"),  # the 30th, a minute before midnight
    record("2026-01-30T12:00"),  # the 31st
    record("2026-01-31T01:00", news="The PM waits."),
    {"kind": "gap", "missed": 3},
    record("2026-01-31T12:00", model="mine"),  # the 1st of February
]


def test_a_day_is_the_persons_own() -> None:
    assert [day_of(kept) for kept in DAYS if "time" in kept] == [
        "2026-01-30", "2026-01-31", "2026-01-31", "2026-02-01",
    ]  # fmt: skip
    assert os.environ["TZ"] == "NZST-12"


def test_turns_are_counted_by_day_month_and_model() -> None:
    assert {key: part.turns for key, part in tallies(DAYS, "day").items()} == {
        "2026-01-30": 1, "2026-01-31": 1, "2026-02-01": 1,
    }  # fmt: skip
    assert {key: part.turns for key, part in tallies(DAYS, "month").items()} == {
        "2026-01": 2, "2026-02": 1,
    }  # fmt: skip
    assert {key: part.turns for key, part in tallies(DAYS, "model").items()} == {
        "gpt-realtime-2.1": 2, "mine": 1,
    }  # fmt: skip
    midnight = datetime(2026, 1, 30, 12, tzinfo=UTC).timestamp()
    assert list(tallies(DAYS, "day", since=midnight)) == ["2026-01-31", "2026-02-01"]


def test_tokens_and_dollars_add_up_and_news_counts() -> None:
    day = tallies(DAYS, "day")["2026-01-31"]
    assert day.tokens["cached_text_in"] == 800
    assert day.cached_share == pytest.approx(420 / 1050)
    assert day.spoken_ms == 2000
    assert day.total_usd == pytest.approx(2 * USD)
    assert sum(day.dollars.values()) == pytest.approx(2 * USD)
    assert day.as_json()["total_usd"] == pytest.approx(2 * USD, abs=1e-6)


def test_what_is_spent_counts_when_it_is_told_and_once() -> None:
    """The turn goes over midnight, and one transcript's price is told when it is over."""
    kept = [
        spent_record([USAGE], [], at("2026-01-30T11:59"), tariff()),
        itemised("2026-01-30T12:00"),
        spent_record([], [Transcribed(seconds=1.0)], at("2026-01-30T12:01"), tariff()),
        spent_record([USAGE], [], at("2026-01-30T12:02"), tariff("mine")),
    ]
    before, after = tallies(kept, "day").values()
    assert (before.turns, after.turns) == (0, 1)
    assert before.tokens == after.tokens
    assert before.total_usd == pytest.approx(USD - 0.0045 / 60)
    assert after.total_usd == pytest.approx(0.0045 / 60)
    assert sum(map(spent_on, kept)) == pytest.approx(USD)
    assert together([before, after]).unknown == {"mine": 1}


def test_what_is_not_known_is_said_and_is_no_zero() -> None:
    total = together(tallies(DAYS, "day").values())
    assert total.unknown == {"mine": 1}
    found = total.as_json()
    assert found["total_usd"] is None
    assert found["price_not_known"] == {"mine": 1}
    assert found["at_least_usd"] == pytest.approx(3 * USD + 0.0045 / 60, abs=1e-6)


def test_an_unknown_transcription_names_the_model_that_wrote_it() -> None:
    kept = record("2026-01-30T12:00")
    kept["dollars"]["transcription"] = None
    tally = Tally()
    tally.add(kept)
    assert tally.unknown == {"gpt-transcribe": 1}


def test_records_from_before_there_were_dollars_by_modality_count() -> None:
    kept = {"kind": "turn", "time": "2026-01-30T12:00:00+00:00", "usage": [{}], "cost_usd": 0.5}
    assert spent_on(kept) == 0.5
    tally = Tally()
    tally.add(kept)
    tally.add({**kept, "cost_usd": None})
    assert tally.total_usd == 0.5
    assert tally.unknown == {"not recorded": 1}


def test_of_nothing_there_is_nothing_to_share() -> None:
    assert together([]).cached_share is None
    assert tallies([], "day") == {}
