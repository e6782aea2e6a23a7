"""The house rules hold for the whole repository, and each check is seen to catch what it is for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import house

Check = Callable[[Path], list[str]]

ROOT = Path(__file__).resolve().parents[2]
LONG_FUNCTION = "def f() -> None:\n" + "    print()\n" * 40
# In parts, so that this file itself keeps the rule.
REGISTRY = "pypi" + chr(46) + "org"
ANNS, ROOTS = (str(Path("/", *parts)) for parts in (("home", "ann"), ("root",)))
ONE_PIN = "numpy==2.0 \\\n    --hash=sha256:abc\n"


@pytest.mark.parametrize(
    "check",
    [
        house.imports_one_way,
        house.adapters_named_once,
        house.short_enough,
        house.excuses_have_reasons,
        house.tells_no_machine,
        house.locks_are_whole,
    ],
)
def test_the_repository_keeps(check: Check) -> None:
    assert check(ROOT) == []


@pytest.mark.parametrize(
    ("importer", "line", "imported"),
    [
        ("conversation/machine.py", "import teamvoice.config", "config"),
        ("conversation/machine.py", "from teamvoice import config", "config"),
        ("conversation/machine.py", "from ..audio import pcm", "audio"),
        ("conversation/__init__.py", "from ..config import load", "config"),
        ("audio/pcm.py", "from teamvoice.config import Audio", "config"),
        ("audio/capture.py", "def f():\n    from teamvoice.hotkey import source", "hotkey"),
        ("realtime/link.py", "from teamvoice.audio.pcm import RATE", "audio.pcm"),
        ("team/team.py", "from teamvoice.tools.registry import Toolbox", "tools.registry"),
        ("offline/server.py", "from teamvoice.daemon import app", "daemon"),
        ("tools/registry.py", "from teamvoice.realtime import session", "realtime"),
        ("daemon/app.py", "from teamvoice.cli import client", "cli"),
        ("service/systemd.py", "from teamvoice.daemon.paths import control_socket", "daemon.paths"),
        ("cli/talk.py", "from teamvoice.daemon.bridge import Bridge", "daemon.bridge"),
        ("ui/talk.py", "from teamvoice.realtime.client import Session", "realtime.client"),
    ],
)
def test_an_import_across_the_rooms_is_found(
    tmp_path: Path, importer: str, line: str, imported: str
) -> None:
    name = importer.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    _write(tmp_path, f"teamvoice/{importer}", f"{line}\n")
    _write(tmp_path, "teamvoice/config.py", "")
    (told,) = house.imports_one_way(tmp_path)
    assert told.endswith(f": {name} must not import {imported}")


@pytest.mark.parametrize(
    ("importer", "line"),
    [
        ("conversation/machine.py", "from teamvoice.conversation import events"),
        ("conversation/machine.py", "from .events import Event"),
        ("audio/pcm.py", "from teamvoice.errors import TeamvoiceError"),
        ("audio/capture.py", "from teamvoice.audio import pcm"),
        ("tools/team_tools.py", "from teamvoice.team.team import Team"),
        ("daemon/app.py", "from teamvoice.audio.capture import Capture"),
        ("cli/run.py", "from teamvoice.daemon.serve import run"),
        ("cli/send.py", "from teamvoice.team.team import Team"),
    ],
)
def test_an_import_within_the_rules_passes(tmp_path: Path, importer: str, line: str) -> None:
    _write(tmp_path, f"teamvoice/{importer}", f"{line}\n")
    assert house.imports_one_way(tmp_path) == []


@pytest.mark.parametrize(
    ("check", "file", "text", "told"),
    [
        (
            house.adapters_named_once,
            "teamvoice/daemon/bridge.py",
            "from teamvoice.audio.capture import Microphone\n",
            "teamvoice/daemon/bridge.py:1: names Microphone",
        ),
        (
            house.adapters_named_once,
            "teamvoice/cli/run.py",
            "import teamvoice.audio.playback as p\np.Speaker()\n",
            "teamvoice/cli/run.py:2: names Speaker",
        ),
        (house.short_enough, "bench/long.py", "pass\n" * 401, "bench/long.py: 401 lines"),
        (house.short_enough, "bench/long.py", LONG_FUNCTION, "bench/long.py:f: 41 lines"),
        (house.excuses_have_reasons, "x.py", "x = 1  # noqa", "x.py:1: # noqa"),
        (house.excuses_have_reasons, "x.py", "x = 1  # noqa: S101", "x.py:1: # noqa: S101"),
        (
            house.excuses_have_reasons,
            "x.py",
            "x = 1  # type: ignore[misc]  # sorry",
            "x.py:1: # type: ignore[misc]  # sorry",
        ),
        (house.tells_no_machine, "a.lock", f"https://{REGISTRY}/x", f"a.lock:1: {REGISTRY}"),
        (house.tells_no_machine, "docs/a.md", f"cd {ANNS}/code", f"docs/a.md:1: {ANNS}"),
        (house.tells_no_machine, ".ci/run", f"cd {ROOTS}/code", f".ci/run:1: {ROOTS}/code"),
    ],
)
def test_what_breaks_a_rule_is_found(
    tmp_path: Path, check: Check, file: str, text: str, told: str
) -> None:
    _write(tmp_path, file, text)
    assert check(tmp_path) == [told]


@pytest.mark.parametrize(
    "comment", ["# noqa: S101, S102 - entered above", "# type: ignore[misc]  # it ships no types"]
)
def test_an_excuse_with_its_reason_passes(tmp_path: Path, comment: str) -> None:
    _write(tmp_path, "x.py", f'x = "# noqa"  {comment}\n')
    assert house.excuses_have_reasons(tmp_path) == []


@pytest.mark.parametrize(
    ("runs", "tests", "told"),
    [
        ("numpy==2.0\n", ONE_PIN, "numpy==2.0: no hash"),
        (ONE_PIN, ONE_PIN.replace("2.0", "2.1"), "numpy==2.0: not in requirements-dev.lock"),
        (f"# https://x\n{ONE_PIN}", ONE_PIN, "requirements.lock: holds an address"),
    ],
)
def test_a_lock_that_is_not_whole_is_found(
    tmp_path: Path, runs: str, tests: str, told: str
) -> None:
    _write(tmp_path, "requirements.lock", runs)
    _write(tmp_path, "requirements-dev.lock", tests)
    assert told in house.locks_are_whole(tmp_path)


def test_what_set_up_makes_is_not_ours(tmp_path: Path) -> None:
    _write(tmp_path, ".venv/lib/x.py", "pass\n" * 500)
    _write(tmp_path, "build/x.py", "pass\n" * 500)
    assert house.short_enough(tmp_path) == []


def _write(root: Path, name: str, text: str) -> None:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
