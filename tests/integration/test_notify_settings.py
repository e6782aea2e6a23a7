"""How each kind of news is told, as ``[notify]`` wants it, by the whole daemon."""

from __future__ import annotations

from typing import Literal

import pytest

from teamvoice.audio.chimes import chime
from tests.support.newshouse import House, Stage, house, news_written, panes, state_shown
from tests.support.offline_parts import TONE
from tests.support.panes import standin
from tests.support.wait import until

__all__ = ["panes"]  # the fixture

pytestmark = pytest.mark.needs("tmux")

ASKS = (
    "The developer is waiting for your answer: Do you want to proceed? run the tests (1 Yes, 2 No)."
)
DONE = "The PM has finished."
Telling = Literal["speak", "chime", "silent"]


@pytest.fixture
def long_work(panes: Stage) -> Stage:
    """The PM works for so long that no look can miss it."""
    panes[1]["pm"].cmd("respawn-pane", "-k", standin("pm", 4.0))
    return panes


async def told_all(desk: House) -> None:
    """The developer has asked something and the PM has finished, and both are told."""
    developer, pm = desk.panes["developer"], desk.panes["pm"]
    await until(lambda: state_shown(developer) == state_shown(pm) == ["idle"], "both are seen", 15)
    developer.send_keys("run the tests")
    pm.send_keys("think")
    await until(lambda: {*desk.texts("news")} == {ASKS, DONE}, "both are told", 30)


def sounds(desk: House) -> dict[str, bool]:
    """Which of what could be heard was heard, each as a whole."""
    recording = desk.speaker.recording
    kinds = {"asks": chime("confirm"), "done": chime("sent"), "voice": TONE}
    return {kind: pcm in recording for kind, pcm in kinds.items()}


@pytest.mark.parametrize(
    ("waiting", "finished"), [("speak", "chime"), ("chime", "silent"), ("silent", "speak")]
)
async def test_each_kind_is_told_as_it_is_set(
    long_work: Stage, waiting: Telling, finished: Telling
) -> None:
    async with house(long_work, chimes=True, waiting=waiting, finished=finished) as desk:
        await told_all(desk)
        spoken = [t for t, how in ((ASKS, waiting), (DONE, finished)) if how == "speak"]
        await until(lambda: news_written() == spoken, "what is to be spoken was, and ended", 20)
        heard = {"asks": waiting == "chime", "done": finished == "chime", "voice": bool(spoken)}
        await until(lambda: sounds(desk) == heard, f"heard: {heard}", 20)
        assert sorted(desk.texts("news")) == sorted([ASKS, DONE])


async def test_a_daemon_that_is_started_anew_tells_none_of_it_again(long_work: Stage) -> None:
    async with house(long_work, waiting="speak", finished="speak") as desk:
        await told_all(desk)
        await until(lambda: "".join(news_written()).count(".") == 2, "both were said", 30)
    before = news_written()
    async with house(long_work, anew=True, waiting="speak", finished="speak") as desk:
        await until(lambda: state_shown(desk.panes["developer"]) == ["waiting"], "it is seen", 15)
        desk.panes["pm"].send_keys("think")
        await until(lambda: desk.texts("news"), "what is new is told", 30)
        await until(lambda: len(news_written()) > len(before), "and said", 30)
        assert desk.texts("news") == [DONE]
    assert news_written() == [*before, DONE]
