"""One program run on another machine, through the system's own ssh.

The settings of the person's ``~/.ssh/config`` hold. All calls to one host, of every process of
ours, share one connection (ssh's own multiplexing), which the first call opens and which ends by
itself. ssh never asks for anything here: what it would ask is a failure with its reason.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from teamvoice.errors import TmuxUnavailable
from teamvoice.team import runtime

_OPTIONS = (
    "BatchMode=yes",
    "ConnectTimeout=3",
    "ServerAliveInterval=2",
    "ServerAliveCountMax=2",
    "ControlMaster=auto",
    "ControlPersist=60",
    "ClearAllForwardings=yes",
    "LogLevel=ERROR",  # no banner among what went wrong
)
_OF_SSH = 255  # the exit code that says that ssh itself failed
_NO_PROGRAM = 127
_SOCKET_NAME = len("/ssh-") + 40 + len(".") + 16  # a hash, and what it has while it is made
_SOCKET_PATH = 104 if sys.platform == "darwin" else 108  # bytes, with the end
_LONG = 200  # characters of a reason


@dataclass(frozen=True, slots=True)
class Done:
    """How a program ended: its exit code, the lines that it printed, and its last complaint."""

    code: int
    lines: list[str]
    complaint: str


class Errand:
    """A program to be run on a host; it can be ended from another thread.

    Args:
        host: As ssh takes it.
        words: The program and its arguments; quoted for the shell there.
        given: Its standard input.
    """

    def __init__(self, host: str, words: Sequence[str], given: str = "") -> None:
        self._host = host
        self._words = words
        self._given = given.encode("utf-8", "replace")
        self._process: subprocess.Popen[bytes] | None = None
        self._is_over = False

    def run(self) -> Done:
        """Run it; blocks until it has ended, or :meth:`end` is called.

        Raises:
            TmuxUnavailable: The host cannot be reached, or lacks the program.
        """
        try:
            path = _shared_in(runtime.directory())
            self._process = subprocess.Popen(
                _command(self._host, f"ControlPath={path}", self._words),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                start_new_session=True,
            )  # fmt: skip
        except FileNotFoundError:
            raise TmuxUnavailable("ssh is not installed", "install OpenSSH's client") from None
        except OSError as error:
            raise TmuxUnavailable(f"ssh cannot be run for {self._host}: {error}") from error
        if self._is_over:
            self.end()
        out, complaint = self._process.communicate(self._given)
        return self._judged(self._process.returncode, out, _last_line(complaint))

    def end(self) -> None:
        """Kill ssh and what it started here, if it runs; a connection that is shared stays."""
        self._is_over = True
        process = self._process
        if process is not None and process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    def _judged(self, code: int, out: bytes, complaint: str) -> Done:
        if code == _OF_SSH:
            reason = complaint.removeprefix("ssh: ") or "it does not say why"
            words = ("ssh", "-o", "BatchMode=yes", self._host, "true")
            mend = f"see what this says: {shlex.join(words)}"
            raise TmuxUnavailable(f"ssh cannot reach {self._host}: {reason}", mend)
        if code == _NO_PROGRAM:
            name = self._words[0]
            what = complaint if name == "sh" else f"{name} is not found"  # of its line's programs
            raise TmuxUnavailable(f"{what} on {self._host}", "install it there")
        lines = _text(out).split("\n")
        while lines and not lines[-1]:
            lines.pop()
        return Done(code, lines, complaint)


def _shared_in(directory: Path) -> Path:
    """Where the shared connection's socket is, as ssh names it.

    Raises:
        TmuxUnavailable: It would be no socket's path: ssh says so of every call.
    """
    if len(os.fsencode(directory)) + _SOCKET_NAME > _SOCKET_PATH:
        raise TmuxUnavailable(
            f"{directory} is too long for ssh to share a connection in it",
            "let XDG_RUNTIME_DIR name a directory with a shorter path",
        )
    return directory / "ssh-%C"


def _command(host: str, path: str, words: Sequence[str]) -> list[str]:
    options = [word for option in (*_OPTIONS, path) for word in ("-o", option)]
    return ["ssh", "-T", *options, "--", host, shlex.join(words)]


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


def _last_line(complaint: bytes) -> str:
    lines = _text(complaint).strip().splitlines() or [""]
    return "".join(filter(str.isprintable, lines[-1]))[:_LONG]
