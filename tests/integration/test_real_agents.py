"""The real agents start in a pane, and the stand-in for their model hears what is said to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from teamvoice.team.glimpses import Status
from teamvoice.team.profiles import load_profiles
from teamvoice.team.receipts import Outcome
from teamvoice.team.screen import compact
from teamvoice.team.sight import Kind
from teamvoice.team.team import Team
from tests.support.agents import KINDS, real_agent
from tests.support.models import Asks, Says, Works
from tests.support.wait import until

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


async def until_it_is(team: Team, kind: Kind, source: str) -> Status:
    seen: list[Status] = []

    async def it_is() -> bool:
        seen[:] = await team.status()
        return (seen[0].state.kind, seen[0].state.source) == (kind, source)

    try:
        await until(it_is, f"{kind} by {source}", 20)
    except AssertionError as error:
        raise AssertionError(f"{error}; it is {seen}") from None
    return seen[0]


async def until_it_said(team: Team, message: str) -> None:
    """Its transcript is written a moment after its state."""

    async def it_did() -> bool:
        return [status.last_message for status in await team.status()] == [message]

    await until(it_did, "the last message is known", 20)


@each_agent
async def test_the_state_is_what_the_agent_itself_says(kind: str, tmp_path: Path) -> None:
    async with real_agent(kind, tmp_path / "home") as agent, Team(agent.settings()) as team:
        agent.model.script(Says("Here is the plan.\n\nIt has *two* parts."))
        await agent.say("make a plan")
        await agent.shows("two")
        await until_it_is(team, Kind.IDLE, "native")
        await until_it_said(team, "Here is the plan.\n\nIt has *two* parts.")

        agent.model.script(Works("Reading on.", aloud=True))
        await agent.say("go on")
        working = await until_it_is(team, Kind.WORKING, "native")
        assert working.state.since is not None
        await until(lambda: len(agent.model.requests) == 2, "the model was asked", 20)
        receipt = await team.interrupt("dev")
        assert receipt.outcome is Outcome.SUBMITTED, (receipt, agent.screen())
        await until_it_is(team, Kind.IDLE, "native")

        command = "touch made-it && echo " + " and ".join(f"number-{n}" for n in range(30))
        agent.model.script(Asks(command))
        await agent.say("make it")
        question = (await until_it_is(team, Kind.WAITING, "screen")).state.question
        assert question is not None
        assert compact(question.subject) == compact(command)
        assert question.approval is not None
        assert question.denial is not None
        made = agent.work / "made-it"
        (key,) = question.approval.keys
        await agent.press_until(key, made.exists, "the command is run")
        await until_it_is(team, Kind.IDLE, "native")


@each_agent
async def test_what_would_be_a_command_arrives_as_text(kind: str, tmp_path: Path) -> None:
    profile = load_profiles()[kind]
    async with real_agent(kind, tmp_path / "home") as agent:
        for count, sigil in enumerate(profile.sigils, 1):
            agent.model.script(Says(f"Answer number {count}."))
            message = f"{sigil}login is broken"
            agent.type(profile.escapes[sigil] + message)
            await agent.shows(f"[Pasted text #{count} " if kind == "claude" else message)
            agent.press("Enter")
            await agent.shows(f"Answer number {count}.")
            assert agent.model.heard()[-1] == message
