"""Notices on the screen, by a notification server on a private bus."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Literal

import pytest

from teamvoice import config
from teamvoice.conversation.events import ToolCall
from teamvoice.conversation.turn import DoneCall, Turn
from teamvoice.daemon.notices import SLOTS, Notices
from teamvoice.daemon.notifier import BusNotifier, Shown
from teamvoice.team.newsdesk import News
from tests.support.bus import NEEDS_BUS, PrivateBus
from tests.support.notification_server import NotificationServer
from tests.support.wait import until

pytestmark = pytest.mark.needs(*NEEDS_BUS)

CALL = DoneCall(ToolCall("c", "send_message", "{}"), "Submitted to the developer.", 20)


@pytest.fixture(autouse=True)
def session(bus: PrivateBus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)


def waiting(name: str, question: str) -> News:
    return News(name, "waiting", f"{name} waits for you: {question}", question="q")


@contextlib.asynccontextmanager
async def showing(
    how: Literal["off", "quiet", "full"] = "quiet",
    log: list[str] | None = None,
    shown: Shown | None = None,
    again_s: float = 0.02,
) -> AsyncIterator[Notices]:
    told = [] if log is None else log
    notices = Notices(config.Notify(desktop=how), BusNotifier(), told.append, shown, again_s)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(notices.run())
        try:
            yield notices
        finally:
            running.cancel()


async def test_trouble_and_who_waits_are_shown_and_taken_away_again(bus: PrivateBus) -> None:
    async with NotificationServer(bus) as server, showing() as notices:
        notices.told("trouble", "the microphone is gone")
        notices.news([waiting("the developer", "Run ls?")], [])
        await until(lambda: len(server.shown) == 2, "both are shown")
        trouble, question = server.shown.values()
        assert (trouble.title, trouble.text) == ("teamvoice: trouble", "the microphone is gone")
        assert (question.title, question.text) == ("the developer waits for you", "Run ls?")
        notices.news([], ["the developer"])
        await until(lambda: len(server.shown) == 1, "the question is taken away")
        assert notices.status() == {"state": "ready", "reason": ""}
        assert server.faults == []


@pytest.mark.parametrize("silently", [False, True])
async def test_a_notice_that_was_dismissed_holds_up_no_other(
    bus: PrivateBus, silently: bool
) -> None:
    async with NotificationServer(bus) as server, showing(again_s=60.0) as notices:
        notices.news([waiting("pm", "Run ls?")], [])
        await until(lambda: server.shown, "it is shown")
        await server.dismiss(101, silently=silently)
        notices.news([], ["pm"])
        notices.told("trouble", "the microphone is gone")
        await until(lambda: server.shown, "the next is shown")
    assert [notice.text for notice in server.shown.values()] == ["the microphone is gone"]


async def test_a_slot_whose_notice_was_dismissed_is_shown_anew(bus: PrivateBus) -> None:
    shown = Shown()
    async with NotificationServer(bus) as server, showing(shown=shown) as notices:
        notices.told("trouble", "one")
        await until(lambda: shown.numbers, "it is shown, and known by its number")
        await server.dismiss(101)
        await until(lambda: not shown.numbers, "it is known")
        notices.told("trouble", "two")
        await until(lambda: server.shown, "it is shown anew")
    assert server.faults == []


async def test_what_stands_on_the_screen_is_taken_away_after_a_change_of_settings(
    bus: PrivateBus,
) -> None:
    shown = Shown()
    async with NotificationServer(bus) as server:
        async with showing("full", shown=shown) as notices:
            notices.news([waiting("pm", "Run ls?")], [])
            notices.turn(Turn(1, 0.0, heard="hello", spoken="Hello."))
            await until(lambda: len(server.shown) == 2, "they are shown")
        async with showing("full", shown=shown) as notices:
            notices.news([], ["pm"])
            notices.turn(Turn(1, 0.0, heard="good evening", spoken="Hello."))
            await until(lambda: 103 in server.shown, "the next turn stands beside the first")
    assert [n.text.split("\n")[0] for n in server.shown.values()] == ["“hello”", "“good evening”"]
    assert server.faults == []


async def test_quiet_is_quiet(bus: PrivateBus) -> None:
    async with NotificationServer(bus) as server, showing() as notices:
        notices.told("heard", "what is going on")
        notices.told("notice", "muted")
        notices.turn(Turn(1, 0.0, heard="what is going on", spoken="Nothing."))
        notices.news([News("pm", "finished", "the PM has finished")], [])
        notices.told("trouble", "the end")
        await until(lambda: server.shown, "it is shown")
    assert [notice.text for notice in server.shown.values()] == ["the end"]


@pytest.mark.parametrize("how", ["quiet", "full"])
async def test_an_answer_that_was_not_heard_is_shown_once(
    bus: PrivateBus, how: Literal["quiet", "full"]
) -> None:
    async with NotificationServer(bus) as server, showing(how) as notices:
        notices.turn(Turn(1, 0.0, heard="hello", spoken="Good evening."))
        notices.told("answer", "Good evening.")
        notices.told("trouble", "the end")
        await until(lambda: "the end" in str(server.shown), "it is shown")
    assert str(server.shown).count("Good evening.") == 1


async def test_a_turn_is_one_notice_and_the_next_turn_another(bus: PrivateBus) -> None:
    async with NotificationServer(bus) as server, showing("full") as notices:
        notices.told("heard", "tell the developer to rest")
        await until(lambda: server.shown, "what was heard is shown")
        notices.turn(Turn(1, 0.0, heard="tell the developer to rest", calls=(CALL,)))
        await until(lambda: server.replaced, "what was done takes its place")
        notices.turn(Turn(2, 0.0, heard="hello", outcome="failed", trouble="the link is down"))
        await until(lambda: len(server.shown) == 2, "the next turn stands beside it")
    first, second = server.shown.values()
    assert first.title == "Answered"
    assert first.text == "“tell the developer to rest”\nSubmitted to the developer."
    assert (second.title, second.text) == ("Failed", "“hello”\nthe link is down")


@pytest.mark.parametrize(
    ("capabilities", "shown"),
    [
        (["body", "body-markup"], "&lt;img src='x'&gt; &amp;amp; &lt;/b&gt;"),
        (["body"], "<img src='x'> &amp; </b>"),
    ],
)
async def test_what_a_pane_wrote_is_no_markup(
    bus: PrivateBus, capabilities: list[str], shown: str
) -> None:
    text = "<img src='x'>\x1b\u202e &amp; </b>"
    async with NotificationServer(bus, capabilities) as server, showing() as notices:
        notices.news([waiting("pm", text)], [])
        await until(lambda: server.shown, "it is shown")
    (notice,) = server.shown.values()
    assert notice.text == shown


async def test_long_texts_are_cut_and_many_are_few(bus: PrivateBus) -> None:
    async with showing() as notices:
        for number in range(SLOTS + 5):
            notices.news([waiting(f"m{number}", "x" * 1000)], [])
        async with NotificationServer(bus) as server:
            await until(lambda: len(server.shown) == SLOTS, "the newest are shown")
            notices.told("trouble", "the end")
            await until(lambda: len(server.shown) == SLOTS + 1, "there are no more")
    assert all(len(notice.text) <= 400 for notice in server.shown.values())
    assert next(iter(server.shown.values())).title == "m5 waits for you"


async def test_no_server_is_said_once_and_one_that_appears_is_used(bus: PrivateBus) -> None:
    log: list[str] = []
    async with showing(log=log) as notices:
        notices.told("trouble", "one")
        await until(lambda: notices.state == "unavailable", "it is known")
        async with NotificationServer(bus) as server:
            await until(lambda: server.shown, "it is shown after all")
            await until(lambda: notices.state == "ready", "that is known")
        notices.told("trouble", "two")
        await until(lambda: notices.state == "unavailable", "it is known again")
        async with NotificationServer(bus) as another:
            await until(lambda: another.shown, "the next server shows the next")
        assert not another.replaced
    assert len(log) == 2
    assert "nothing can be shown" in log[0]


async def test_the_numbers_of_a_server_that_went_are_not_used_with_the_next(
    bus: PrivateBus,
) -> None:
    async with showing() as notices:
        async with NotificationServer(bus) as server:
            notices.told("trouble", "one")
            await until(lambda: server.shown, "it is shown")
        async with NotificationServer(bus) as another:
            notices.told("trouble", "two")
            await until(lambda: another.shown, "it is shown anew")
            assert another.faults == []


async def test_no_bus_is_said_once_and_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    log: list[str] = []
    async with showing(log=log) as notices:
        await until(lambda: log, "it is said")
        later = asyncio.get_running_loop().time() + 0.1
        await until(lambda: asyncio.get_running_loop().time() > later, "it was tried again")
        notices.told("trouble", "nobody sees this")
    assert len(log) == 1
    assert notices.status()["state"] == "unavailable"


async def test_off_is_off(bus: PrivateBus) -> None:
    async with NotificationServer(bus) as server, showing("off") as notices:
        notices.told("trouble", "nobody wants to know")
    assert server.asked == []
    assert notices.status()["state"] == "off"
