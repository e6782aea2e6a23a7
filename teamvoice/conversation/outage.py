"""The time without a link: what the person is told of it, and what becomes of what they say.

A part of the conversation machine. An outage is told once, and once more when it turns out to be
fatal. What is said meanwhile is kept, and the person is told so; and told again when it has become
so old that it is not sent any more.
"""

from __future__ import annotations

from teamvoice.conversation import commands as do
from teamvoice.conversation.commands import Command
from teamvoice.conversation.events import LinkDown
from teamvoice.conversation.said import Said, Utterance
from teamvoice.conversation.states import Rules

_NOT_YET = "there is no connection yet"
_KEPT = "what you said is kept and sent later"
_TOO_OLD = "there was no connection for too long, so something that you said was not sent"


class Outage:
    """From the last session to the next; the machine asks only while there is none."""

    def __init__(self, said: Said, rules: Rules) -> None:
        self._said = said
        self._rules = rules
        self._reason = ""

    def over(self) -> None:
        """There is a session."""
        self._reason = ""

    def told(self, event: LinkDown) -> list[Command]:
        """There is no session: what the person is told of it, and of what they said."""
        is_news = event.fatal or not self._reason
        self._reason = event.reason
        kept = self._said.tell_kept()
        if not is_news and not kept:
            return []
        text = f"{self._reason}; {_KEPT}" if kept else self._reason
        chime = [do.Chime("trouble")] if event.fatal or kept else []
        return [*chime, do.Tell("trouble", text)]

    def spoke(self, at: float) -> list[Command]:
        """Something was said and may be kept: be woken to tell so, and when it is too old."""
        if self._said.oldest is None:
            return []
        return [do.SetTimer("kept", self._rules.soon_s), *self.time_old(at)]

    def tell_kept(self) -> list[Command]:
        """There still is no session: say that what was said is kept, once."""
        if not self._said.tell_kept():
            return []
        return [do.Chime("trouble"), do.Tell("trouble", f"{self._reason or _NOT_YET}; {_KEPT}")]

    def drop_old(self, at: float) -> tuple[list[Utterance], str]:
        """Give up what was said too long ago; what that was, and why as a clause."""
        return self._said.drop_before(at - self._rules.keep_said_s), _TOO_OLD

    def time_old(self, at: float) -> list[Command]:
        """Be woken when the oldest of what is kept becomes too old."""
        if self._said.oldest is None:
            return []
        left = self._said.oldest + self._rules.keep_said_s - at
        return [do.SetTimer("old", max(0.0, left) + 0.1)]
