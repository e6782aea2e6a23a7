"""``python -m teamvoice``, and what the ``teamvoice`` program runs."""

from __future__ import annotations

import sys

from teamvoice.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
