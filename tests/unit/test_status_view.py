from __future__ import annotations

from typing import Any

import pytest

from teamvoice.cli.status_view import line

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
        ({**UP, "members": [{"name": "pm", "state": "idle"}]}, "pm idle"),
    ],
)
def test_one_line_says_what_is_out_of_order_and_who_does_what(
    status: dict[str, Any], shown: str
) -> None:
    assert line(status) == shown
