"""The tools by which the voice reaches the team.

Each result is small plain text made for speaking. What comes from a screen stands in a fence that
says that it is data; it is never mixed with our own words.
"""

# The annotations below are evaluated while this runs (no ``from __future__``): the description of
# a member's name is made from the configuration.

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

import msgspec

from teamvoice.errors import NeedsConfirmation, ToolError
from teamvoice.team.glimpses import Status
from teamvoice.team.keypress import MOVES, stands
from teamvoice.team.newsdesk import mark
from teamvoice.team.questions import Question
from teamvoice.team.receipts import (
    say_answered,
    say_interrupted,
    say_pressed,
    say_sent,
    spoken,
)
from teamvoice.team.screen import fence
from teamvoice.team.sight import Kind
from teamvoice.team.team import Team
from teamvoice.tools.registry import Function, is_confirmed
from teamvoice.tools.saying import (
    NOBODY,
    say_answer,
    say_broadcast,
    say_names,
    say_read,
    say_status,
    say_untold,
    say_who_waits,
)

UNTOLD = "no question was told"  # the fingerprint of none
_READ_CHARS = 4000  # when more is asked for
Until = Literal["idle", "working", "waiting", "dead"]


@dataclass(frozen=True, slots=True)
class House:
    """What tools need of the house beside the team.

    Args:
        keys: Which keys may be pressed.
        is_dangerous: A text that must be confirmed before it is acted upon.
        notify_when: Tells the person, once, when a member gets into a state.
        told: These members' states were just told: they are no news any more.
        heard: What marks the question that the person was told last, by member; news adds to it.
    """

    keys: tuple[str, ...] = ()
    is_dangerous: Callable[[str], bool] = lambda _text: False
    notify_when: Callable[[str, Kind], None] | None = None
    told: Callable[[Sequence[Status]], None] = lambda _statuses: None
    heard: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Asked:
    """The questions that were told, by whom: an answer is to these."""

    house: House
    menus: dict[str, str] = field(default_factory=dict)  # at which keys wait for a confirmation

    def read(self, statuses: Sequence[Status]) -> None:
        waiting = (s for s in statuses if s.state.kind is Kind.WAITING)
        self.house.heard.update((s.member.name, mark(s.state)) for s in waiting)
        self.house.told(statuses)

    def check(self, question: Question, choice: str) -> None:
        """Raise what must be confirmed first."""
        about = f"{question.subject} {question.text} {choice}"
        if choice != "no" and not is_confirmed() and self.house.is_dangerous(about):
            raise NeedsConfirmation("what is asked looks dangerous")

    def check_keys(self, status: Status, keys: Sequence[str]) -> None:
        """Raise why keys may not be pressed now; a confirmation is for what stood there then."""
        name, state, moves = status.member.name, status.state, set(keys) <= MOVES
        if state.kind in {Kind.IDLE, Kind.WORKING} and not moves:
            raise ToolError(f"Pressed nothing for {spoken(name)}: nothing is asked there")
        if state.kind not in {Kind.WAITING, Kind.UNKNOWN}:
            return
        if not is_confirmed():
            self.menus[name] = stands(state)
            raise NeedsConfirmation("keys would answer a question")
        if self.menus.pop(name, self.house.heard.get(name)) != stands(state):
            raise ToolError(f"Pressed nothing for {spoken(name)}: the question has changed")


def team_tools(team: Team, house: House | None = None) -> list[Function]:
    """The tools for a team, in the order in which a session declares them."""
    asked = _Asked(house or House())
    reading = [*_reading(team, asked), *_needing(team, asked)]
    return [*reading, *_writing(team), *_answering(team, asked)]


def _reading(team: Team, asked: _Asked) -> list[Function]:
    who = Annotated[str, f"Whom: {say_names(team.members)}"]
    lines = Annotated[
        int, msgspec.Meta(ge=0, le=60, description="How many lines of the screen; 0: in short")
    ]

    async def list_team() -> str:
        """Say who is on the team, with the names they answer to."""
        return f"On the team: {say_names(team.members)}." if team.members else NOBODY

    async def team_status() -> str:
        """See what every member is doing now: idle, working, waiting for an answer, or gone."""
        statuses = await team.status()
        asked.read(statuses)
        return say_status(statuses)

    async def read_member(member: who, lines: lines = 0) -> str:
        """See what a member is working on, says, or asks; with lines, the end of the screen."""
        (status,) = await team.status(member)
        asked.read([status])
        if not lines:
            return say_read(status)
        name = status.member.name
        text = await team.read(name, lines, _READ_CHARS)
        return fence(name, text) if text else f"The screen of {spoken(name)} is empty."

    return [list_team, team_status, read_member]


def _needing(team: Team, asked: _Asked) -> list[Function]:
    who = Annotated[str, f"Whom: {say_names(team.members)}"]

    async def who_needs_me() -> str:
        """Say who waits for the person, with the question and its options."""
        statuses = await team.status()
        asked.read(statuses)
        return say_who_waits(statuses)

    async def notify_when(member: who, state: Until) -> str:
        """Tell the person, once, when a member is idle (done), working, waiting, or dead."""
        name = team.find(member).name
        if asked.house.notify_when is None:
            raise ToolError("Nobody watches the team here")
        asked.house.notify_when(name, Kind(state))
        return f"I will tell you when {spoken(name)} is {state}."

    return [who_needs_me, notify_when]


def _writing(team: Team) -> list[Function]:
    who = Annotated[str, f"Whom: {say_names(team.members)}"]
    message = Annotated[str, "The message, as it is to be typed for them"]
    when = Annotated[Literal["now", "idle"], "Now, or held until they are idle"]

    async def send_message(member: who, text: message, when: when = "now") -> str:
        """Type a message into a member's prompt and submit it."""
        return say_sent(await team.send(member, text, when))

    async def broadcast(text: message) -> str:
        """Send the same message to every member."""
        sends = (team.send(member.name, text) for member in team.members)
        return say_broadcast(await asyncio.gather(*sends))

    async def interrupt(member: who) -> str:
        """Stop what a member is working on."""
        return say_interrupted(await team.interrupt(member))

    return [send_message, broadcast, interrupt]


def _answering(team: Team, asked: _Asked) -> list[Function]:
    who = Annotated[str, f"Whom: {say_names(team.members)}"]
    choice = Annotated[str, "yes, no, or the number or label of an option"]
    keys = Annotated[list[str], f"In order, each one of {', '.join(asked.house.keys)}"]

    async def answer_prompt(member: who, choice: choice) -> str:
        """Answer the question that a member waits on. Read it first, unless the person did."""
        (status,) = await team.status(member)
        name, question = status.member.name, status.state.question
        if question is None:  # what may stand there in a moment was told to nobody
            return say_answered(await team.answer(name, choice, UNTOLD))
        if asked.house.heard.get(name) != question.fingerprint:
            asked.read([status])
            return f"{say_untold(name)}\n{say_read(status)}"
        asked.check(question, choice)
        del asked.house.heard[name]
        return say_answer(await team.answer(name, choice, question.fingerprint))

    async def press_keys(member: who, keys: keys) -> str:
        """Press keys in a member's pane, for a menu that cannot be answered otherwise."""
        wrong = [key for key in keys if key not in asked.house.keys]
        if wrong:
            raise ToolError(f"These keys may not be pressed: {', '.join(wrong)}")
        (status,) = await team.status(member)
        asked.check_keys(status, keys)
        return say_pressed(await team.press(status.member.name, keys, stands(status.state)))

    return [answer_prompt, press_keys]
