"""Four ways to send a message to an agent, in one run: what truly arrived, and how long it took.

Each way plays the same situations, against an agent that behaves its worst and, where they are
installed, the real ones with a stand-in model. *Right* means that what should have happened did:
the message arrived once, as it was written, or (with a draft in the prompt, an open question, a
shell) nothing did; and nothing was harmed. A way that reports nothing is taken to say that the
message was sent.

Run from the root of the repository: ``python -m bench.delivery``
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
import shlex
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from libtmux import Pane, Server

from teamvoice.config import Member
from teamvoice.team.team import Team
from tests.support import worst_agent
from tests.support.agents import KINDS, is_installed, real_agent
from tests.support.models import Asks
from tests.support.panes import id_of, open_pane, own_server, screen_of, team_of
from tests.support.wait import until
from tests.support.worst_agent import Script

Way = Callable[[Server, Pane, str], Awaitable[bool]]
SETTLE_S = 3.0  # after a way has reported, for all that it started to come true
LONG = "\n".join(f"    line {number} of some code" for number in range(30)).strip()


# The ways: each returns whether it says that the message was sent --------------------------------


async def send_keys(_server: Server, pane: Pane, text: str) -> bool:
    pane.cmd("send-keys", text, "Enter")
    return True


async def libtmux(_server: Server, pane: Pane, text: str) -> bool:
    pane.send_keys(text, enter=True)
    return True


async def paste_then_enter(server: Server, pane: Pane, text: str) -> bool:
    server.cmd("set-buffer", "-b", "bench", "--", text)
    pane.cmd("paste-buffer", "-p", "-r", "-d", "-b", "bench")
    pane.cmd("send-keys", "Enter")
    return True


async def teamvoice(server: Server, pane: Pane, text: str) -> bool:
    async with Team(team_of(server, Member(name="dev", target=id_of(pane)))) as team:
        return (await team.send("dev", text)).arrived


WAYS: dict[str, Way] = {
    "send-keys TEXT Enter": send_keys,
    "libtmux send_keys": libtmux,
    "paste, then Enter": paste_then_enter,
    "teamvoice": teamvoice,
}


@dataclass(frozen=True)
class Place:
    """A pane to send to, and what came of it."""

    server: Server
    pane: Pane
    got: Callable[[], list[str]]
    harmed: Callable[[], bool]


@dataclass(frozen=True)
class Situation:
    """What is sent, and whether it should arrive; ``None``: it may, if nothing is harmed."""

    name: str
    text: str
    arrives: bool | None = True


# The agent at its worst -------------------------------------------------------------------------

WORST: tuple[tuple[Situation, dict[str, object]], ...] = (
    (Situation("plain", "start on the login"), {}),
    (Situation("many lines, collapsed", LONG), {"collapse": True}),
    (Situation("awkward", "-x; 'q' \"d\" `t` $H #{pane_id} grüße;"), {}),
    (Situation("swallows Enter", "start on the login"), {"swallow": 1}),
    (Situation("draws a second late", "start on the login"), {"lag": 1.0}),
    (Situation("busy", "start on the login"), {"busy": True}),
    (Situation("an open question", "1 thing", arrives=False), {"asks": True}),
    (
        Situation("a menu before Enter", "start on the login", arrives=None),
        {"deed": "menu", "on": "input", "lag": 0.05},
    ),
    (
        Situation("ends before Enter", "touch harmed", arrives=None),
        {"deed": "shell", "on": "input", "lag": 0.05},
    ),
)


@contextlib.asynccontextmanager
async def worst(server: Server, folder: Path, mischief: dict[str, object]) -> AsyncIterator[Place]:
    record = folder / "record.jsonl"
    record.unlink(missing_ok=True)
    program = folder / "claude.py"  # by which it is recognised
    program.write_text(inspect.getsource(worst_agent), "utf-8")
    script = Script(str(record), **mischief)  # type: ignore[arg-type] # the situations' own table
    pane = open_pane(server, f"worst-{time.monotonic_ns()}", "exec bash --norc -i")
    arguments = shlex.join([sys.executable, str(program), json.dumps(asdict(script))])
    pane.send_keys(f"cd {shlex.quote(str(folder))}; {arguments}")
    sign = "Esc to cancel" if script.asks else "? for shortcuts"
    await until(lambda: sign in screen_of(pane), "it is ready", within=20)

    def told(what: str) -> list[str]:
        lines = map(json.loads, record.read_text("utf-8").splitlines())
        return [line[what] for line in lines if what in line]

    harm = folder / "harmed"
    yield Place(server, pane, lambda: told("got"), lambda: bool(told("chose")) or harm.exists())
    harm.unlink(missing_ok=True)
    pane.kill()


# The real ones ----------------------------------------------------------------------------------

REAL: tuple[tuple[Situation, str], ...] = (
    (Situation("plain", "start on the login"), ""),
    (Situation("many lines", LONG), ""),
    (Situation("slash", "/login is broken"), ""),
    (Situation("bang", "!touch harmed"), ""),
    (Situation("copy mode", "start on the login"), "copy"),
    (Situation("a draft", "start on the login", arrives=False), "draft"),
    (Situation("an open question", "1 thing", arrives=False), "question"),
)


@contextlib.asynccontextmanager
async def real(kind: str, folder: Path, trouble: str) -> AsyncIterator[Place]:
    async with real_agent(kind, folder) as agent:
        before = 0
        if trouble == "question":
            agent.model.script(Asks("touch harmed"))
            await until(lambda: bool(agent.screen()), "it is there")
            async with Team(agent.settings()) as team:
                await team.send("dev", "go on")
            await agent.shows("1. Yes")
            before = 1
        elif trouble == "draft":
            agent.type("half a thought")
            await agent.shows("half a thought")
        elif trouble == "copy":
            agent.pane.cmd("copy-mode")
        shield = "\u00a0"  # Claude Code is sent one before a slash
        yield Place(
            agent.server,
            agent.pane,
            lambda: [text.removeprefix(shield) for text in agent.model.heard()[before:]],
            (agent.work / "harmed").exists,
        )


# The run ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trial:
    """What came of one message."""

    right: bool
    true: bool
    ms: float


async def play(way: Way, place: Place, situation: Situation) -> Trial:
    began = time.monotonic()
    says = await way(place.server, place.pane, situation.text)
    took = (time.monotonic() - began) * 1000
    with contextlib.suppress(AssertionError):  # it did not: that is what is counted
        await until(lambda: situation.arrives and place.got(), "it arrives", SETTLE_S)
    arrived, nothing = place.got() == [situation.text], place.got() == []
    right = {True: arrived, False: nothing, None: arrived or nothing}[situation.arrives]
    return Trial(right and not place.harmed(), says == arrived, took)


async def bench_worst(server: Server, folder: Path) -> None:
    for name, way in WAYS.items():
        trials = {}
        for situation, mischief in WORST:
            async with worst(server, folder, mischief) as place:
                trials[situation.name] = await play(way, place, situation)
        report("the worst agent", name, trials)


async def bench_real(kind: str, folder: Path) -> None:
    for name, way in WAYS.items():
        trials = {}
        for number, (situation, trouble) in enumerate(REAL):
            home = folder / f"{name.split()[0]}-{number}"
            async with real(kind, home, trouble) as place:
                trials[situation.name] = await play(way, place, situation)
        report(kind, name, trials)


def report(agent: str, way: str, trials: dict[str, Trial]) -> None:
    right = sum(trial.right for trial in trials.values())
    true = sum(trial.true for trial in trials.values())
    middle = statistics.median(trial.ms for trial in trials.values())
    wrong = listed([name for name, trial in trials.items() if not trial.right])
    print(
        f"{agent}: {way}: right {right} of {len(trials)}, reported truly {true}, "
        f"median {middle:.0f} ms{wrong}",
        flush=True,
    )


def listed(names: Sequence[str]) -> str:
    return f"; wrong: {', '.join(names)}" if names else ""


def main() -> None:
    with tempfile.TemporaryDirectory() as name, own_server() as server:
        folder = Path(name)
        open_pane(server, "desk", "exec sleep 100000")  # keeps the server while panes come and go
        asyncio.run(bench_worst(server, folder))
        for kind in KINDS:
            if is_installed(kind):
                asyncio.run(bench_real(kind, folder / kind))


if __name__ == "__main__":
    main()
