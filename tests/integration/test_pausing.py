"""Players are paused while somebody talks: MPRIS on a private bus."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator

import pytest

from teamvoice.audio.others import Others
from teamvoice.audio.pausing import Pausing
from tests.support.bus import NEEDS_BUS, PrivateBus
from tests.support.player import Player
from tests.support.wait import until

pytestmark = pytest.mark.needs(*NEEDS_BUS)


@pytest.fixture(autouse=True)
def session(bus: PrivateBus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)


@contextlib.asynccontextmanager
async def talking() -> AsyncIterator[Others]:
    async with Others(Pausing(), calm_s=0.05) as others:
        others.talk(True)
        yield others


async def test_what_plays_is_paused_and_goes_on_and_what_was_paused_stays(bus: PrivateBus) -> None:
    async with Player(bus) as song, Player(bus, "film", "Paused") as film, talking() as others:
        await until(lambda: song.status == "Paused", "it is paused")
        others.talk(False)
        await until(lambda: song.status == "Playing", "it goes on")
        others.talk(True)
        await until(lambda: song.status == "Paused", "it is paused again")
        others.talk(False)
        await until(lambda: song.status == "Playing", "it goes on again")
        assert film.asked == ["Get", "Get"]
        assert film.faults == song.faults == []


@pytest.mark.parametrize("buttons", [["Playing"], ["Stopped"], ["Playing", "Paused"]])
async def test_who_touches_a_player_meanwhile_has_it(bus: PrivateBus, buttons: list[str]) -> None:
    async with Player(bus) as song, Player(bus, "other") as other, talking() as others:
        await until(lambda: song.status == other.status == "Paused", "they are paused")
        for button in buttons:
            await song.click(button)
        others.talk(False)
        await until(lambda: other.status == "Playing", "the other one goes on")
        assert song.status == buttons[-1]
        assert "Play" not in song.asked


async def test_at_the_end_it_goes_on_at_once(bus: PrivateBus) -> None:
    async with Player(bus) as song:
        async with talking():
            await until(lambda: song.status == "Paused", "it is paused")
        assert song.status == "Playing"


async def test_a_player_that_ends_or_refuses_holds_up_no_other(
    bus: PrivateBus, caplog: pytest.LogCaptureFixture
) -> None:
    async with Player(bus) as song, Player(bus, "broken") as broken, Player(bus, "gone") as gone:
        broken.methods.popitem()
        broken.methods.popitem()  # neither Play nor Pause
        async with talking() as others:
            await until(lambda: song.status == gone.status == "Paused", "they are paused")
            await gone.__aexit__()
            others.talk(False)
            await until(lambda: song.status == "Playing", "it goes on")
    assert "broken cannot be paused" in caplog.text


async def test_without_a_bus_it_is_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    pausing = Pausing()
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            await pausing.hush()
            await pausing.give_back()
    assert caplog.text.count("no player can be paused") == 1
