"""Whatever an agent does at its worst: nothing lost, doubled, merged, mis-chosen or harmed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import shlex
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from libtmux import Pane, Server

from teamvoice.config import Member
from teamvoice.team.receipts import Outcome, Receipt
from teamvoice.team.screen import clean_message
from teamvoice.team.team import Team
from teamvoice.team.writing import Patience
from tests.support import worst_agent
from tests.support.panes import id_of, open_pane, own_server, screen_of, team_of
from tests.support.person import Types, person_at
from tests.support.wait import until
from tests.support.worst_agent import Script

pytestmark = [pytest.mark.needs("tmux", "bash"), pytest.mark.timeout(200)]

SCHEDULES = 200
AT_ONCE = 25
QUICK = Patience(appear=3.0, arrive=4.0)

PROMPT_DEEDS = ("menu", "shell", "type", "parrot")
RESTARTS = ("restart", "reborn")
KEYS = {True: "2", False: "w"}  # a person's: their choice where it asks, and else a letter
WHEN = {"parrot": ("enter",)} | dict.fromkeys(RESTARTS, ("enter", "enter", "input", "go"))

LEAST = {  # how often each must happen at least, for the schedules to be worth anything
    **{f"did {deed}": 4 for deed in (*PROMPT_DEEDS, *RESTARTS, "change", "vanish")},
    "swallowed": 20,
    "collapsed": 15,
    "a second late": 15,
    "a menu between paste and Enter": 1,
    "a shell before the paste": 5,
    "a question that changed around its answer": 5,
    "a person typed": 25,
    "a person typed, drawn late": 8,
    "a person typed into a message": 5,
    "two senders": 25,
    "copy mode": 15,
    "submitted": SCHEDULES // 5,
    "queued": 5,
}

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


@dataclass(frozen=True)
class Schedule:
    """What happens in one trial.

    Args:
        script: The agent's mischief.
        words: What is sent, or answered.
        second: What a second sender sends at once; empty for none.
        person: When a person types in the pane: ``go``, or ``shown`` (once the words, or the
            question, are on the screen); empty for nobody.
        after: How many seconds after that.
        scrolled: The pane is in copy mode.
    """

    script: Script
    words: str
    second: str = ""
    person: str = ""
    after: float = 0.0
    scrolled: bool = False


def schedule(seed: int, folder: Path) -> Schedule:
    """One random schedule."""
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
    words = chance.choice(("yes", "no")) if asks else chance.choice(TEXTS)
    second = chance.choice(("no" if asks else "another thing\nof lines", "", "", "", ""))
    # Who types what is asked about beside one who answers it, or a shell's prompt, is not told
    # from us by what came of it.
    person = chance.choice(("go", "shown", "shown", "", "", "", "")) if deed != "shell" else ""
    if person and not second:
        script = replace(script, swallow=0, then=asks)
    return Schedule(
        script,
        words,
        second=second,
        person="" if second else person,
        after=chance.choice((0.0, 0.0, 0.01, 0.03, 0.2)) * chance.random(),
        scrolled=not person and chance.random() < 0.2,
    )


class Trial:
    """One schedule, played in a pane of its own."""

    def __init__(self, server: Server, seed: int, folder: Path) -> None:
        self.plan = schedule(seed, folder)
        self.script = self.plan.script
        self.harm = folder / f"harm-{seed}"
        self.words = [self.plan.words, *filter(None, [self.plan.second])]
        if not self.script.asks and seed % 2:
            self.words[0] = f"touch {self.harm}\n{self.words[0]}"
        self.seed = seed
        self._server = server
        self._name = f"worst-{seed}"
        self.receipts = [Receipt(Outcome.REFUSED)]
        self.is_scrolled = False

    async def play(self) -> None:
        async with self._at_desk() as (pane, types):
            member = Member(name="dev", target=id_of(pane))
            settings = team_of(self._server, member)
            if self.plan.scrolled:
                pane.cmd("copy-mode")
            async with Team(settings, QUICK) as team, Team(settings, QUICK) as other:
                await team.pin()
                await other.pin()
                (status,) = await team.status()
                question = status.state.question
                os.kill(self.told("pid")[0], signal.SIGUSR1)
                writes = [
                    who.answer("dev", words, question.fingerprint)
                    if question
                    else who.send("dev", words)
                    for who, words in zip((team, other), self.words, strict=False)
                ]
                *receipts, _ = await asyncio.gather(*writes, self._type(pane, types))
                self.receipts = [r for r in receipts if r is not None]
            in_mode = pane.cmd("display-message", "-p", "#{pane_in_mode}").stdout
            self.is_scrolled = in_mode == ["1"]

    @contextlib.asynccontextmanager
    async def _at_desk(self) -> AsyncIterator[tuple[Pane, Types | None]]:
        """The agent in its pane, and a person before it if there is one."""
        pane = open_pane(self._server, self._name, "exec bash --norc -i")
        script = shlex.quote(json.dumps(asdict(self.script)))
        program = Path(self.script.record).parent / "claude.py"  # by which it is recognised
        command = f"{shlex.quote(sys.executable)} {program} {script}"
        pane.send_keys(f"while {command}; [ $? = {worst_agent.AGAIN} ]; do :; done")
        sign = "Esc to cancel" if self.script.asks else "? for shortcuts"
        await until(lambda: sign in screen_of(pane), f"{self._name} is ready", within=30)
        if not self.plan.person:
            yield pane, None
        else:
            session = self._server.new_session(self._name, x=100, y=31, window_command="exec cat")
            pane.window.move_window(session=self._name)
            pane.window.select()
            async with person_at(self._server, self._name) as types:
                yield pane, types
            session.kill()
            return
        pane.kill()

    async def _type(self, pane: Pane, types: Types | None) -> None:
        if types is None:
            return
        words = "service-" if self.script.asks else self.words[0][:20].partition("\n")[0]
        with contextlib.suppress(AssertionError):  # refused, say, so that they never show
            if self.plan.person == "shown":
                signs = (words, "[Pasted")
                await until(lambda: any(s in screen_of(pane) for s in signs), "it shows", 3)
            await asyncio.sleep(self.plan.after)  # a moment of the schedule's, not a wait
            types(KEYS[self.script.asks])

    def told(self, what: str) -> list[Any]:
        lines = worst_agent.read_record(Path(self.script.record))
        return [line[what] for line in lines if what in line]

    def wrong(self) -> list[str]:
        """What did not come true of what must always hold."""
        arrived = [r for r in self.receipts if r.arrived]
        refused = all(r.outcome is Outcome.REFUSED for r in self.receipts)
        got, typed = self.told("got"), self.told("typed")
        theirs = worst_agent._OPTIONS[1] if self.plan.person else ""
        chose = [option for option in self.told("chose") if option != theirs]
        wanted = {"yes": "Yes", "no": worst_agent._OPTIONS[2]}
        reached = chose if self.script.asks else got
        of = [o for o, c in zip(self.told("of"), self.told("chose"), strict=True) if c != theirs]
        ours = [key for key in typed if key != KEYS[self.script.asks] or not self.plan.person]
        restored = all("stays left" not in receipt.evidence for receipt in self.receipts)
        rules = {
            "a shell ran it": self.harm.exists(),
            "refused, and yet typed": refused and bool(ours),
            "said to have arrived": len(arrived) > len(reached),
            "more than once": len(reached) > len(self.words) or len(of) != len(set(of)),
            "not as it was written": not set(got) <= set(map(clean_message, self.words)),
            "doubled": len(got) != len(set(got)),
            "chosen for": bool(chose) and not self.script.asks,
            "mis-chosen": not set(chose) <= {wanted.get(words, "") for words in self.words},
            "another question": not set(of) <= {worst_agent.subject(1)},
            "a message to a question": bool(got) and self.script.asks,
            "scrolled away": self.plan.scrolled and restored and not self.is_scrolled,
        }
        return [rule for rule, broken in rules.items() if broken]

    def happened(self) -> Iterator[str]:
        """What of all that may happen truly did."""
        script, plan, did = self.script, self.plan, self.told("did")
        order = [next(iter(line.items())) for line in self._lines()]
        names = [name if name != "typed" else str(value)[:2] for name, value in order]
        pasted = names.index("\x1b[") if "\x1b[" in names else len(names)
        entered = names.index("\r") if "\r" in names else len(names)
        yield from (f"did {deed}" for deed in did)
        yield from (what for what in ("swallowed", "collapsed") if self.told(what))
        if "did" in names and "menu" in did and pasted < names.index("did") < entered:
            yield "a menu between paste and Enter"
        if did == ["shell"] and names.index("did") < pasted:
            yield "a shell before the paste"
        if did == ["change"] and self.told("typed"):
            yield "a question that changed around its answer"
        if script.lag >= 1 and self.told("typed"):
            yield "a second late"
        if plan.person and KEYS[script.asks] in self.told("typed"):
            yield "a person typed"
            yield from ["a person typed, drawn late"] if script.lag >= 0.2 else []
            yield from ["a person typed into a message"] if "\x1b[" in names else []
        yield from ["two senders"] if plan.second else []
        yield from ["copy mode"] if plan.scrolled else []
        yield from (str(receipt.outcome) for receipt in self.receipts)

    def _lines(self) -> list[dict[str, Any]]:
        return worst_agent.read_record(Path(self.script.record))


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
        t.seed: (t.wrong(), [replace(r, evidence="") for r in t.receipts], t.plan)
        for t in trials
        if t.wrong()
    }
    assert wrong == {}
    happened = Counter(what for trial in trials for what in trial.happened())
    # All of it truly happens, and not so careful that nothing is done any more.
    assert {what: happened[what] for what, least in LEAST.items() if happened[what] < least} == {}
