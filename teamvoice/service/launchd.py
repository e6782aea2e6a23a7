"""The service in macOS's launchd: a property list in ``~/Library/LaunchAgents``. Untried."""

from __future__ import annotations

import os
import plistlib
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from teamvoice.errors import MissingPart, TeamvoiceError
from teamvoice.service.manager import Plan, State, ask, write

LABEL = "teamvoice"
UNTRIED = "note: on macOS this is untried; please tell what you see"


class Launchd:
    """See :class:`teamvoice.service.manager.Manager`."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        home = Path(environ.get("HOME", "~")).expanduser()
        self._file = home / "Library" / "LaunchAgents" / f"{LABEL}.plist"
        self._log = home / "Library" / "Logs" / f"{LABEL}.log"
        self._domain = f"gui/{os.getuid()}"

    def install(self, plan: Plan, *, start: bool) -> Iterator[str]:
        """See :class:`teamvoice.service.manager.Manager`."""
        yield UNTRIED
        before = self.state()
        changed = write(self._file, plist_text(plan, self._log))
        yield f"wrote {self._file}" if changed else f"{self._file} is as it should be"
        yield "it starts at login"
        if not start:
            yield f"not started; do it with: launchctl bootstrap {self._domain} {self._file}"
            return
        if before.installed and not changed:
            yield f"it runs (pid {before.pid})" if before.pid else "launchd has it"
            return
        if before.installed:
            self._ask("bootout", f"{self._domain}/{LABEL}")
        done = self._ask("bootstrap", self._domain, str(self._file))
        if done.returncode:
            raise TeamvoiceError(
                f"the service does not start: {done.stderr.strip()}", str(self._log)
            )
        yield f"started; its log is {self._log}"

    def uninstall(self) -> Iterator[str]:
        """See :class:`teamvoice.service.manager.Manager`."""
        yield UNTRIED
        if self.state().installed:
            self._ask("bootout", f"{self._domain}/{LABEL}")
            yield "stopped"
        if self._file.exists():
            self._file.unlink()
            yield f"removed {self._file}"

    def state(self) -> State:
        """See :class:`teamvoice.service.manager.Manager`."""
        done = self._ask("print", f"{self._domain}/{LABEL}")
        pid = re.search(r"^\s*pid = (\d+)", done.stdout, re.MULTILINE)
        return State(
            manager="launchd",
            installed=done.returncode == 0,
            enabled=self._file.exists(),
            state="running" if pid else "stopped",
            pid=int(pid[1]) if pid else 0,
            file=str(self._file) if self._file.exists() else "",
        )

    def unseen(self) -> list[str]:
        """See :class:`teamvoice.service.manager.Manager`."""
        return []  # its services run in the session of the screen

    def lead(self, names: Sequence[str]) -> str:
        """See :class:`teamvoice.service.manager.Manager`."""
        again = f"launchctl kickstart -k {self._domain}/{LABEL}"
        return " && ".join([*(f'launchctl setenv {name} "${name}"' for name in names), again])

    def begin(self, state: State) -> str:  # noqa: ARG002 - launchd starts from any state
        """See :class:`teamvoice.service.manager.Manager`."""
        return self.lead(())

    def log_command(self, lines: int, *, follow: bool) -> list[str]:
        """See :class:`teamvoice.service.manager.Manager`."""
        if not self._log.exists():
            raise MissingPart(f"there is no log yet: {self._log}", "teamvoice service install")
        return ["tail", "-n", str(lines), *(["-F"] if follow else []), str(self._log)]

    def _ask(self, *words: str) -> subprocess.CompletedProcess[str]:
        return ask(("launchctl", *words), self._environ)


def plist_text(plan: Plan, log: Path) -> str:
    """The property list for a plan: started at login, and again when it fails."""
    path = os.pathsep.join([plan.path, "/usr/bin:/bin:/usr/sbin:/sbin"]).lstrip(os.pathsep)
    about = {
        "Label": LABEL,
        "ProgramArguments": list(plan.command),
        "EnvironmentVariables": {"PATH": path, **plan.environment},
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": 10,
        "ProcessType": "Interactive",
        "Umask": 0o077,
        "StandardErrorPath": str(log),
    }
    return plistlib.dumps(about).decode()
