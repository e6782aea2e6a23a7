"""How long to wait before the next try: exponential, with jitter, pure."""

from __future__ import annotations

from dataclasses import dataclass

_MOST_DOUBLINGS = 64  # beyond it every delay is the longest; a float must not overflow


@dataclass(frozen=True, slots=True)
class Backoff:
    """A policy of waiting. All times are seconds.

    Args:
        first: The longest wait before the first try of an outage.
        most: No wait is longer than this.
        factor: How much longer each wait is than the one before.
        jitter: How much of a wait is left to chance, from 0 to 1, so that many clients of a server
            that comes back do not all come at once.
        patience: A provider that asks to be left alone is left alone for no longer than this.
        steady: A link that was up for this long was well: the next outage starts from the first
            wait. One that ended sooner counts as a try that failed.
    """

    first: float = 0.5
    most: float = 30.0
    factor: float = 2.0
    jitter: float = 0.5
    patience: float = 900.0
    steady: float = 10.0

    def delay(self, tries: int, chance: float, asked: float = 0.0) -> float:
        """How long to wait.

        Args:
            tries: How many tries have failed in a row; the first wait is for 0.
            chance: A number from 0 to 1, drawn by the caller.
            asked: How long the provider asked to be left alone. The wait is never shorter, and
                not at once when that time is over, so that not all clients come in the same moment.
        """
        whole = min(self.most, self.first * self.factor ** min(tries, _MOST_DOUBLINGS))
        return min(asked, self.patience) + whole * (1 - self.jitter * chance)

    def tries_after(self, tries: int, up_for: float) -> int:
        """How many tries in a row have failed, when a link ends that was up for so long."""
        return 0 if up_for >= self.steady else tries + 1
