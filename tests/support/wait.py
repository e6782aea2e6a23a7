"""Waiting for a condition, with a deadline: the only way in which a test waits."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable


async def until(condition: Callable[[], object], what: str, within: float = 15.0) -> None:
    """Return as soon as the condition holds; it may be a coroutine function.

    Raises:
        AssertionError: It did not, within so many seconds; says what was waited for.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + within
    while True:
        held = condition()
        if await held if inspect.isawaitable(held) else held:
            return
        assert loop.time() < end, f"not within {within:g} s: {what}"
        await asyncio.sleep(0.005)
