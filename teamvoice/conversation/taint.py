"""Whether text from a pane may have asked for what the model asks for.

A part of the conversation machine. Text comes in with a tool's output, and the response that is
asked for next sees it, whoever had asked for the tool. From then on its turn is tainted.
"""

from __future__ import annotations

from teamvoice.conversation.draft import Draft
from teamvoice.conversation.policy import shows_screen


class Taint:
    """Where the text of the panes has got to."""

    def __init__(self) -> None:
        self._is_unseen = False  # it came in, and no response was asked for since
        self._was_seen = False  # the living response was asked for with such text before it

    def came(self, output: str, *drafts: Draft | None) -> None:
        """The session was given an output; which turns it may be a part of."""
        if shows_screen(output):
            self._is_unseen = True
            for draft in drafts:
                if draft:
                    draft.tainted = True

    def asked(self, draft: Draft | None) -> None:
        """A response is asked for in a turn: it sees all that came in."""
        if self._is_unseen and draft:
            draft.tainted = True
        self._was_seen = self._is_unseen or bool(draft and draft.tainted)
        self._is_unseen = False

    def of(self, draft: Draft) -> bool:
        """Whether what the living response asks for in this turn may be a screen's wish."""
        return draft.tainted or self._was_seen
