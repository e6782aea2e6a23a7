"""Answers and keys are for the question that the person was told, and for no other."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from teamvoice import config
from teamvoice.config import Member
from teamvoice.errors import NeedsConfirmation
from teamvoice.team.glimpses import Status
from teamvoice.team.questions import Meaning, Option, Question
from teamvoice.team.receipts import Outcome, Receipt
from teamvoice.team.sight import Kind, State
from teamvoice.team.team import Team
from teamvoice.tools.registry import Toolbox
from teamvoice.tools.team_tools import House, team_tools

OPTIONS = (Option("Yes", ("y",), True, Meaning.APPROVE), Option("No", ("n",), False, Meaning.DENY))


def asks(subject: str) -> State:
    question = Question("Do you want to proceed?", subject, OPTIONS, f"print of {subject}")
    return State(Kind.WAITING, "screen", 0, subject, question)


class ScriptedTeam(Team):
    """A developer in whatever state the test says; writes are noted."""

    def __init__(self) -> None:
        super().__init__(config.Team(members=(Member(name="developer"),)))
        self.state = State(Kind.IDLE, "screen", 0)
        self.pressed: list[Sequence[str]] = []
        self.answered: list[tuple[str, str]] = []

    async def status(self, name: str | None = None) -> tuple[Status, ...]:
        del name
        return (Status(self.members[0], self.state),)

    async def press(self, name: str, keys: Sequence[str]) -> Receipt:
        self.pressed.append(keys)
        return Receipt(Outcome.SUBMITTED, member=name)

    async def answer(self, name: str, choice: str, expected: str = "") -> Receipt:
        self.answered.append((choice, expected))
        subject = self.state.question.subject if self.state.question else ""
        return Receipt(Outcome.SUBMITTED, member=name, option="Yes", subject=subject)


class Desk:
    """The tools over that team."""

    def __init__(self) -> None:
        self.team = ScriptedTeam()
        self.house = House(keys=("Escape", "Enter", "Up", "1"))
        self.box = Toolbox(team_tools(self.team, self.house))

    async def call(self, tool: str, *, confirmed: bool = False, **arguments: object) -> str:
        return await self.box.call(tool, json.dumps(arguments), confirmed)

    async def press(self, *keys: str, confirmed: bool = False) -> str:
        return await self.call("press_keys", confirmed=confirmed, member="developer", keys=keys)


@pytest.fixture
def desk() -> Desk:
    return Desk()


UNREAD = State(Kind.WAITING, "screen", 0, "1. This 2. That")
WAITING = [asks("ls"), UNREAD]


@pytest.mark.parametrize("state", WAITING)
@pytest.mark.parametrize("keys", [("1", "Enter"), ("Escape",), ("Up",)])
async def test_keys_at_any_question_wait_for_the_persons_hand(
    desk: Desk, state: State, keys: tuple[str, ...]
) -> None:
    desk.team.state = state
    with pytest.raises(NeedsConfirmation):
        await desk.press(*keys)
    assert desk.team.pressed == []
    assert await desk.press(*keys, confirmed=True) == "Pressed for the developer."
    assert desk.team.pressed == [list(keys)]


@pytest.mark.parametrize("state", WAITING)
async def test_confirmed_keys_are_for_the_question_that_stood_there(
    desk: Desk, state: State
) -> None:
    desk.team.state = state
    with pytest.raises(NeedsConfirmation):
        await desk.press("1", "Enter")
    desk.team.state = asks("sudo rm")
    said = await desk.press("1", "Enter", confirmed=True)
    assert said == "Pressed nothing for the developer: the question has changed."
    assert desk.team.pressed == []


@pytest.mark.parametrize("kind", [Kind.IDLE, Kind.WORKING])
@pytest.mark.parametrize("confirmed", [False, True])
async def test_nothing_is_typed_where_nothing_is_asked(
    desk: Desk, kind: Kind, *, confirmed: bool
) -> None:
    desk.team.state = State(kind, "screen", 0)
    said = await desk.press("1", "Enter", confirmed=confirmed)
    assert said == "Pressed nothing for the developer: nothing is asked there."
    assert desk.team.pressed == []
    assert await desk.press("Escape", confirmed=confirmed) == "Pressed for the developer."


async def test_keys_at_what_could_not_be_read_wait_too(desk: Desk) -> None:
    desk.team.state = State(Kind.UNKNOWN, "screen", 0)
    with pytest.raises(NeedsConfirmation):
        await desk.press("1")
    assert desk.team.pressed == []
