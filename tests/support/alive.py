"""What is alive in this process: objects of ours, by their kind."""

from __future__ import annotations

import gc
from collections import Counter


def alive() -> Counter[str]:
    """How many objects of each of our classes there are."""
    gc.collect()
    kinds = (type(thing) for thing in gc.get_objects())
    return Counter(
        f"{kind.__module__}.{kind.__qualname__}"
        for kind in kinds
        if str(kind.__module__).startswith("teamvoice.")  # of some, it is no text
    )
