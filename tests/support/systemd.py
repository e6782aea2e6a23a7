"""A service manager of a test's own: a real ``systemd --user`` with a home of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.processes import running, wait_for

_CGROUPS = Path("/sys/fs/cgroup")
_BOOTED = Path("/run/systemd/system")  # without it, systemd's own programs do not look for it


class UserManager:
    """What a person's session is to a service; ``environ`` is the environment of its terminal."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environ = {
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "PATH": os.environ["PATH"],
            "XDG_RUNTIME_DIR": str(home / "run"),
        }

    @property
    def units(self) -> Path:
        return self.home / ".config" / "systemd" / "user"

    def run(self, *words: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a program in the session."""
        return subprocess.run(
            [str(word) for word in words],
            env={**self.environ, **more},
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )

    def systemctl(self, *words: str) -> str:
        done = self.run("systemctl", "--user", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def shown(self, unit: str, *properties: str) -> list[str]:
        """The values of a unit's properties."""
        words = ("show", unit, *(f"--property={name}" for name in properties))
        pairs = (line.split("=", 1) for line in self.systemctl(*words).splitlines())
        found = dict(pairs)
        return [found[name] for name in properties]

    def add(self, unit: str, name: str, text: str) -> None:
        """Add to a unit, as ``systemctl --user edit`` does."""
        folder = self.units / f"{unit}.d"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.conf").write_text(text, encoding="utf-8")
        self.systemctl("daemon-reload")

    def remove(self, unit: str, name: str) -> None:
        """Take an addition away again."""
        (self.units / f"{unit}.d" / f"{name}.conf").unlink()
        self.systemctl("daemon-reload")


@contextmanager
def user_manager() -> Iterator[UserManager]:
    """One that runs for as long as the block; with it ends whatever it started."""
    program = shutil.which("systemd", path="/usr/lib/systemd:/lib/systemd")
    if program is None or not _is_booted():
        pytest.skip("no systemd --user can run here")
    with tempfile.TemporaryDirectory(prefix="tv-") as folder:  # short: sockets are in it
        manager = UserManager(Path(folder))
        runtime = Path(manager.environ["XDG_RUNTIME_DIR"])
        runtime.mkdir(mode=0o700)
        command = ("env", "-i", *(f"{k}={v}" for k, v in manager.environ.items()), program)
        with (
            _own_cgroups(Path(folder).name) as moved,
            running((*moved, *command, "--user"), {}, Path(folder) / "systemd.log"),
        ):
            wait_for((runtime / "systemd" / "private").exists, "systemd --user answers")
            try:
                yield manager
            finally:
                manager.run("systemctl", "--user", "exit")


@contextmanager
def _own_cgroups(name: str) -> Iterator[tuple[str, ...]]:
    """What runs a program in cgroups of its own, as far as this user may make some.

    Two managers in the same cgroup have the same one for services of the same name, and when one
    of them stops its service, that of the other one is ended with it.
    """
    made: list[Path] = []
    for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
        _, controllers, place = line.split(":", 2)
        roots = {"name=systemd": ("systemd",), "": ("unified", ".")}.get(controllers, ())
        here = [_CGROUPS / root / place[1:] for root in roots]
        found = next((each for each in here if (each / "cgroup.procs").exists()), None)
        if found and os.access(found, os.W_OK):
            made.append(found / name)
            made[-1].mkdir()
    script = "".join(f"echo $$ > {each}/cgroup.procs; " for each in made)
    try:
        yield ("sh", "-c", f'{script}exec "$@"', "sh")
    finally:
        for each in made:
            for folder, _, _ in os.walk(each, topdown=False):
                Path(folder).rmdir()


def _is_booted() -> bool:
    try:
        _BOOTED.mkdir(parents=True, exist_ok=True)
    except PermissionError:
        return False
    return True
