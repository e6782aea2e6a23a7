from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from teamvoice.daemon.backlog import Backlog


async def drained(backlog: Backlog) -> list[dict[str, Any]]:
    return [event async for event in backlog]


async def test_a_reader_that_is_cancelled_in_the_moment_in_which_something_comes_ends() -> None:
    backlog = Backlog(beat_s=60.0)
    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(drained(backlog))
        await asyncio.sleep(0)
        backlog.put({"event": "one"})
        await asyncio.sleep(0)
        reading.cancel()
    assert reading.cancelled()


async def test_what_is_put_comes_out_in_order() -> None:
    backlog = Backlog()
    async with asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(drained(backlog))
        await asyncio.sleep(0)  # the reader waits before anything is there
        for number in range(3):
            backlog.put({"n": number})
        backlog.close()
    assert reading.result() == [{"n": 0}, {"n": 1}, {"n": 2}]


async def test_where_nothing_happens_it_tells_that_somebody_is_there() -> None:
    backlog = Backlog(beat_s=0.01)
    told = aiter(backlog)
    assert await anext(told) == await anext(told) == {"event": "alive"}
    backlog.put({"n": 0})
    assert await anext(told) == {"n": 0}


@given(limit=st.integers(1, 8), count=st.integers(0, 30))
def test_the_oldest_go_and_their_number_is_told(limit: int, count: int) -> None:
    async def run() -> list[dict[str, Any]]:
        backlog = Backlog(limit)
        for number in range(count):
            backlog.put({"n": number})
        backlog.close()
        return await drained(backlog)

    dropped = max(0, count - limit)
    gap = [{"event": "dropped", "count": dropped}] if dropped else []
    assert asyncio.run(run()) == gap + [{"n": number} for number in range(dropped, count)]
