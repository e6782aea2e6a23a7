"""What every source of the key keeps, whatever is behind it: X, a portal, the keyboards."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from teamvoice import config
from teamvoice.conversation.events import Event, HoldBegan, HoldEnded
from teamvoice.daemon.keys import Keys
from teamvoice.daemon.keywatch import KeyWatch
from teamvoice.hotkey.source import Choice
from tests.support.finger import Finger
from tests.support.key_rigs import RIGS, Rig
from tests.support.wait import until

# python-xlib forgets to close the socket with which it could not connect.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(
    params=[pytest.param(name, marks=pytest.mark.needs(*RIGS[name][1])) for name in RIGS]
)
async def rig(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Rig]:
    async with contextlib.AsyncExitStack() as stack:
        rig = RIGS[request.param][0](tmp_path, stack)
        if request.param != "pynput":  # whose display is there already
            await rig.bring_back()
        yield rig


@dataclass
class Held:
    """A key with everything between the finger and the conversation."""

    rig: Rig
    gestures: list[Event] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        settings = config.Hotkey(bounce_ms=300, tap_ms=0)
        choice = Choice("rig", "it is a test", self.rig.source)
        self.keys = Keys(settings, self.gestures.append, self._tell)
        self.watch = KeyWatch(lambda: choice, 0.1)
        self.watch.serve(self.keys, self._tell)

    def _tell(self, _: str, text: str) -> None:
        self.told.append(text)

    async def is_ready(self) -> None:
        await until(lambda: self.watch.state == "ready", "the key is watched", 10)

    async def came_to(self, *kinds: type[Event]) -> None:
        await until(lambda: len(self.gestures) >= len(kinds), f"{kinds}")
        assert [type(event) for event in self.gestures] == list(kinds)


@contextlib.asynccontextmanager
async def watched(rig: Rig) -> AsyncIterator[Held]:
    held = Held(rig)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(held.watch.run())
        try:
            await held.is_ready()
            yield held
        finally:
            running.cancel()
            held.keys.close()


async def test_repeats_are_left_out_and_times_never_go_back(rig: Rig) -> None:
    finger = Finger()
    async with rig.source(finger.on_edge, finger.lost.append):
        for _ in range(2):
            await rig.press()
            await rig.repeat(100)
            await rig.release()
        await finger.felt(True, False, True, False)
    assert finger.times == sorted(finger.times)
    assert finger.lost == []


async def test_after_a_lost_release_the_next_press_is_joined_and_the_one_after_counts(
    rig: Rig,
) -> None:
    finger = Finger()
    async with rig.source(finger.on_edge, finger.lost.append):
        await rig.press()
        await rig.repeat(1)  # a press whose release before was lost looks like one
        await rig.release()
        await rig.press()
        await rig.release()
        await finger.felt(True, False, True, False)


async def test_it_lives_until_it_is_lost_or_left(rig: Rig) -> None:
    finger = Finger()
    source = rig.source(finger.on_edge, finger.lost.append)
    assert not source.is_alive()
    async with source:
        assert source.is_alive()
        await rig.break_down()
        await until(lambda: finger.lost, "the loss is told")
        assert not source.is_alive()
    assert len(finger.lost) == 1


async def test_after_leaving_nothing_is_told(rig: Rig) -> None:
    finger, other = Finger(), Finger()
    async with rig.source(finger.on_edge, finger.lost.append):
        pass
    async with rig.source(other.on_edge, other.lost.append):
        await rig.press()
        await rig.release()
        await other.felt(True, False)
    assert finger.edges == []
    assert finger.lost == []


async def test_pairs_of_up_and_down_are_one_hold(rig: Rig) -> None:
    async with watched(rig) as held:
        await rig.press()
        for _ in range(3):
            await rig.pair()
        await rig.release()
        await held.came_to(HoldBegan, HoldEnded)


async def test_a_source_that_dies_while_held_ends_the_hold_and_serves_again(rig: Rig) -> None:
    async with watched(rig) as held:
        await rig.press()
        await held.came_to(HoldBegan)
        await rig.break_down()
        await held.came_to(HoldBegan, HoldEnded)
        await until(lambda: held.watch.state == "unavailable", "it is told")
        await rig.bring_back()
        await held.is_ready()
        await rig.press()
        await rig.release()
        await held.came_to(HoldBegan, HoldEnded, HoldBegan, HoldEnded)
    assert "teamvoice ptt serves as the key" in held.told[-1]
    assert len(held.told) == 2  # the loss, and once why it cannot be had again
