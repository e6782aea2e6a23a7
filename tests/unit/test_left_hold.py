"""A hold that a program began by the socket, and whose end it did not live to see."""

from __future__ import annotations

import asyncio

import pytest

from teamvoice import config
from teamvoice.conversation.events import Event, HoldBegan, HoldDropped
from teamvoice.daemon.keys import Keys


@pytest.mark.parametrize("begins", ["press", "toggle"])
async def test_it_is_dropped_and_the_next_one_begins(begins: str) -> None:
    events: list[Event] = []
    told: list[str] = []
    keys = Keys(config.Hotkey(), events.append, lambda _kind, text: told.append(text))
    at = asyncio.get_running_loop().time()
    keys.act(begins, at, 5)
    keys.act("left", at + 1, 4)
    assert [type(event) for event in events] == [HoldBegan], "another one left"
    keys.act("left", at + 1, 5)
    keys.act("left", at + 2, 5)
    keys.act(begins, at + 3, 6)
    keys.close()
    assert [type(event) for event in events] == [HoldBegan, HoldDropped, HoldBegan]
    assert told == ["the program that began the hold is gone; what was said on it is dropped"]
