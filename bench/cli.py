"""``teamvoice ptt press`` as a whole process, beside a bare interpreter.

Run from the repository: ``python -m bench.cli``.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from bench.report import row
from teamvoice.daemon.control import Control

RUNS = 30
HEAVY = ("numpy", "structlog", "libtmux", "websockets")
LOADED = f"import sys\nfrom teamvoice.__main__ import main\nmain(['ptt', 'press'])\n\
print(*(set({HEAVY!r}) & set(sys.modules)) or ('none',))"


class Ear:
    """A voice that hears keys and nothing else."""

    def __init__(self) -> None:
        self.keys: list[tuple[str, float]] = []

    def key(self, action: str, at: float, by: int = 0) -> str:  # noqa: ARG002 - nobody stays here
        self.keys.append((action, at))
        return ""

    async def ask(self, text: str) -> dict[str, Any]:
        return {"heard": text}

    async def status(self) -> dict[str, Any]:
        return {}

    async def check(self) -> dict[str, Any]:
        return await self.status()

    @property
    def by_hand(self) -> Any:
        raise NotImplementedError

    async def watch(self) -> AsyncIterator[dict[str, Any]]:
        yield {}


async def process(*arguments: str) -> tuple[float, bytes]:
    """Milliseconds from the start of a Python process to its end, and what it printed."""
    began = time.perf_counter()
    running = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=-1)
    output, _ = await running.communicate()
    assert running.returncode == 0
    return (time.perf_counter() - began) * 1000, output


async def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "run" / "control.sock"
        os.environ["TEAMVOICE_SOCKET"] = str(path)
        ear = Ear()
        async with Control(path, ear):
            bare = [(await process("-c", "pass"))[0] for _ in range(RUNS)]
            ours = [(await process("-m", "teamvoice", "ptt", "press"))[0] for _ in range(RUNS)]
            assert len(ear.keys) == RUNS
            _, loaded = await process("-c", LOADED)
    print(row("ptt press, whole process", ours, "40 ms", row("a bare interpreter", bare, "-")))
    print(f"of {', '.join(HEAVY)} imported: {loaded.decode().strip()}")


if __name__ == "__main__":
    asyncio.run(main())
