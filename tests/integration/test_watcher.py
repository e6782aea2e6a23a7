"""The watcher on a real tmux server, with stand-ins that really work and ask."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

import pytest
from libtmux import Pane, Server

from teamvoice.config import Member
from teamvoice.team.newsdesk import News
from teamvoice.team.sight import Kind
from teamvoice.team.team import Team
from teamvoice.team.watcher import Watcher
from tests.support.panes import ROOT, open_pane, own_server, screen_of, standin, team_of
from tests.support.wait import until

pytestmark = pytest.mark.needs("tmux")
DEVELOPER, PM = Member(name="developer"), Member(name="pm")


class Desk:
    """Who watches, and what was told."""

    def __init__(self, team: Team) -> None:
        self.watcher = Watcher(team, self._note, pace_s=0.2)
        self.news: list[News] = []
        self.passed: list[str] = []
        self.running: asyncio.Task[None] | None = None

    def _note(self, news: Sequence[News], passed: Sequence[str]) -> None:
        self.news += news
        self.passed += passed

    def state(self, name: str) -> Kind | None:
        found = (s.state.kind for s in self.watcher.statuses if s.member.name == name)
        return next(found, None)

    async def stop(self) -> None:
        """Look no more."""
        assert self.running
        self.running.cancel()
        await asyncio.wait([self.running])

    async def sees(self, name: str, kind: Kind) -> None:
        await until(lambda: self.state(name) is kind, f"{name} is seen {kind}", 15)


@pytest.fixture
def server() -> Iterator[Server]:
    with own_server() as own:
        yield own


@asynccontextmanager
async def watching(server: Server) -> AsyncIterator[Desk]:
    async with Team(team_of(server, DEVELOPER, PM)) as team:
        desk = Desk(team)
        async with asyncio.TaskGroup() as tasks, desk.watcher:
            desk.running = tasks.create_task(desk.watcher.run())
            yield desk
            desk.running.cancel()


async def ready(server: Server, name: str, seconds: float = 60.0) -> Pane:
    """A stand-in that works for longer than any look takes."""
    pane = open_pane(server, name, standin(name, seconds))
    await until(lambda: "? for shortcuts" in screen_of(pane), f"{name} is ready", 15)
    return pane


async def test_work_its_end_and_a_question_are_seen_and_told_once(server: Server) -> None:
    developer, _ = await ready(server, "developer"), await ready(server, "pm")
    async with watching(server) as desk:
        await desk.sees("developer", Kind.IDLE)
        developer.send_keys("think")
        await desk.sees("developer", Kind.WORKING)
        developer.send_keys("Escape", enter=False)
        await desk.sees("developer", Kind.IDLE)
        await until(lambda: desk.news, "the end is told", 15)
        developer.send_keys("run the tests")
        await desk.sees("developer", Kind.WAITING)
        await until(lambda: len(desk.news) == 2, "the question is told", 15)
        developer.send_keys("1", enter=False)
        await desk.sees("developer", Kind.WORKING)
    finished, waiting = desk.news
    assert (finished.kind, finished.text) == ("finished", "the developer has finished")
    assert waiting.kind == "waiting"
    assert "Do you want to proceed? run the tests (1 Yes, 2 No)" in waiting.text
    assert desk.passed[-1] == "developer"
    assert desk.state("pm") is Kind.IDLE


@pytest.mark.parametrize("gone", ["server", "window", "program"])
async def test_who_is_idle_where_another_was_at_work_has_not_finished(
    server: Server, gone: str
) -> None:
    developer, _ = await ready(server, "developer"), await ready(server, "pm")
    async with watching(server) as desk:
        developer.send_keys("think")
        await desk.sees("developer", Kind.WORKING)
        if gone == "program":
            developer.cmd("respawn-pane", "-k", standin("developer"))
            developer.cmd("clear-history")
        else:
            server.kill() if gone == "server" else developer.window.kill()
            developer = await ready(server, "developer")
        await desk.sees("developer", Kind.IDLE)
        await until(lambda: is_settled(desk, "developer"), "it has lasted", 15)
        assert desk.news == []
        desk.watcher.notify_when("developer", Kind.IDLE)
        await until(lambda: desk.news, "it is idle, as was asked for", 15)
    assert [news.text for news in desk.news] == ["the developer is idle now"]


def is_settled(desk: Desk, name: str) -> bool:
    return any(s.member.name == name and s.state.settled for s in desk.watcher.statuses)


async def test_the_options_are_kept_current_and_taken_away(server: Server) -> None:
    pane = await ready(server, "developer")

    def option(*words: str) -> str:
        return "".join(server.cmd("show-options", "-qv", *words).stdout)

    def of_pane() -> str:
        return option("-p", "-t", str(pane.pane_id), "@teamvoice_state")

    async with watching(server):
        await until(lambda: of_pane() == "idle", "the pane's option is set", 15)
        assert option("-g", "@teamvoice") == "developer idle · pm missing"
        pane.send_keys("think")
        await until(lambda: of_pane() == "working", "the pane's option follows", 15)
    assert of_pane() == ""
    assert option("-g", "@teamvoice") == ""


async def test_the_status_line_tells_of_a_team_that_is_nowhere(server: Server) -> None:
    open_pane(server, "other", "cat")

    def line() -> str:
        return "".join(server.cmd("show-options", "-gqv", "@teamvoice_line").stdout)

    async with watching(server):
        await until(lambda: line() == "developer missing · pm missing", "all are missing", 15)
    assert line() == ""


async def test_the_status_line_shows_the_team_in_a_pane_with_a_name_of_its_own(
    server: Server,
) -> None:
    pane = await ready(server, "developer")
    pane.cmd("set-option", "-p", "@teamvoice", "developer")
    page = (ROOT / "docs" / "tmux.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"^set -g status-right '(#{.*)'$", page, re.MULTILINE)

    def expanded(what: str) -> str:
        return "".join(pane.cmd("display-message", "-p", what).stdout)

    async with watching(server):
        team = "developer idle · pm missing"
        await until(lambda: expanded(line) == team, "the line of the docs shows it", 15)
        assert expanded("#{@teamvoice}") == "developer"
    assert expanded(line) == ""


@pytest.mark.parametrize("at_the_end", [False, True])
async def test_the_options_of_others_follow_when_a_watched_pane_is_gone(
    server: Server, *, at_the_end: bool
) -> None:
    developer, pm = await ready(server, "developer"), await ready(server, "pm")

    def option(*words: str) -> str:
        return "".join(server.cmd("show-options", "-qv", *words).stdout)

    def of_pm() -> str:
        return option("-p", "-t", str(pm.pane_id), "@teamvoice_state")

    async with watching(server) as desk:
        await until(
            lambda: option("-g", "@teamvoice") == "developer idle · pm idle", "all seen", 15
        )
        await until(lambda: of_pm() == "idle", "all set", 15)
        if at_the_end:
            await desk.stop()
        developer.window.kill()
        if not at_the_end:
            shown = "developer missing · pm idle"
            await until(lambda: option("-g", "@teamvoice") == shown, "the team's follows", 15)
            pm.send_keys("think")
            await until(lambda: of_pm() == "working", "the other's follows", 15)
        assert of_pm()
    assert of_pm() == ""
    assert option("-g", "@teamvoice") == ""


async def test_panes_come_and_go_while_they_are_watched(server: Server) -> None:
    developer = await ready(server, "developer")
    async with watching(server) as desk:
        await desk.sees("pm", Kind.MISSING)
        await ready(server, "pm")
        await desk.sees("pm", Kind.IDLE)
        developer.kill()
        await desk.sees("developer", Kind.MISSING)
        server.kill()
        await desk.sees("pm", Kind.UNKNOWN)


async def test_a_first_look_knows_whether_idle_has_lasted(server: Server) -> None:
    pane = await ready(server, "developer")
    async with Team(team_of(server, DEVELOPER)) as team:
        pane.send_keys("half", enter=False)
        await until(lambda: "❯ half" in screen_of(pane), "something was written there just now")
        (first,) = await team.status()
        assert (first.state.kind, first.state.settled) == (Kind.IDLE, False)
        assert first.as_json(first.state.seen_at)["settled"] is False

        async def has_lasted() -> bool:
            (status,) = await team.status()
            return status.state.settled

        await until(has_lasted, "it has lasted", 15)

    async def is_still() -> bool:
        async with Team(team_of(server, DEVELOPER)) as anew:
            return (await anew.status())[0].state.settled

    await until(is_still, "one look is enough where nothing is written any more", 15)
