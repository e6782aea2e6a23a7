"""A box over the face: what is worth saying of one member."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.widgets import Static

from teamvoice.cli.output import plain


class Closer(ModalScreen[None]):
    """What is worth saying of one member; any key closes it."""

    CSS = "Closer { align: center middle; } #closer { width: 90%; max-height: 80%; border: round; }"

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """One box."""
        yield Static(Text(plain(self._text)), id="closer")

    def on_key(self) -> None:
        """Any key closes it; keys that came with it are for nobody."""
        if self.is_current:
            self.dismiss()
