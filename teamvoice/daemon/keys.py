"""The keys: edges from every source through one gesture machine into the conversation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from teamvoice import config
from teamvoice.conversation.events import CancelAsked, Confirmed, Event, HoldBegan, HoldDropped
from teamvoice.conversation.gesture import Gesture, Mode, Timing
from teamvoice.conversation.policy import Policy

LEFT = "the program that began the hold is gone"
_KEY = -1  # in the place of a client's number: the real key
EAR = -2  # as well: the ear of a conversation with no key

LISTENS = "teamvoice chat listens all the time; just speak"


class Keys:
    """One key, whoever presses it: a person's finger or ``teamvoice ptt``.

    Args:
        settings: The section ``[hotkey]``.
        on_event: Takes the gestures.
        on_tell: Something to show: kind and text.
        listens: The microphone is open all the time: nobody but its ear begins or ends a hold.

    ``muted``: the microphone stays closed. ``away``: why nobody can be meant to speak (the session
    is locked, the machine asleep, or neither is known yet), or empty; then neither a press nor a
    confirmation counts.
    """

    def __init__(
        self,
        settings: config.Hotkey,
        on_event: Callable[[Event], None],
        on_tell: Callable[[str, str], None],
        *,
        listens: bool = False,
    ) -> None:
        timing = Timing(settings.tap_ms / 1000, settings.bounce_ms / 1000, settings.max_hold_s)
        self._gesture = Gesture(timing, Mode(settings.mode))
        self._on_event = on_event
        self._on_tell = on_tell
        self._listens = listens
        self._alarm: asyncio.TimerHandle | None = None
        self._away_told = False
        self._by = 0  # which client began the newest hold and must stay for it, or the real key
        self.muted = False
        self.away = ""

    def edge(self, down: bool, at: float) -> None:
        """An edge of the real key."""
        if not self._is_ignored(press=down):
            self._pass_on(self._gesture.edge(down=down, at=at), _KEY)

    def lost(self) -> None:
        """The real key's source is gone, or there is none: a hold that it began ends."""
        if self._by == _KEY:
            self._pass_on(self._gesture.lost(self._now()))

    def leave(self, why: str) -> None:
        """Nobody is there from now on: a hold that was on ends. Empty: they are back."""
        self.away, self._away_told = why, False
        if why:
            self._pass_on(self._gesture.lost(self._now(), why))

    def act(self, action: str, at: float, by: int = 0) -> str:
        """The key by other means: press, release, toggle, cancel, confirm, mute or left.

        Args:
            action: Which.
            at: When.
            by: The client that must stay for a hold that this begins; 0 when none must. When it has
                left, the hold is dropped. Or ``EAR``.

        Returns:
            Why nothing can come of it now; empty when something may.
        """
        if self._listens and by != EAR and action in {"press", "release", "toggle"}:
            return LISTENS
        if action not in {"cancel", "mute", "left"} and self._is_ignored(press=action != "release"):
            return "" if action == "release" else self.away
        match action:
            case "press" | "release":
                self._pass_on(self._gesture.edge(down=action == "press", at=at, clean=True), by)
            case "toggle":
                self._pass_on(self._gesture.toggle(at), by)
            case "cancel":
                self._gesture.drop()
                self._pass_on([CancelAsked(at=at)])
            case "left" if by == self._by:
                self._drop_hold(at)
            case "mute":
                self._mute(at)
            case "confirm":
                self._pass_on([Confirmed(at=at)])
        return ""

    def close(self) -> None:
        """No more alarms."""
        if self._alarm:
            self._alarm.cancel()

    def _is_ignored(self, *, press: bool) -> bool:
        if self.away and press and not self._away_told:
            self._away_told = True  # once: somebody may be leaning on the key
            self._on_tell("notice", f"{self.away}: the key is ignored meanwhile")
        return bool(self.away)

    def _drop_hold(self, at: float) -> None:
        if self._gesture.lost(at):  # no release will come; half a sentence, sent, would be done
            self._on_tell("trouble", f"{LEFT}; what was said on it is dropped")
            self._pass_on([HoldDropped(at=at)])

    def _mute(self, at: float) -> None:
        self.muted = not self.muted
        self._on_tell("notice", "the microphone is muted" if self.muted else "no longer muted")
        if self.muted and self._gesture.holding:
            self._gesture.drop()
            self._pass_on([CancelAsked(at=at)])

    def _pass_on(self, events: list[Event], by: int = 0) -> None:
        for event in events:
            if isinstance(event, HoldBegan):
                self._by = by
            if self.muted and isinstance(event, HoldBegan):
                self._gesture.drop()
                self._on_tell("notice", "the microphone is muted; teamvoice ptt mute unmutes it")
                break
            self._on_event(event)
        self._set_alarm()

    def _set_alarm(self) -> None:
        self.close()
        wake_at = self._gesture.wake_at
        if wake_at is not None:
            self._alarm = asyncio.get_running_loop().call_at(wake_at, self._wake)

    def _wake(self) -> None:
        self._pass_on(self._gesture.tick(self._now()))

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def policy_for(settings: config.Config, confirm_by: str = "") -> Policy:
    """What waits for a confirmation, and how it is given: in these words, or by this key.

    Only a key that is held can be tapped, and what a desktop's own binding does is not seen here.
    """
    can_be_tapped = settings.hotkey.mode == "hold" and settings.hotkey.backend != "socket"
    by_key = "tap the key" if can_be_tapped else "run teamvoice ptt confirm"
    return Policy(
        dangerous=settings.policy.dangerous,
        confirm_s=settings.policy.confirm_s,
        confirm_by=confirm_by or by_key,
    )
