"""What the session must be told of answers that were not heard, or not to their end.

A part of the conversation machine. The speaker tells how much of each part it really played; what
came when nobody wanted it any more was never played. The model is to remember what was heard, and
nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from teamvoice.conversation import commands as do
from teamvoice.conversation.commands import Command
from teamvoice.conversation.events import Heard

LEAVE_IT = (
    "The person cut your answer short before they heard any of it: leave it, unless they ask again."
)


class Hearing:
    """The items of answers, by what became of their sound."""

    def __init__(self) -> None:
        self._played: set[str] = set()  # in part at least, of the living response
        self._sounding: set[str] = set()
        self._elsewhere: set[str] = set()  # of these, what is not in the session's conversation
        self._dropped: dict[str, None] = {}  # came too late to be played at all
        self._due: list[Command] = []  # once no more comes of the living response
        self.is_over = False
        """Nothing more of the living response is played: the speaker went while it sounded."""

    def played(self, item_id: str, *, aside: bool) -> None:
        """A piece of an item goes to the speaker; ``aside``: it is outside the conversation."""
        self._played.add(item_id)
        self._sounding.add(item_id)
        if aside:
            self._elsewhere.add(item_id)

    def dropped(self, item_id: str) -> None:
        """A piece of an item came too late."""
        if item_id not in self._played:
            self._dropped[item_id] = None

    def response_over(self) -> list[Command]:
        """No more of it comes: what of it never sounded is to be forgotten."""
        dropped, self._dropped = self._dropped, {}
        due, self._due, self.is_over = self._due, [], False
        self._played.clear()
        return [*due, *(do.DeleteItem(item_id) for item_id in dropped)]

    def lost(self, *, lives: bool) -> None:
        """The speaker went; ``lives``: more of what it played may come, and is not played."""
        self.is_over = lives

    def silent(self) -> None:
        """All that was given to the speaker was heard."""
        self._sounding.clear()
        self._elsewhere.clear()

    def stopped(self, heard: Iterable[Heard], *, is_taken: bool = False) -> list[Command]:
        """The speaker was silenced: cut what was heard in part, forget what was not heard at all.

        Of an item that was heard, a part that was not is cut to nothing. ``is_taken``: nobody waits
        for an answer, or for what became of a write; so the session is to leave one that was not
        heard at all.
        """
        parts = [part for part in heard if part.item_id not in self._elsewhere]
        if self.is_over and parts:
            parts[-1] = replace(parts[-1], complete=False)  # more of it may have come since
        listened = {part.item_id for part in parts if part.ms}
        unheard = dict.fromkeys(part.item_id for part in parts if part.item_id not in listened)
        cut = [part for part in parts if part.item_id in listened and not part.complete]
        self.silent()
        corrections: list[Command] = [
            *(do.TruncateItem(part.item_id, part.content_index, part.ms) for part in cut),
            *(do.DeleteItem(item_id) for item_id in unheard),
        ]
        if is_taken and unheard and not listened:
            corrections.append(do.AddNote(LEAVE_IT))
        if not self.is_over:
            return corrections
        self._due = corrections
        return []

    def session_lost(self) -> None:
        """What still sounds is in no conversation any more."""
        self._elsewhere |= self._sounding
        self._played.clear()
        self._dropped.clear()
        self._due, self.is_over = [], False
