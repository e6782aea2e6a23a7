"""A team on paper: a whole team with no tmux behind it, for many daemons in one process.

Whoever is written to is idle and takes it; ``written`` is everything that arrived, in order. It
takes its time, as a pane does, so that anything may happen meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Literal, Self

from teamvoice import config
from teamvoice.team.glimpses import Glimpses, Status
from teamvoice.team.receipts import Outcome, Receipt
from teamvoice.team.states import Kind, State
from teamvoice.team.team import Team

TAKES_S = 0.02  # for a message to be seen to arrive


class CountedTeam(Team):
    """A team that keeps what it was asked to write."""

    def __init__(self, settings: config.Team, **others: Any) -> None:
        super().__init__(settings, **others)
        self.written: list[str] = []

    async def send(self, name: str, text: str, when: Literal["now", "idle"] = "now") -> Receipt:
        self.written.append(text)
        return await super().send(name, text, when)


class PaperTeam(CountedTeam):
    """See the module's docstring; what is not overridden is the team's own."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None: ...

    async def pin(self) -> None: ...

    async def status(self, name: str | None = None) -> tuple[Status, ...]:
        members = self.members if name is None else (self.find(name),)
        idle = State(Kind.IDLE, "paper", asyncio.get_running_loop().time())
        return tuple(Status(member, idle) for member in members)

    async def glance(self, known: Glimpses) -> tuple[Status, ...]:  # noqa: ARG002 - as the team's
        return await self.status()

    async def show(self, options: Mapping[str, str | None]) -> None: ...

    async def send(self, name: str, text: str, when: Literal["now", "idle"] = "now") -> Receipt:
        assert when == "now", "nobody is ever busy"
        self.written.append(text)
        await asyncio.sleep(TAKES_S)
        return Receipt(Outcome.SUBMITTED, member=self.find(name).name)
