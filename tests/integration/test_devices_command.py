from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.support.cli import Cli

desk: Any = pytest.importorskip("tests.support.desk")
pytestmark = pytest.mark.needs(*desk.NEEDS_SOUND)


class Sound(Protocol):
    environment: Mapping[str, str]


@pytest.fixture
def cli(tmp_path: Path, sound: Sound) -> Cli:
    return Cli(tmp_path, dict(sound.environment))


async def test_the_devices_are_listed_with_those_that_are_used(cli: Cli) -> None:
    done = await cli("devices", "--json")
    assert (done.code, done.err) == (0, "")
    used = {kind: device for device in json.loads(done.out) for kind in device["used"]}
    assert used["input"]["name"] == used["output"]["name"] == "pulse"
    assert used["input"]["inputs"] > 0
    shown = await cli("devices")
    (line,) = [text for text in shown.out.splitlines() if text.split()[-1] == "pulse"]
    assert line.split()[:2] == ["*", "*"]


async def test_a_name_that_fits_nothing_is_used_for_nothing(cli: Cli) -> None:
    odd = replace(cli, environ={**cli.environ, "TEAMVOICE_AUDIO_INPUT": "no such microphone"})
    done = await odd("devices", "--json")
    assert {kind for device in json.loads(done.out) for kind in device["used"]} == {"output"}
