from __future__ import annotations

import operator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from teamvoice.team import writing as d
from teamvoice.team.delivery import Delivery
from teamvoice.team.interruption import Interruption
from teamvoice.team.receipts import Outcome
from teamvoice.team.sight import Kind, State, View
from tests.support.deliveries import (
    CLAUDE,
    FOOT,
    IDLE,
    ORDER,
    PANE,
    PROFILES,
    RULE,
    SAID,
    end,
    pasted,
    pasted_by,
    pressed,
    pressed_by,
    seen,
)


def test_a_message_on_its_way() -> None:
    machine = Delivery(ORDER)
    assert machine.begin() == d.Look()
    assert pasted_by(machine.handle(d.Looked(0.0, IDLE))) == ORDER.text
    assert machine.handle(d.Done(0.01)) == d.Look()
    assert machine.handle(d.Looked(0.02, IDLE)) == d.Look(0.015)
    assert pressed_by(machine.handle(d.Looked(0.04, seen(draft=ORDER.text)))) == ("Enter",)
    assert machine.handle(d.Done(0.05)) == d.Look()
    assert machine.handle(d.Looked(0.06, seen(draft=ORDER.text))) == d.Look(0.015)
    receipt = end(machine.handle(d.Looked(0.08, seen(Kind.WORKING))))
    assert (receipt.outcome, receipt.member, receipt.pane) == (Outcome.SUBMITTED, "developer", "%1")


@pytest.mark.parametrize(
    ("view", "why"),
    [
        (replace(IDLE, pane=None), "its pane is gone"),
        (replace(IDLE, pane=replace(PANE, dead=True)), "has ended"),
        (replace(IDLE, pane=replace(PANE, pid=11)), "another program was started"),
        (replace(IDLE, pane=replace(PANE, input_off=True)), "switched off"),
        (replace(IDLE, pane=replace(PANE, synchronized=True)), "synchronised"),
        (seen(Kind.SHELL), "only a shell"),
        (seen(Kind.WAITING), "waits for an answer"),
        (seen(draft="half a thou"), "half-typed draft"),
        (replace(IDLE, profile=None, state=State(Kind.UNKNOWN, "process", 0, "vim")), ", vim"),
    ],
)
def test_what_is_refused_at_the_first_look(view: View, why: str) -> None:
    machine = Delivery(ORDER)
    machine.begin()
    receipt = end(machine.handle(d.Looked(0, view)))
    assert receipt.outcome is Outcome.REFUSED
    assert why in receipt.why


@pytest.mark.parametrize("text", ["", " \n ", "\x1b\x07"])
def test_nothing_to_say_is_refused(text: str) -> None:
    assert end(Delivery(replace(ORDER, text=text)).begin()).outcome is Outcome.REFUSED


@pytest.mark.parametrize("sigil", "/@!#")
@pytest.mark.parametrize("agent", ["claude", "codex", "opencode", "aider"])
def test_a_first_character_that_commands_is_shielded(agent: str, sigil: str) -> None:
    profile, text = PROFILES[agent], f"{sigil}login is broken"
    machine = Delivery(replace(ORDER, text=text))
    machine.begin()
    pasted = pasted_by(machine.handle(d.Looked(0, replace(IDLE, profile=profile))))
    assert pasted == profile.escapes.get(sigil, "") + text
    machine.handle(d.Done(0))
    shown = replace(seen(draft=text), profile=profile)
    command = machine.handle(d.Looked(0, shown))
    if agent == "claude" and sigil in profile.sigils:  # it must be seen as a stub
        assert isinstance(command, d.Look)
        stub = replace(seen(draft="[Pasted text #1 +5 lines]"), profile=profile)
        command = machine.handle(d.Looked(0, stub))
    assert pressed_by(command) == ("Enter",)


def test_an_agent_that_still_starts_is_given_longer() -> None:
    starting = ("› start on the login feature", "  Waiting for startup · esc cancel")
    for lines, kind in ((starting, d.Press), ((), d.Finish)):
        machine, codex = pressed(), PROFILES["codex"]
        view = replace(seen(draft=ORDER.text, lines=lines), profile=codex)
        assert isinstance(machine.handle(d.Looked(9, view)), kind)


def test_what_an_agent_with_no_known_shield_would_take_for_a_command_is_refused() -> None:
    for agent in ("generic", "gemini"):
        machine = Delivery(replace(ORDER, text="/login is broken"))
        machine.begin()
        view = replace(IDLE, profile=PROFILES[agent])
        assert "taken for a command" in end(machine.handle(d.Looked(0, view))).why


def test_a_prompt_that_does_not_show_is_waited_for_and_then_refused() -> None:
    machine = Delivery(ORDER)
    machine.begin()
    assert machine.handle(d.Looked(0, seen(Kind.UNKNOWN, draft=None))) == d.Look(0.1)
    assert "prompt" in end(machine.handle(d.Looked(1, seen(Kind.UNKNOWN, draft=None)))).why


IN_MODE = replace(IDLE, pane=replace(PANE, in_mode=True))
SCROLLED = d.Scrolled("copy-mode", 7, 100)


def left() -> Delivery:
    machine = Delivery(ORDER)
    machine.begin()
    assert machine.handle(d.Looked(0, IN_MODE)) == d.LeaveMode()
    assert machine.handle(d.Left(0, SCROLLED)) == d.Look()
    return machine


@pytest.mark.parametrize(
    ("answer", "evidence"),
    [
        (d.Done(2), "its view restored"),
        (d.Denied(2), "stays left"),
        (d.Failed(2, "tmux hangs"), "stays left"),
    ],
)
def test_copy_mode_is_left_first_and_restored_at_the_end(answer: d.Event, evidence: str) -> None:
    machine = left()
    assert pasted_by(machine.handle(d.Looked(0, IDLE))) == ORDER.text
    machine.handle(d.Done(0))
    machine.handle(d.Looked(0, seen(draft=ORDER.text)))
    machine.handle(d.Done(1))
    assert machine.handle(d.Looked(2, seen(Kind.WORKING))) == d.RestoreView(SCROLLED)
    receipt = end(machine.handle(answer))
    assert (receipt.outcome, evidence in receipt.evidence) == (Outcome.SUBMITTED, True)


@pytest.mark.parametrize(
    "view",
    [seen(draft="half"), seen(Kind.WAITING, draft=None), seen(Kind.WORKING)],
)
def test_a_refusal_leaves_no_copy_mode(view: View) -> None:
    machine = Delivery(ORDER, only_idle=True)
    machine.begin()
    scrolled = replace(view, pane=replace(PANE, in_mode=True))
    assert end(machine.handle(d.Looked(0, scrolled))).outcome is Outcome.REFUSED


def test_a_person_who_enters_copy_mode_again_is_left_alone() -> None:
    machine = left()
    assert machine.handle(d.Looked(0, IN_MODE)) == d.RestoreView(SCROLLED)
    assert end(machine.handle(d.Denied(0))).outcome is Outcome.REFUSED


@pytest.mark.parametrize(("queued", "outcome"), [(True, "queued"), (False, "submitted")])
def test_queued_is_only_what_is_seen_to_be_queued(queued: bool, outcome: str) -> None:
    machine = Delivery(ORDER)
    machine.begin()
    machine.handle(d.Looked(0, seen(Kind.WORKING)))
    machine.handle(d.Done(0))
    machine.handle(d.Looked(0, seen(Kind.WORKING, draft=ORDER.text)))
    machine.handle(d.Done(0))
    assert machine.handle(d.Looked(0.1, seen(Kind.WORKING))) == d.Look(0.1)
    assert end(machine.handle(d.Looked(0.7, seen(Kind.WORKING, queued=queued)))).outcome == outcome


def test_a_message_for_the_idle_is_not_typed_into_work() -> None:
    machine = Delivery(ORDER, only_idle=True)
    machine.begin()
    assert end(machine.handle(d.Looked(0, seen(Kind.WORKING)))).why == "it is working"


def test_an_enter_that_tmux_denies_is_looked_into_and_not_counted() -> None:
    machine = pasted()
    machine.handle(d.Looked(0.1, seen(draft=ORDER.text)))
    assert machine.handle(d.Denied(0.1)) == d.Look(0.03)
    assert pressed_by(machine.handle(d.Looked(0.2, seen(draft=ORDER.text)))) == ("Enter",)
    machine.handle(d.Denied(0.2))
    receipt = end(machine.handle(d.Looked(0.3, seen(Kind.WAITING, draft=None))))
    assert (receipt.outcome, "not pressed" in receipt.why) == (Outcome.UNCONFIRMED, True)


def test_a_screen_that_never_holds_still_is_given_up() -> None:
    machine = Delivery(ORDER)
    command = machine.begin()
    while not isinstance(command, d.Finish):
        wants = isinstance(command, d.Paste)
        command = machine.handle(d.Denied(0) if wants else d.Looked(0, IDLE))
    assert command.receipt.outcome is Outcome.REFUSED


def test_a_question_that_opens_after_the_paste_is_not_answered() -> None:
    receipt = end(pasted().handle(d.Looked(0.1, seen(Kind.WAITING, draft=None))))
    assert receipt.outcome is Outcome.UNCONFIRMED
    assert "Enter was not pressed" in receipt.why


def test_text_that_is_not_ours_gets_no_enter() -> None:
    machine = pasted()
    merged = seen(draft=f"half {ORDER.text}")
    assert isinstance(machine.handle(d.Looked(0.1, merged)), d.Look)
    receipt = end(machine.handle(d.Looked(9, merged)))
    assert receipt.outcome is Outcome.UNCONFIRMED
    assert "something else" in receipt.why


def test_a_swallowed_enter_is_pressed_again_but_not_for_ever() -> None:
    machine = pressed()
    standing = seen(draft=ORDER.text)
    assert isinstance(machine.handle(d.Looked(0.1, standing)), d.Look)
    assert pressed_by(machine.handle(d.Looked(1.6, standing))) == ("Enter",)
    machine.handle(d.Done(1.6))
    assert pressed_by(machine.handle(d.Looked(3.2, standing))) == ("Enter",)
    machine.handle(d.Done(3.2))
    assert isinstance(machine.handle(d.Looked(5, standing)), d.Look)
    assert end(machine.handle(d.Looked(7, standing))).outcome is Outcome.UNCONFIRMED


@pytest.mark.parametrize(
    ("draft", "kind"),
    [
        ("[Pasted text #1 +9 lines]", d.Press),
        ("[Pasted text #12]", d.Press),
        ("[Pasted text #1 +8 lines]", d.Look),  # that of somebody else
        ("[Pasted text #9 +2 lines]", d.Look),
        ("x [Pasted text #1 +9 lines]", d.Look),
        ("[Pasted text #1 +9 lines][Pasted text #2 +9 lines]", d.Look),
    ],
)
def test_a_collapsed_paste_is_known_again(draft: str, kind: type[d.Command]) -> None:
    machine = pasted("\n".join("abcdefghij"))
    assert isinstance(machine.handle(d.Looked(0.1, seen(draft=draft))), kind)


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        (("one", "", "two"), d.Press),
        (("one", "", "two", "", "help"), d.Press),  # furniture
        (("one", "", "tw", "o", ""), d.Press),
        (("one",), d.Look),
        (("one", "", "two or three"), d.Look),
        (("one", "", "two", "and more"), d.Look),
        (("wait", "one", "", "two"), d.Look),
    ],
)
def test_a_message_of_paragraphs_is_known_by_all_of_its_rows(
    lines: tuple[str, ...], kind: type[d.Command]
) -> None:
    machine = pasted("one\n\ntwo")
    rows = tuple(f"{'›' if n == 0 else ' '} {row}" for n, row in enumerate(lines))
    view = seen(draft=lines[0], lines=rows, profile=PROFILES["codex"])
    assert isinstance(machine.handle(d.Looked(0, view)), kind)


@pytest.mark.parametrize("kind", [Kind.SHELL, Kind.DEAD])
def test_an_agent_that_ends_after_enter_is_no_success(kind: Kind) -> None:
    gone = seen(kind, profile=PROFILES["shell"], pane=replace(PANE, dead=kind is Kind.DEAD))
    assert end(pressed().handle(d.Looked(0.1, gone))).outcome is Outcome.UNCONFIRMED


def test_tmux_failing_before_the_paste_is_a_refusal_and_after_it_a_doubt() -> None:
    machine = Delivery(ORDER)
    machine.begin()
    assert end(machine.handle(d.Failed(0, "tmux hangs"))).outcome is Outcome.REFUSED
    machine = Delivery(ORDER)
    machine.begin()
    machine.handle(d.Looked(0, IDLE))
    assert end(machine.handle(d.Failed(0, "tmux hangs"))).outcome is Outcome.UNCONFIRMED


def test_a_paste_that_is_denied_is_looked_into() -> None:
    machine = Delivery(ORDER)
    machine.begin()
    machine.handle(d.Looked(0, IDLE))
    assert machine.handle(d.Denied(0)) == d.Look(0.03)
    dead = replace(IDLE, pane=replace(PANE, dead=True))
    assert end(machine.handle(d.Looked(0, dead))).outcome is Outcome.REFUSED


def test_only_work_is_interrupted() -> None:
    for kind in (Kind.IDLE, Kind.WAITING, Kind.SHELL):
        machine = Interruption(ORDER)
        machine.begin()
        assert end(machine.handle(d.Looked(0, seen(kind)))).outcome is Outcome.REFUSED


def test_an_interrupt_is_for_the_prompt_that_was_seen_and_for_its_agent() -> None:
    machine = Interruption(ORDER)
    machine.begin()
    works = seen(Kind.WORKING, lines=("❯ go on", RULE, "❯ ", RULE, FOOT))
    command = machine.handle(d.Looked(0, works))
    assert isinstance(command, d.Press)
    assert [number for number, _ in command.still.rows] == [3]
    assert machine.handle(d.Denied(0)) == d.Look(0.03)
    asked = seen(Kind.WAITING, draft=None)
    assert end(machine.handle(d.Looked(0.1, asked))).outcome is Outcome.REFUSED
    machine = Interruption(ORDER)
    machine.begin()
    machine.handle(d.Looked(0, works))
    machine.handle(d.Done(0))
    anew = replace(IDLE, process="11 2")
    assert end(machine.handle(d.Looked(0.1, anew))).outcome is Outcome.UNCONFIRMED


def test_an_interrupt_is_seen_to_work() -> None:
    machine = Interruption(ORDER)
    machine.begin()
    assert pressed_by(machine.handle(d.Looked(0, seen(Kind.WORKING)))) == ("Escape",)
    machine.handle(d.Done(0))
    assert machine.handle(d.Looked(0.1, seen(Kind.WORKING))) == d.Look(0.1)
    assert end(machine.handle(d.Looked(0.2, seen()))).outcome is Outcome.SUBMITTED


@pytest.mark.parametrize("kind", [Kind.WORKING, Kind.WAITING])
def test_an_interrupt_that_leads_to_the_next_message_is_seen_too(kind: Kind) -> None:
    machine = Interruption(ORDER)
    machine.begin()
    machine.handle(d.Looked(0, seen(Kind.WORKING)))
    machine.handle(d.Done(0))
    receipt = end(machine.handle(d.Looked(0.1, seen(kind, stops=1))))
    assert receipt.outcome is Outcome.SUBMITTED


def interrupting(works: View) -> Interruption:
    machine = Interruption(ORDER)
    machine.begin()
    assert isinstance(machine.handle(d.Looked(0, works)), d.Press)
    machine.handle(d.Done(0))
    return machine


def test_an_interrupt_that_was_dropped_is_tried_once_more() -> None:
    works = seen(Kind.WORKING)
    machine = interrupting(works)
    assert machine.handle(d.Looked(1.4, works)) == d.Look(0.1)
    assert pressed_by(machine.handle(d.Looked(1.6, works))) == ("Escape",)
    machine.handle(d.Done(1.6))
    assert machine.handle(d.Looked(4, works)) == d.Look(0.1)
    assert end(machine.handle(d.Looked(9, works))).outcome is Outcome.UNCONFIRMED


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (seen(Kind.WORKING, profile=PROFILES["aider"]), {}),  # C-c twice ends it
        (seen(Kind.WORKING, queued=True), {"queued": False}),  # it may work on what it held
        (seen(Kind.WORKING), {"queued": True}),
        (seen(Kind.WORKING), {"draft": "half a thought"}),  # Escape twice wipes it
        (seen(Kind.WORKING), {"pane": replace(PANE, touched=9, untouched_s=1)}),
    ],
)
def test_an_interrupt_that_could_do_harm_is_not_repeated(
    before: View, after: dict[str, Any]
) -> None:
    machine = interrupting(before)
    assert machine.handle(d.Looked(1.6, replace(before, **after))) == d.Look(0.1)


def test_copy_mode_is_left_for_an_interrupt_and_restored() -> None:
    machine, works = Interruption(ORDER), seen(Kind.WORKING)
    machine.begin()
    scrolled = replace(works, pane=replace(PANE, in_mode=True))
    assert machine.handle(d.Looked(0, scrolled)) == d.LeaveMode()
    assert machine.handle(d.Left(0, SCROLLED)) == d.Look()
    assert isinstance(machine.handle(d.Looked(0, works)), d.Press)
    machine.handle(d.Done(0))
    assert machine.handle(d.Looked(0.1, IDLE)) == d.RestoreView(SCROLLED)
    assert end(machine.handle(d.Done(0.1))).outcome is Outcome.SUBMITTED


# A person at the same prompt ---------------------------------------------------------------------


def with_hands(view: View, touched: int, untouched_s: int | None) -> View:
    return replace(view, pane=replace(PANE, touched=touched, untouched_s=untouched_s))


def test_who_types_in_the_pane_is_waited_for() -> None:
    machine = Delivery(ORDER)
    machine.begin()
    assert machine.handle(d.Looked(0, with_hands(IDLE, 7, 2))) == d.Look(0.1)
    command = machine.handle(d.Looked(1, with_hands(IDLE, 7, 3)))
    assert isinstance(command, d.Paste)
    assert command.still.touched == 7  # and nothing is pasted if another key came since
    machine.handle(d.Done(1))
    mine = seen(draft=ORDER.text)
    assert machine.handle(d.Looked(1.1, with_hands(mine, 8, 0))) == d.Look(0.1)
    command = machine.handle(d.Looked(4.1, with_hands(mine, 8, 3)))
    assert isinstance(command, d.Press)
    assert command.still.touched == 8


def test_who_goes_on_typing_gets_no_message_in_between() -> None:
    machine = Delivery(ORDER)
    machine.begin()
    machine.handle(d.Looked(0, with_hands(IDLE, 7, 0)))
    assert "is typing" in end(machine.handle(d.Looked(8, with_hands(IDLE, 15, 0)))).why
    machine = pasted()
    mine = seen(draft=ORDER.text)
    assert machine.handle(d.Looked(0.1, with_hands(mine, 7, 0))) == d.Look(0.1)
    receipt = end(machine.handle(d.Looked(13, with_hands(mine, 19, 0))))
    assert (receipt.outcome, "is typing" in receipt.why) == (Outcome.UNCONFIRMED, True)


def test_who_cannot_type_in_the_pane_is_not_waited_for() -> None:
    machine = Delivery(ORDER)
    machine.begin()
    command = machine.handle(d.Looked(0, with_hands(IDLE, 7, None)))
    assert isinstance(command, d.Paste)
    assert command.still.touched == 0


# Any agent, at its worst -------------------------------------------------------------------------


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
        return replace(shown, pane=pane)

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
