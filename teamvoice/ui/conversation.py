"""The conversation on the screen: it follows its newest line, unless somebody reads back in it."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text
from textual.widgets import RichLog


class Conversation(RichLog):
    """Lines of which the newest is in view, until somebody scrolls, and again from its end on."""

    def __init__(self, lines: int) -> None:
        super().__init__(id="talk", wrap=True, max_lines=lines, auto_scroll=False)
        self._follows = True

    def anchor(self, anchor: bool = True) -> None:
        """Follow from now on."""
        super().anchor(anchor)
        self._follows = anchor

    def release_anchor(self) -> None:
        """Somebody scrolls."""
        super().release_anchor()
        self._follows = False

    def put(self, text: Text, width: int) -> None:
        """Add a line."""
        if self.is_vertical_scroll_end:  # whoever read back has come to the end again
            self.anchor()
        self.write(text, width=width)

    def put_again(self, texts: Iterable[Text], width: int) -> None:
        """All lines anew; who reads back stays about where they were."""
        row, follows = self.scroll_offset.y, self._follows or self.is_vertical_scroll_end
        self.clear()
        for text in texts:
            self.write(text, width=width)
        if follows:
            self.anchor()
        else:
            self.call_after_refresh(self.scroll_to, y=row, animate=False)
