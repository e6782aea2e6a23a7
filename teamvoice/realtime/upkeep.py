"""How the link looks after its session: what a new one is told, when it changes, when it rests."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from teamvoice.realtime.requests import Request
from teamvoice.realtime.rotation import Schedule


def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """What the link has to know for that, and whom it asks. Callbacks must not block.

    Args:
        seed: What a new session is told before it is announced: after a rotation and after an
            outage alike. Asked at the moment in which it goes out.
        may_rotate: Nobody speaks, nothing is played, and no answer is awaited.
        on_rotated: Another session took over; it knows what ``seed`` told it, and nothing else.
        schedule: When a session makes way for the next.
        idle_s: Connect only when :meth:`Link.want` asks for it, and rest after so many seconds in
            which nothing was wanted; None for a link that is always up.
        on_idle: The link rests. It is told in place of ``on_down``.
        clock: The wall clock, as a Unix time.
    """

    seed: Callable[[], Sequence[Request]] = tuple
    may_rotate: Callable[[], bool] = field(default=lambda: True)
    on_rotated: Callable[[], None] = _nothing
    schedule: Schedule = field(default_factory=Schedule)
    idle_s: float | None = None
    on_idle: Callable[[], None] = _nothing
    clock: Callable[[], float] = time.time
