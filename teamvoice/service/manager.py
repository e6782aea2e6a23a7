"""What starts the daemon at login: the port ``Manager``, and what it is given to start.

Its adapters are one file each. None of them is the daemon, or knows it: they write a file, and ask
the service manager by its own program.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from teamvoice.errors import MissingPart

WAITING = "waiting: "  # so begins the line of a daemon that runs and cannot begin yet
ASK_S = 60.0  # for the service manager to do what it was asked; a start waits until it is ready

_PREFIX = "TEAMVOICE_"
_SECRET = "TEAMVOICE_API_KEY"  # noqa: S105 - the name of a variable: its value is never written down
PLACES = ("TMUX_TMPDIR", "XDG_CONFIG_HOME", "XDG_STATE_HOME")
_PROGRAMS = ("tmux", "flite", "espeak-ng")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to run.

    Args:
        command: The daemon's command line, with absolute paths.
        environment: What it needs of the environment of this moment, without any secret.
        path: The directories in which this moment's programs are found.
    """

    command: tuple[str, ...]
    environment: dict[str, str]
    path: str


@dataclass(frozen=True, slots=True)
class State:
    """What the service manager says of the service.

    Args:
        manager: Which one: ``systemd`` or ``launchd``.
        installed: It knows the service.
        enabled: It starts it at login.
        state: ``running``, ``stopped``, ``failed``, or what it calls what lies between.
        pid: The daemon's process; 0 when it does not run.
        line: What the daemon says of itself in one line, as ``teamvoice status --line``.
        reason: Why it failed; empty when it did not.
        restarts: How often it was started again by itself.
        file: Where the service is described.
    """

    manager: str
    installed: bool = False
    enabled: bool = False
    state: str = "stopped"
    pid: int = 0
    line: str = ""
    reason: str = ""
    restarts: int = 0
    file: str = ""

    @property
    def waits_for(self) -> str:
        """Why a daemon that runs has not begun; empty when it has."""
        waits = self.state == "running" and self.line.startswith(WAITING)
        return self.line.removeprefix(WAITING) if waits else ""

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return asdict(self)


class Manager(Protocol):
    """A service manager. Every method raises ``MissingPart`` where there is none."""

    def install(self, plan: Plan, *, start: bool) -> Iterator[str]:
        """Make the service what the plan says, at login and (with ``start``) now.

        Yields what was done, a sentence each; what is as it should be is left alone.

        Raises:
            TeamvoiceError: It does not start.
        """

    def uninstall(self) -> Iterator[str]:
        """Stop it and take it away; yields what was done."""

    def state(self) -> State:
        """What the manager says of it."""

    def unseen(self) -> list[str]:
        """Which variables lead to this session's display, and are not so known to the manager."""

    def lead(self, names: Sequence[str]) -> str:
        """What to type so that the service starts again, with these variables as they are here."""

    def begin(self, state: State) -> str:
        """What to type so that a service in this state, which does not run, starts."""

    def log_command(self, lines: int, *, follow: bool) -> list[str]:
        """The program that shows the log.

        Raises:
            MissingPart: There is no log, and why.
        """


def plan(config: Path | None, environ: Mapping[str, str]) -> Plan:
    """This very installation, with the settings that this environment gives.

    Args:
        config: A configuration file in place of the usual one.
        environ: This process's environment.
    """
    words = [*_installation(), "run"]
    if config is not None:
        words += ["--config", str(config.absolute())]
    kept = {
        name: value
        for name, value in sorted(environ.items())
        if name != _SECRET and (name.startswith(_PREFIX) or (name in PLACES and value))
    }
    found = (shutil.which(program, path=environ.get("PATH", "")) for program in _PROGRAMS)
    folders = dict.fromkeys(str(Path(program).parent) for program in found if program)
    return Plan(tuple(words), kept, os.pathsep.join(folders))


def _installation() -> list[str]:
    """The command beside this Python (of a venv: its own), else this Python and the package."""
    python = Path(sys.executable).absolute()  # not resolved: a venv's Python is a link
    script = python.with_name("teamvoice")
    return [str(script)] if os.access(script, os.X_OK) else [str(python), "-m", "teamvoice"]


def ask(command: Sequence[str], environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a manager's own program; what came of it, whatever its exit code.

    Raises:
        MissingPart: There is no such program, or it does not answer.
    """
    try:
        return subprocess.run(
            command,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=ASK_S,
            check=False,
        )
    except FileNotFoundError:
        raise MissingPart(f"there is no {command[0]} on this machine", OTHERWISE) from None
    except subprocess.TimeoutExpired:
        words = " ".join(command)
        raise MissingPart(f"the service manager does not answer: {words}", OTHERWISE) from None


OTHERWISE = "let your desktop start it at login instead: teamvoice run"


def write(file: Path, text: str) -> bool:
    """Put a service's file in place, whole or not at all; whether that changed anything."""
    if file.is_file() and not file.is_symlink() and file.read_text(encoding="utf-8") == text:
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.new")
    draft.write_text(text, encoding="utf-8")
    draft.chmod(0o600)  # settings from the environment may be nobody else's business
    draft.replace(file)
    return True
