from __future__ import annotations

from pathlib import Path

import pytest

from teamvoice import config
from teamvoice.conversation.events import Transcribed, Usage
from teamvoice.daemon.cost import Tariff, known
from teamvoice.errors import ConfigError
from teamvoice.prices import Price

# Six seconds heard, eight seconds spoken, and a conversation of 1,000 text tokens, 600 of them
# cached: by hand from the published prices of gpt-realtime-2.1.
USAGE = Usage(text_in=1000, audio_in=60, cached_text_in=600, text_out=50, audio_out=160)
BY_HAND = {
    "text_in": 400 * 4,
    "audio_in": 60 * 32,
    "cached_text_in": 600 * 0.40,
    "cached_audio_in": 0,
    "text_out": 50 * 24,
    "audio_out": 160 * 64,
}


def tariff(
    provider: str = "openai",
    model: str = "gpt-realtime-2.1",
    transcription: str = "gpt-transcribe",
    **own: Price,
) -> Tariff:
    wish = config.Provider(model=model, transcription=transcription)
    prices = {name.replace("_", "-"): price for name, price in own.items()}
    return Tariff(config.Config(provider=wish, cost=config.Cost(prices=prices)), provider)


def test_a_turn_costs_what_its_responses_do() -> None:
    parts = tariff().dollars([USAGE, USAGE])
    by_hand = {modality: 2 * usd / 1_000_000 for modality, usd in BY_HAND.items()}
    assert parts == pytest.approx({**by_hand, "transcription": 0.0})


def test_the_offline_server_costs_nothing() -> None:
    parts = tariff("offline").dollars([USAGE], [Transcribed(seconds=60)])
    assert set(parts.values()) == {0.0}


@pytest.mark.parametrize(
    ("provider", "transcriber"),
    [("openai", "gpt-transcribe"), ("offline", ""), ("xai", ""), ("localai", "")],
)
def test_only_who_was_asked_to_transcribe_is_named(provider: str, transcriber: str) -> None:
    assert tariff(provider).transcriber == transcriber


@pytest.mark.parametrize(
    ("provider", "model"),
    [("openai", "a-model-of-my-own"), ("generic", "gpt-realtime-2.1"), ("xai", "gpt-realtime-2.1")],
)
def test_an_unknown_price_is_not_a_price(provider: str, model: str) -> None:
    wanted = tariff(provider, model)
    parts = wanted.dollars([USAGE])
    assert not wanted.is_known
    assert parts["audio_out"] is None
    assert parts["cached_audio_in"] == 0.0, "nothing costs nothing, whatever its price"
    assert known(parts.values()) is None


@pytest.mark.parametrize(
    ("model", "took", "usd"),
    [
        ("gpt-transcribe", Transcribed(seconds=90.0), 1.5 * 0.0045),
        ("gpt-transcribe", Transcribed(audio_in=600, text_out=40), 0.0045),
        ("gpt-realtime-whisper", Transcribed(seconds=60.0), 0.017),
        ("gpt-4o-transcribe", Transcribed(audio_in=600, text_out=40), 0.0019),
        ("gpt-4o-transcribe", Transcribed(seconds=60.0), None),
        ("whisper-of-my-own", Transcribed(seconds=60.0), None),
    ],
)
def test_transcription_is_billed_by_time_or_by_tokens(
    model: str, took: Transcribed, usd: float | None
) -> None:
    found = tariff(transcription=model).dollars([], [took])["transcription"]
    assert found == (None if usd is None else pytest.approx(usd))


def test_prices_of_ones_own_go_before_those_that_are_known_field_by_field() -> None:
    wanted = tariff("azure", "my-house", my_house=Price(text_in=1.0, cached_text_in=0.5))
    parts = wanted.dollars([Usage(text_in=3_000_000, cached_text_in=1_000_000, audio_out=1)])
    assert (parts["text_in"], parts["cached_text_in"]) == (2.0, 0.5)
    assert parts["audio_out"] is None
    wish = config.Provider()
    cost = config.Cost(prices={"gpt-realtime-2.1": Price(audio_out=1.0)})
    cheaper = Tariff(config.Config(provider=wish, cost=cost), "openai").dollars([USAGE])
    assert cheaper["audio_out"] == pytest.approx(160 / 1_000_000)
    assert cheaper["text_in"] == pytest.approx(400 * 4 / 1_000_000)


def test_prices_stand_in_the_configuration(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[cost]\ncap_usd = 2\n[cost.prices."my.house"]\ntext_in = 1\nminute = 0.1\n')
    cost = config.load(file, environ={}).cost
    assert cost == config.Cost(cap_usd=2.0, prices={"my.house": Price(text_in=1.0, minute=0.1)})


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("[cost.prices.a]\ntext_inn = 1", ["cost.prices['a'].text_inn", '"text_in"']),
        ("[cost]\ncap = 1", ['"cost.cap"', 'Did you mean "cap_usd"?']),
        ("[cost]\ncap_usd = -1", ["cost.cap_usd", ">= 0"]),
        ("[cost.prices.x]\nminute = -1", ["cost.prices", ">= 0"]),
        ("[cost.prices]\nx = 1", ["cost.prices"]),
    ],
)
def test_a_price_that_cannot_be_one_is_told(tmp_path: Path, text: str, parts: list[str]) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        config.load(file, environ={})
    assert all(part in str(caught.value) for part in [str(file), *parts]), caught.value
