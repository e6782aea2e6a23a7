from __future__ import annotations

from typing import Any

import pytest

from teamvoice.cli.status_view import _cost_text, line

UP = {"link": {"state": "up"}}


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        (UP, "ready"),
        ({}, "link unknown"),
        ({"link": {"state": "down"}}, "link down"),
        ({**UP, "microphone": {"state": "closed"}}, "ready"),
        ({**UP, "microphone": {"state": "open"}}, "microphone open"),
        ({**UP, "microphone": {"state": "failed"}}, "microphone failed"),
        ({**UP, "microphone": {"state": "closed", "muted": True}}, "microphone muted"),
        ({**UP, "cost": {"state": "spent"}}, "the day's limit is reached"),
        ({**UP, "microphone": {"state": "grace"}}, "microphone grace"),
        ({**UP, "speaker": {"state": "silent", "quiet": True}}, "voice quiet"),
        ({**UP, "speaker": {"state": "silent", "quiet": False}}, "ready"),
        ({**UP, "members": [{"name": "pm", "state": "idle"}]}, "pm idle"),
    ],
)
def test_one_line_says_what_is_out_of_order_and_who_does_what(
    status: dict[str, Any], shown: str
) -> None:
    assert line(status) == shown


@pytest.mark.parametrize(
    ("cost", "shown"),
    [
        ({"day_usd": 0.423, "cap_usd": 0.0}, "$0.42 today  last turn $0.0041"),
        ({"day_usd": 0.423, "cap_usd": 2.0}, "$0.42 of $2.00 today  last turn $0.0041"),
        (
            {"day_usd": 2.0, "cap_usd": 2.0, "state": "spent"},
            "$2.00 of $2.00 today  last turn $0.0041  the limit is reached",
        ),
    ],
)
def test_the_day_and_the_last_turn_have_their_costs(cost: dict[str, Any], shown: str) -> None:
    assert _cost_text(cost, {"cost_usd": 0.00412}).plain == f"cost        {shown}"


def test_a_price_that_is_not_known_is_no_zero() -> None:
    text = _cost_text({"day_usd": 0.0, "prices_known": False}, {"cost_usd": None}).plain
    assert "last turn" not in text
    assert "as far as known" in text
