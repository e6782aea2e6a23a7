"""``teamvoice offline-server``: hands its words to the offline server's own command line."""

from __future__ import annotations

import importlib


def run_words(words: list[str]) -> int:
    """Run the offline server; ``--help`` too is its own."""
    return int(importlib.import_module("teamvoice.offline.__main__").main(words) or 0)
