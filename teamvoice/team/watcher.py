"""Watches the team: one cheap look at all panes a second, and at the screens of those that moved.

What is seen goes to whoever is interested, to the messages that are held, and into tmux's user
options: ``@teamvoice`` (global) has the team in a few words, ``@teamvoice_state`` (of each pane)
its state, so that a status line shows them with no process of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Self

from teamvoice.errors import TeamvoiceError
from teamvoice.team.glimpses import Glimpses, Status
from teamvoice.team.newsdesk import News, Newsdesk, summary
from teamvoice.team.sight import Kind
from teamvoice.team.team import Team

PACE_S = 0.9  # between two looks: who works is looked at every second time, still within 2 s


class Watcher:
    """Watches while its context lasts and :meth:`run` runs.

    Args:
        team: The team; must be entered first.
        on_news: Told what is new, and of whom the news is old.
        pace_s: Seconds between two looks.
    """

    def __init__(
        self,
        team: Team,
        on_news: Callable[[Sequence[News], Sequence[str]], None],
        pace_s: float = PACE_S,
    ) -> None:
        self._team = team
        self._on_news = on_news
        self._pace_s = pace_s
        self._desk = Newsdesk()
        self._glimpses: Glimpses = {}
        self._shown: dict[str, str] = {}  # the options that are set, by pane; "" is the global one
        self.statuses: tuple[Status, ...] = ()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        with contextlib.suppress(TeamvoiceError):  # no server, no options
            await self._team.show(dict.fromkeys(self._shown))

    async def run(self) -> None:
        """Look again and again, for ever."""
        while True:
            await self.look()
            await asyncio.sleep(self._pace_s)

    async def look(self) -> None:
        """Look once, and pass on what is seen."""
        self.statuses = await self._team.glance(self._glimpses)
        self._team.state_seen(self.statuses)
        now = asyncio.get_running_loop().time()
        news = self._desk.seen([(s.member.name, s.state) for s in self.statuses], now)
        passed = self._desk.passed()
        if news or passed:
            self._on_news(news, passed)
        await self._show()

    def notify_when(self, member: str, kind: Kind) -> None:
        """Tell once when a member is in a state."""
        self._desk.notify_when(member, kind)

    def told(self, statuses: Sequence[Status]) -> None:
        """The person was just told of these."""
        for status in statuses:
            self._desk.told(status.member.name, status.state)

    async def _show(self) -> None:
        wanted = {s.pane: str(s.state.kind) for s in self.statuses if s.pane}
        wanted |= {"": summary((s.member.name, s.state) for s in self.statuses)} if wanted else {}
        changed: dict[str, str | None] = {
            pane: text for pane, text in wanted.items() if self._shown.get(pane) != text
        }
        changed |= dict.fromkeys(pane for pane in self._shown if pane not in wanted)
        if changed:
            with contextlib.suppress(TeamvoiceError):  # a pane went: the next look tells
                await self._team.show(changed)
                self._shown = wanted
