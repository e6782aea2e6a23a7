from __future__ import annotations

import itertools
import json
import subprocess
import tomllib
import typing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from teamvoice import config, configfile, envfile
from teamvoice.errors import ConfigError

EXAMPLE = Path(__file__).parents[2] / "config" / "teamvoice.toml"


@pytest.fixture(autouse=True)
def _own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAMVOICE_CONFIG_DIR", str(tmp_path))
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("TEAMVOICE_API_KEY", raising=False)


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "config.toml"
    file.write_text(text)
    return file


def told(file: Path | None = None, environ: dict[str, str] | None = None) -> str:
    """The one line that a bad configuration is told with."""
    with pytest.raises(ConfigError) as refusal:
        config.load(file, environ if environ is not None else {})
    assert "\n" not in refusal.value.message
    return refusal.value.message


def test_no_file_means_the_defaults() -> None:
    assert config.load(environ={}) == config.Config()


def test_a_file_that_was_asked_for_must_exist(tmp_path: Path) -> None:
    assert str(tmp_path / "none.toml") in told(tmp_path / "none.toml")


def test_the_file_overrides_defaults_and_the_environment_overrides_the_file(
    tmp_path: Path,
) -> None:
    written(tmp_path, '[hotkey]\nkey = "<f8>"\nmode = "toggle"\n')
    loaded = config.read(environ={"TEAMVOICE_HOTKEY_MODE": "auto"})
    assert loaded.config.hotkey == config.Hotkey(key="<f8>", mode="auto")
    assert loaded.origins["hotkey.key"] == str(tmp_path / "config.toml")
    assert loaded.origins["hotkey.mode"] == "environment TEAMVOICE_HOTKEY_MODE"
    assert loaded.origins["hotkey.tap_ms"] == "default"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('[hotkey]\nkee = "x"', ['unknown key "hotkey.kee"', 'Did you mean "key"?']),
        ("[hotkeys]\n", ['unknown key "hotkeys"', 'Did you mean "hotkey"?']),
        (
            '[[team.members]]\nname = "a"\naliasses = []',
            ['unknown key "team.members[0].aliasses"', 'Did you mean "aliases"?'],
        ),
        ('[hotkey]\ntap_ms = "long"', ["hotkey.tap_ms", "`int`", "`str`"]),
        ("[hotkey]\ntap_ms = -1", ["hotkey.tap_ms", ">= 0"]),
        ("[hotkey]\nmax_hold_s = 0", ["hotkey.max_hold_s", "> 0"]),
        ("[hotkey]\nmax_hold_s = nan", ["hotkey.max_hold_s", "> 0"]),
        ("[audio]\nvolume = 1.5", ["audio.volume", "<= 1"]),
        ("[audio]\nvolume = nan", ["audio.volume"]),
        ("[team]\ndeadline_s = inf", ["team.deadline_s", "<= 86400"]),
        ('[hotkey]\nmode = "hodl"', ["hotkey.mode", "one of hold, toggle, auto", '"hold"?']),
        ("hotkey = 3", ["hotkey", "`int`"]),
        ("[[hotkey]]\n", ["hotkey", "`array`"]),
        ('[team]\nmembers = "me"', ["team.members", "`str`"]),
        ("[[team.members]]\nname = ''", ["team.members", "length >= 1"]),
        ("[hotkey", ["not valid TOML"]),
    ],
)
def test_what_is_wrong_is_said_with_file_key_and_nearest_name(
    tmp_path: Path, text: str, parts: list[str]
) -> None:
    file = written(tmp_path, text)
    message = told(file)
    assert message.startswith(f"{file}: ")
    for part in parts:
        assert part in message


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b"\xff\xfe")
    assert "cannot be read" in told(file)


@pytest.mark.parametrize(
    ("environ", "parts"),
    [
        ({"TEAMVOICE_HOTKEY_TAP_MS": "fast"}, ["TEAMVOICE_HOTKEY_TAP_MS", "hotkey.tap_ms"]),
        ({"TEAMVOICE_HOTKEY_KYE": "<f8>"}, ["TEAMVOICE_HOTKEY_KYE", "TEAMVOICE_HOTKEY_KEY"]),
        ({"TEAMVOICE_OFFLINE_WORDS": "lagoon"}, ["offline.words", 'a list is ["lagoon"]']),
        ({"TEAMVOICE_TEAM_MEMBERS": "dev"}, ["team.members: Expected `array`"]),
        ({"TEAMVOICE_LOG_LEVEL": "loud"}, ["log.level", "one of debug, info"]),
        ({"TEAMVOICE_TEAM_MEMBERS": '[{name="a", alias=["b"]}]'}, ["team.members[0].alias"]),
    ],
)
def test_a_bad_variable_is_told_with_its_name(environ: dict[str, str], parts: list[str]) -> None:
    message = told(environ=environ)
    assert message.startswith("environment variable TEAMVOICE_")
    for part in parts:
        assert part in message


@pytest.mark.parametrize(
    ("variable", "text", "value"),
    [
        ("TEAMVOICE_HOTKEY_KEY", "5", "5"),  # a text stays one, whatever it looks like
        ("TEAMVOICE_HOTKEY_TAP_MS", "200", 200),
        ("TEAMVOICE_HOTKEY_MAX_HOLD_S", "60", 60.0),
        ("TEAMVOICE_AUDIO_CHIMES", "false", False),
        ("TEAMVOICE_OFFLINE_WORDS", '["lagoon"]', ("lagoon",)),
        ("TEAMVOICE_TEAM_MEMBERS", '[{name="a"}]', (config.Member(name="a"),)),
    ],
)
def test_a_variable_is_read_as_its_setting_is(variable: str, text: str, value: Any) -> None:
    _, section, key = variable.lower().split("_", 2)
    loaded = config.load(environ={variable: text})
    assert getattr(getattr(loaded, section), key) == value


def test_variables_that_are_no_settings_are_left_alone() -> None:
    environ = {"TEAMVOICE_SOCKET": "/x", "TEAMVOICE_CONFIG_DIR": "/y", "TEAMVOICE_STATE_DIR": "/z"}
    assert config.load(environ=environ) == config.Config()


@pytest.mark.parametrize("second", ['name = "DEV"', 'name = "b"\naliases = ["Developer"]'])
def test_members_must_be_told_apart(tmp_path: Path, second: str) -> None:
    first = '[[team.members]]\nname = "developer"\naliases = ["dev"]\n'
    message = told(written(tmp_path, f"{first}[[team.members]]\n{second}"))
    assert "names both developer and" in message


def test_members_in_the_environment_are_blamed_there(tmp_path: Path) -> None:
    written(tmp_path, "[log]\n")
    message = told(environ={"TEAMVOICE_TEAM_MEMBERS": '[{name="a"}, {name="A"}]'})
    assert message.startswith("environment TEAMVOICE_TEAM_MEMBERS: ")


# The example -----------------------------------------------------------------------------------


def test_the_example_equals_the_defaults() -> None:
    assert config.load(EXAMPLE, environ={}) == config.Config()


def test_the_example_shows_every_setting() -> None:
    shown = tomllib.loads(EXAMPLE.read_text())
    for section, kind in typing.get_type_hints(config.Config).items():
        assert set(shown[section]) == {field.name for field in msgspec.structs.fields(kind)}
    members = {field.name for field in msgspec.structs.fields(config.Member)}
    assert [set(member) for member in shown["team"]["members"]] == [members, members]


def test_every_setting_of_the_example_has_a_line_on_it() -> None:
    lines = EXAMPLE.read_text().splitlines()
    commented = {
        line.partition(" = ")[0]
        for above, line in itertools.pairwise(lines)
        if " = " in line and above.startswith("# ")
    }
    settings = {line.partition(" = ")[0] for line in lines if " = " in line[:20] and line[0] != "#"}
    assert settings == commented


HOSTS = (
    "box", "user@box.example", "ssh://user@box:2222", "_svc@::1", "::1", "u@fe80::1%eth0",
    r"DOMAIN\user@box", "first+last@box", "a@b@box",
)  # fmt: skip
NO_HOSTS = (
    "-oProxyCommand=id", "user@-oProxyCommand=id", "a box", "box;id", "box\n", "box$(id)", "b`id`",
    r"box\x", r"user\@box", "user@", "@box", "'box'", "box|id", "x" * 256,
)  # fmt: skip


def with_host(file: Path, host: str) -> Path:
    file.write_text(f'[[team.members]]\nname = "pm"\nhost = {json.dumps(host)}\n')
    return file


@pytest.mark.parametrize("host", ["", *HOSTS])
def test_hosts_as_ssh_takes_them(tmp_path: Path, host: str) -> None:
    file = with_host(tmp_path / "config.toml", host)
    assert config.load(file, {}).team.members[0].host == host


@pytest.mark.needs("ssh")
@pytest.mark.parametrize("host", HOSTS)
def test_ssh_takes_them(host: str) -> None:
    subprocess.run(["ssh", "-F", "none", "-G", "--", host], check=True, capture_output=True)


@pytest.mark.parametrize("host", NO_HOSTS)
def test_a_host_is_no_option_and_no_command(tmp_path: Path, host: str) -> None:
    file = with_host(tmp_path / "config.toml", host)
    with pytest.raises(ConfigError, match="is no host") as told:
        config.load(file, {})
    assert "team.members: pm: " in told.value.message
    assert told.value.mend == "write what you would type after ssh: box, user@box or 192.168.1.7"


def test_a_mark_of_the_byte_order_before_the_first_line_is_none_of_it(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[hotkey]\nkey = "<f8>"\n', encoding="utf-8-sig")
    assert config.load(file, {}).hotkey.key == "<f8>"
    configfile.change(file, {"hotkey": {"key": "<f7>"}}, [])
    assert config.load(file, {}).hotkey.key == "<f7>"
    env = tmp_path / "env"
    env.write_text("OPENAI_API_KEY=sk-of-mine\n", encoding="utf-8-sig")
    env.chmod(0o600)
    assert envfile.read(env) == {"OPENAI_API_KEY": "sk-of-mine"}
    configfile.set_api_key(env, "sk-new")
    assert envfile.read(env) == {"OPENAI_API_KEY": "sk-new"}
