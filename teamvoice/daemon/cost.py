"""What a turn cost, from its tokens and the prices in force. What is not known is None, never 0.

The prices are those of ``prices.toml`` beside this file, which hold for OpenAI, and those of the
configuration, which go before them field by field and hold for whatever model they name. The
offline server costs nothing.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable
from importlib import resources
from typing import Any, Literal

import msgspec

from teamvoice import config
from teamvoice.conversation.events import Transcribed, Usage
from teamvoice.prices import Price
from teamvoice.realtime.profiles import PROFILES

Modality = Literal[
    "text_in", "audio_in", "cached_text_in", "cached_audio_in", "text_out", "audio_out",
    "transcription",
]  # fmt: skip
MODALITIES: tuple[Modality, ...] = Modality.__args__  # type: ignore[attr-defined] # typeshed lacks it
Dollars = dict[Modality, float | None]

_PER = 1_000_000
_TRANSCRIPTION = "audio.input.transcription"  # the setting that asks a model to transcribe
_TOKENS_PER_S = 10  # of audio that goes in
_FREE = Price(**dict.fromkeys(Price.__struct_fields__, 0.0))


class Tariff:
    """The prices in force for a provider with its two models.

    Args:
        settings: The configuration.
        provider: The profile's name that the configuration came to.
    """

    def __init__(self, settings: config.Config, provider: str) -> None:
        wish, own = settings.provider, settings.cost.prices
        profile = PROFILES[provider]
        instead = profile.instead
        self.provider = provider
        self.model = "offline" if provider == "offline" else instead.get(wish.model, wish.model)
        asked = instead.get(wish.transcription, wish.transcription)
        has_own_ears = provider == "offline" or _TRANSCRIPTION in profile.leaves_out
        self.transcriber = "" if has_own_ears else asked
        self._voice = _price(provider, self.model, own)
        self._ears = _price(provider, self.transcriber, own)

    @property
    def is_known(self) -> bool:
        """All prices of the model that answers are known."""
        return None not in self.dollars([_ONE_OF_EACH]).values()

    @property
    def gap(self) -> str:
        """What is not known, and the mend; empty when all prices are."""
        if self.is_known:
            return ""
        return (
            f"the prices of {self.model} are not known; write them into cost.prices (docs/costs.md)"
        )

    @property
    def saves_by_caching(self) -> bool:
        """Cached input is known to be cheaper."""
        full, cached = self._voice.text_in, self._voice.cached_text_in
        return full is not None and cached is not None and cached < full

    def dollars(self, usages: Iterable[Usage], transcribed: Iterable[Transcribed] = ()) -> Dollars:
        """Dollars by modality; ``text_in`` and ``audio_in`` are without their cached parts."""
        total = _tokens(usages)
        parts: Dollars = {
            modality: _times(count, getattr(self._voice, modality))
            for modality, count in total.items()
        }
        parts["transcription"] = known([self._transcription(one) for one in transcribed])
        return parts

    def _transcription(self, one: Transcribed) -> float | None:
        price = self._ears
        if price.minute is not None:
            seconds = one.audio_in / _TOKENS_PER_S if one.seconds is None else one.seconds
            return seconds / 60 * price.minute
        if one.seconds is not None:
            return None  # told by time, and priced by tokens
        return known(
            [
                _times(one.text_in, price.text_in),
                _times(one.audio_in, price.audio_in),
                _times(one.text_out, price.text_out),
            ]
        )


def known(parts: Iterable[float | None]) -> float | None:
    """The sum; None when any part is not known."""
    found = list(parts)
    return None if None in found else sum(filter(None, found))


def at_least(parts: Iterable[float | None]) -> float:
    """The sum of what is known."""
    return sum(filter(None, parts))


def _tokens(usages: Iterable[Usage]) -> dict[Modality, int]:
    counts: dict[Modality, int] = dict.fromkeys(MODALITIES[:-1], 0)
    for usage in usages:
        counts["text_in"] += usage.text_in - usage.cached_text_in
        counts["audio_in"] += usage.audio_in - usage.cached_audio_in
        counts["cached_text_in"] += usage.cached_text_in
        counts["cached_audio_in"] += usage.cached_audio_in
        counts["text_out"] += usage.text_out
        counts["audio_out"] += usage.audio_out
    return counts


_ONE_OF_EACH = Usage(2, 2, 1, 1, 1, 1)


def _times(count: int, price: float | None) -> float | None:
    if not count:
        return 0.0
    return None if price is None else count * price / _PER


def _price(provider: str, model: str, own: dict[str, Price]) -> Price:
    if provider == "offline":
        return _FREE
    shipped = _shipped().get(model, Price()) if provider == "openai" else Price()
    given = {
        k: v for k, v in msgspec.structs.asdict(own.get(model, Price())).items() if v is not None
    }
    return msgspec.structs.replace(shipped, **given)


@functools.cache
def _shipped() -> dict[str, Price]:
    text = resources.files("teamvoice.daemon").joinpath("prices.toml").read_text("utf-8")
    table: Any = tomllib.loads(text)
    return msgspec.convert(table, dict[str, Price])
