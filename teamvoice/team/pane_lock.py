"""One writer of a pane at a time, across processes: a lock of the kernel's (``flock``).

The daemon, and every ``teamvoice send`` and ``answer``, takes it for the whole of one write. It
goes with its process, however that ends.

A pane is known by the process id of its first program: no other pane of any tmux server on this
machine has the same one at the same time, by whatever name a server is reached. For a pane on
another machine its host counts as well, and only the writers on this machine are kept apart.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import AsyncIterator
from urllib.parse import quote

from teamvoice import locks
from teamvoice.errors import TeamError
from teamvoice.team import runtime

_AGAIN_S = 0.03  # between two tries


@contextlib.asynccontextmanager
async def alone(pid: int, within: float, host: str = "") -> AsyncIterator[None]:
    """Be the one writer of the pane whose first program has this process id.

    Args:
        pid: Of that program.
        within: Seconds for which another writer is waited for.
        host: Where it runs; empty for this machine.

    Raises:
        TeamError: Another one is still writing then, or there is no place for locks.
    """
    lock = _PaneLock(f"{host} {pid}".strip())
    try:
        async with asyncio.timeout(within):
            await _take(lock)
    except TimeoutError:
        raise TeamError("another teamvoice is still writing to its pane") from None
    except OSError as error:
        raise TeamError(f"its pane cannot be locked against other writers: {error}") from error
    else:
        yield
    finally:
        await asyncio.to_thread(lock.give_up)


async def _take(lock: _PaneLock) -> None:
    while True:
        if await asyncio.to_thread(lock.take):
            return
        await asyncio.sleep(_AGAIN_S)


class _PaneLock:
    """The lock; its methods block shortly, and may be called from any thread, in any order."""

    def __init__(self, pane: str) -> None:
        self._name = f"pane-{quote(pane, safe='')}.lock"
        self._guard = threading.Lock()
        self._file: int | None = None
        self._is_over = False

    def take(self) -> bool:
        """Take it if it is free; never after :meth:`give_up`."""
        with self._guard:
            if not self._is_over:
                self._file = locks.take(runtime.directory() / self._name)
            return self._file is not None

    def give_up(self) -> None:
        """Give it back if it was taken."""
        with self._guard:
            self._is_over = True
            if self._file is None:
                return
            (runtime.directory() / self._name).unlink(missing_ok=True)
            os.close(self._file)
            self._file = None
