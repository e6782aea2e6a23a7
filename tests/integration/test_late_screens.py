"""Keys to an agent that draws late, or whose pane is in copy mode: for what was meant, or none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from libtmux import Pane, Server

from teamvoice.config import Member
from teamvoice.team.receipts import Outcome
from teamvoice.team.team import Team
from tests.support.panes import own_server, team_of
from tests.support.slow_agent import Slow
from tests.support.wait import until

pytestmark = [pytest.mark.needs("tmux"), pytest.mark.timeout(60)]
DEV = Member(name="developer")


@pytest.fixture
def server() -> Iterator[Server]:
    with own_server() as own:
        yield own


async def test_keys_in_a_row_choose_in_one_menu_alone(server: Server, tmp_path: Path) -> None:
    agent = Slow(server, tmp_path, lag=0.5, asks=True, then=True)
    await agent.ready()
    async with Team(team_of(server, DEV)) as team:
        receipt = await team.press("developer", ["1", "Enter"])
    assert (receipt.outcome, "Enter was not pressed" in receipt.why) == (Outcome.UNCONFIRMED, True)
    assert agent.told("of") == ["deploy service-1"]  # and not the question that followed


async def test_keys_that_move_and_then_choose_go_together(server: Server, tmp_path: Path) -> None:
    agent = Slow(server, tmp_path, asks=True)
    await agent.ready()
    async with Team(team_of(server, DEV)) as team:
        receipt = await team.press("developer", ["Down", "Up", "1"])
    assert receipt.outcome is Outcome.SUBMITTED  # they were pressed; the agent reads them after it
    await until(lambda: agent.told("chose"), "it has read the keys")
    assert agent.told("chose") == ["Yes"]


def in_copy_mode(pane: Pane) -> bool:
    return pane.cmd("display-message", "-p", "#{pane_in_mode}").stdout == ["1"]


async def test_an_answer_leaves_copy_mode_only_to_press(server: Server, tmp_path: Path) -> None:
    agent = Slow(server, tmp_path, asks=True)
    await agent.ready()
    agent.pane.cmd("copy-mode")
    async with Team(team_of(server, DEV)) as team:
        for choice, expected in (("yes", "another"), ("maybe", "")):
            receipt = await team.answer("developer", choice, expected=expected)
            assert (receipt.outcome, receipt.evidence) == (Outcome.REFUSED, "")
            assert in_copy_mode(agent.pane)
        receipt = await team.answer("developer", "no")
    assert receipt.outcome is Outcome.SUBMITTED
    assert receipt.evidence.endswith("copy mode was left, and its view restored")
    assert in_copy_mode(agent.pane)
    assert [choice[:3] for choice in agent.told("chose")] == ["No,"]
