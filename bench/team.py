"""How long a snapshot of 100 panes takes: one tmux process, and with the screens two.

The screens are captured all, and as whoever watches does it: those that may have changed.

Run from the root of the repository: ``python -m bench.team``
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable

from libtmux import Server

from bench.report import row
from teamvoice.team.panes import Captures
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

        captures, captured = Captures(), list[int]()

        async def changed_only() -> None:
            at = time.time()
            due = captures.due(await tmux.panes(), at)
            captured.append(len(await tmux.screens([pane.id for pane in due])))

        began = time.perf_counter()
        await one_by_one()
        apart = f"one tmux process per pane: {(time.perf_counter() - began) * 1000:.0f} ms"
        print(row(f"snapshot of {PANES} panes", await measure(tmux.panes), "50 ms", apart))
        print(row(f"the same with {PANES} screens", await measure(with_screens), "-", apart))
        await asyncio.sleep(2)  # the second of the quiet panes' output must be over
        await changed_only()
        watched = await measure(changed_only)
        told = f"{sum(captured[1:]) / ROUNDS:.0f} screens a round"
        print(row(f"the same when {LOUD} panes change", watched, "-", told))


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
