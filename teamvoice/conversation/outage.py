"""The time without a link: what the person is told of it, and what becomes of what they say.

A part of the conversation machine. An outage is told once, and once more when it turns out to be
fatal. What is said meanwhile is kept, and the person is told so; and told again when it has become
so old that it is not sent any more.
"""

from __future__ import annotations

from teamvoice.conversation import commands as do
from teamvoice.conversation.commands import Command
from teamvoice.conversation.draft import Draft
from teamvoice.conversation.events import LinkDown, NewsCame
from teamvoice.conversation.living import SOON
from teamvoice.conversation.said import Said
from teamvoice.conversation.states import Rules
from teamvoice.conversation.tidings import Tidings

_NOT_YET = "there is no connection yet"
_KEPT = "what you said is kept and sent later"
_IN_VAIN = "what you said was tried three times, and given up"
_SILENT = "no answer yet: the provider is silent"
CANCELLED = "what you said is cancelled"
_LEAVE_IT = "The person cancelled what they had said just before: leave it, unless they ask again."
_TOO_OLD = "there was no connection for too long, so something that you said was not sent"


class Outage:
    """From the last session to the next; the machine asks only while there is none."""

    def __init__(self, said: Said, tidings: Tidings, rules: Rules) -> None:
        self._said = said
        self._tidings = tidings
        self._rules = rules
        self._reason = ""

    def over(self) -> None:
        """There is a session."""
        self._reason = ""

    def began(
        self, event: LinkDown, draft: Draft | None, *, given_up: bool, was_busy: bool
    ) -> list[Command]:
        """The session died: what the person is told of it, and of the turn that was on.

        Args:
            event: How it ended.
            draft: That turn.
            given_up: Something that was said was tried so often that it is not sent again.
            was_busy: The session had something under way.
        """
        waits = draft is not None and self._said.waits(draft.number)
        told = self.told(event)
        if given_up:
            why = f"{event.reason}; {_IN_VAIN}"
            shown = [do.Chime("trouble"), do.Tell("trouble", why)]
            return draft.give_up(why) if draft and not waits else shown
        if draft and was_busy and not waits:
            return [] if draft.outcome else draft.give_up(event.reason)  # else they were told why
        return told

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
        """Something was said: be woken to tell what is the matter, and when it is too old."""
        if self._said.oldest is None:
            return []
        return [do.SetTimer(SOON, self._rules.soon_s), *self.time_old(at)]

    def tell_kept(self) -> list[Command]:
        """There still is no session: say that what was said is kept, once."""
        if not self._said.tell_kept():
            return []
        return [do.Chime("trouble"), do.Tell("trouble", f"{self._reason or _NOT_YET}; {_KEPT}")]

    def cancelled(self, *, linked: bool) -> list[Command]:
        """The person takes back all that they said: a session that has it is to leave it."""
        if not self._said.cancel():
            return []
        if linked:
            return [do.AddNote(_LEAVE_IT), do.Tell("notice", CANCELLED)]
        return [do.Tell("notice", f"{CANCELLED}, and not sent")]

    @staticmethod
    def tell_silent() -> list[Command]:
        """There is a session, the person waits, and the provider does nothing: say so."""
        return [do.Chime("trouble"), do.Tell("trouble", _SILENT)]

    def drop_old(self, at: float, current: Draft | None) -> list[Command]:
        """Give up what was said too long ago: that is shown now, and said aloud when it can be."""
        dropped = self._said.drop_before(at - self._rules.keep_said_s)
        if current and current.number in {utterance.turn for utterance in dropped}:
            current.fail("" if self._said.waits(current.number) else "dropped", _TOO_OLD)
        if not dropped:
            return []
        self._tidings.came(NewsCame(at=at, about="what was said", text=_TOO_OLD, lasts=True))
        return [do.Chime("trouble"), do.Tell("trouble", f"{_TOO_OLD}; say it again if it matters")]

    def time_old(self, at: float) -> list[Command]:
        """Be woken when the oldest of what is kept becomes too old."""
        if self._said.oldest is None:
            return []
        left = self._said.oldest + self._rules.keep_said_s - at
        return [do.SetTimer("old", max(0.0, left) + 0.1)]
