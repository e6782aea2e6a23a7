"""Whatever an agent and its person do between any two commands, no receipt is false."""

from __future__ import annotations

import operator
from dataclasses import dataclass, field, replace

from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from teamvoice.team import writing as d
from teamvoice.team.delivery import Delivery
from teamvoice.team.receipts import Outcome
from teamvoice.team.sight import Kind, View
from tests.support.deliveries import (
    CLAUDE,
    IDLE,
    ORDER,
    PANE,
    PROFILES,
    RULE,
    SAID,
    seen,
)


@dataclass
class Agent:
    """An agent and its person, as a whole model: what it does between any two commands varies."""

    kind: Kind = Kind.IDLE
    draft: str = ""
    swallows: int = 0
    pid: int = 10
    lives: int = 1
    touched: int = 90
    draws_at: float = 0.0
    parrots: bool = False
    received: list[str] = field(default_factory=list)
    harmed: list[str] = field(default_factory=list)
    typed: int = 0
    old: View = IDLE

    def suffer(self, what: str, at: float) -> None:
        match what:
            case "question":
                self.kind = Kind.WAITING
            case "answered":
                self.kind = Kind.WORKING if self.kind is Kind.WAITING else self.kind
            case "parrot":
                self.kind, self.parrots = Kind.WAITING, True
            case "restart":
                self.kind, self.draft, self.received = Kind.IDLE, "", []
                self.lives += 1
            case "shell":
                self.kind = Kind.SHELL
            case "respawn":
                self.pid += 1
            case "types" | "unseen" if self.kind in {Kind.IDLE, Kind.WORKING}:
                self.draft += "wait"
                self.touched = int(at)
                self.draws_at = at + 1 if what == "unseen" else at
            case "swallow":
                self.swallows += 1

    def view(self, at: float, *, late: bool) -> View:
        shows_prompt = self.kind in {Kind.IDLE, Kind.WORKING}
        body = tuple(f"> {text}" for text in self.received)
        words = (SAID,) if self.parrots else ()
        now = seen(
            self.kind,
            pane=replace(PANE, pid=self.pid),
            draft=self.draft if shows_prompt else None,
            body=body,
            lines=(*body, RULE, *words, "Do you want to proceed?"),
            process=str(self.lives),
            profile=PROFILES["shell"] if self.kind is Kind.SHELL else CLAUDE,
        )
        shown = self.old = self.old if late or at < self.draws_at else now
        untouched = int(at) - self.touched
        pane = replace(now.pane or PANE, touched=self.touched, untouched_s=untouched)
        return replace(shown, pane=pane, process=now.process)  # only what is drawn can be late

    def holds(self, still: d.Still) -> bool:
        """As tmux checks it, but for the rows."""
        return self.pid == ORDER.pid and still.touched in {0, self.touched}

    def paste(self, text: str) -> None:
        self.typed += 1
        if self.kind in {Kind.IDLE, Kind.WORKING}:
            self.draft += text
        else:
            self.harmed.append("paste")

    def enter(self) -> None:
        if self.swallows:
            self.swallows -= 1
        elif self.kind in {Kind.IDLE, Kind.WORKING}:
            if self.draft:
                self.received.append(self.draft)
            self.draft, self.kind = "", Kind.WORKING
        else:
            self.harmed.append("enter")


FATES = st.sampled_from(
    [
        "",
        "",
        "question",
        "parrot",
        "answered",
        "shell",
        "restart",
        "respawn",
        "types",
        "unseen",
        "swallow",
        "late",
    ]
)
QUIET = st.integers(0, 6).map(lambda count: [""] * count)  # so that fate strikes at any step


@settings(max_examples=300)
@example([*[""] * 5, "unseen", "restart"], Kind.WORKING, "")
@given(
    st.builds(operator.add, QUIET, st.lists(FATES, max_size=20)),
    st.sampled_from([Kind.IDLE, Kind.IDLE, Kind.WORKING, Kind.WAITING, Kind.SHELL]),
    st.sampled_from(["", "", "", "half a thought"]),
)
def test_no_receipt_is_ever_false(fates: list[str], kind: Kind, draft: str) -> None:
    agent, machine, at = Agent(kind, draft), Delivery(ORDER), 100.0
    course = iter(fates)
    command = machine.begin()
    while not isinstance(command, d.Finish):
        fate = next(course, "")
        agent.suffer(fate, at)
        at += 0.05
        match command:
            case d.Look(after=after):
                at += after
                answer: d.Event = d.Looked(at, agent.view(at, late=fate == "late"))
            case d.Paste(text=text, still=still):
                fit = agent.holds(still)
                if fit:
                    agent.paste(text)
                answer = d.Done(at) if fit else d.Denied(at)
            case d.Press(still=still):
                fit = agent.holds(still)
                if fit:
                    agent.enter()
                answer = d.Done(at) if fit else d.Denied(at)
            case _:
                answer = d.Done(at)
        command = machine.handle(answer)
        assert at < 140
    outcome = command.receipt.outcome
    event(outcome)
    if outcome in {Outcome.SUBMITTED, Outcome.QUEUED}:
        assert ORDER.text in agent.received
        assert agent.typed == 1
    if outcome is Outcome.REFUSED:
        assert agent.typed == 0
    assert sum(ORDER.text in text for text in agent.received) <= 1
    assert set(agent.received) <= {ORDER.text}  # nothing was merged
    if not fates and kind in {Kind.WAITING, Kind.SHELL}:
        assert not agent.harmed
