from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from teamvoice.team.held import Held, HeldMessage
from teamvoice.team.holding import Holding, Seen
from teamvoice.team.receipts import Outcome, Receipt
from teamvoice.team.sight import Kind, State
from tests.support.disk import fill
from tests.support.wait import until

T = TypeVar("T")


async def aside(function: Callable[[], T], /) -> T:
    return await asyncio.to_thread(function)


async def nobody_looks(_names: object) -> Seen:
    return ()


@dataclass
class House:
    """Where messages are held for members who are idle, and delivered as a test says."""

    held: Held
    deliver: Callable[[HeldMessage], Awaitable[None]]
    told: list[tuple[str, Outcome]] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    @contextlib.asynccontextmanager
    async def delivering(self) -> AsyncIterator[Holding]:
        holding = Holding(
            self.held,
            aside,
            self._delivered,
            nobody_looks,
            lambda message, receipt: self.told.append((message.member, receipt.outcome)),
            self.troubles.append,
            asyncio.get_running_loop().time,
        )
        async with asyncio.TaskGroup() as tasks:
            working = tasks.create_task(holding.work())
            members = {message.member for message in self.held.list()}
            holding.seen([(m, State(Kind.IDLE, "screen", 0, settled=True)) for m in members])
            yield holding
            working.cancel()

    async def _delivered(self, message: HeldMessage) -> Receipt:
        await self.deliver(message)
        return Receipt(Outcome.SUBMITTED, "", "", message.member, "%1")


async def test_rest_awaits_each_of_several_that_were_begun() -> None:
    may_end = asyncio.Event()

    async def deliver(message: HeldMessage) -> None:
        if message.member == "slow":
            await may_end.wait()

    house = House(Held(), deliver)
    for member in ("quick", "slow"):
        house.held.hold(member, "hello")
    async with house.delivering() as holding:
        await until(lambda: house.told == [("quick", Outcome.SUBMITTED)], "the first has ended")
        may_end.set()
        await holding.rest()
        assert house.held.list() == ()


async def test_what_arrived_is_told_though_a_full_disk_cannot_have_it(tiny_disk: Path) -> None:
    async def deliver(_: HeldMessage) -> None:
        await asyncio.to_thread(fill, tiny_disk)

    house = House(Held(tiny_disk / "held.json"), deliver)
    house.held.hold("developer", "hello")
    async with house.delivering():
        await until(lambda: house.troubles, "it is told that the disk is full")
    assert house.told == [("developer", Outcome.SUBMITTED)]
