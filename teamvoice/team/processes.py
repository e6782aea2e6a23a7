"""Which programs run in a pane: the process tree, and who holds the terminal.

tmux names one command per pane, and it may be a wrapper (``bash``, ``node``). The kernel knows
better: the *foreground process group* of the pane's terminal is who reads what is typed. A shell
whose agent was suspended is in the foreground itself, and is seen as the shell that it is.

Linux is read from ``/proc`` in well under a millisecond; elsewhere ``ps`` is asked.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_PROC = Path("/proc")
_DEPTH = 200  # processes of one pane that are looked at; a build may fork thousands
PS = ("ps", "-axwwo", "pid=,ppid=,pgid=,tpgid=,args=")  # read by :func:`listed_trees`


@dataclass(frozen=True, slots=True)
class Process:
    """A running program.

    Args:
        started: What tells it from any other that had its number, and from what it was before it
            ran another program; empty where that is not to be had.
    """

    pid: int
    parent: int
    group: int
    terminal_group: int
    arguments: tuple[str, ...]
    started: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Tree:
    """The processes of a pane, its first program leading; empty when they cannot be seen."""

    processes: tuple[Process, ...] = ()

    @property
    def foreground(self) -> tuple[Process, ...]:
        """Those that read what is typed into the pane."""
        if not self.processes:
            return ()
        group = self.processes[0].terminal_group
        return tuple(process for process in self.processes if process.group == group)

    @property
    def reachable(self) -> tuple[Process, ...]:
        """The foreground with all that it started: a wrapper's agent may have a terminal of it."""
        known = {process.pid for process in self.foreground}
        found = list(self.foreground)
        for process in self.processes:
            if process.pid not in known and process.parent in known:
                known.add(process.pid)
                found.append(process)
        return tuple(found)


def read_tree(pid: int) -> Tree:
    """The process tree below a pane's first program, parents before children."""
    if (_PROC / str(pid) / "task" / str(pid) / "children").exists():
        return Tree(tuple(_walk_proc(pid)))
    return Tree(tuple(_below(pid, _ask_ps())))


def listed_trees(pids: Mapping[str, int], lines: Sequence[str]) -> dict[str, Tree]:
    """The trees below some programs, by the same names, out of what :data:`PS` printed."""
    everything = _read_ps(lines)
    return {name: Tree(tuple(_below(pid, everything))) for name, pid in pids.items()}


def _walk_proc(root: int) -> Iterator[Process]:
    waiting = [root]
    for _ in range(_DEPTH):
        if not waiting:
            return
        pid = waiting.pop(0)
        try:
            yield _read_proc(pid)
            waiting.extend(_children(pid))
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while it was looked at


def _read_proc(pid: int) -> Process:
    stat = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    # The name in parentheses may hold anything, even ")": the last one ends it.
    facts = stat.rpartition(")")[2].split()
    _state, parent, group, _session, _tty, terminal_group, *_ = facts
    line = (_PROC / str(pid) / "cmdline").read_bytes().decode("utf-8", "replace")
    arguments = tuple(part for part in line.split("\0") if part)
    # When it began, and where its stack does: a program that replaces itself keeps the former, and
    # gets another stack at random.
    started = f"{facts[19]}.{facts[25]}"
    return Process(pid, int(parent), int(group), int(terminal_group), arguments, started)


def _children(pid: int) -> Iterator[int]:
    for task in (_PROC / str(pid) / "task").iterdir():
        yield from map(int, (task / "children").read_text(encoding="ascii").split())


def _ask_ps() -> list[Process]:
    done = subprocess.run(
        PS, capture_output=True, encoding="utf-8", errors="replace", timeout=2, check=True
    )
    return _read_ps(done.stdout.splitlines())


def _read_ps(lines: Sequence[str]) -> list[Process]:
    return [_read_line(line) for line in lines if len(line.split()) > 4]


def _read_line(line: str) -> Process:
    pid, parent, group, terminal_group, *arguments = line.split()
    return Process(int(pid), int(parent), int(group), int(terminal_group), tuple(arguments))


def _below(root: int, everything: list[Process]) -> Iterator[Process]:
    known = {root}
    waiting = [process for process in everything if process.pid == root]
    while waiting and len(known) < _DEPTH:
        process = waiting.pop(0)
        yield process
        children = [p for p in everything if p.parent == process.pid and p.pid not in known]
        known.update(child.pid for child in children)
        waiting.extend(children)
