"""What a turn cost, from its tokens and the table of prices beside this file."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable
from importlib import resources

from teamvoice.conversation.events import Usage

_PER = 1_000_000


def cost_usd(usages: Iterable[Usage], provider: str, model: str) -> float | None:
    """Dollars for the responses of a turn; None when the model's prices are not known.

    Transcription is billed apart and is not counted.
    """
    if provider == "offline":
        return 0.0
    price = _prices().get(model)
    if price is None:
        return None
    return sum(_cost(usage, price) for usage in usages) / _PER


def _cost(usage: Usage, price: dict[str, float]) -> float:
    return (
        (usage.text_in - usage.cached_text_in) * price["text_in"]
        + usage.cached_text_in * price["cached_text_in"]
        + usage.text_out * price["text_out"]
        + (usage.audio_in - usage.cached_audio_in) * price["audio_in"]
        + usage.cached_audio_in * price["cached_audio_in"]
        + usage.audio_out * price["audio_out"]
    )


@functools.cache
def _prices() -> dict[str, dict[str, float]]:
    table = resources.files("teamvoice.daemon").joinpath("prices.toml").read_text("utf-8")
    return tomllib.loads(table)
