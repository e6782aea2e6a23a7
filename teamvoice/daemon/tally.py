"""What the journal's turns came to: tokens and dollars, by day, month or model. Pure.

What was spent belongs to the day on which the provider told it, and a turn to the one on which it
ended. Turns of older journals have what they cost in their own records alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Record = dict[str, Any]

TOKENS = ("text_in", "audio_in", "cached_text_in", "cached_audio_in", "text_out", "audio_out")
DOLLARS = (*TOKENS, "transcription")


def ended_at(record: Record) -> float:
    """The Unix time at which a turn ended, or something was spent; 0.0 when not told."""
    try:
        return datetime.fromisoformat(record["time"]).timestamp()
    except (KeyError, ValueError):
        return 0.0


def day_of(record: Record) -> str:
    """The person's own date of that, as ``2026-01-31``; empty when not told."""
    try:
        return datetime.fromisoformat(record["time"]).astimezone().date().isoformat()
    except (KeyError, ValueError):
        return ""


GROUPS: dict[str, Callable[[Record], str]] = {
    "day": day_of,
    "month": lambda record: day_of(record)[:7],
    "model": lambda record: record.get("model") or "not recorded",
}


@dataclass
class Tally:
    """What some turns came to.

    Args:
        turns: How many, news that was told aside.
        spoken_ms: How much speech was sent.
        tokens: By modality; the cached ones are a part of those that went in.
        dollars: By modality, as far as known; here what went in is without its cached part.
        total_usd: Dollars, as far as known.
        unknown: By model whose price is not known, how many responses and transcriptions are not
            wholly in the sums; of older journals, how many turns.
    """

    turns: int = 0
    spoken_ms: int = 0
    tokens: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TOKENS, 0))
    dollars: dict[str, float] = field(default_factory=lambda: dict.fromkeys(DOLLARS, 0.0))
    total_usd: float = 0.0
    unknown: dict[str, int] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        """Count one more turn, or what was spent."""
        self.turns += record["kind"] == "turn"
        self.spoken_ms += record.get("sent_ms", 0)
        if record.get("itemised"):
            return
        for usage in record.get("usage", ()):
            for name in TOKENS:
                self.tokens[name] += usage.get(name, 0)
        parts = record.get("dollars", {})
        for name, usd in parts.items():
            self.dollars[name] += usd or 0.0
        self.total_usd += spent_on(record)
        for model in unpriced(record):
            self.unknown[model] = self.unknown.get(model, 0) + 1

    @property
    def cached_share(self) -> float | None:
        """How much of what went in was cached, from 0 to 1; None when nothing went in."""
        went_in = self.tokens["text_in"] + self.tokens["audio_in"]
        cached = self.tokens["cached_text_in"] + self.tokens["cached_audio_in"]
        return cached / went_in if went_in else None

    def as_json(self) -> dict[str, Any]:
        """For ``--json``; a sum that lacks something is null, and ``at_least_usd`` has it."""
        share = self.cached_share
        return {
            "turns": self.turns,
            "spoken_s": round(self.spoken_ms / 1000, 1),
            "tokens": self.tokens,
            "cached_share": None if share is None else round(share, 4),
            "dollars": {name: round(usd, 6) for name, usd in self.dollars.items()},
            "total_usd": None if self.unknown else round(self.total_usd, 6),
            "at_least_usd": round(self.total_usd, 6),
            "price_not_known": self.unknown,
        }


def tallies(records: Iterable[Record], by: str, since: float = 0.0) -> dict[str, Tally]:
    """Tallies by day, month or model, in order.

    Args:
        records: Records of the journal, of any kind.
        by: One of :data:`GROUPS`.
        since: The Unix time from which on they count.
    """
    found: dict[str, Tally] = {}
    for record in records:
        if record.get("kind") in {"turn", "news", "spent"} and ended_at(record) >= since:
            found.setdefault(GROUPS[by](record), Tally()).add(record)
    return dict(sorted(found.items()))


def together(parts: Iterable[Tally]) -> Tally:
    """The sum of tallies."""
    total = Tally()
    for part in parts:
        total.turns += part.turns
        total.spoken_ms += part.spoken_ms
        total.total_usd += part.total_usd
        for name, count in part.tokens.items():
            total.tokens[name] += count
        for name, usd in part.dollars.items():
            total.dollars[name] += usd
        for model, count in part.unknown.items():
            total.unknown[model] = total.unknown.get(model, 0) + count
    return total


def spent_on(record: Record) -> float:
    """Dollars of a record, as far as known, that no other record has."""
    if record.get("itemised"):
        return 0.0
    parts = record.get("dollars")
    if parts is None:  # of a version that kept the sum alone
        return float(record.get("cost_usd") or 0.0)
    return float(sum(filter(None, parts.values())))


def unpriced(record: Record) -> set[str]:
    """The models whose price was not known when a record was written down."""
    parts = record.get("dollars")
    if parts is None:
        billed = record.get("usage") and record.get("cost_usd") is None
        return {record.get("model") or "not recorded"} if billed else set()
    unknown = {name for name in parts if parts[name] is None}
    models = {record.get("transcriber", "")} if "transcription" in unknown else set()
    return models | ({record.get("model", "")} if unknown - {"transcription"} else set())
