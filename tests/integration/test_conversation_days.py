"""Three days of the whole voice in fake time: rotations, sleeps, outages, and no press lost."""

from __future__ import annotations

from typing import Literal

import pytest

from teamvoice import config
from tests.support.fake_time import run_in_fake_time
from tests.support.simulated import Provider
from tests.support.simulated_talk import Voice

FEW = 10  # objects more, of a kind, after three days than after an hour
URL = "ws://localhost:1/v1/realtime"


@pytest.mark.timeout(180)  # on a machine with much else to do
@pytest.mark.parametrize("connect", ["start", "demand"])
def test_three_days_lose_no_command(connect: Literal["start", "demand"]) -> None:
    world = Provider(7)
    voice = Voice(world, config.Provider(url=URL, connect=connect))
    run_in_fake_time(voice.live(world.sleep_often, world.fail_often))
    accounts = voice.accounts
    assert accounts.left == [], accounts.left
    assert len(accounts.commands) > 400
    assert len(accounts.written) > 0.9 * len(accounts.commands)
    assert world.opened > 72
    assert not world.lines, "every session was closed"
    first, last = voice.alive
    ours = {kind: n for kind, n in (last - first).items() if ".offline." not in kind}
    assert {kind: n for kind, n in ours.items() if n > FEW} == {}, "memory is flat"
    assert voice.tasks[0] == voice.tasks[1], "no task is left behind"
