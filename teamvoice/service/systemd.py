"""The service in systemd's user manager: a unit in ``~/.config/systemd/user``."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path

from teamvoice.errors import MissingPart, TeamvoiceError
from teamvoice.service import display, variables
from teamvoice.service.manager import OTHERWISE, PLACES, Plan, State, ask, write

UNIT = "teamvoice.service"
LOGS = "see: teamvoice service logs"

_TEMPLATE = "ExecStart=%h/.local/bin/teamvoice run\n"
_PLAIN = re.compile(r"[\w/.,:=+@-]+")
_SHOWN = (
    *("LoadState", "UnitFileState", "ActiveState", "SubState", "MainPID", "StatusText"),
    *("Result", "ExecMainStatus", "NRestarts", "FragmentPath", "StandardError", "Environment"),
)
_KIND = "XDG_SESSION_TYPE"  # of a terminal that outlived its session it may be another one
_SESSION = ("DISPLAY", "XAUTHORITY", "WAYLAND_DISPLAY", _KIND)
_OFTEN = "it was started too often in a short time"
_JOURNAL = Path("/run/systemd/journal/socket")
_KEEP_IT = "systemctl --user edit teamvoice, and under [Service]: StandardError=append:FILE"


class Systemd:
    """See :class:`teamvoice.service.manager.Manager`."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        home = environ.get("XDG_CONFIG_HOME") or str(Path(environ.get("HOME", "~")) / ".config")
        self._file = Path(home).expanduser() / "systemd" / "user" / UNIT

    def install(self, plan: Plan, *, start: bool) -> Iterator[str]:
        """See :class:`teamvoice.service.manager.Manager`."""
        session = self._session()
        if self._is_masked():
            mend = "systemctl --user unmask teamvoice, then install it again"
            raise TeamvoiceError("the service is masked, so that it never starts", mend)
        changed = write(self._file, unit_text(plan, session.get("PATH", "")))
        yield f"wrote {self._file}" if changed else f"{self._file} is as it should be"
        self._do("daemon-reload")
        self._check_seen()
        enabled = self.state().enabled
        self._do("enable", UNIT)
        yield "it starts at login" if enabled else "enabled: it starts at login"
        lent = self._lendable(session)
        if lent:
            self._do("import-environment", *lent)
            yield f"told systemd of this session's {', '.join(lent)}"
        elif kept := [name for name in self.unseen() if name in session]:
            names = ", ".join(f"{name}={session[name]}" for name in kept)
            yield f"systemd keeps {names}: this terminal's display does not answer"
        if start:
            yield from self._start(changed=changed or bool(lent))
        else:
            yield f"not started; do it with: systemctl --user start {UNIT}"

    def uninstall(self) -> Iterator[str]:
        """See :class:`teamvoice.service.manager.Manager`."""
        self._session()
        state = self.state()
        if self._is_masked():
            yield "there is no service to take away; that it is masked stays"
            return
        if not state.installed and not self._file.exists():
            yield "there is no service to take away"
            return
        self._do("disable", "--now", UNIT)
        yield f"stopped (pid {state.pid}) and disabled" if state.pid else "disabled"
        if self._file.is_symlink() or self._file.exists():
            self._file.unlink()
            yield f"removed {self._file}"
        self._do("daemon-reload")
        self._ask("reset-failed", UNIT)  # fails when it did not fail, which is as good
        additions = self._file.with_name(f"{UNIT}.d")
        if additions.exists():
            yield f"your own additions stay: {additions}"

    def state(self) -> State:
        """See :class:`teamvoice.service.manager.Manager`."""
        self._session()
        shown = self._shown()
        active = shown.get("ActiveState", "")
        names = {"active": "running", "inactive": "stopped"}
        is_ill = active == "failed" or shown.get("SubState") == "auto-restart"
        return State(
            manager="systemd",
            installed=shown.get("LoadState") == "loaded",
            enabled=shown.get("UnitFileState") == "enabled",
            state=names.get(active, active),
            pid=int(shown.get("MainPID") or 0),
            line=shown.get("StatusText", ""),
            reason=_why(shown) if is_ill else "",
            restarts=int(shown.get("NRestarts") or 0),
            file=shown.get("FragmentPath", ""),
        )

    def unseen(self) -> list[str]:
        """See :class:`teamvoice.service.manager.Manager`."""
        session = self._session()
        if "SSH_CONNECTION" in self._environ:
            return []  # its display, if it has one, is not that of the desk
        here = {name: self._environ[name] for name in _SESSION if self._environ.get(name)}
        if not here.keys() & {"DISPLAY", "WAYLAND_DISPLAY"}:
            return []
        return [
            name
            for name, value in here.items()
            if name not in session or (name != _KIND and session[name] != value)
        ]

    def lead(self, names: Sequence[str]) -> str:
        """See :class:`teamvoice.service.manager.Manager`."""
        here = [name for name in names if self._environ.get(name)]
        words = [f"import-environment {' '.join(here)}"] if here else []
        gone = [name for name in names if name not in here]
        words += [f"unset-environment {' '.join(gone)}"] if gone else []
        steps = [f"systemctl --user {each}" for each in words]
        if any(name in PLACES for name in names):  # they are in the unit, too
            steps.append("teamvoice service install")
        return " && ".join([*steps, "systemctl --user restart teamvoice"])

    def begin(self, state: State) -> str:
        """See :class:`teamvoice.service.manager.Manager`."""
        start = "systemctl --user start teamvoice"
        if not state.reason:
            return start
        again = f"systemctl --user reset-failed teamvoice && {start}"
        return again if state.reason == _OFTEN else f"teamvoice service logs says why; {again}"

    def log_command(self, lines: int, *, follow: bool) -> list[str]:
        """See :class:`teamvoice.service.manager.Manager`."""
        self._session()
        kind = self._shown().get("StandardError", "")
        if kind in {"journal", "inherit", ""}:
            if not _JOURNAL.exists():
                raise MissingPart("this machine has no journal, so nobody keeps the log", _KEEP_IT)
            journal = ["journalctl", "--user", "--unit", UNIT, f"--lines={lines}"]
            return [*journal, "--follow" if follow else "--no-pager"]
        file = _standard_error(self.state().pid)
        if not file:
            words = f"the log goes elsewhere ({kind})"
            raise MissingPart(words, f"systemctl --user cat {UNIT} says where")
        return ["tail", f"--lines={lines}", *(["--follow"] if follow else []), file]

    def _start(self, *, changed: bool) -> Iterator[str]:
        before = self.state()
        if before.state == "running" and not changed:
            yield f"it runs (pid {before.pid}): {before.line}"
            return
        self._ask("reset-failed", UNIT)  # of failures that are over it shall not be held guilty
        done = self._ask("restart", UNIT)
        after = self.state()
        if done.returncode or after.state != "running":
            why = after.reason or done.stderr.strip() or after.state
            raise TeamvoiceError(f"the service does not start: {why}", LOGS)
        verb = "started again" if before.state == "running" else "started"
        yield f"{verb} (pid {after.pid}): {after.line}"

    def _lendable(self, session: Mapping[str, str]) -> list[str]:
        """What leads to this session's display, where systemd was told nothing, or something else.

        A terminal may be older than the session, and its display gone: that one is not lent.
        """
        here = self.unseen()
        is_known = any(name in session for name in here)
        return here if not is_known or display.answers(self._environ) else []

    def _is_masked(self) -> bool:
        """The person wants it never to start; to write over that would undo it silently."""
        is_link = self._file.is_symlink() and self._file.readlink() == Path(os.devnull)
        return is_link or self._shown().get("LoadState") == "masked"

    def _check_seen(self) -> None:
        """The manager may look elsewhere than this environment says."""
        seen = self.state().file
        if seen != str(self._file):
            raise TeamvoiceError(
                f"systemd does not read {self._file}, but {seen or 'nothing'}",
                "install it from a login session of your own",
            )

    def _session(self) -> dict[str, str]:
        """The environment of the manager, which shows that there is one."""
        done = self._ask("show-environment")
        if done.returncode:
            raise MissingPart(
                f"systemd runs no services for you here: {done.stderr.strip()}",
                f"log in to a session of its own (loginctl enable-linger helps), or {OTHERWISE}",
            )
        return variables.parsed(done.stdout)

    def _shown(self) -> dict[str, str]:
        done = self._ask("show", UNIT, f"--property={','.join(_SHOWN)}")
        return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)

    def _do(self, *words: str) -> None:
        done = self._ask(*words)
        if done.returncode:
            raise TeamvoiceError(f"systemctl {words[0]}: {done.stderr.strip()}", LOGS)

    def _ask(self, *words: str) -> subprocess.CompletedProcess[str]:
        return ask(("systemctl", "--user", *words), self._environ)


def unit_text(plan: Plan, path: str) -> str:
    """The unit for a plan.

    Args:
        plan: What is to run.
        path: The directories in which the manager looks for programs.
    """
    text = template()
    program, *words = plan.command
    command = " ".join([_quoted(program), *(_quoted(word).replace("$", "$$") for word in words)])
    environment = dict(plan.environment)
    known = path.split(os.pathsep)
    if path and (more := [f for f in plan.path.split(os.pathsep) if f and f not in known]):
        environment["PATH"] = os.pathsep.join([*more, *known])
    lines = [f"ExecStart={command}"]
    lines += [f"Environment={_quoted(f'{name}={value}')}" for name, value in environment.items()]
    return text.replace(_TEMPLATE, "\n".join(lines) + "\n")


def template() -> str:
    """The unit as it comes with teamvoice."""
    text = resources.files("teamvoice.service").joinpath(UNIT).read_text(encoding="utf-8")
    assert _TEMPLATE in text  # noqa: S101 - the file is ours, beside this one
    return text


def _quoted(word: str) -> str:
    """A word as a unit's file writes it: no specifier, no end of line, no second word."""
    word = word.replace("%", "%%")
    if _PLAIN.fullmatch(word):
        return word
    for mark, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n")):
        word = word.replace(mark, escaped)
    return f'"{word}"'


def _why(shown: Mapping[str, str]) -> str:
    result, status = shown.get("Result", ""), shown.get("ExecMainStatus", "")
    words = {
        "exit-code": f"it ended with exit code {status}",
        "signal": f"it was killed by signal {status}",
        "core-dump": f"it was killed by signal {status}",
        "watchdog": "it hung, and was ended",
        "timeout": "it did not become ready in time",
        "start-limit-hit": _OFTEN,
    }
    return words.get(result, result)


def _standard_error(pid: int) -> str:
    """The file into which a process writes its log; empty when it is none, or does not run."""
    try:
        target = Path(f"/proc/{pid}/fd/2").readlink()
    except OSError:
        return ""
    return str(target) if target.is_file() else ""
