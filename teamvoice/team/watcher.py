"""Watches the team: a cheap look at all panes now and then, and at the screens of those that moved.

What is seen goes to whoever is interested, to the messages that are held, and into tmux's user
options: ``@teamvoice_line`` (global) has the team in a few words, ``@teamvoice_state`` (of each
pane) its state, so that a status line shows them with no process of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Self

from teamvoice.errors import TeamvoiceError
from teamvoice.team.glimpses import Glimpses, Status
from teamvoice.team.newsdesk import News, Newsdesk, summary
from teamvoice.team.sight import Kind
from teamvoice.team.team import Team

PACE_S = 1.5  # between two looks: a change is seen within 2 s, on a busy machine too


class Watcher:
    """Watches while its context lasts and :meth:`run` runs.

    Args:
        team: The team; must be entered first.
        on_news: Told what is new, and of whom the news is old.
        pace_s: Seconds between two looks.
        seen: What was seen and told before, and what was asked for.
        on_change: Told what everybody does, when one of them does something else.

    ``trouble`` is what is out of order beside the team, in a few words, for the team's line.
    """

    def __init__(
        self,
        team: Team,
        on_news: Callable[[Sequence[News], Sequence[str]], None],
        pace_s: float = PACE_S,
        seen: Newsdesk | None = None,
        on_change: Callable[[Sequence[Status]], None] = lambda _statuses: None,
    ) -> None:
        self._team = team
        self._on_news = on_news
        self._on_change = on_change
        self._pace_s = pace_s
        self._desk = seen or Newsdesk()
        self._glimpses: Glimpses = {}
        self._shown: dict[str, str] = {}  # the options that are set, by pane; "" is the global one
        self.statuses: tuple[Status, ...] = ()
        self.trouble: Callable[[], str] = str

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for pane in list(self._shown):
            await self._set(pane, None)

    async def run(self) -> None:
        """Look again and again, for ever."""
        while True:
            await self.look()
            await asyncio.sleep(self._pace_s)

    async def look(self) -> None:
        """Look once, and pass on what is seen."""
        before, self.statuses = self.statuses, await self._team.glance(self._glimpses)
        if list(map(_outline, before)) != list(map(_outline, self.statuses)):
            self._on_change(self.statuses)
        self._team.state_seen(self.statuses)
        news = self._desk.seen((s.member.name, s.state) for s in self.statuses)
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
        here = [s for s in self.statuses if not s.member.host]
        panes = {s.pane: str(s.state.kind) for s in here if s.pane}
        words = summary((s.member.name, s.state) for s in self.statuses)
        team = {"": " · ".join(filter(None, (self.trouble(), words)))} if here else {}
        wanted = team | panes
        for pane in [pane for pane in self._shown if pane not in wanted]:
            await self._set(pane, None)
        for pane, text in wanted.items():
            if self._shown.get(pane) != text:
                await self._set(pane, text)

    async def _set(self, pane: str, text: str | None) -> None:
        """Set or unset one option: it fails alone when its pane is gone, and is forgotten then."""
        self._shown[pane] = ""  # it may or may not be set if this is cancelled
        try:
            await self._team.show({pane: text})
        except TeamvoiceError:  # no pane, no option; else the next look sets it
            text = None
        if text is None:
            del self._shown[pane]
        else:
            self._shown[pane] = text


def _outline(status: Status) -> tuple[str, ...]:
    """What of a status is worth being shown anew."""
    state = status.state
    asked = state.question.fingerprint if state.question else ""
    return (status.member.name, str(state.kind), state.detail, asked, status.pane)
