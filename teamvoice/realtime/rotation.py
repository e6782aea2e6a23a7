"""When one session makes way for the next: pure, with the clocks handed in.

A session ends at a time that is known, and everything that it was told is lost then. So it is
replaced before, while nobody speaks::

    born ─────────────────────────── lead ─────────────── margin ── end
         STAY                        ROTATE when quiet    RECONNECT

Two clocks tell the age of a session. The wall clock goes on while the machine sleeps, but can be
set; the other counts only while the machine is awake, and is never set. The age is the greater of
the two. When they drift apart the machine slept: the connection is not to be trusted any more, and
it is better to replace it at once than to find out with the next press.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

_SHORTEST_S = 0.01  # between two looks, so that rounding does not make many of one


class Move(Enum):
    """What is due."""

    STAY = auto()
    ROTATE = auto()
    """The next session is opened while this one lives."""
    RECONNECT = auto()
    """This one is given up, quiet or not."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """Now, in seconds.

    Args:
        wall: A Unix time.
        awake: Counts while the machine is awake; its zero is anywhere.
    """

    wall: float
    awake: float


@dataclass(frozen=True, slots=True)
class Life:
    """One session's life.

    Args:
        born: When it was confirmed.
        length_s: How long it lasts; None when that is not known.
    """

    born: Clocks
    length_s: float | None = None

    def left(self, now: Clocks) -> float:
        """How long it still lasts; infinite when that is not known."""
        if self.length_s is None:
            return float("inf")
        age = max(now.wall - self.born.wall, now.awake - self.born.awake)
        return self.length_s - age

    def slept(self, now: Clocks) -> float:
        """How long the machine slept since; below zero when its clock was set back."""
        return (now.wall - self.born.wall) - (now.awake - self.born.awake)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A policy; all times are seconds.

    Args:
        lead_s: From so long before its end a session makes way at the first quiet moment.
        margin_s: So long before its end it is given up, quiet or not.
        quiet_s: A moment is quiet when nothing came or went for so long.
        look_s: Between two looks for a quiet moment.
        rest_s: Between two looks otherwise; a sleep is noticed no later than that.
        sleep_s: A sleep that was longer costs the session.
    """

    lead_s: float = 600.0
    margin_s: float = 15.0
    quiet_s: float = 2.0
    look_s: float = 0.5
    rest_s: float = 5.0
    sleep_s: float = 30.0

    def life(self, now: Clocks, ends_at: float | None) -> Life:
        """The life of a session that is confirmed now.

        An end that leaves no time to live comes from a clock that is wrong, and tells nothing.
        """
        length = None if ends_at is None else ends_at - now.wall
        return Life(now, length if length is not None and length > self.margin_s else None)

    def move(self, life: Life, now: Clocks, *, quiet: bool) -> Move:
        """What is due for a session."""
        left = life.left(now)
        if left <= self.margin_s or life.slept(now) > self.sleep_s:
            return Move.RECONNECT
        return Move.ROTATE if quiet and left <= self._lead(life) else Move.STAY

    def pause(self, life: Life, now: Clocks) -> float:
        """How long until the next look; the lead and the margin are looked at when they begin."""
        left = life.left(now)
        lead = self._lead(life)
        if left > lead:
            return min(self.rest_s, max(_SHORTEST_S, left - lead))
        return min(self.look_s, max(_SHORTEST_S, left - self.margin_s))

    def _lead(self, life: Life) -> float:
        """The lead; of a session that is short, a part of its life."""
        return min(self.lead_s, (life.length_s or self.lead_s) / 2)
