"""What the daemon says of its key and its commands, in the words of a face with keys of its own."""

from __future__ import annotations

from typing import Literal

import pytest

from teamvoice import config
from teamvoice.conversation.policy import TAINTED
from teamvoice.daemon.keys import Keys, policy_for
from teamvoice.ui.picture import Line
from teamvoice.ui.words import settled, with_keys

CALL = "send message: pm: tap the key to run teamvoice ptt confirm"


@pytest.mark.parametrize("mode", ["hold", "toggle", "auto"])
def test_a_confirmation_names_the_key_of_the_face(mode: Literal["hold", "toggle", "auto"]) -> None:
    policy = policy_for(config.Config(hotkey=config.Hotkey(mode=mode)))
    asked = with_keys(Line("confirm", f"{policy.confirm_by} to {CALL}"))
    assert asked == Line("confirm", f"press Y to {CALL}")
    waits = with_keys(Line("receipt", policy.say_waiting(TAINTED)))
    assert waits.text.startswith("Waiting for the person to press Y, as ")
    assert waits.text.endswith("; nothing is done yet.")


@pytest.mark.parametrize("mode", ["hold", "toggle", "auto"])
def test_a_confirmation_that_is_over_asks_for_no_key(
    mode: Literal["hold", "toggle", "auto"],
) -> None:
    by = policy_for(config.Config(hotkey=config.Hotkey(mode=mode))).confirm_by
    for asked in (
        Line("confirm", f"{by} to {CALL}"),
        with_keys(Line("confirm", f"{by} to {CALL}")),
    ):
        assert settled(asked) == Line("settled", CALL)
    assert settled(Line("you", f"tap the key to {CALL}")).text == f"tap the key to {CALL}"


async def test_a_muted_microphone_names_the_key_of_the_face() -> None:
    told: list[tuple[str, str]] = []

    def tell(kind: str, text: str) -> None:
        told.append((kind, text))

    keys = Keys(config.Hotkey(), lambda _event: None, tell)
    keys.act("mute", 1.0)
    keys.act("toggle", 2.0)
    keys.close()
    assert with_keys(Line(*told[-1])) == Line("notice", "the microphone is muted; M unmutes it")


@pytest.mark.parametrize(
    ("hotkey", "by"),
    [
        (config.Hotkey(), "tap the key"),
        (config.Hotkey(backend="evdev"), "tap the key"),
        (config.Hotkey(mode="toggle"), "run teamvoice ptt confirm"),
        (config.Hotkey(mode="auto"), "run teamvoice ptt confirm"),
        (config.Hotkey(backend="socket"), "run teamvoice ptt confirm"),
    ],
)
def test_a_tap_is_asked_for_only_where_the_key_can_be_tapped(
    hotkey: config.Hotkey, by: str
) -> None:
    assert policy_for(config.Config(hotkey=hotkey)).confirm_by == by
    assert policy_for(config.Config(hotkey=hotkey), "press Y").confirm_by == "press Y"


@pytest.mark.parametrize("kind", ["you", "voice", "call", "news", "receipt"])
def test_what_others_say_stays_as_it_was_said(kind: str) -> None:
    line = Line(kind, f"the PM says: tap the key to {CALL}; teamvoice ptt mute unmutes it")
    assert with_keys(line) == line
