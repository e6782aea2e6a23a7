"""A link that is kept up while a test lasts, and what it tells."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from teamvoice.realtime.backoff import Backoff
from teamvoice.realtime.client import Limits, Session
from teamvoice.realtime.events import Event
from teamvoice.realtime.link import Link, LinkState
from teamvoice.realtime.providers import PROFILES, Provider
from teamvoice.realtime.session import SessionSpec
from teamvoice.realtime.upkeep import Upkeep
from tests.support.scripted import Script
from tests.support.wait import until

SOON = Backoff(first=0.01, most=0.02)
NEVER = Backoff(first=3600.0, most=3600.0)
# Down is told once, then perhaps fatal, then the same anew for each retry that was asked for. After
# every up there is a down, or a rest; a link that rests is asked for, and its tale begins anew.
STORY = re.compile(r"((d?F)*d?(u((d?F)+d?|d))*(ui)?)*")


@dataclass
class Seen:
    """What the link told, in order: ``u`` up, ``d`` down, ``F`` down and fatal, ``i`` idle."""

    story: str = ""
    reasons: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def up(self) -> None:
        self.story += "u"

    def down(self, reason: str, fatal: bool) -> None:
        self.story += "F" if fatal else "d"
        self.reasons.append(reason)

    def rest(self) -> None:
        self.story += "i"

    async def told(self, story: str) -> None:
        await until(lambda: self.story == story, f"{story} (now {self.story}, {self.reasons})")

    async def told_fatal(self, times: int) -> None:
        await until(lambda: self.story.count("F") == times, f"fatal {times} times")


async def reaches(link: Link, state: LinkState) -> None:
    await until(lambda: link.state is state, f"{state} (now {link.state})")


def dialling(script: Script, limits: Limits | None = None) -> Callable[[], Session]:
    provider = Provider(PROFILES["openai"], script.url, "gpt-realtime-2.1", "key")
    return lambda: Session(provider, SessionSpec(), limits or Limits(close_s=0.2))


@asynccontextmanager
async def kept_up(
    dial: Callable[[], Session],
    backoff: Backoff = SOON,
    *,
    outgoing: int = 100,
    upkeep: Upkeep | None = None,
    on_up: Callable[[Link], None] = lambda _: None,
) -> AsyncIterator[tuple[Link, Seen]]:
    seen = Seen()

    def up() -> None:
        seen.up()
        on_up(link)

    link = Link(
        dial,
        on_up=up,
        on_down=seen.down,
        on_event=seen.events.append,
        backoff=backoff,
        chance=lambda: 0.5,
        outgoing=outgoing,
        upkeep=replace(upkeep or Upkeep(), on_idle=seen.rest),
    )
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(link.run())
        try:
            yield link, seen
        finally:
            running.cancel()
    assert link.state is LinkState.OFF
    assert STORY.fullmatch(seen.story), seen.story
