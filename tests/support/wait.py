"""Waiting for a condition, with a deadline: the only way in which a test waits."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable


async def until(
    condition: Callable[[], bool | Awaitable[bool]], what: str, within: float = 5.0
) -> None:
    """Return as soon as the condition holds; fail, saying what was waited for, when it does not."""
    loop = asyncio.get_running_loop()
    end = loop.time() + within
    while loop.time() < end:
        held = condition()
        if await held if inspect.isawaitable(held) else held:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"not within {within:g} s: {what}")
