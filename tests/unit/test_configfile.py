from __future__ import annotations

import resource
import signal
import stat
from pathlib import Path

import pytest

from teamvoice import config, configfile, envfile
from teamvoice.config import Member
from teamvoice.errors import ConfigError

MINE = """\
# mine
[hotkey]
key = "<f8>"  # the big one
mode = "auto"

[[team.members]]
name = "alice"  # she knows
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "config.toml"


def test_what_is_not_asked_stays_to_the_letter(file: Path) -> None:
    file.parent.mkdir()
    file.write_text(MINE)
    configfile.change(file, {"provider": {"voice": "cedar"}}, [Member(name="bob", target="w:1.0")])
    text = file.read_text()
    assert text.startswith(MINE)
    settings = config.load(file, {})
    assert settings.provider.voice == "cedar"
    assert [m.name for m in settings.team.members] == ["alice", "bob"]
    assert settings.hotkey.key == "<f8>"


def test_a_setting_is_changed_in_its_place(file: Path) -> None:
    file.parent.mkdir()
    file.write_text(MINE)
    configfile.change(file, {"hotkey": {"key": "<f9>", "mode": "auto"}}, [])
    assert file.read_text() == MINE.replace('"<f8>"', '"<f9>"')


WRITTEN = {
    "inline": '[team]\nmembers = [ {name = "a"} ]  # mine\n',
    "inline, on lines": '[team]\nmembers = [\n  # first\n  {name = "a"}  # yes\n]\nsocket = "x"\n',
    "inline, none": "[team]\nmembers = []\n",
    "inline, all of it": 'team = {socket = "x"}\nhotkey = {key = "<f8>", mode = "auto"}\n',
    "dotted": 'hotkey.key = "<f8>"  # k\nteam.socket = "x"\n',
    "dotted members": 'team.members = [{name = "a"}]\nprovider.voice = "ash"\n',
    "apart": '[[team.members]]\nname = "a"\n[audio]\n[[team.members]]\nname = "b"\n[hotkey]\n',
    "quoted": "['hotkey']\n'key' = '<f8>'\n[\"team\"]\n[['team'.members]]\nname = 'a'\n",
    "no last line": '[hotkey]\nmode = "auto"',
    "of another system": '[hotkey]\r\nmode = "auto"  # m\r\n[[team.members]]\r\nname = "a"\r\n',
}


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
def test_whichever_way_it_is_written_nothing_is_lost(file: Path, text: str) -> None:
    file.parent.mkdir()
    file.write_bytes(text.encode())
    before = config.load(file, {})
    new = Member(name="zoe", aliases=("z",), target="w:1.0", host="box")
    configfile.change(file, {"hotkey": {"key": "<f9>"}, "provider": {"voice": "cedar"}}, [new])
    after = config.load(file, {})
    kept = before.team.members if "name" in text else ()  # else those are the defaults
    assert after.team.members == (*kept, new)
    assert (after.hotkey.key, after.provider.voice) == ("<f9>", "cedar")
    assert (after.hotkey.mode, after.team.socket) == (before.hotkey.mode, before.team.socket)
    comments = [line.partition("#")[2] for line in text.splitlines() if "#" in line]
    assert all(f"#{comment}" in file.read_text() for comment in comments)
    for _ in range(2):
        configfile.change(file, {"hotkey": {"key": "<f9>"}}, [])
    assert config.load(file, {}) == after


def test_a_file_that_is_not_there_is_made_for_its_owner_alone(file: Path) -> None:
    configfile.change(file, {"hotkey": {"key": "<f9>"}}, [Member(name="bob", aliases=("rob",))])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert config.load(file, {}).team.members == (Member(name="bob", aliases=("rob",)),)


def test_a_link_into_somebodys_dotfiles_stays_one(file: Path, tmp_path: Path) -> None:
    file.parent.mkdir()
    real = tmp_path / "dotfiles.toml"
    real.write_text(MINE)
    file.symlink_to(real)
    configfile.change(file, {"hotkey": {"key": "<f7>"}}, [])
    assert file.is_symlink()
    assert '"<f7>"' in real.read_text()


def test_a_file_that_is_no_toml_is_left_alone(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("hotkey = [")
    with pytest.raises(ConfigError, match="not valid TOML"):
        configfile.change(file, {"hotkey": {"key": "<f9>"}}, [])
    assert file.read_text() == "hotkey = ["
    assert [entry.name for entry in file.parent.iterdir()] == ["config.toml"]


def test_a_key_takes_the_place_of_an_older_one(tmp_path: Path) -> None:
    env = tmp_path / "env"
    env.write_text("# keys\nexport OPENAI_API_KEY='old'\nOTHER=1\n")
    env.chmod(0o600)
    configfile.set_api_key(env, "new")
    assert envfile.read(env) == {"OPENAI_API_KEY": "new", "OTHER": "1"}
    assert env.read_text().startswith("# keys\n")
    assert stat.S_IMODE(env.stat().st_mode) == 0o600


def test_a_disk_that_is_full_keeps_nothing_of_what_could_not_be_written(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # too much is an error, not the end
    resource.setrlimit(resource.RLIMIT_FSIZE, (8, before[1]))
    try:
        with pytest.raises(ConfigError, match="cannot be written"):
            configfile.write_private(file, "sk-secret" * 10)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert [entry.name for entry in file.parent.iterdir()] == ["config.toml"]
    assert file.read_text() == "old"
