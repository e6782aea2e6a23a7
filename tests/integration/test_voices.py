from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from teamvoice.offline.server import Settings, serve
from tests.support.cli import Cli
from tests.support.desk import NEEDS_SOUND, Sound
from tests.support.offline_parts import ExactEars, LiteralMind, ToneVoice
from tests.support.relay import relay_to
from tests.support.sounds import chirp, is_heard_whole, sound_ms
from tests.support.wait import until


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    return Cli(tmp_path)


@pytest.mark.needs("flite")
async def test_the_voices_are_listed_with_those_that_are_set(cli: Cli) -> None:
    chosen = replace(cli, environ={"TEAMVOICE_OFFLINE_VOICE": "awb"})
    rows = json.loads((await chosen("voices", "--json")).out)
    assert {"name": "cedar", "provider": "openai", "set": False} in rows
    assert [(row["name"], row["provider"]) for row in rows if row["set"]] == [
        ("marin", "openai"), ("awb", "offline"),
    ]  # fmt: skip
    assert "* awb                offline\n" in (await chosen("voices")).out


@pytest.mark.parametrize(
    ("voice", "told"),
    [
        ("MARIN", 'there is no voice "MARIN". Did you mean "marin"?'),
        ("marian", 'there is no voice "marian". Did you mean "marin"?'),
        ("marin", "there is no API key, which the voice marin needs\nteamvoice init asks for one"),
    ],
)
async def test_a_voice_that_cannot_be_heard_is_told(cli: Cli, voice: str, told: str) -> None:
    done = await cli("voices", voice)
    assert (done.code, done.out) == (2, "")
    assert told in done.err


@pytest.mark.needs(*NEEDS_SOUND, "flite")
async def test_an_offline_voice_is_heard(cli: Cli, sound: Sound) -> None:
    heard = replace(cli, environ=dict(sound.environment))
    with sound.recorder() as recorder:
        done = await heard("voices", "awb")
        assert (done.code, done.err) == (0, "")
        await until(lambda: sound_ms(recorder.pcm()) > 1000, "the sample is played")


@pytest.mark.needs(*NEEDS_SOUND)
async def test_a_providers_voice_is_heard_by_a_turn(cli: Cli, sound: Sound) -> None:
    voice = ToneVoice(lambda _: iter([chirp(0.5)]))
    async with (
        serve(Settings(token="sk-of-ours"), ExactEars, LiteralMind(), voice) as url,
        relay_to(url) as relay,
    ):
        keyed = {"TEAMVOICE_PROVIDER_URL": relay.url, "OPENAI_API_KEY": "sk-of-ours"}
        hasty = {"TEAMVOICE_PROVIDER_SPEED": "1.25"}
        heard = replace(cli, environ={**sound.environment, **keyed, **hasty})
        with sound.recorder() as recorder:
            done = await heard("voices", "cedar")
            assert (done.code, done.err) == (0, "")
            await until(lambda: is_heard_whole(chirp(0.5), recorder.pcm()), "the sample is played")
    (asked,) = (event for event in relay.sent if event["type"] == "session.update")
    assert asked["session"]["audio"]["output"]["speed"] == 1.25, "as provider.speed says"
