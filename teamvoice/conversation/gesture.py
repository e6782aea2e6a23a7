"""From edges of a key to gestures: hold began, hold ended, tap.

A machine without I/O. The caller hands over every edge with its time, rings when the machine asks
for it, and passes what comes back to the conversation::

    gesture = Gesture(Timing(), Mode.HOLD)
    gesture.edge(down=True, at=1.0)     # [HoldBegan(at=1.0)]
    gesture.edge(down=False, at=2.5)    # []  it may be half of an auto-repeat pair
    gesture.wake_at                     # 2.55
    gesture.tick(2.55)                  # [HoldEnded(at=2.5)]

What the modes do with it:

========== ============================================ =========================
mode       key goes down                                key comes up
========== ============================================ =========================
``hold``   begin                                        end, or tap when too short
``toggle`` begin, or end                                nothing
``auto``   begin, or end                                end; when short, latch
========== ============================================ =========================

Two things end a hold that the person does not end: the cap on its length, and the loss of the
key's source, or of the person. After the cap, the key must come up before it counts again.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from teamvoice.conversation.events import Event, HoldBegan, HoldEnded, Tapped

CAP = "the key was held for too long"
LOST = "the key is not seen any more"


class Mode(enum.Enum):
    """What pressing and releasing the key mean."""

    HOLD = "hold"
    TOGGLE = "toggle"
    AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Timing:
    """Limits in seconds.

    Args:
        tap: A hold shorter than this is a tap.
        bounce: An up and a down closer together than this are one hold going on.
        cap: A hold is ended after this long.
    """

    tap: float = 0.180
    bounce: float = 0.050
    cap: float = 120.0


class _State(enum.Enum):
    IDLE = enum.auto()  # nothing is held
    HELD = enum.auto()  # a hold is on, the key is down
    RELEASING = enum.auto()  # the key is up; a bounce would take it back
    LATCHED = enum.auto()  # a hold is on, the key is up
    SPENT = enum.auto()  # the hold is over, the key is still down


class Gesture:
    """One key's gestures. ``wake_at`` is when :meth:`tick` wants to be called, or None."""

    def __init__(self, timing: Timing, mode: Mode) -> None:
        self._timing = timing
        self._mode = mode
        self._state = _State.IDLE
        self._down_at = 0.0
        self._up_at = float("-inf")
        self._bounce = timing.bounce

    @property
    def holding(self) -> bool:
        """A hold is on: its end was not reported yet."""
        return self._state in {_State.HELD, _State.RELEASING, _State.LATCHED}

    @property
    def wake_at(self) -> float | None:
        """The time at which something happens if no edge comes before."""
        if self._state is _State.RELEASING:
            return self._up_at + self._bounce
        return self._down_at + self._timing.cap if self.holding else None

    def edge(self, *, down: bool, at: float, clean: bool = False) -> list[Event]:
        """The key went down or came up at ``at``.

        Args:
            down: Which of the two.
            at: Seconds on the caller's clock.
            clean: The source gives no auto-repeat pairs, so a release counts at once.
        """
        due = self.tick(at)
        self._bounce = 0.0 if clean else self._timing.bounce
        if down and clean and self._state is _State.SPENT:
            self._state = _State.IDLE  # a clean source repeats nothing: its release was lost
        return due + (self._down(at) if down else self._up(at))

    def toggle(self, at: float) -> list[Event]:
        """Begin a hold that stays on without a key, or end the one that is on."""
        due = self.tick(at)
        if self.holding:
            return due + self._end(at, _State.IDLE)
        self._state, self._down_at, self._up_at = _State.LATCHED, at, at
        return [*due, HoldBegan(at=at)]

    def tick(self, at: float) -> list[Event]:
        """Time has come to ``at``: what is due by then."""
        wake_at = self.wake_at
        if wake_at is None or at < wake_at:
            return []
        if self._state is _State.RELEASING:
            return self._end(self._up_at, _State.IDLE)
        after = _State.IDLE if self._state is _State.LATCHED else _State.SPENT
        self._state = after
        return [HoldEnded(at=at, why=CAP)]

    def lost(self, at: float, why: str = LOST) -> list[Event]:
        """The key's source is gone, or what else held it: no release will come. ``why``: which."""
        was_holding = self.holding
        self._state = _State.IDLE
        return [HoldEnded(at=at, why=why)] if was_holding else []

    def drop(self) -> None:
        """Forget the hold that is on: its words were cancelled by other means."""
        self._state = _State.SPENT if self._state is _State.HELD else _State.IDLE

    def _down(self, at: float) -> list[Event]:
        match self._state:
            case _State.IDLE:
                self._state, self._down_at = _State.HELD, at
                return [HoldBegan(at=at)]
            case _State.RELEASING:
                self._state = _State.HELD
                return []
            case _State.LATCHED if at - self._up_at < self._bounce:
                self._state = _State.HELD
                return []
            case _State.LATCHED:
                return self._end(at, _State.SPENT)
            case _:
                return []  # auto-repeat

    def _up(self, at: float) -> list[Event]:
        if self._state is _State.SPENT:
            self._state = _State.IDLE
        if self._state is not _State.HELD:
            return []
        self._up_at = at
        if self._latches(at):
            self._state = _State.LATCHED
            return []
        if self._bounce:
            self._state = _State.RELEASING
            return []
        return self._end(at, _State.IDLE)

    def _latches(self, at: float) -> bool:
        short = at - self._down_at < self._timing.tap
        return self._mode is Mode.TOGGLE or (self._mode is Mode.AUTO and short)

    def _end(self, at: float, after: _State) -> list[Event]:
        self._state = after
        if at - self._down_at < self._timing.tap:
            return [Tapped(at=at)]
        return [HoldEnded(at=at)]
