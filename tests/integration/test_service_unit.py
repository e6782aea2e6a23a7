"""The systemd unit, as it comes and as it is installed, is one that systemd understands whole."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from teamvoice.service.manager import Plan, plan
from teamvoice.service.systemd import template, unit_text

UNIT = Path(__file__).resolve().parents[2] / "systemd" / "teamvoice.service"
ODD = 'a "b" \\ %h $HOME ü'

verifies = pytest.mark.needs("systemd-analyze")


def test_the_unit_beside_the_readme_is_the_one_that_is_installed() -> None:
    assert UNIT.read_text(encoding="utf-8") == template()


@verifies
@pytest.mark.parametrize("word", ["plain", ODD, "two\nlines"])
def test_systemd_has_nothing_to_say_of_it(tmp_path: Path, word: str) -> None:
    command = (sys.executable, "-m", "teamvoice", "run", "--config", word)
    unit = unit_text(Plan(command, {"TEAMVOICE_PROVIDER_INSTRUCTIONS": word}, ""), "/usr/bin")
    assert _verify(tmp_path, unit) == ""


@verifies
@pytest.mark.parametrize("wrong", ["Restrat=on-failure", "ExecReload=not-a-path %q"])
def test_systemd_has_something_to_say_of_a_mistake(tmp_path: Path, wrong: str) -> None:
    unit = unit_text(Plan((sys.executable,), {}, ""), "/usr/bin")
    assert "teamvoice.service:" in _verify(
        tmp_path, unit.replace("[Service]", f"[Service]\n{wrong}")
    )


def test_what_leads_to_the_programs_is_added_where_systemd_does_not_look() -> None:
    more = Plan(("/x",), {}, "/extra/bin:/usr/bin")
    assert "Environment=PATH=/extra/bin:/usr/bin:/bin\n" in unit_text(more, "/usr/bin:/bin")
    assert "PATH=" not in unit_text(more, "/usr/bin:/extra/bin")


def test_settings_go_into_the_service_and_a_key_never_does(tmp_path: Path) -> None:
    environ = {
        "HOME": str(tmp_path),
        "OPENAI_API_KEY": "secret",
        "PATH": os.environ["PATH"],
        "TEAMVOICE_API_KEY": "secret",
        "TEAMVOICE_HOTKEY_KEY": "<f8>",
        "TMUX_TMPDIR": "/run/tmux",
        "XDG_STATE_HOME": "",
    }
    planned = plan(Path("own.toml"), environ)
    assert planned.environment == {"TEAMVOICE_HOTKEY_KEY": "<f8>", "TMUX_TMPDIR": "/run/tmux"}
    assert planned.command[-3:] == ("run", "--config", str(Path("own.toml").absolute()))
    assert Path(planned.command[0]).is_absolute()


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
