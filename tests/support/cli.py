"""``teamvoice`` as the process that it is."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Done:
    """What a process came to."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Cli:
    """Runs ``teamvoice`` with directories and a socket of the test's own.

    Args:
        directory: Where all of it is; short, because a socket is in it.
        environ: Variables to add.
    """

    directory: Path
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def socket(self) -> Path:
        return self.directory / "run" / "control.sock"

    def variables(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "LANG": "C.UTF-8",
            "HOME": str(self.directory),
            "TEAMVOICE_SOCKET": str(self.socket),
            "TEAMVOICE_CONFIG_DIR": str(self.directory / "config"),
            "TEAMVOICE_STATE_DIR": str(self.directory / "state"),
            **self.environ,
        }

    async def start(self, *words: str, stdout: int = PIPE) -> Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "teamvoice",
            *words,
            env=self.variables(),
            stdin=DEVNULL,
            stdout=stdout,
            stderr=PIPE,
        )

    async def __call__(self, *words: str) -> Done:
        return await ended(await self.start(*words))


async def ended(process: Process, within: float = 20.0) -> Done:
    """Wait for the end; a process that does not end is ended, and the test fails."""
    try:
        out, err = await asyncio.wait_for(process.communicate(), within)
    except TimeoutError:
        process.kill()
        raise
    assert process.returncode is not None
    return Done(process.returncode, (out or b"").decode(), err.decode())
