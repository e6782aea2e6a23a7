"""An event loop whose clock jumps to the next thing that is due: days pass in seconds.

Everything but the clock is asyncio's own. Nothing that runs in it may use sockets or threads, for
those take real time.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any


class _Jumping(selectors.SelectSelector):
    """Instead of waiting, it moves the clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            assert timeout is not None, "everything waits for something that never comes"
            self.now += timeout
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


def run_in_fake_time(work: Coroutine[Any, Any, None]) -> None:
    """Run it to its end, as fast as can be."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        runner.run(work)
