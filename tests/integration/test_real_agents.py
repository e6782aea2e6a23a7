"""The real agents start in a pane, and the stand-in for their model hears what is said to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.agents import KINDS, real_agent
from tests.support.models import Asks, Says, Works

pytestmark = [pytest.mark.needs("tmux"), pytest.mark.timeout(120)]

each_agent = pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=pytest.mark.needs(f"agent:{kind}")) for kind in KINDS]
)


@each_agent
async def test_a_real_agent_answers_works_and_asks(kind: str, tmp_path: Path) -> None:
    async with real_agent(kind, tmp_path / "home") as agent:
        agent.model.script(Says("Here is the plan."))
        await agent.say("make a plan")
        await agent.shows("Here is the plan.")
        work = agent.model.script(Works("Reading on."))
        await agent.say("go on")
        await agent.shows("esc to interrupt")
        work.finish()
        await agent.shows("Reading on.")
        agent.model.script(Asks("touch made-it"))
        await agent.say("make it")
        await agent.shows("touch made-it", "1. Yes")
        made = agent.work / "made-it"
        await agent.press_until("Enter", made.exists, "the command is run")
        assert agent.model.heard() == ["make a plan", "go on", "make it"]


@each_agent
async def test_nothing_of_an_agent_outlives_its_test(kind: str, tmp_path: Path) -> None:
    async with real_agent(kind, tmp_path / "home") as agent:
        assert agent.processes()
    assert not agent.processes()
