"""What the daemon costs while nobody speaks: ``python -m bench.idle [--minutes 10]``.

The daemon runs as its user runs it, at a virtual desk with a sound server, a display and twenty
quiet panes that it watches, with the offline server as its provider. Counted are the daemon and the
processes that it starts; the tmux server and the panes are the user's own.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from libtmux import Server

from tests.support.daemon import places, without_session
from tests.support.desk import Desk, Sound, display_at
from tests.support.panes import name_of, open_pane, own_server, standin
from tests.support.processes import running, wait_for

PANES = 20
LOOK_S = 5.0
SETTLE_S = 15.0  # the agents start, the first looks are taken, the ears are loaded
TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def at_work(home: Path, server: Server, desk: Mapping[str, str]) -> Iterator[int]:
    """The daemon with a team of twenty; its process."""
    members = [f"m{number}" for number in range(PANES)]
    for member in members:
        open_pane(server, member, standin(member))
    (home / "config").mkdir()
    tables = "".join(f'[[team.members]]\nname = "{member}"\n' for member in members)
    (home / "config" / "config.toml").write_text(
        f'[provider]\nname = "offline"\n[team]\nsocket = "{name_of(server)}"\n{tables}'
    )
    log = home / "daemon.log"
    environment = {**without_session(), **desk, **places(home)}
    with running((sys.executable, "-m", "teamvoice", "run"), environment, log) as process:
        wait_for(lambda: "the link is up" in log.read_text(), "the link is up", 60)
        yield process.pid


def children(pid: int) -> list[int]:
    return [
        int(child)
        for thread in Path(f"/proc/{pid}/task").iterdir()
        for child in (thread / "children").read_text().split()
    ]


def own_s(pid: int) -> float:
    """CPU seconds of a process."""
    return _cpu_s(pid, 11)


def others_s(pid: int) -> float:
    """CPU seconds of all that it started: those that ended, and those that live."""
    return _cpu_s(pid, 13) + sum(own_s(child) + others_s(child) for child in children(pid))


def _cpu_s(pid: int, first: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[first : first + 2])) / TICKS


def rss_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def watch(pid: int, sound: Sound, minutes: float) -> None:
    await asyncio.sleep(SETTLE_S)
    states: Counter[str] = Counter()
    memory: list[float] = []
    began, own, others = time.monotonic(), own_s(pid), others_s(pid)
    first = rss_mb(pid)
    while time.monotonic() - began < minutes * 60:
        states[sound.source_state()] += 1
        memory.append(rss_mb(pid))
        await asyncio.sleep(min(LOOK_S, minutes * 60))
    took = time.monotonic() - began
    own, others = (100 * (own_s(pid) - own) / took, 100 * (others_s(pid) - others) / took)
    print(f"idle for {took:.0f} s with {PANES} panes watched:")
    print(f"  CPU: {own:.2f} % of a core, {others:.2f} % in what it starts; to reach: under 1 %")
    print(f"  memory: {max(memory):.0f} MB, {first:.0f} MB at the start; to reach: under 120 MB")
    print(f"  the offline server beside it: {sum(map(rss_mb, children(pid))):.0f} MB")
    print(f"  the microphone: {dict(states)}; to reach: never RUNNING")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10.0)
    minutes = parser.parse_args().minutes
    with tempfile.TemporaryDirectory() as folder, own_server() as server:
        home = Path(folder)
        sound = Sound(home)
        with sound.serving(), display_at(home) as display:
            desk = Desk(display, sound).environment
            with at_work(home, server, desk) as pid:
                asyncio.run(watch(pid, sound, minutes))


if __name__ == "__main__":
    main()
