"""News and confirmations through the whole daemon: tmux, a WebSocket, exact ears, no sound card."""

from __future__ import annotations

import asyncio

import pytest

from teamvoice.conversation.consent import NOTHING_WAITS
from teamvoice.daemon.journal import journal_path, read_last
from tests.support.newshouse import Stage, house, kinds_written, panes, state_shown
from tests.support.panes import screen_of
from tests.support.wait import until

__all__ = ["panes"]  # the fixture

pytestmark = pytest.mark.needs("tmux")


async def test_what_looks_dangerous_is_done_after_a_tap(
    panes: Stage,
) -> None:
    async with house(panes) as desk, asyncio.TaskGroup() as tasks:
        ask = desk.call("send_message", member="pm", text="please run sudo reboot")
        turn = tasks.create_task(desk.app.ask(ask))
        await desk.hears("confirm", "tap the key to send message: pm: please run sudo reboot")
        assert (await desk.app.status())["confirm"]
        assert "sudo" not in screen_of(desk.panes["pm"])
        await desk.tap()
        record = await turn
        assert "sudo reboot" in screen_of(desk.panes["pm"])
    (call,) = record["calls"]
    assert call["result"] == "Submitted to the PM."
    assert "Submitted to the PM." in record["spoken"]


async def test_what_is_cancelled_is_not_done(panes: Stage) -> None:
    async with house(panes) as desk, asyncio.TaskGroup() as tasks:
        turn = tasks.create_task(
            desk.app.ask(desk.call("send_message", member="pm", text="sudo reboot"))
        )
        await desk.hears("confirm", "sudo")
        desk.app.key("cancel", asyncio.get_running_loop().time())
        record = await turn
        assert desk.app.key("confirm", asyncio.get_running_loop().time()) == NOTHING_WAITS
        assert "sudo" not in screen_of(desk.panes["pm"])
    assert record["calls"][0]["result"] == "Not done: it was cancelled."


async def test_a_dangerous_question_is_approved_by_the_person_only(
    panes: Stage,
) -> None:
    async with house(panes, waiting="silent") as desk, asyncio.TaskGroup() as tasks:
        developer = desk.panes["developer"]
        developer.send_keys("delete it with sudo rm")
        await until(lambda: "Do you want to proceed?" in screen_of(developer), "it asks", 15)
        yes = desk.call("answer_prompt", member="developer", choice="yes")
        untold = await desk.app.ask(yes)
        assert "sudo rm" in untold["calls"][0]["result"]
        assert "Did not answer the developer yet" in untold["calls"][0]["result"]
        turn = tasks.create_task(desk.app.ask(yes))
        await desk.hears("confirm", "answer prompt: developer: yes")
        assert "Allowed" not in screen_of(developer)
        desk.app.key("confirm", asyncio.get_running_loop().time())
        record = await turn
        await until(lambda: "Allowed" in screen_of(developer), "it is allowed", 15)
    assert record["calls"][0]["result"].startswith("Answered the developer:\n[screen of developer")


async def test_who_starts_to_wait_is_told_aloud_once_and_written_down(
    panes: Stage,
) -> None:
    asked = (
        "The developer is waiting for your answer: "
        "Do you want to proceed? run the tests (1 Yes, 2 No)."
    )
    async with house(panes) as desk:
        await until(lambda: state_shown(desk.panes["developer"]) == ["idle"], "it was seen idle")
        desk.panes["developer"].send_keys("run the tests")
        await desk.hears(
            "news", "The developer is waiting for your answer: Do you want to proceed?"
        )
        await until(lambda: len(desk.speaker.recording) > 0, "it is said aloud", 15)
        await until(lambda: kinds_written().count("news") == 1, "it was said to its end", 15)
        answer = await desk.app.ask(desk.call("answer_prompt", member="developer", choice="no"))
        assert answer["calls"][0]["result"].startswith("Answered the developer:\n[screen of")
        assert "run the tests" in answer["calls"][0]["result"]
        assert desk.texts("news") == [asked]
    (written,) = (record for record in read_last(journal_path(), 10) if record["kind"] == "news")
    assert written["news"] == asked
    assert written["spoken"] == asked  # what its model had in a fence, without it


async def test_notify_when_is_told_when_it_happens(
    panes: Stage,
) -> None:
    async with house(panes, finished="silent") as desk:
        await desk.app.ask(desk.call("send_message", member="pm", text="think"))
        asked = await desk.app.ask(desk.call("notify_when", member="pm", state="idle"))
        assert asked["calls"][0]["result"] == "I will tell you when the PM is idle."
        await until(
            lambda: set(desk.texts("news")) & {"The PM has finished.", "The PM is idle now."},
            "it is told, whether the work was seen or not",
            20,
        )
        await until(lambda: len(desk.speaker.recording) > 0, "it is said aloud", 15)
