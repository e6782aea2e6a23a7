"""Many turns over real sound, and what is left of them: ``python -m bench.soak [--turns 3000]``.

Three conversations at a time, each with its own microphone and speaker at one virtual desk; the
session answers at once.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
import tracemalloc
from pathlib import Path

from tests.support.desk import Sound, listening_at
from tests.support.spoken import soak


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--turns", type=int, default=3000)
    turns = parser.parse_args().turns
    with tempfile.TemporaryDirectory() as folder:
        sound = Sound(Path(folder))
        with sound.serving(), listening_at(sound):
            tracemalloc.start()
            began = time.monotonic()
            before, after = asyncio.run(soak(turns))
            took = time.monotonic() - began
    print(f"{turns} turns in {took:.0f} s:")
    for what in ("tasks", "files", "threads"):
        print(f"  {what}: {getattr(before, what)}, then {getattr(after, what)}; to reach: the same")
    left = (after.memory - before.memory) / turns
    print(f"  Python's memory: {left:.0f} bytes more for each turn; to reach: under 100")
    grown = (after.resident - before.resident) / 1e6
    print(f"  resident memory: {after.resident / 1e6:.0f} MB, {grown:+.1f} MB")


if __name__ == "__main__":
    main()
