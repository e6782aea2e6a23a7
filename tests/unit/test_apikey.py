from __future__ import annotations

from pathlib import Path

import pytest

from teamvoice import apikey, config
from teamvoice.errors import ConfigError


@pytest.fixture(autouse=True)
def _own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAMVOICE_CONFIG_DIR", str(tmp_path))
    for name in ("OPENAI_API_KEY", "TEAMVOICE_API_KEY", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    apikey.look_again()


def env_file(tmp_path: Path, text: str, mode: int = 0o600) -> Path:
    file = tmp_path / "env"
    file.write_text(text)
    file.chmod(mode)
    return file


def test_without_a_key_there_is_none() -> None:
    assert (config.api_key(), config.api_key_origin()) == ("", "none")


@pytest.mark.parametrize(
    "text",
    ["OPENAI_API_KEY=abc", "# mine\n\nexport OPENAI_API_KEY='abc'\n", 'OPENAI_API_KEY="abc"'],
)
def test_the_key_is_read_from_a_private_file(tmp_path: Path, text: str) -> None:
    file = env_file(tmp_path, text)
    assert (config.api_key(), config.api_key_origin()) == ("abc", f"from {file}")


def test_the_nearer_to_teamvoice_alone_the_earlier(tmp_path: Path) -> None:
    """Every place has a key; they are taken away from the first to the last."""
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "openai").write_text("credential\n")
    keys = {
        **keyring(tmp_path, "echo from-the-keyring"),
        "CREDENTIALS_DIRECTORY": str(credentials),
        "TEAMVOICE_API_KEY": " ours ",
        "OPENAI_API_KEY": "shared",
    }
    file = env_file(tmp_path, "OPENAI_API_KEY=file\nTEAMVOICE_API_KEY=ours-in-file\n")
    found = [apikey.find(file, keys)]
    (credentials / "openai").unlink()
    found.append(apikey.find(file, keys))
    del keys["TEAMVOICE_API_KEY"]
    found.append(apikey.find(file, keys))
    file.write_text("OPENAI_API_KEY=file\n")
    found.append(apikey.find(file, keys))
    file.unlink()
    found.append(apikey.find(file, keys))
    del keys["DBUS_SESSION_BUS_ADDRESS"]
    found.append(apikey.find(file, keys))
    assert found == [
        ("credential", "from systemd's credential openai"),
        ("ours", "from the environment, TEAMVOICE_API_KEY"),
        ("ours-in-file", f"from {file}"),
        ("file", f"from {file}"),
        ("from-the-keyring", "from the keyring"),
        ("shared", "from the environment, OPENAI_API_KEY"),
    ]


def keyring(tmp_path: Path, does: str) -> dict[str, str]:
    """A keyring's own command, and the environment that leads to it."""
    program = tmp_path / "bin" / "secret-tool"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f'#!/bin/sh\n[ "$*" = "lookup service teamvoice" ] || exit 9\n{does}\n')
    program.chmod(0o755)
    return {"PATH": f"{program.parent}:/usr/bin:/bin", "DBUS_SESSION_BUS_ADDRESS": "unix:path=x"}


def test_a_keyring_without_the_key_is_no_trouble(tmp_path: Path) -> None:
    assert apikey.find(tmp_path / "env", keyring(tmp_path, "exit 1")) == ("", "none")


def test_a_keyring_that_does_not_answer_is_given_up_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apikey, "_KEYRING_S", 0.05)
    key, origin = apikey.find(tmp_path / "env", keyring(tmp_path, "exec sleep 60"))
    assert (key, origin) == ("", "none (the keyring does not answer; is it locked?)")


def test_the_keyring_is_asked_once_until_it_is_looked_at_again(tmp_path: Path) -> None:
    environ = keyring(tmp_path, f"echo >> {tmp_path}/asked; echo key")
    for _ in range(3):
        assert apikey.find(tmp_path / "env", environ)[0] == "key"
    apikey.look_again()
    apikey.find(tmp_path / "env", environ)
    assert (tmp_path / "asked").read_text() == "\n\n"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = env_file(tmp_path, "OPENAI_API_KEY=abc", mode)
    with pytest.raises(ConfigError) as refusal:
        config.api_key({})
    assert refusal.value.mend == f"chmod 600 {file}"
    assert "abc" not in str(refusal.value)


def test_a_line_that_is_no_assignment_is_told_by_number_without_its_text(tmp_path: Path) -> None:
    env_file(tmp_path, "# fine\nsk-secret\n")
    with pytest.raises(ConfigError, match="line 2 is not NAME=VALUE") as refusal:
        config.api_key({})
    assert "sk-secret" not in str(refusal.value)
