"""Which screens must be captured anew is told by tmux's own account of output, for nothing."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from libtmux import Server

from teamvoice.team.panes import Captures, Pane, may_have_changed
from teamvoice.team.tmux import Tmux
from tests.support.panes import id_of, name_of, open_pane, own_server
from tests.support.wait import until

pytestmark = pytest.mark.needs("tmux")


async def snapshot(tmux: Tmux) -> dict[str, Pane]:
    return {pane.id: pane for pane in await tmux.panes()}


async def settled(tmux: Tmux) -> tuple[dict[str, Pane], float]:
    """A snapshot in a second in which no pane had output."""
    last = max(pane.activity for pane in (await snapshot(tmux)).values())
    await until(lambda: time.time() >= last + 1, "the second of the last output is over")
    return await snapshot(tmux), time.time()


def quiet_pair(server: Server) -> tuple[str, str]:
    command = "exec sh -c 'echo ready; exec cat'"
    return id_of(open_pane(server, "a", command)), id_of(open_pane(server, "b", command))


async def test_output_in_the_background_is_told_and_quiet_panes_are_left_alone() -> None:
    with own_server() as server:
        loud, quiet = quiet_pair(server)
        async with Tmux(name_of(server), deadline_s=10) as tmux:
            await until(lambda: _is_ready(server), "both panes are ready")
            before, at = await settled(tmux)
            assert not may_have_changed(before[quiet], before[quiet], at)
            server.cmd("send-keys", "-t", loud, "some words", "Enter")

            async def told() -> bool:
                return may_have_changed((await snapshot(tmux))[loud], before[loud], at)

            await until(told, "the output is told")
            assert not may_have_changed((await snapshot(tmux))[quiet], before[quiet], at)


async def test_another_size_or_program_may_have_changed_the_screen(tmp_path: Path) -> None:
    with own_server() as server:
        first, second = quiet_pair(server)
        async with Tmux(name_of(server), deadline_s=10) as tmux:
            await until(lambda: _is_ready(server), "both panes are ready")
            before, at = await settled(tmux)
            server.cmd("resize-window", "-t", first, "-x", "70", "-y", "20")
            server.cmd("respawn-pane", "-k", "-c", str(tmp_path), "-t", second, "exec sleep 60")
            after = await snapshot(tmux)
            assert may_have_changed(after[first], before[first], at)
            assert may_have_changed(after[second], before[second], at)
            assert may_have_changed(after[first], None, 0.0)


async def test_a_pane_is_due_when_it_is_new_has_changed_or_was_not_captured() -> None:
    with own_server() as server:
        first, second = quiet_pair(server)
        async with Tmux(name_of(server), deadline_s=10) as tmux:
            await until(lambda: _is_ready(server), "both panes are ready")
            seen, at = await settled(tmux)
            captures = Captures()
            assert captures.due(list(seen.values()), at) == list(seen.values())
            assert captures.due(list(seen.values()), at + 0.5) == []
            captures.forget(first)
            assert captures.due(list(seen.values()), at + 0.6) == [seen[first]]
            assert captures.due([seen[first]], at + 0.7) == []
            assert captures.due(list(seen.values()), at + 0.8) == [seen[second]]


def _is_ready(server: Server) -> bool:
    return all("ready" in "\n".join(pane.capture_pane()) for pane in server.panes)
