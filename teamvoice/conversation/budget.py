"""What may be spent in a day, and what was.

A part of the conversation machine, which asks for no response once it is spent. A day is the
person's own, from midnight to midnight, and is named by its date; who reports what was spent names
the day as well, so a new one begins with the first report that names it.
"""

from __future__ import annotations

from teamvoice.conversation import commands as do
from teamvoice.conversation.commands import Command
from teamvoice.conversation.draft import Draft

_RAISE = "raise cost.cap_usd and restart, or wait until tomorrow; teamvoice usage shows the day"


class Budget:
    """The day's money.

    Args:
        cap_usd: Dollars that may be spent in a day; 0 for as many as it takes.
    """

    def __init__(self, cap_usd: float = 0.0) -> None:
        self.cap_usd = cap_usd
        self.day = ""
        self.spent_usd = 0.0
        self._refused: list[Draft] = []  # turns whose words the session has, and nobody answered

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
        if day != self.day:
            self.day, self.spent_usd = day, 0.0
        self.spent_usd += usd
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
