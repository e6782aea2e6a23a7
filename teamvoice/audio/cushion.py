"""How long an answer waits before it is played, so that it never crackles. Pure.

The pieces of an answer come when the network lets them. Had the first one been played later by the
answer's *need*, none would have come too late. What the last answers needed is what the next one
waits for; where they came faster than they were played, it hardly waits at all.
"""

from __future__ import annotations

from collections import deque

FIRST = 0.06  # seconds, while nothing is known; as much speech at once is enough, too
MARGIN = 0.02  # seconds, on top of what was needed: the device takes a block at a time
MOST = 0.4  # seconds: a longer wait is worse than a gap
ANSWERS = 8  # whose need is remembered


class Cushion:
    """Learns from the answers that were played what the next one needs."""

    def __init__(self) -> None:
        self._needs: deque[float] = deque(maxlen=ANSWERS)
        self._now: float | None = None

    @property
    def delay(self) -> float:
        """Seconds that an answer waits, from its first piece on."""
        known = self._known
        return min(max(0.0, *known) + MARGIN, MOST) if known else FIRST

    def is_enough(self, queued: float, waited: float) -> bool:
        """Whether an answer starts that has waited for so long, with so many seconds queued."""
        on_time = max(self._known, default=-MARGIN) <= -MARGIN
        return waited >= self.delay or (on_time and queued >= FIRST)

    def arrived(self, need: float) -> None:
        """A further piece of an answer came: the delay with which it would just have been in time.

        Below nothing, it came so long before it was wanted. What no cushion would have bridged
        teaches nothing.
        """
        if need <= MOST - MARGIN:
            self._now = need if self._now is None else max(self._now, need)

    def end_answer(self) -> None:
        """All of the answer is there, or it was broken off."""
        if self._now is not None:
            self._needs.append(self._now)
        self._now = None

    @property
    def _known(self) -> list[float]:
        return [*self._needs, *([] if self._now is None else [self._now])]
