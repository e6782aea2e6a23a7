from __future__ import annotations

import pytest

from teamvoice.conversation.events import Usage
from teamvoice.daemon.cost import cost_usd

# Six seconds heard, eight seconds spoken, and a conversation of 1,000 text tokens, 600 of them
# cached: by hand from the published prices of gpt-realtime-2.1.
USAGE = Usage(text_in=1000, audio_in=60, cached_text_in=600, text_out=50, audio_out=160)
BY_HAND = (400 * 4 + 600 * 0.40 + 60 * 32 + 50 * 24 + 160 * 64) / 1_000_000


def test_a_turn_costs_what_its_responses_do() -> None:
    cost = cost_usd([USAGE, USAGE], "openai", "gpt-realtime-2.1")
    assert cost == pytest.approx(2 * BY_HAND)


def test_the_offline_server_costs_nothing() -> None:
    assert cost_usd([USAGE], "offline", "gpt-realtime-2.1") == 0.0


def test_an_unknown_price_is_not_a_price() -> None:
    assert cost_usd([USAGE], "generic", "a-model-of-my-own") is None
