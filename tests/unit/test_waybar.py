from __future__ import annotations

from typing import Any

import pytest

from teamvoice.cli.waybar import OFF, waybar

FINE = {"line": "link up", "link": {"state": "up"}, "hotkey": {"state": "ready"}}


def member(state: str, **more: str) -> dict[str, Any]:
    return {"members": [{"name": "dev", "state": state, **more}]}


@pytest.mark.parametrize(
    ("more", "classes"),
    [
        ({}, ["idle"]),
        ({"link": {"state": "idle"}}, ["idle"]),
        (member("working"), ["working"]),
        ({"microphone": {"state": "open"}, **member("working")}, ["listening", "working"]),
        (
            {"microphone": {"state": "open", "hands_free": True}, **member("waiting")},
            ["waiting", "listening"],
        ),
        ({"microphone": {"state": "closed", "muted": True}}, ["muted"]),
        ({"microphone": {"state": "lost", "hands_free": True, "reason": "gone"}}, ["trouble"]),
        ({"speaker": {"state": "silent", "reason": "no sound server"}}, ["trouble"]),
        (
            {"speaker": {"state": "silent", "quiet": True}, **member("waiting")},
            ["quiet", "waiting"],
        ),
        ({"hotkey": {"state": "unavailable", "reason": "no X"}, **member("idle")}, ["idle"]),
        ({"hotkey": {"state": "unavailable", "why": "as configured"}}, ["trouble"]),
        ({"hotkey": {"state": "lost", "reason": "no X"}, **member("idle")}, ["trouble"]),
        ({"speaker": {"state": "playing"}}, ["speaking"]),
        ({"link": {"state": "waiting"}, **member("waiting")}, ["trouble", "waiting"]),
        ({"confirm": ["send message"], "link": {"state": "down"}}, ["confirm", "trouble"]),
        ({"cost": {"state": "spent"}}, ["trouble"]),
        ({"settings": {"state": "kept", "reason": "bad"}}, ["trouble"]),
    ],
)
def test_the_classes_say_all_that_holds_and_alt_the_first(
    more: dict[str, Any], classes: list[str]
) -> None:
    shown = waybar({**FINE, **more})
    assert shown["class"] == classes
    assert shown["alt"] == classes[0]
    assert set(shown) == set(OFF)


def test_why_the_microphone_is_lost_is_in_the_tooltip() -> None:
    lost = {"state": "lost", "hands_free": True, "reason": "it is gone"}
    assert waybar({**FINE, "microphone": lost})["tooltip"] == "microphone: it is gone"


def test_nothing_that_a_pane_wrote_is_markup() -> None:
    shown = waybar({**FINE, **member("waiting", detail="<b>rm</b>\n & \x1b[31mmore")})
    assert shown["tooltip"] == "dev: waiting &lt;b&gt;rm&lt;/b&gt; &amp; [31mmore"


@pytest.mark.parametrize(
    ("cost", "percentage"),
    [
        ({"day_usd": 1.0, "cap_usd": 0.0}, 0),
        ({"day_usd": 0.5, "cap_usd": 2.0}, 25),
        ({"day_usd": 3.0, "cap_usd": 2.0}, 100),
    ],
)
def test_the_percentage_is_of_the_days_limit(cost: dict[str, Any], percentage: int) -> None:
    assert waybar({**FINE, "cost": cost})["percentage"] == percentage
