"""The stage: a tmux server of its own with a stand-in agent in each of two panes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from teamvoice.config import Member
from teamvoice.errors import TmuxFailed, TmuxUnavailable

CAST = (
    Member(name="developer", aliases=("dev", "engineer")),
    Member(name="pm", aliases=("project manager", "product manager")),
)
_WORK_S = "4"  # how long a stand-in works on what it is told
_DEADLINE_S = 10.0


class Stage:
    """Up while its context lasts, and longer when it is kept.

    Args:
        keep: Leave the tmux server running at the end.
    """

    def __init__(self, *, keep: bool) -> None:
        if shutil.which("tmux") is None:
            raise TmuxUnavailable("tmux is not installed", "sudo apt install tmux")
        self._folder = Path(tempfile.mkdtemp(prefix="teamvoice-stage-"))
        self.socket = str(self._folder / "tmux")
        self._keep = keep

    def __enter__(self) -> Self:
        try:
            self._put_up()
        except BaseException:
            self._take_down()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._keep:
            self._take_down()

    @property
    def attach(self) -> str:
        """The command that shows the panes."""
        return f"tmux -S {self.socket} attach"

    def _take_down(self) -> None:
        self._tmux("kill-server", check=False)
        shutil.rmtree(self._folder)

    def _put_up(self) -> None:
        first, *others = CAST
        size = ("-x", "160", "-y", "50")
        self._tmux("-f", os.devnull, "new-session", "-d", "-s", "team", *size, *_agent(first))
        for member in others:
            self._tmux("split-window", "-h", "-t", "team:", *_agent(member))
        panes = self._tmux("list-panes", "-t", "team:", "-F", "#{pane_id}").split()
        for member, pane in zip(CAST, panes, strict=True):
            self._tmux("set-option", "-p", "-t", pane, "@teamvoice", member.name)

    def _tmux(self, *words: str, check: bool = True) -> str:
        command = ["tmux", "-S", self.socket, *words]
        environ = {name: value for name, value in os.environ.items() if name != "TMUX"}
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_DEADLINE_S, check=False, env=environ
        )
        if check and done.returncode:
            raise TmuxFailed(f"tmux {words[0]} failed: {done.stderr.strip()}")
        return done.stdout


def _agent(member: Member) -> tuple[str, ...]:
    program = (sys.executable, "-m", "teamvoice.demo.standin")
    return (*program, "--name", member.name, "--seconds", _WORK_S)
