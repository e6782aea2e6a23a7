"""The whole daemon with every kind of server, each of which can do no more than its kind can."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from teamvoice.conversation.events import NewsCame, Spent
from teamvoice.conversation.states import Rules
from teamvoice.realtime.client import Limits
from teamvoice.realtime.profiles import PROFILES, Feature
from tests.support.hard_day import HURRIED, TOKEN, Household, Person, terse_provider
from tests.support.limited import limited
from tests.support.offline_parts import TONE
from tests.support.wait import until


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAMVOICE_API_KEY", TOKEN)


class Length:
    """How long the voice speaks: so many pieces of 100 ms."""

    pieces = 12

    def say(self, _text: str) -> Iterator[bytes]:
        return iter([TONE] * self.pieces)


async def interrupt(person: Person, length: Length) -> None:
    """Speak over an answer, which goes on until then; both commands are done."""
    before, length.pieces = len(person.speaker.recording), 300
    first = await person.give()
    await until(lambda: len(person.speaker.recording) > before + 9600, "200 ms are heard", 20)
    length.pieces = Length.pieces
    second = await person.give()
    await person.see_done(first)
    await person.see_done(second)


CALM = replace(  # nothing is late here, however busy the machine
    HURRIED, rules=Rules(answer_s=30.0, linger_s=0.3), limits=Limits(close_s=0.1)
)


async def hear_news(person: Person) -> None:
    """News are told aloud."""
    machine, before = person.app._bridge.machine, len(person.speaker.recording)
    await until(lambda: machine.is_at_rest, "nothing is under way", 20)
    at = asyncio.get_running_loop().time()
    person.app._bridge.tell(NewsCame(at=at, about="pm", text="the PM waits for you"))
    await until(lambda: len(person.speaker.recording) > before + 9600, "the news is spoken", 20)
    await until(lambda: machine.is_at_rest, "the news is over", 20)


async def converse(name: str, household: Household) -> None:
    """Speak, type, interrupt, and be told news."""
    profile, length = PROFILES[name], Length()
    async with (
        terse_provider(say=length.say) as upstream,
        limited(upstream, profile, TOKEN) as server,
        household.person(server.url, 1, name=name, pace=CALM) as person,
    ):
        await person.app.link.is_up.wait()
        for _ in range(3):
            await person.see_done(await person.give())
        await interrupt(person, length)
        await hear_news(person)
        await person.see_done(await person.give())
        assert person.app.link.state == "up", name
    assert server.broken == [], name
    assert person.accounts.left == [], name
    assert not [text for kind, text in person.accounts.told if kind == "trouble"], name
    is_cut = "conversation.item.truncate" in server.kinds()
    assert is_cut == (Feature.TRUNCATE in profile.features), name


@pytest.mark.timeout(120)  # on a machine with much else to do
async def test_a_conversation_asks_no_more_than_the_server_can(tmp_path: Path) -> None:
    household = Household(tmp_path)
    async with asyncio.TaskGroup() as tasks:
        for name in set(PROFILES) - {"offline"}:
            tasks.create_task(converse(name, household))


async def test_above_the_limit_an_answer_that_begins_by_itself_is_stopped(tmp_path: Path) -> None:
    profile = PROFILES["localai"]
    async with (
        terse_provider() as upstream,
        limited(upstream, profile, TOKEN) as server,
        Household(tmp_path).person(server.url, 1, name="localai") as person,
    ):
        await person.app.link.is_up.wait()
        machine = person.app._bridge.machine
        machine.budget.cap_usd = 1.0
        at = asyncio.get_running_loop().time()
        person.app._bridge.tell(Spent(at=at, day="2026-01-31", usd=1.0))
        await person._speak("word0")
        await until(lambda: "response.cancel" in server.kinds(), "it is stopped", 20)
        await until(lambda: machine.is_at_rest, "nothing is under way", 20)
        told = [text for kind, text in person.accounts.told if kind == "trouble"]
        assert told[-2:] == ["not answered: the day's limit of $1.00 is reached"] * 2
        assert person.accounts.written == []
    assert server.broken == []
