"""Members on another machine, by a real ssh to a real sshd."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import struct
import termios
import time
from collections.abc import Callable, Iterator

import pytest
from libtmux import Pane, Server

from teamvoice import config
from teamvoice.config import Member
from teamvoice.team.glimpses import Glimpses
from teamvoice.team.processes import read_tree
from teamvoice.team.profiles import load_profiles
from teamvoice.team.receipts import Outcome
from teamvoice.team.server import Server as Far
from teamvoice.team.sight import Kind
from teamvoice.team.team import Team
from teamvoice.team.writing import Patience
from teamvoice.tools.saying import say_status
from tests.support.panes import (
    id_of,
    name_of,
    open_pane,
    own_server,
    pid_of,
    screen_of,
    standin,
    team_of,
)
from tests.support.remote import Machine, other_machine
from tests.support.wait import until

pytestmark = pytest.mark.needs("tmux", "sshd", "ssh")

HERE = Member(name="developer")


@pytest.fixture
def server() -> Iterator[Server]:
    with own_server() as own:
        yield own


@pytest.fixture
def machine(server: Server) -> Iterator[Machine]:
    with other_machine(name_of(server)) as other:
        yield other


async def at_work(server: Server, name: str, command: str = "") -> Pane:
    pane = open_pane(server, name, command or standin(name))
    await until(lambda: "? for shortcuts" in screen_of(pane), f"{name} is ready", within=15)
    return pane


def there(machine: Machine) -> Member:
    return Member(name="pm", host=machine.host)


def unread(pane: Pane) -> int:
    """The bytes that were typed into a pane and that its program has not read."""
    (tty,) = pane.cmd("display-message", "-p", "#{pane_tty}").stdout
    terminal = os.open(tty, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        answer = fcntl.ioctl(terminal, termios.FIONREAD, b"\0" * 4)
    finally:
        os.close(terminal)
    count: int = struct.unpack("i", answer)[0]
    return count


async def test_a_member_there_gets_a_message_asks_and_is_answered(
    server: Server, machine: Machine
) -> None:
    here, pm = await at_work(server, "developer"), await at_work(machine.server, "pm")
    assert id_of(here) == id_of(pm)  # an id means a pane of one server alone
    async with Team(team_of(server, HERE, there(machine))) as team:
        assert [s.state.kind for s in await team.status()] == [Kind.IDLE, Kind.IDLE]
        text = "please deploy 'it'; $HOME `id`\n~ and \"all\" of ’em"
        both = await asyncio.gather(team.send("pm", text), team.send("developer", "count to ten"))
        assert [receipt.outcome for receipt in both] == [Outcome.SUBMITTED] * 2, both
        assert "deploy 'it'; $HOME `id`" in screen_of(pm)
        assert "count to ten" not in screen_of(pm)
        (status,) = await team.status("pm")
        assert (status.state.kind, status.agent) == (Kind.WAITING, "standin")
        assert "deploy" in await team.read("pm")
        receipt = await team.answer("pm", "yes")
        assert receipt.outcome is Outcome.SUBMITTED, receipt
        developer, other = await team.glance({})
        assert (developer.state.kind, other.state.kind) == (Kind.WORKING, Kind.WORKING)
    (master,) = (machine.home / "teamvoice").glob("ssh-*")
    assert master.is_socket()  # one connection, which the next command finds


async def test_a_host_that_hangs_is_missing_and_the_others_go_on(
    server: Server, machine: Machine
) -> None:
    here, _pm = await at_work(server, "developer"), await at_work(machine.server, "pm")
    settings = team_of(server, HERE, there(machine), deadline_s=4.0)
    async with Team(settings) as team, asyncio.TaskGroup() as tasks:
        assert [s.state.kind for s in await team.status()] == [Kind.IDLE, Kind.IDLE]
        machine.hang()
        first = tasks.create_task(team.status("pm"))
        receipt = await team.send("developer", "start on the login feature")
        assert receipt.outcome is Outcome.SUBMITTED
        (pm,) = await asyncio.wait_for(first, 15)
        assert pm.state.kind is Kind.MISSING
        assert machine.host in pm.state.detail
        assert say_status([pm]) == "The PM is missing; tmux on that machine could not be reached."
        before = time.monotonic()
        developer, pm = await team.status()
        assert (developer.state.kind, pm.state.kind) == (Kind.WORKING, Kind.MISSING)
        # It is known to be away, and not waited for again.
        assert time.monotonic() - before < settings.deadline_s
        refused = await team.send("pm", "hello")
        assert (refused.outcome, refused.pane) == (Outcome.REFUSED, "")
        assert machine.host in refused.why
        assert "hello" not in screen_of(here)
        machine.go_on()

        async def is_back() -> bool:
            return (await team.glance({}))[1].state.kind is Kind.IDLE

        await until(is_back, "the other machine is back", within=20)


async def test_a_connection_that_is_cut_in_a_write_leaves_it_unconfirmed(
    server: Server, machine: Machine
) -> None:
    # Below a shell: tmux itself wakes the program of a pane that is stopped.
    command = f"{standin('pm').removeprefix('exec ')}; true"
    pane = await at_work(machine.server, "pm", command)
    patience = Patience(appear=60.0)
    async with (
        Team(team_of(server, there(machine)), patience) as team,
        asyncio.TaskGroup() as tasks,
    ):
        agent = read_tree(pid_of(pane)).processes[1]
        os.kill(agent.pid, signal.SIGSTOP)  # what is pasted does not appear
        sending = tasks.create_task(team.send("pm", "start on the login feature"))
        await until(lambda: unread(pane) > 0, "the text is typed", within=15)
        machine.cut()
        receipt = await asyncio.wait_for(sending, 30)
        assert receipt.outcome is Outcome.UNCONFIRMED
        assert receipt.why.startswith(f"ssh cannot reach {machine.host}: "), receipt
        (status,) = await team.status()
        assert status.state.kind is Kind.MISSING


def host_key_has_changed(machine: Machine) -> None:
    other = machine.home.joinpath("user_key.pub").read_text()
    machine.home.joinpath("known").write_text(f"[127.0.0.1]:{machine.port} {other}")


def key_is_refused(machine: Machine) -> None:
    machine.home.joinpath("user_key.pub").write_text("")


def nobody_listens(machine: Machine) -> None:
    machine.cut()


def it_accepts_and_says_nothing(machine: Machine) -> None:
    machine.fall_silent()


def the_path_of_the_connection_is_too_long(machine: Machine) -> None:
    machine.lengthen_runtime()


@pytest.mark.parametrize(
    ("bring_about", "cause", "deadline_s"),
    [
        (host_key_has_changed, "ssh cannot reach {host}: Host key verification failed", 15.0),
        (key_is_refused, "@127.0.0.1: Permission denied (publickey", 15.0),
        (nobody_listens, "ssh cannot reach {host}: connect to host 127.0.0.1 port", 15.0),
        (it_accepts_and_says_nothing, "tmux on {host} did not answer in 1.5 s", 1.5),
        (the_path_of_the_connection_is_too_long, "too long for ssh to share a connection in", 15.0),
    ],
)
async def test_a_host_that_cannot_be_used_is_missing_with_the_cause(
    server: Server,
    machine: Machine,
    bring_about: Callable[[Machine], None],
    cause: str,
    deadline_s: float,
) -> None:
    bring_about(machine)
    async with Team(team_of(server, there(machine), deadline_s=deadline_s)) as team:
        (pm,) = await team.status()
        assert pm.state.kind is Kind.MISSING
        assert cause.format(host=machine.host) in pm.state.detail
        receipt = await team.send("pm", "hello")
        assert receipt.outcome is Outcome.REFUSED


async def test_a_host_that_vanishes_is_missing_until_it_is_back(
    server: Server, machine: Machine
) -> None:
    await at_work(machine.server, "pm")
    async with Team(team_of(server, there(machine))) as team:
        assert [s.state.kind for s in await team.status()] == [Kind.IDLE]
        machine.cut()
        (pm,) = await team.status()
        assert (pm.state.kind, f"ssh cannot reach {machine.host}: " in pm.state.detail) == (
            Kind.MISSING,
            True,
        )
        machine.start()

        async def is_back() -> bool:
            return (await team.status())[0].state.kind is Kind.IDLE

        await until(is_back, "the other machine is back", within=20)


async def test_a_look_is_one_call(server: Server, machine: Machine) -> None:
    pane = await at_work(machine.server, "pm")
    settings = team_of(server, there(machine))
    async with Far(settings, machine.host, time.monotonic) as far:
        far.profiles = load_profiles(config.profiles_dir())
        before = machine.calls()
        view = await far.look("pm", id_of(pane))
        assert machine.calls() - before == 1
        assert (view.profile and view.profile.name, view.state.kind) == ("standin", Kind.IDLE)
        known: Glimpses = {}
        statuses, _ = await far.glance(known, time.time())
        assert [status.agent for status in statuses] == ["standin"]
        assert machine.calls() - before == 3  # the panes, then what moved with the processes
        gone = await far.look("pm", "%99")
        assert (machine.calls() - before, gone.state.kind) == (4, Kind.MISSING)
