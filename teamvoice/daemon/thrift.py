"""Whether what is sent again and again is still billed at the cached price. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from teamvoice.conversation.events import Usage

_TURNS = 6  # that are looked at together
_SUBSTANTIAL = 2000  # tokens; what is shorter is not worth caching
_COLLAPSED = 0.4
_RECOVERED = 0.6


def cached_share(turns: Iterable[Sequence[Usage]]) -> float | None:
    """How much of the input of some turns was cached, from 0 to 1; None when there was none."""
    usages = [usage for turn in turns for usage in turn]
    went_in = sum(map(_input, usages))
    cached = sum(usage.cached_text_in + usage.cached_audio_in for usage in usages)
    return cached / went_in if went_in else None


class CacheWatch:
    """Warns once when the cached share collapses, and again only after it has recovered."""

    def __init__(self) -> None:
        self._turns: deque[Sequence[Usage]] = deque(maxlen=_TURNS)
        self._has_warned = False

    def turn(self, usages: Sequence[Usage]) -> str:
        """A turn is over; the warning, or an empty string."""
        if sum(map(_input, usages)) < _SUBSTANTIAL:
            return ""
        self._turns.append(usages)
        share = cached_share(self._turns)
        if share is None or len(self._turns) < _TURNS:
            return ""
        if share >= _RECOVERED:
            self._has_warned = False
        if share >= _COLLAPSED or self._has_warned:
            return ""
        self._has_warned = True
        return (
            f"only {share:.0%} of what went into the last {_TURNS} turns was cached, so they cost "
            "several times as much as they could; docs/costs.md says what may be the matter"
        )


def _input(usage: Usage) -> int:
    return usage.text_in + usage.audio_in
