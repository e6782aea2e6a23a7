"""How long a snapshot of 100 panes takes: one tmux process, and with the screens two.

Then what the team's own looks take, with the states read from the screens: the first one, and those
of whoever watches, which look at what moved.

Run from the root of the repository: ``python -m bench.team``
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable

from libtmux import Server

from bench.report import row
from teamvoice.config import Member, Team
from teamvoice.team.glimpses import Glimpses
from teamvoice.team.team import Team as Watched
from teamvoice.team.tmux import Tmux

PANES = 100
ROUNDS = 30
LOUD = 5  # panes in which something moves


async def measure(deed: Callable[[], Awaitable[object]]) -> list[float]:
    samples = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        await deed()
        samples.append((time.perf_counter() - began) * 1000)
    return samples


async def bench(server: Server) -> None:
    assert server.socket_name
    async with Tmux(server.socket_name, options=("@teamvoice", "@role_name")) as tmux:
        ids = [pane.id for pane in await tmux.panes()]
        assert len(ids) == PANES

        async def one_by_one() -> None:
            for pane_id in ids:
                await tmux.look(pane_id)

        async def with_screens() -> None:
            await tmux.panes()
            assert len(await tmux.screens(ids)) == PANES

        began = time.perf_counter()
        await one_by_one()
        apart = f"one tmux process per pane: {(time.perf_counter() - began) * 1000:.0f} ms"
        print(row(f"snapshot of {PANES} panes", await measure(tmux.panes), "50 ms", apart))
        print(row(f"the same with {PANES} screens", await measure(with_screens), "-", apart))
    members = tuple(Member(name=f"m{number}", target=pane) for number, pane in enumerate(ids))
    async with Watched(Team(socket=server.socket_name, members=members)) as team:
        await watch(team)


async def watch(team: Watched) -> None:
    """The looks of whoever watches, as ``teamvoice run`` and ``team --watch`` take them."""
    known, looked = Glimpses(), list[int]()

    async def all_anew() -> None:
        assert len(await team.glance(Glimpses())) == PANES

    async def what_moved() -> None:
        before = {name: glimpse.at for name, glimpse in known.items()}
        await team.glance(known)
        looked.append(sum(glimpse.at != before.get(name) for name, glimpse in known.items()))

    print(row(f"a first look at {PANES} members", await measure(all_anew), "-"))
    await what_moved()
    await asyncio.sleep(2)  # the second of the quiet panes' output must be over
    await what_moved()
    looked.clear()
    again = await measure(what_moved)
    told = f"{sum(looked) / ROUNDS:.0f} of them looked at"
    print(row(f"a further look when {LOUD} panes change", again, "-", told))


def main() -> None:
    server = Server(socket_name=f"tv-bench-{uuid.uuid4().hex[:8]}", config_file="/dev/null")
    command = "printf 'some words on a screen\\n%.0s' $(seq 20); exec sleep 600"
    loud = "while sleep 0.2; do date; done"
    try:
        session = server.new_session("bench", x=120, y=40, window_command=command)
        for number in range(1, PANES):
            shell = loud if number <= LOUD else command
            session.new_window(window_shell=shell, attach=False)
        asyncio.run(bench(server))
    finally:
        server.kill()


if __name__ == "__main__":
    main()
