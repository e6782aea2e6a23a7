from __future__ import annotations

from pathlib import Path

import pytest

from teamvoice import config, preflight
from teamvoice.errors import ConfigError

WRONG = {
    '[hotkey]\nkey = "nonsense"': 'hotkey.key: "nonsense"',
    '[hotkey]\nbackend = "portal"\nkey = "a+b"': 'hotkey.key: "a+b": what a desktop can bind',
    '[hotkey]\nbackend = "evdev"\nkey = "ü"': 'hotkey.key: a keyboard has no key "ü"',
    "[hotkey]\ntap_ms = 5000\nmax_hold_s = 1.0": "hotkey.tap_ms: 5000 ms is as long",
    '[provider]\nname = "generic"': "provider.url: no address",
    '[provider]\nname = "generic"\nurl = "http://foo"': "provider.url: not the address",
    '[[team.members]]\nname = "dev"\nagent = "cluade"': 'no agent is called "cluade". Did you mean',
}


@pytest.mark.parametrize("text", WRONG)
def test_what_a_room_cannot_use_is_told_with_file_and_key(text: str, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    loaded = config.read(file, {})
    with pytest.raises(ConfigError) as caught:
        preflight.check(loaded)
    assert str(file) in caught.value.message or "default" in caught.value.message
    assert WRONG[text] in caught.value.message


def test_a_variable_is_named_as_the_place(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("")
    loaded = config.read(file, {"TEAMVOICE_HOTKEY_KEY": "<f99>"})
    where = r"environment TEAMVOICE_HOTKEY_KEY: hotkey\.key: .* Did you mean"
    with pytest.raises(ConfigError, match=where):
        preflight.check(loaded)


@pytest.mark.parametrize("text", ["", '[provider]\nname = "openai"', '[provider]\nname="offline"'])
def test_a_configuration_that_can_be_used_passes(text: str, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    preflight.check(config.read(file, {}))


@pytest.mark.parametrize("name", ["   ", "dev\\u0007"])
def test_a_name_can_be_said(name: str, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f'[[team.members]]\nname = "{name}"')
    with pytest.raises(ConfigError, match="cannot be said"):
        config.read(file, {})


def test_a_variable_of_no_section_is_no_setting(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("")
    with pytest.raises(ConfigError, match="TEAMVOICE_BOGUS_X: no such setting"):
        config.read(file, {"TEAMVOICE_BOGUS_X": "1"})
