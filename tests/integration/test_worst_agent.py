"""Whatever an agent does at its worst: nothing lost, doubled, merged, mis-chosen or harmed."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shlex
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from libtmux import Server

from teamvoice.config import Member
from teamvoice.team.receipts import Outcome, Receipt
from teamvoice.team.screen import clean_message
from teamvoice.team.team import Team
from teamvoice.team.writing import Patience
from tests.support import worst_agent
from tests.support.panes import id_of, open_pane, own_server, screen_of, team_of
from tests.support.wait import until
from tests.support.worst_agent import Script

pytestmark = [pytest.mark.needs("tmux", "bash"), pytest.mark.timeout(200)]

SCHEDULES = 200
AT_ONCE = 20
QUICK = Patience(appear=3.0, arrive=4.0)

PROMPT_DEEDS = ("menu", "shell", "type", "parrot")
RESTARTS = ("restart", "reborn")
WHEN = {"parrot": ("enter",)} | dict.fromkeys(RESTARTS, ("enter", "enter", "input", "go"))

TEXTS = (
    "start on the login feature 1",
    "def f(x):\n    return x[1]\n\nprint(f('2'))\n# 3\nend",
    "word 1 2 3 " * 180,
    "'quoted' \"double\" $HOME `x` #{pane_id}; 1 \\ % grüße 日本語",
    "two lines\nof text 1",
)


@pytest.fixture
def server() -> Iterator[Server]:
    with own_server() as own:
        yield own


def schedule(seed: int, folder: Path) -> tuple[Script, str]:
    """One random schedule, and what is sent (or answered)."""
    chance = random.Random(seed)  # noqa: S311 - a schedule, not a secret
    asks = chance.random() < 0.35
    deeds = ("change", "change", "vanish", "shell") if asks else (*PROMPT_DEEDS, *RESTARTS)
    deed = chance.choice(("", *deeds)) if chance.random() < 0.7 else ""
    script = Script(
        record=str(folder / f"{seed}.jsonl"),
        # A key that is swallowed while somebody else answers looks just like an answer.
        swallow=0 if deed == "vanish" else chance.choice((0, 0, 1, 2)),
        collapse=chance.random() < 0.5,
        lag=chance.choice((0.0, 0.0, 0.02, 0.2, 1.0)),
        busy=not asks and chance.random() < 0.3,
        asks=asks,
        then=asks and chance.random() < 0.3,
        deed=deed,
        on=chance.choice(WHEN.get(deed, ("go", "go", "input"))),
        after=chance.choice((0.0, 0.005, 0.02, 0.05, 0.1, 0.3)) * chance.random(),
    )
    choice = chance.choice(("yes", "no")) if asks else chance.choice(TEXTS)
    return script, choice


class Trial:
    """One schedule, played in a pane of its own."""

    def __init__(self, server: Server, seed: int, folder: Path) -> None:
        self.script, self.words = schedule(seed, folder)
        self.harm = folder / f"harm-{seed}"
        if not self.script.asks:
            self.words = f"touch {self.harm}\n{self.words}" if seed % 2 else self.words
        self._server = server
        self._name = f"worst-{seed}"
        self.receipt = Receipt(Outcome.REFUSED)

    async def play(self) -> None:
        pane = open_pane(self._server, self._name, "exec bash --norc -i")
        script = shlex.quote(json.dumps(asdict(self.script)))
        program = Path(self.script.record).parent / "claude.py"  # by which it is recognised
        command = f"{shlex.quote(sys.executable)} {program} {script}"
        pane.send_keys(f"while {command}; [ $? = {worst_agent.AGAIN} ]; do :; done")
        sign = "Esc to cancel" if self.script.asks else "? for shortcuts"
        await until(lambda: sign in screen_of(pane), f"{self._name} is ready", within=30)
        member = Member(name="dev", target=id_of(pane))
        async with Team(team_of(self._server, member), QUICK) as team:
            await team.pin()
            os.kill(self.told("pid")[0], signal.SIGUSR1)
            write = team.answer if self.script.asks else team.send
            self.receipt = await write("dev", self.words)
        pane.kill()

    def told(self, what: str) -> list[Any]:
        lines = map(json.loads, Path(self.script.record).read_text("utf-8").splitlines())
        return [line[what] for line in lines if what in line]

    def wrong(self) -> list[str]:
        """What did not come true of what must always hold."""
        arrived, refused = self.receipt.arrived, self.receipt.outcome is Outcome.REFUSED
        got, chose = self.told("got"), self.told("chose")
        wanted = {"yes": "Yes", "no": worst_agent._OPTIONS[2]}.get(self.words, "")
        reached = chose if self.script.asks else got
        rules = {
            "a shell ran it": self.harm.exists(),
            "refused, and yet typed": refused and bool(self.told("typed")),
            "said to have arrived": arrived and len(reached) != 1,
            "more than once": len(reached) > 1,
            "not as it was written": any(text != clean_message(self.words) for text in got),
            "chosen for": bool(chose) and not self.script.asks,
            "mis-chosen": any(option != wanted for option in chose),
            "another question": any(of != self.receipt.subject for of in self.told("of")),
            "a message to a question": bool(got) and self.script.asks,
        }
        return [rule for rule, broken in rules.items() if broken]


@pytest.fixture
def trials(server: Server, tmp_path: Path) -> list[Trial]:
    source = Path(worst_agent.__file__).read_text("utf-8")
    (tmp_path / "claude.py").write_text(source, "utf-8")
    return [Trial(server, seed, tmp_path) for seed in range(SCHEDULES)]


async def test_nothing_is_lost_doubled_merged_or_harmed(trials: list[Trial]) -> None:
    gate = asyncio.Semaphore(AT_ONCE)

    async def play(trial: Trial) -> None:
        async with gate:
            await trial.play()

    async with asyncio.TaskGroup() as group:
        for trial in trials:
            group.create_task(play(trial))
    wrong = {
        seed: (trial.wrong(), replace(trial.receipt, evidence=""), trial.script)
        for seed, trial in enumerate(trials)
        if trial.wrong()
    }
    assert wrong == {}
    outcomes = Counter(str(trial.receipt.outcome) for trial in trials)
    # Not so careful that nothing is done any more.
    assert outcomes["submitted"] > SCHEDULES / 5, outcomes
    assert outcomes["queued"] > 5, outcomes
    assert {did for trial in trials for did in trial.told("did")} == {
        *PROMPT_DEEDS, *RESTARTS, "change", "vanish",
    }  # fmt: skip
