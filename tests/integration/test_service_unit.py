"""The systemd unit is one that systemd understands whole."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

UNIT = Path(__file__).resolve().parents[2] / "systemd" / "teamvoice.service"
COMMAND = "ExecStart=%h/.local/bin/teamvoice run"

pytestmark = pytest.mark.needs("systemd-analyze")


def test_systemd_has_nothing_to_say_of_it(tmp_path: Path) -> None:
    assert _verify(tmp_path, _unit()) == ""


@pytest.mark.parametrize("wrong", ["Restrat=on-failure", "ExecReload=not-a-path %q"])
def test_systemd_has_something_to_say_of_a_mistake(tmp_path: Path, wrong: str) -> None:
    unit = _unit().replace("[Service]", f"[Service]\n{wrong}")
    assert "teamvoice.service:" in _verify(tmp_path, unit)


def _unit() -> str:
    """The unit with a command that is here: systemd also looks for the program."""
    unit = UNIT.read_text(encoding="utf-8")
    assert COMMAND in unit
    return unit.replace(COMMAND, f'ExecStart="{sys.executable}" -m teamvoice run')


def _verify(folder: Path, unit: str) -> str:
    file = folder / UNIT.name
    file.write_text(unit, encoding="utf-8")
    environ = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", str(file)],
        env=environ,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.stderr
