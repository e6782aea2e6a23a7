"""Programs that a test starts: each ended by its own handle, and waited for, whatever happens."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

GRACE = 5.0  # seconds to end by itself before it is killed


def wait_for(condition: Callable[[], bool], what: str, within: float = 30.0) -> None:
    """Block until the condition holds; for fixtures that run outside of any event loop."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {within} s"
        time.sleep(0.01)


@contextmanager
def running(
    command: Sequence[str | Path],
    environment: Mapping[str, str],
    log: Path,
    pass_fds: Sequence[int] = (),
) -> Iterator[subprocess.Popen[bytes]]:
    """A program that lives as long as the block; what it prints goes to the log."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=pass_fds,
        )
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a program and reap it."""
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(GRACE)
