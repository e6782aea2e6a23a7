"""What other programs play while somebody talks: hushed, and given back when it is calm again."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Protocol, Self

CALM_S = 1.5  # seconds of silence before it is given back: an answer may be on its way


class Way(Protocol):
    """How the others are hushed."""

    async def hush(self) -> None:
        """Somebody talks. What cannot be hushed plays on."""

    async def give_back(self) -> None:
        """Nobody does: what was hushed is as it was. Also called with nothing hushed."""


class Others:
    """Hushes what other programs play, while its context lasts.

    Args:
        way: How.
        calm_s: Seconds of silence before it is given back.
    """

    def __init__(self, way: Way, calm_s: float = CALM_S) -> None:
        self._way = way
        self._calm_s = calm_s
        self._group = asyncio.TaskGroup()
        self._changed = asyncio.Event()
        self._talks = False

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        self._task = self._group.create_task(self._run(), name="others")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await self._group.__aexit__(None, None, None)  # what ended the body is not its
        await self._way.give_back()

    def talk(self, talks: bool) -> None:
        """Somebody talks, or nobody does any more."""
        self._talks = talks
        self._changed.set()

    async def _run(self) -> None:
        await self._way.give_back()  # what a daemon before this one owed
        while True:
            await self._until(talks=True)
            await self._way.hush()
            await self._until(talks=False)
            await self._way.give_back()

    async def _until(self, *, talks: bool) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            if self._talks is talks and (talks or await self._is_calm()):
                return

    async def _is_calm(self) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._calm_s):
                await self._changed.wait()
        return not self._talks
