from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx
from libtmux import Pane, Server

from teamvoice.config import Member
from teamvoice.errors import ConfigError, TeamError, UnknownMember
from teamvoice.team.places import how_to_mend
from teamvoice.team.processes import read_tree
from teamvoice.team.receipts import Outcome
from teamvoice.team.sight import Kind
from teamvoice.team.team import Team
from teamvoice.team.writing import Patience
from tests.support.disk import fill
from tests.support.panes import id_of, open_pane, own_server, pid_of, screen_of, standin, team_of
from tests.support.wait import until

pytestmark = pytest.mark.needs("tmux")

DEV = Member(name="developer", aliases=("dev",))
PM = Member(name="pm")


@pytest.fixture
def server() -> Iterator[Server]:
    with own_server() as own:
        yield own


async def at_work(server: Server, name: str = "developer", seconds: float = 30.0) -> Pane:
    pane = open_pane(server, name, standin(name, seconds))
    await until(lambda: "? for shortcuts" in screen_of(pane), f"{name} is ready", within=15)
    return pane


async def test_a_message_is_submitted_and_its_work_is_seen(server: Server) -> None:
    pane = await at_work(server)
    async with Team(team_of(server, DEV, PM)) as team:
        receipt = await team.send("the dev", "start on the login feature")
        assert receipt.outcome is Outcome.SUBMITTED
        assert receipt.pane == id_of(pane)
        assert "> start on the login feature" in screen_of(pane)
        dev, pm = await team.status()
        assert dev.state.kind is Kind.WORKING
        (watched,) = (s for s in await team.glance({}) if s.member is pm.member)
        for status in (pm, watched):
            assert status.state.kind is Kind.MISSING
            assert status.state.detail == how_to_mend(pm.member)


async def test_a_busy_agent_queues_and_an_interrupt_stops_it(server: Server) -> None:
    pane = await at_work(server)
    async with Team(team_of(server, DEV)) as team:
        assert (await team.send("dev", "first")).outcome is Outcome.SUBMITTED
        assert (await team.send("dev", "second")).outcome is Outcome.QUEUED
        assert (await team.interrupt("dev")).outcome is Outcome.SUBMITTED
        await until(lambda: "> second" in screen_of(pane), "the queued message is begun")
        assert "Interrupted: first" in screen_of(pane)


async def test_nothing_is_interrupted_that_does_not_work(server: Server) -> None:
    await at_work(server)
    async with Team(team_of(server, DEV)) as team:
        assert (await team.interrupt("dev")).outcome is Outcome.REFUSED


async def test_a_message_that_cannot_be_written_down_for_tmux_is_refused(
    server: Server, tiny_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pane = await at_work(server)
    fill(tiny_disk)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tiny_disk))
    async with Team(team_of(server, DEV)) as team:
        receipt = await team.send("dev", "hello")
        assert (receipt.outcome, "No space left" in receipt.why) == (Outcome.REFUSED, True)
        assert "hello" not in screen_of(pane)
        (tiny_disk / "filler").unlink()
        assert (await team.send("dev", "hello")).arrived


async def test_an_open_question_gets_no_text(server: Server) -> None:
    pane = await at_work(server)
    async with Team(team_of(server, DEV)) as team:
        assert (await team.send("dev", "please deploy it")).outcome is Outcome.SUBMITTED
        receipt = await team.send("dev", "1")
        assert (receipt.outcome, receipt.why) == (
            Outcome.REFUSED,
            "it waits for an answer to a question",
        )
        (status,) = await team.status("dev")
        assert status.state.kind is Kind.WAITING
        assert "deploy it" in status.state.detail
    assert "❯ 1. Yes" in screen_of(pane)


async def test_a_draft_of_the_persons_is_left_alone(server: Server) -> None:
    pane = await at_work(server)
    pane.send_keys("half a thought", enter=False, literal=True)
    await until(lambda: "❯ half a thought" in screen_of(pane), "the draft shows")
    async with Team(team_of(server, DEV)) as team:
        receipt = await team.send("dev", "hello")
    assert (receipt.outcome, "draft" in receipt.why) == (Outcome.REFUSED, True)
    assert "❯ half a thought\n" in screen_of(pane)


async def test_a_shell_is_not_written_to(server: Server) -> None:
    pane = open_pane(server, "developer", "exec sh")
    before = screen_of(pane)
    async with Team(team_of(server, DEV)) as team:
        receipt = await team.send("dev", "rm -rf nothing")
    assert (receipt.outcome, receipt.why) == (Outcome.REFUSED, "only a shell is running there")
    assert "rm" not in screen_of(pane).removeprefix(before)


async def test_a_shell_whose_agent_is_suspended_is_not_written_to(server: Server) -> None:
    pane = open_pane(server, "developer", "exec bash --norc -i")
    pane.send_keys(standin("developer").removeprefix("exec "))
    await until(lambda: "? for shortcuts" in screen_of(pane), "it is ready", within=15)
    tree = read_tree(pid_of(pane))
    os.kill(tree.foreground[0].pid, signal.SIGSTOP)
    await until(lambda: "Stopped" in screen_of(pane), "the shell is back")
    async with Team(team_of(server, DEV)) as team:
        assert (await team.send("dev", "echo no")).why == "only a shell is running there"
    os.kill(tree.foreground[0].pid, signal.SIGKILL)


async def test_an_unknown_program_is_not_written_to(server: Server) -> None:
    pane = open_pane(server, "developer", "exec cat")
    command = "#{pane_current_command}"
    await until(lambda: pane.cmd("display-message", "-p", command).stdout == ["cat"], "it runs")
    async with Team(team_of(server, DEV)) as team:
        assert "unknown program runs there, cat" in (await team.send("dev", "hello")).why


async def test_a_dead_pane_is_refused_and_the_server_lives(server: Server) -> None:
    pane = await at_work(server)
    async with Team(team_of(server, DEV)) as team:
        await team.pin()
        os.kill(pid_of(pane), signal.SIGKILL)

        async def is_dead() -> bool:
            return (await team.status())[0].state.kind is Kind.DEAD

        await until(is_dead, "the pane is dead")
        receipt = await team.send("dev", "hello")
    assert (receipt.outcome, "has ended" in receipt.why) == (Outcome.REFUSED, True)
    assert server.is_alive()


async def test_a_vanished_pane_is_refused(server: Server) -> None:
    open_pane(server, "other", "exec sleep 1000")
    pane = await at_work(server)
    async with Team(team_of(server, DEV)) as team:
        await team.pin()
        pane.kill()
        assert "gone" in (await team.send("dev", "hello")).why
        await team.pin()
        assert "no pane of developer" in (await team.send("dev", "hello")).why
        with pytest.raises(TeamError, match="No pane of developer"):
            await team.read("dev")


async def test_a_pane_stays_the_one_that_was_pinned(server: Server) -> None:
    pane = await at_work(server)
    async with Team(team_of(server, DEV)) as team:
        await team.pin()
        pane.window.rename_window("elsewhere")
        other = await at_work(server)
        assert (await team.send("dev", "hello")).pane == id_of(pane)
        assert "hello" not in screen_of(other)


async def test_an_agent_that_was_started_anew_since_the_pin_is_refused(server: Server) -> None:
    pane = await at_work(server)
    async with Team(team_of(server, DEV)) as team:
        await team.pin()
        pane.cmd("respawn-pane", "-k", standin("developer"))
        assert "another program" in (await team.send("dev", "hello")).why


async def test_copy_mode_is_left_and_the_message_arrives(server: Server) -> None:
    pane = await at_work(server)
    pane.cmd("copy-mode")
    async with Team(team_of(server, DEV)) as team:
        assert (await team.send("dev", "hello")).outcome is Outcome.SUBMITTED
    assert "> hello" in screen_of(pane)


async def test_what_was_read_in_copy_mode_is_shown_again(server: Server) -> None:
    lines = "; ".join(f"echo line {n}" for n in range(200))
    # The stand-in uses the alternate screen, which has no history; this program has one.
    script = f"{lines}; stty raw -echo; printf '❯ \\r\\n────────────'; exec sleep 1000"
    pane = open_pane(server, "reader", script)
    await until(lambda: "❯" in screen_of(pane), "it is ready")
    pane.cmd("copy-mode")
    pane.cmd("send-keys", "-X", "-N", "50", "scroll-up")
    before = shown(pane)
    assert before.startswith("1 50 ")
    member = Member(name="reader", agent="generic")
    async with Team(team_of(server, member), Patience(appear=0.3)) as team:
        receipt = await team.send("reader", "hello")
    assert (receipt.outcome, shown(pane)) == (Outcome.UNCONFIRMED, before)
    assert receipt.evidence.endswith("copy mode was left, and its view restored")


def shown(pane: Pane) -> str:
    return pane.cmd(
        "display-message", "-p", "#{pane_in_mode} #{scroll_position} #{history_size}"
    ).stdout[0]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("select-pane", "-d"), "switched off"),
        (("set-option", "-w", "synchronize-panes", "on"), "synchronised"),
    ],
)
async def test_a_pane_that_takes_no_input_of_its_own_is_refused(
    server: Server, change: tuple[str, ...], why: str
) -> None:
    pane = await at_work(server)
    pane.cmd(*change)
    async with Team(team_of(server, DEV)) as team:
        receipt = await team.send("dev", "hello")
    assert (receipt.outcome, why in receipt.why) == (Outcome.REFUSED, True)


async def test_the_wrong_pane_is_not_taken_by_its_prefix(server: Server) -> None:
    pane = await at_work(server, "developer-2")
    async with Team(team_of(server, Member(name="developer", target="desk:developer.0"))) as team:
        assert (await team.send("developer", "hello")).outcome is Outcome.REFUSED
    assert "hello" not in screen_of(pane)


async def test_an_option_finds_the_pane(server: Server) -> None:
    pane = await at_work(server, "some")
    pane.cmd("set-option", "-p", "@role_name", "PM")
    async with Team(team_of(server, PM)) as team:
        assert (await team.send("pm", "hello")).pane == id_of(pane)


@pytest.mark.parametrize(
    "text",
    [
        "-dash; 'quotes' \"double\" $HOME `x` #{pane_id};",
        "one\ntwo\nthree",
        "grüße 日本語 🚀",
        "👩‍💻 ❤️ 🇩🇪 naïve नमस्ते",
        "👍",
        "?",
        "a\x1b[201~rm -rf\rb",
        "word " * 20_000,
        "line of code\n" * 200,
    ],
    ids=["marks", "lines", "wide", "emoji", "only emoji", "mark", "escape", "100 kB", "200 lines"],
)
async def test_awkward_text_is_submitted(server: Server, text: str) -> None:
    pane = await at_work(server, seconds=0.2)
    async with Team(team_of(server, DEV)) as team:
        assert (await team.send("dev", text)).outcome is Outcome.SUBMITTED
    await until(lambda: "● Done" in screen_of(pane), "it was worked on")


async def test_an_escape_in_a_message_reaches_the_agent_as_text(server: Server) -> None:
    pane = await at_work(server)
    async with Team(team_of(server, DEV)) as team:
        await team.send("dev", "a\x1b[201~b\x1b[200~c\x03d\x9be")
    assert "> a[201~b[200~cde" in screen_of(pane)


async def test_two_senders_at_once_never_interleave(server: Server) -> None:
    pane = await at_work(server, seconds=0.05)
    words = [f"message-{letter}" for letter in "abcdefgh"]
    async with Team(team_of(server, DEV)) as team:
        receipts = await asyncio.gather(*(team.send("dev", word) for word in words))
        assert all(receipt.arrived for receipt in receipts)
        await until(lambda: f"> {words[-1]}" in screen_of(pane), "the last one is begun")

        async def is_idle() -> bool:
            return (await team.status())[0].state.kind is Kind.IDLE

        await until(is_idle, "all is done")
        history = (await team.read("dev", 60)).splitlines()
    told = [line for line in history if line.startswith("> ")]
    assert told == [f"> {word}" for word in words][-len(told) :]


async def test_a_sender_that_gives_up_leaves_no_half_done_message(server: Server) -> None:
    pane = await at_work(server)
    async with Team(team_of(server, DEV)) as team, asyncio.TaskGroup() as group:
        sending = group.create_task(team.send("dev", "hello"))
        await until(lambda: "hello" in screen_of(pane), "it is typed")
        sending.cancel()
        await until(lambda: "> hello" in screen_of(pane), "it was submitted all the same")


async def test_what_is_half_typed_is_submitted_before_the_end(server: Server) -> None:
    pane = await at_work(server)
    async with asyncio.TaskGroup() as group:
        async with Team(team_of(server, DEV)) as team:
            sending = group.create_task(team.send("dev", "hello"))
            await until(lambda: "hello" in screen_of(pane), "it is typed")
        assert (await sending).outcome is Outcome.SUBMITTED
    assert "> hello" in screen_of(pane)


async def test_a_sender_does_not_wait_for_ever_when_the_team_is_left(server: Server) -> None:
    script = "stty raw -echo; printf '❯ \\r\\n────────────'; exec sleep 1000"
    pane = open_pane(server, "developer", script)
    await until(lambda: "❯" in screen_of(pane), "its prompt is there")
    member = Member(name="developer", agent="generic")
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        async with Team(team_of(server, member), Patience(appear=60)) as team:
            sends = [group.create_task(team.send("developer", f"hello {n}")) for n in range(3)]
            await asyncio.sleep(0)
            assert (await team.status())[0].state.kind is Kind.IDLE
        await asyncio.wait(sends)
    assert all(sending.cancelled() for sending in sends)


async def test_an_error_inside_passes_through_as_it_is(server: Server) -> None:
    await at_work(server)

    async def fail_inside() -> None:
        async with Team(team_of(server, DEV)) as team:
            await team.send("dev", "hello")
            await team.send("nobody", "hello")

    with pytest.raises(UnknownMember):
        await fail_inside()


async def test_what_never_shows_is_not_called_submitted(server: Server) -> None:
    script = "stty raw -echo; printf '❯ \\r\\n────────────'; exec sleep 1000"
    pane = open_pane(server, "developer", script)
    await until(lambda: "❯" in screen_of(pane), "its prompt is there")
    member = Member(name="developer", agent="generic")
    async with Team(team_of(server, member), Patience(appear=0.3)) as team:
        receipt = await team.send("developer", "hello")
    assert receipt.outcome is Outcome.UNCONFIRMED
    assert "Enter was not pressed" in receipt.why


async def test_a_screen_is_read_without_its_furniture(server: Server) -> None:
    await at_work(server)
    async with Team(team_of(server, DEV)) as team:
        text = await team.read("dev", 5)
    assert text.splitlines()[0] == "developer: a stand-in agent. It does no real work."
    assert "─" not in text


async def test_an_agent_that_is_not_known_is_a_mistake_in_the_configuration(server: Server) -> None:
    with pytest.raises(ConfigError, match=r'no agent is called "cloud".* Did you mean "claude"'):
        async with Team(team_of(server, Member(name="dev", agent="cloud"))):
            pass


async def test_the_loop_is_never_blocked(server: Server) -> None:
    await at_work(server)
    with blockbuster_ctx("teamvoice"):
        async with Team(team_of(server, DEV)) as team:
            await team.pin()
            assert (await team.send("dev", "hello")).arrived
            await team.status()
            await team.read("dev")
            assert (await team.interrupt("dev")).arrived
