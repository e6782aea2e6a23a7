"""What watching 20 panes costs: CPU seconds for each second, of all who have a part in it.

Counted are this process, the tmux clients that it starts, and the tmux server (less what the server
needs for the same panes while nobody watches). In the first run the panes are quiet, in the second
five of them work: a spinner moves and the title with it. At last, how long it takes from Enter in a
quiet pane until its member is seen to work.

Run from the root of the repository: ``python -m bench.watch``
"""

from __future__ import annotations

import asyncio
import os
import resource
import sys
import time
import uuid
from pathlib import Path

from libtmux import Server

from bench.report import row
from teamvoice.config import Member, Team
from teamvoice.team.sight import Kind
from teamvoice.team.team import Team as Watched
from teamvoice.team.watcher import Watcher
from tests.support.wait import until

PANES = 20
SECONDS = 20.0
ROUNDS = 12
_STANDIN = f"exec {sys.executable} -m teamvoice.demo.standin --seconds 600 --name m"


def used(server_pid: int) -> tuple[float, float]:
    """CPU seconds so far: ours with our children's, and the server's."""
    ours = sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )
    fields = Path(f"/proc/{server_pid}/stat").read_text().rpartition(")")[2].split()
    return ours, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def spent(server_pid: int, team: Watched | None) -> float:
    """Percent of a core over a while, watched or not."""
    task = asyncio.TaskGroup()
    async with task:
        watching = None
        if team:
            watcher = Watcher(team, lambda _news, _old: None)
            await watcher.look()
            watching = task.create_task(watcher.run())
        began, before = time.monotonic(), used(server_pid)
        await asyncio.sleep(SECONDS)
        after, took = used(server_pid), time.monotonic() - began
        if watching:
            watching.cancel()
    return 100 * sum(b - a for a, b in zip(before, after, strict=True)) / took


async def works(watcher: Watcher, name: str) -> None:
    """Return as soon as a member is seen to work."""

    def is_seen() -> bool:
        return (name, Kind.WORKING) in {(s.member.name, s.state.kind) for s in watcher.statuses}

    await until(is_seen, f"{name} is seen to work", 20)


async def seen_within(server: Server) -> list[float]:
    """Milliseconds from a change until it is seen, for one member after the other."""
    assert server.socket_name
    members = tuple(Member(name=f"m{number}") for number in range(PANES))
    samples = []
    async with Watched(Team(socket=server.socket_name, members=members)) as team:
        watcher = Watcher(team, lambda _news, _old: None)
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(watcher.run())
            for number in range(PANES - ROUNDS, PANES):
                await asyncio.sleep(0.37)  # in another moment between two looks each time
                began = time.perf_counter()
                server.cmd("send-keys", "-t", f"bench:{number}", "think", "Enter")
                await works(watcher, f"m{number}")
                samples.append((time.perf_counter() - began) * 1000)
            watching.cancel()
    return samples


async def bench(server: Server, what: str) -> None:
    assert server.socket_name
    members = tuple(Member(name=f"m{number}") for number in range(PANES))
    pid = int(server.cmd("display-message", "-p", "#{pid}").stdout[0])
    async with Watched(Team(socket=server.socket_name, members=members)) as team:
        alone = await spent(pid, None)
        watched = await spent(pid, team)
    print(f"{what:<40} {watched - alone:5.2f} % of a core (alone {alone:.2f} %); to reach: 1 %")


def main() -> None:
    server = Server(socket_name=f"tv-bench-{uuid.uuid4().hex[:8]}", config_file="/dev/null")
    try:
        session = server.new_session("bench", x=120, y=40, window_command=f"{_STANDIN}0")
        for number in range(1, PANES):
            session.new_window(window_shell=f"{_STANDIN}{number}", attach=False)
        time.sleep(6)  # they start; nothing is measured yet
        asyncio.run(bench(server, f"{PANES} panes, all quiet"))
        for window in session.windows[:5]:
            assert window.active_pane
            window.active_pane.send_keys("think")
        asyncio.run(bench(server, f"{PANES} panes, five at work"))
        print(row("a change is seen after", asyncio.run(seen_within(server)), "2000 ms"))
    finally:
        server.kill()


if __name__ == "__main__":
    main()
