"""What may be spent in a day, and what was.

A part of the conversation machine, which asks for no response once it is spent. A day is the
person's own, from midnight to midnight, and is named by its date; who reports what was spent names
the day as well, so a new one begins with the first report that names it. What a day came to is not
forgotten with its end: a clock that is set back comes to a day that was before.
"""

from __future__ import annotations

from teamvoice.conversation import commands as do
from teamvoice.conversation.commands import Command
from teamvoice.conversation.draft import Draft

_DAYS = 8  # whose sums are kept
_RAISE = "raise cost.cap_usd, or wait until tomorrow; teamvoice usage shows the day"


class Budget:
    """The day's money.

    Args:
        cap_usd: Dollars that may be spent in a day; 0 for as many as it takes.
    """

    def __init__(self, cap_usd: float = 0.0) -> None:
        self.cap_usd = cap_usd
        self.day = ""
        self._sums: dict[str, float] = {}  # of the last days
        self._refused: list[Draft] = []  # turns whose words the session has, and nobody answered

    @property
    def spent_usd(self) -> float:
        """Dollars that were spent today."""
        return self._sums.get(self.day, 0.0)

    @property
    def is_spent(self) -> bool:
        """No more may be spent today."""
        return 0 < self.cap_usd <= self.spent_usd

    @property
    def why(self) -> str:
        """Why something is not answered, in short."""
        return f"not answered: the day's limit of ${self.cap_usd:.2f} is reached"

    def spend(self, day: str, usd: float) -> list[Command]:
        """So much was spent on a day; what the person is told about it, once a day."""
        was_spent = self.is_spent
        self.day = day
        self._sums[day] = self.spent_usd + usd
        if len(self._sums) > _DAYS:
            del self._sums[min(self._sums.keys() - {day})]
        if self.is_spent == was_spent:
            return []
        if was_spent:
            return [do.Tell("notice", "a new day: you are answered again")]
        reached = f"the day's limit of ${self.cap_usd:.2f} is reached (${self.spent_usd:.2f} spent)"
        text = f"{reached}: nothing more is answered today. {_RAISE}"
        return [do.Chime("trouble"), do.Tell("trouble", text)]

    def refuse(self, draft: Draft) -> None:
        """A turn gets no answer. Words that the model acted upon already stay in its memory."""
        if not draft.asked:
            self._refused.append(draft)

    def session_lost(self) -> None:
        """What the session was told is gone with it."""
        self._refused.clear()

    def make_forget(self) -> list[Command]:
        """Before a response is asked for: it must not do today what was refused yesterday."""
        items = [item for draft in self._refused for item in draft.items]
        self._refused.clear()
        return [do.DeleteItem(item) for item in items]
