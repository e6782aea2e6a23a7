"""The line in which a turn is typed."""

from __future__ import annotations

from textual import events
from textual.widgets import Input


class Typed(Input):
    """One line; what is pasted into it is one too, all of it."""

    def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()  # of several lines the widget would take the first
        event.stop()
        self.replace(" ".join(event.text.split()), *sorted(self.selection))
