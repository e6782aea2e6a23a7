"""Shared by every test: what a test needs of the machine, said out loud when it is missing."""

from __future__ import annotations

import importlib.util
import os
import shutil

import pytest

from tests.support import agents

pytest_plugins = ("tests.support.desk", "tests.support.bus", "tests.support.disk")

_OF_A_DESK = frozenset({"pulseaudio", "Xvfb"})


def pytest_configure(config: pytest.Config) -> None:
    # The keyring of whoever runs the tests may hold a key; systemd may have started their shell.
    for name in ("DBUS_SESSION_BUS_ADDRESS", "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET"):
        os.environ.pop(name, None)
    config.addinivalue_line(
        "markers",
        "needs(*parts): programs on PATH (or python:MODULE, or agent:KIND) without which the "
        "test is skipped; "
        "with CI=true their absence is a failure",
    )
    config.addinivalue_line(
        "markers",
        "desk: added to what needs a sound server or a display, and so runs at the pace of life. "
        "These run apart from the others, and no more than two of their files at a time",
    )
    config.addinivalue_line(
        "markers", "alone: needs all of a small machine's cores to keep the pace of life"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(_OF_A_DESK & set(mark.args) for mark in item.iter_markers("needs")):
            item.add_marker("desk")


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("needs"):
        for part in mark.args:
            if not _is_here(part):
                _report_missing(part)


def _is_here(part: str) -> bool:
    if part.startswith("python:"):
        return importlib.util.find_spec(part.removeprefix("python:")) is not None
    if part.startswith("agent:"):
        return agents.is_installed(part.removeprefix("agent:"))
    # Debian keeps sshd where only root looks.
    return shutil.which(part, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin") is not None


def _report_missing(part: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(f"needs {part}, which is not installed; make setup installs it", pytrace=False)
    pytest.skip(f"needs {part}, which is not installed; make setup installs it")
