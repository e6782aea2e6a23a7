from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx
from libtmux import Pane, Server

from teamvoice.config import Member
from teamvoice.team.held import Held, HeldMessage
from teamvoice.team.receipts import Outcome, Receipt, say_sent
from teamvoice.team.sight import Kind
from teamvoice.team.team import Team
from tests.support.daemon import daemon_at
from tests.support.disk import fill
from tests.support.panes import open_pane, own_server, screen_of, standin, team_of
from tests.support.wait import until

pytestmark = pytest.mark.needs("tmux")

DEV = Member(name="developer", aliases=("dev",))


@pytest.fixture
def server() -> Iterator[Server]:
    with own_server() as own:
        yield own


async def at_work(server: Server, seconds: float) -> Pane:
    pane = open_pane(server, "developer", standin("developer", seconds))
    await until(lambda: "? for shortcuts" in screen_of(pane), "it is ready", within=15)
    return pane


async def test_a_held_message_goes_when_the_work_is_done(server: Server, tmp_path: Path) -> None:
    pane = await at_work(server, 30.0)
    told: list[tuple[HeldMessage, Receipt]] = []

    def tell(message: HeldMessage, receipt: Receipt) -> None:
        told.append((message, receipt))

    held = Held(tmp_path / "held.json")
    with blockbuster_ctx("teamvoice"):
        async with Team(team_of(server, DEV), held=held, on_held=tell) as team:
            await team.send("dev", "first")
            receipt = await team.send("the developer", "then this", when="idle")
            assert (receipt.outcome, bool(receipt.ticket)) == (Outcome.HELD, True)
            assert say_sent(receipt) == "Held for the developer, until the work there is done."
            assert [m.text for m in await team.held()] == ["then this"]
            assert "then this" not in screen_of(pane)
            pane.send_keys("Escape", enter=False)  # a person stops the work
            await until(lambda: bool(told), "it is delivered", within=15)
            assert await team.held() == ()
            assert not await team.withdraw(receipt.ticket)
    (message, delivered), screen = told[0], screen_of(pane)
    assert (message.ticket, delivered.outcome) == (receipt.ticket, Outcome.SUBMITTED)
    assert screen.index("Interrupted: first") < screen.index("> then this")
    assert screen.count("> then this") == 1


async def test_what_is_withdrawn_is_never_typed(server: Server) -> None:
    pane = await at_work(server, 30.0)
    async with Team(team_of(server, DEV)) as team:
        await team.send("dev", "first")
        ticket = (await team.send("dev", "then this", when="idle")).ticket
        assert await team.withdraw(ticket)
        assert (await team.interrupt("dev")).arrived
        kept = (await team.send("dev", "and this", when="idle")).ticket
        assert kept != ticket
        await until(lambda: "> and this" in screen_of(pane), "the other is delivered", within=15)
    assert "then this" not in screen_of(pane)


async def test_a_restart_loses_nothing_and_a_crash_repeats_nothing(
    server: Server, tmp_path: Path
) -> None:
    pane = await at_work(server, 0.2)
    path = tmp_path / "held.json"
    crashed = Held(path)
    assert crashed.open()
    doubtful = crashed.hold("developer", "half done")
    assert crashed.begin(doubtful.ticket)
    crashed.hold("developer", "still to do")
    crashed.close()
    async with Team(team_of(server, DEV), held=Held(path)) as team:
        await until(lambda: "> still to do" in screen_of(pane), "it is delivered", within=15)

        async def is_settled() -> bool:
            return [m.state for m in await team.held()] == ["unconfirmed"]

        await until(is_settled, "what is doubtful is told")
    assert "half done" not in screen_of(pane)


async def test_a_draft_keeps_it_held_and_tells_why(server: Server) -> None:
    pane = await at_work(server, 0.2)
    pane.send_keys("half a thought", enter=False, literal=True)
    await until(lambda: "❯ half a thought" in screen_of(pane), "the draft shows")
    async with Team(team_of(server, DEV)) as team:
        await team.send("dev", "then this", when="idle")

        async def says_why() -> bool:
            return "draft" in (await team.held())[0].note

        await until(says_why, "it says why", within=15)
        pane.send_keys("C-u", enter=False)
        await until(lambda: "> then this" in screen_of(pane), "it is delivered", within=15)


@pytest.mark.parametrize(
    ("command", "why"),
    [("exec bash --norc -i", "only a shell is running there"), ("true", "has ended")],
)
async def test_what_waits_for_an_agent_that_is_not_there_says_so(
    server: Server, command: str, why: str
) -> None:
    open_pane(server, "other", "exec sleep 1000")
    pane = open_pane(server, "developer", command)
    async with Team(team_of(server, DEV)) as team:

        async def is_so() -> bool:
            return (await team.status())[0].state.kind in {Kind.SHELL, Kind.DEAD}

        await until(is_so, "there is no agent")
        receipt = await team.send("dev", "touch harmed", when="idle")
        assert say_sent(receipt).startswith("Held for the developer, until an agent is idle there")
        assert why in say_sent(receipt)

        async def is_noted() -> bool:
            return why in (await team.held())[0].note

        await until(is_noted, "the list says it too")
        pane.cmd("respawn-pane", "-k", standin("developer", 0.2))
        await until(lambda: "> touch harmed" in screen_of(pane), "it is delivered", within=15)


async def test_news_from_others_saves_the_own_look(server: Server) -> None:
    pane = await at_work(server, 0.2)
    async with Team(team_of(server, DEV)) as team:
        await team.send("dev", "then this", when="idle")

        async def is_delivered() -> bool:
            team.state_seen(await team.status())
            return "> then this" in screen_of(pane)

        await until(is_delivered, "it is delivered", within=15)


async def test_nobody_is_held_for_who_is_not_there(server: Server) -> None:
    open_pane(server, "other", "exec sleep 1000")
    async with Team(team_of(server, DEV)) as team:
        receipts = await asyncio.gather(
            team.send("dev", "hello", when="idle"), team.send("dev", " ", when="idle")
        )
        assert [receipt.outcome for receipt in receipts] == [Outcome.REFUSED] * 2
        assert await team.held() == ()


async def test_a_file_that_cannot_be_read_stops_nothing_else_and_is_told_once(
    server: Server, tmp_path: Path
) -> None:
    pane = await at_work(server, 0.2)
    path = tmp_path / "held.json"
    Held(path).hold("developer", "from before")
    kept = path.read_bytes()
    path.write_bytes(kept[:-1])  # as an editor may leave it
    troubles: list[str] = []
    async with Team(team_of(server, DEV), held=Held(path), on_fail=troubles.append) as team:
        await until(lambda: bool(troubles), "it is told")
        assert (await team.send("dev", "at once")).arrived
        refused = await team.send("dev", "and later", when="idle")
        assert (refused.outcome, "move the file away" in refused.why) == (Outcome.REFUSED, True)
        assert path.read_bytes() == kept[:-1]
        path.write_bytes(kept)
        await until(lambda: "> from before" in screen_of(pane), "it is delivered", within=15)

        async def is_written_down() -> bool:
            return await team.held() == ()

        await until(is_written_down, "it is held no more", within=15)
        path.write_bytes(b"[")
        await until(lambda: len(troubles) > 1, "that is told too")
        assert path.read_bytes() == b"["
    assert len(troubles) == 2
    assert all(f"The held messages in {path} cannot be read" in why for why in troubles)


async def test_a_full_disk_stops_no_daemon_and_what_was_held_goes_when_there_is_room(
    tmp_path: Path, tiny_disk: Path
) -> None:
    Held(tiny_disk / "held.json").hold("developer", "from before")
    fill(tiny_disk)
    (tmp_path / "state").symlink_to(tiny_disk)
    with daemon_at(tmp_path, {}) as daemon:
        told = "held.json cannot be written: No space left on device (free some space"
        await until(lambda: told in daemon.log, "it is told")
        code, out, err = await daemon.cli("send", "pm", "later", "--when", "idle", "--json")
        assert (code, json.loads(out)["outcome"]) == (1, "refused"), out + err
        assert "cannot be written: No space left on device" in json.loads(out)["why"]
        assert "Traceback" not in err
        code, out, err = await daemon.cli("send", "pm", "at once")
        assert (code, out) == (0, "Submitted to the PM.\n"), out + err
        assert daemon.log.count(told) == 1
        (tiny_disk / "filler").unlink()
        await until(lambda: "> from before" in daemon.screen("developer"), "it goes", within=15)
