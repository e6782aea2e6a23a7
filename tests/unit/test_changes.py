from __future__ import annotations

import os
from pathlib import Path

import pytest

from teamvoice.daemon.changes import Changes


@pytest.fixture(autouse=True)
def _own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAMVOICE_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))


def looks(changes: Changes, count: int = 3) -> list[bool]:
    return [changes.have_come() for _ in range(count)]


@pytest.mark.parametrize("name", ["config.toml", "env", "credentials/openai"])
def test_a_file_that_comes_changes_and_goes_is_seen_once_each_time(
    tmp_path: Path, name: str
) -> None:
    changes, file = Changes(None), tmp_path / name
    file.parent.mkdir(exist_ok=True)
    assert looks(changes) == [False, False, False]
    for text in ("one", "twice"):
        file.write_text(text)
        assert looks(changes) == [False, True, False]
    file.unlink()
    assert looks(changes) == [False, True, False]


def test_a_file_that_is_being_written_is_looked_at_when_it_is_done(tmp_path: Path) -> None:
    changes, file = Changes(None), tmp_path / "config.toml"
    for size in range(4):
        file.write_text("x" * size)
        assert not changes.have_come()
    assert looks(changes) == [True, False, False]


def test_the_same_size_at_another_time_is_a_change(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text("a")
    changes = Changes(file)
    (tmp_path / "config.toml").write_text("not this one")
    assert looks(changes) == [False, False, False]
    os.utime(file, ns=(1, 1))
    assert looks(changes) == [False, True, False]
