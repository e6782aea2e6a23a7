"""Which panes must be looked at again is told by tmux's own account of output, for nothing."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from libtmux import Server

from teamvoice.config import Member
from teamvoice.team.glimpses import Glimpse, Status, has_moved
from teamvoice.team.panes import Pane
from teamvoice.team.processes import Tree
from teamvoice.team.sight import Kind, State
from teamvoice.team.tmux import Tmux
from tests.support.panes import id_of, name_of, open_pane, own_server
from tests.support.wait import until

pytestmark = pytest.mark.needs("tmux")
NOW = 100.0


async def snapshot(tmux: Tmux) -> dict[str, Pane]:
    return {pane.id: pane for pane in await tmux.panes()}


async def settled(tmux: Tmux) -> dict[str, Glimpse]:
    """Looks at the panes in a second in which none had output."""
    last = max(pane.activity for pane in (await snapshot(tmux)).values())
    await until(lambda: time.time() >= last + 1, "the second of the last output is over")
    second = int(time.time())
    return {i: glimpse(pane, Kind.IDLE, second) for i, pane in (await snapshot(tmux)).items()}


def glimpse(pane: Pane, kind: Kind, second: int) -> Glimpse:
    status = Status(Member(name="m"), State(kind, "screen", NOW))
    return Glimpse(pane, status, Tree(()), NOW, NOW, second)


def quiet_pair(server: Server) -> tuple[str, str]:
    command = "exec sh -c 'echo ready; exec cat'"
    return id_of(open_pane(server, "a", command)), id_of(open_pane(server, "b", command))


async def test_output_in_the_background_is_told_and_quiet_panes_are_left_alone() -> None:
    with own_server() as server:
        loud, quiet = quiet_pair(server)
        async with Tmux(name_of(server), deadline_s=10) as tmux:
            await until(lambda: _is_ready(server), "both panes are ready")
            before = await settled(tmux)
            assert not has_moved(before[quiet], before[quiet].pane, NOW + 60)
            server.cmd("send-keys", "-t", loud, "some words", "Enter")

            async def told() -> bool:
                return has_moved(before[loud], (await snapshot(tmux))[loud], NOW)

            await until(told, "the output is told")
            assert not has_moved(before[quiet], (await snapshot(tmux))[quiet], NOW + 60)


async def test_another_size_or_program_may_have_changed_the_screen(tmp_path: Path) -> None:
    with own_server() as server:
        first, second = quiet_pair(server)
        async with Tmux(name_of(server), deadline_s=10) as tmux:
            await until(lambda: _is_ready(server), "both panes are ready")
            before = await settled(tmux)
            server.cmd("resize-window", "-t", first, "-x", "70", "-y", "20")
            server.cmd("respawn-pane", "-k", "-c", str(tmp_path), "-t", second, "exec sleep 60")
            after = await snapshot(tmux)
            assert has_moved(before[first], after[first], NOW)
            assert has_moved(before[second], after[second], NOW)
            assert has_moved(None, after[first], NOW)


async def test_one_that_works_is_looked_at_now_and_then_whatever_tmux_tells() -> None:
    with own_server() as server:
        first, _ = quiet_pair(server)
        async with Tmux(name_of(server), deadline_s=10) as tmux:
            await until(lambda: _is_ready(server), "both panes are ready")
            pane = (await settled(tmux))[first].pane
            works = glimpse(pane, Kind.WORKING, pane.activity)
            assert not has_moved(works, pane, NOW + 0.9)
            assert has_moved(works, pane, NOW + 1.8)
            in_that_second = glimpse(pane, Kind.IDLE, pane.activity)
            assert has_moved(in_that_second, pane, NOW + 0.1)


def _is_ready(server: Server) -> bool:
    return all("ready" in "\n".join(pane.capture_pane()) for pane in server.panes)
