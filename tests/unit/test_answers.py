from __future__ import annotations

from dataclasses import dataclass, field, replace

import msgspec
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from teamvoice.team import writing as d
from teamvoice.team.answers import Answer, choose
from teamvoice.team.panes import Pane
from teamvoice.team.profiles import load_profiles
from teamvoice.team.questions import Meaning, Option, Question
from teamvoice.team.receipts import Outcome, Receipt, say_answered
from teamvoice.team.sight import Kind, State, View

PANE = Pane(
    id="%1", pid=10, dead=False, in_mode=False, input_off=False, synchronized=False,
    session="work", window="2", index="1", command="node", window_name="zsh", title="host",
)  # fmt: skip
CODEX = load_profiles()["codex"]
OPTIONS = (
    Option("Yes, proceed", ("y",), True, Meaning.APPROVE),
    Option("Yes, and don't ask again", ("a",), False, Meaning.ALWAYS),
    Option("No, and tell Codex what to do", ("Escape",), False, Meaning.DENY),
)


def question(number: int = 1) -> Question:
    return Question("Run this?", f"deploy {number}", OPTIONS, f"print-{number}")


PARTLY = replace(question(), whole=False)


def asking(number: int = 1, **changes: object) -> View:
    lines = (f"  $ deploy {number}", "  Run this?", *(f"  {o.label}" for o in OPTIONS))
    state = State(Kind.WAITING, "screen", 0, question=question(number))
    return replace(View(PANE, state, CODEX, lines=lines), **changes)  # type: ignore[arg-type] # a test's brevity


WORKING = View(PANE, State(Kind.WORKING, "screen", 0), CODEX, draft="")


def order(choice: str) -> d.Order:
    return d.Order("developer", "%1", 10, choice)


def end(command: d.Command) -> Receipt:
    assert isinstance(command, d.Finish), command
    return command.receipt


def pressed(machine: Answer) -> tuple[str, ...]:
    machine.begin()
    command = machine.handle(d.Looked(0, asking()))
    assert isinstance(command, d.Press)
    return command.keys


@pytest.mark.parametrize(
    ("choice", "number"),
    [("yes", 1), ("Yes", 1), ("no", 3), ("1", 1), ("2", 2), ("3", 3), ("yes, proceed", 1),
     ("Yes, and", 2), ("no, and tell codex what to do", 3)],
)  # fmt: skip
def test_what_a_choice_means(choice: str, number: int) -> None:
    assert choose(question(), choice) is OPTIONS[number - 1]


def labelled(*labels: tuple[str, Meaning]) -> Question:
    options = (Option(label, (str(n),), n == 1, m) for n, (label, m) in enumerate(labels, 1))
    return replace(question(), options=tuple(options))


def test_a_plain_no_is_the_plain_one_of_several() -> None:
    asked = labelled(
        ("No, delete all of it", Meaning.DENY), ("Keep it", Meaning.OTHER), ("No", Meaning.DENY)
    )
    assert choose(asked, "no") is asked.options[2]


def test_a_plain_yes_to_several_that_say_yes_is_refused() -> None:
    asked = labelled(
        ("Yes, to production", Meaning.APPROVE), ("Yes, to staging", Meaning.APPROVE),
        ("No", Meaning.DENY),
    )  # fmt: skip
    assert choose(asked, "yes") is None
    assert choose(asked, "yes, to staging") is asked.options[1]
    machine = Answer(order("yes"))
    machine.begin()
    state = State(Kind.WAITING, "screen", 0, question=asked)
    receipt = end(machine.handle(d.Looked(0, asking(state=state))))
    assert receipt.why == 'several of its options may be "yes"'


@pytest.mark.parametrize("choice", ["", "0", "4", "99", "maybe", "yes,"])
def test_a_choice_that_means_none_or_several_is_refused(choice: str) -> None:
    assert choose(question(), choice) is None
    machine = Answer(order(choice))
    machine.begin()
    assert end(machine.handle(d.Looked(0, asking()))).outcome is Outcome.REFUSED


def test_a_plain_yes_never_allows_more_than_this_once() -> None:
    lasting = replace(question(), options=OPTIONS[1:])
    assert choose(lasting, "yes") is None


@pytest.mark.parametrize("choice", ["yes", "1", "2", "yes, and"])
def test_of_what_was_not_read_whole_nothing_is_approved(choice: str) -> None:
    partly = asking(state=State(Kind.WAITING, "screen", 0, question=PARTLY))
    machine = Answer(order(choice))
    machine.begin()
    receipt = end(machine.handle(d.Looked(0, partly)))
    assert (receipt.outcome, "look at the pane" in receipt.why) == (Outcome.REFUSED, True)


def test_what_was_not_read_whole_may_be_denied() -> None:
    partly = asking(state=State(Kind.WAITING, "screen", 0, question=PARTLY))
    machine = Answer(order("no"))
    machine.begin()
    command = machine.handle(d.Looked(0, partly))
    assert isinstance(command, d.Press)
    assert command.keys == ("Escape",)


def test_a_choice_that_approves_nothing_may_be_made_of_what_was_not_read_whole() -> None:
    names = (Option("Postgres", ("1",), True), Option("SQLite", ("2",)))
    assert all(replace(PARTLY, options=names).may_be(option) for option in names)


def test_an_answer_on_its_way() -> None:
    machine = Answer(order("no"), expected="print-1")
    assert pressed(machine) == ("Escape",)
    assert machine.handle(d.Done(0.1)) == d.Look(0.03)
    assert machine.handle(d.Looked(0.2, asking())) == d.Look(0.1)
    receipt = end(machine.handle(d.Looked(0.3, WORKING)))
    assert receipt.outcome is Outcome.SUBMITTED
    assert (receipt.option, receipt.subject) == (OPTIONS[2].label, "deploy 1")
    assert say_answered(receipt) == "Answered the developer."


def test_the_rows_of_the_question_are_checked_with_the_deed() -> None:
    machine = Answer(order("yes"))
    machine.begin()
    command = machine.handle(d.Looked(0, asking()))
    assert isinstance(command, d.Press)
    assert [row for row, _ in command.still.rows] == [1, 2, 3, 4, 5]
    assert command.still.command == "node"


def test_a_question_that_changed_since_it_was_read_gets_no_answer() -> None:
    machine = Answer(order("yes"), expected="print-2")
    machine.begin()
    assert "changed" in end(machine.handle(d.Looked(0, asking()))).why


@pytest.mark.parametrize("view", [asking(2), WORKING])
def test_a_question_that_changes_before_the_key_gets_no_answer(view: View) -> None:
    machine = Answer(order("yes"))
    pressed(machine)
    assert machine.handle(d.Denied(0.1)) == d.Look(0.03)
    receipt = end(machine.handle(d.Looked(0.1, view)))
    assert (receipt.outcome, "changed" in receipt.why) == (Outcome.REFUSED, True)


def test_an_agent_that_heeds_no_key_at_first_is_given_time() -> None:
    settled = msgspec.structs.replace(CODEX.question, settle_s=0.6)
    slow = msgspec.structs.replace(CODEX, question=settled)
    machine = Answer(order("yes"))
    machine.begin()
    assert machine.handle(d.Looked(5.0, asking(profile=slow))) == d.Look(0.1)
    assert isinstance(machine.handle(d.Looked(5.7, asking(profile=slow))), d.Press)


def test_a_key_is_pressed_once_and_a_question_that_stays_is_a_doubt() -> None:
    machine = Answer(order("yes"))
    pressed(machine)
    machine.handle(d.Done(0))
    assert isinstance(machine.handle(d.Looked(5, asking())), d.Look)
    assert end(machine.handle(d.Looked(7, asking()))).outcome is Outcome.UNCONFIRMED


def test_a_question_that_went_while_a_person_pressed_keys_is_a_doubt() -> None:
    watched = replace(PANE, touched=100, untouched_s=20)
    machine = Answer(order("yes"))
    machine.begin()
    assert isinstance(machine.handle(d.Looked(0, asking(pane=watched))), d.Press)
    machine.handle(d.Done(0))
    pressed_too = replace(WORKING, pane=replace(watched, touched=120, untouched_s=1))
    receipt = end(machine.handle(d.Looked(0.2, pressed_too)))
    assert (receipt.outcome, "somebody" in receipt.why) == (Outcome.UNCONFIRMED, True)


def test_a_person_who_only_looks_on_makes_no_doubt() -> None:
    watched = replace(PANE, touched=100, untouched_s=20)
    machine = Answer(order("yes"))
    machine.begin()
    machine.handle(d.Looked(0, asking(pane=watched)))
    machine.handle(d.Done(0))
    receipt = end(machine.handle(d.Looked(0.2, replace(WORKING, pane=watched))))
    assert receipt.outcome is Outcome.SUBMITTED


def test_another_question_in_its_place_is_a_doubt() -> None:
    machine = Answer(order("yes"))
    pressed(machine)
    machine.handle(d.Done(0))
    receipt = end(machine.handle(d.Looked(0.2, asking(2))))
    assert (receipt.outcome, "another question" in receipt.why) == (Outcome.UNCONFIRMED, True)


@pytest.mark.parametrize("told_before", [True, False])
def test_what_an_agents_file_tells_of_it_makes_no_other_question(told_before: bool) -> None:
    cut = replace(question(), subject="deploy…")
    whole = cut.with_whole("deploy everything")
    before, after = (whole, cut) if told_before else (cut, whole)
    machine = Answer(order("yes"))
    machine.begin()
    machine.handle(d.Looked(0, asking(state=State(Kind.WAITING, "screen", 0, question=before))))
    machine.handle(d.Done(0))
    still = asking(state=State(Kind.WAITING, "screen", 0, question=after))
    assert isinstance(machine.handle(d.Looked(0.2, still)), d.Look)
    assert end(machine.handle(d.Looked(0.4, WORKING))).outcome is Outcome.SUBMITTED


def test_another_question_whose_rest_is_out_of_sight_is_a_doubt() -> None:
    cut = replace(question(), subject="deploy…")
    machine = Answer(order("yes"))
    for at, rest in enumerate(("everything", "nothing")):
        shown = State(Kind.WAITING, "screen", 0, question=cut.with_whole(f"deploy {rest}"))
        command = machine.handle(d.Looked(at, asking(state=shown)))
        if isinstance(command, d.Press):
            machine.handle(d.Done(at))
    assert "another question" in end(command).why


def test_an_agent_that_was_started_anew_has_answered_nothing() -> None:
    machine = Answer(order("yes"))
    pressed(machine)
    machine.handle(d.Done(0))
    receipt = end(machine.handle(d.Looked(0.2, replace(WORKING, process="another"))))
    assert (receipt.outcome, "anew" in receipt.why) == (Outcome.UNCONFIRMED, True)


SCROLLED = d.Scrolled("copy-mode", 7, 100)


def in_copy_mode(view: View) -> View:
    return replace(view, pane=replace(PANE, in_mode=True))


@pytest.mark.parametrize(
    ("view", "choice"),
    [(asking(2), "yes"), (WORKING, "yes"), (asking(), "maybe"), (asking(), "99")],
)
def test_a_refusal_leaves_no_copy_mode(view: View, choice: str) -> None:
    machine = Answer(order(choice), expected="print-1")
    machine.begin()
    assert end(machine.handle(d.Looked(0, in_copy_mode(view)))).outcome is Outcome.REFUSED


def leaving() -> Answer:
    machine = Answer(order("yes"))
    machine.begin()
    assert machine.handle(d.Looked(0, in_copy_mode(asking()))) == d.LeaveMode()
    assert machine.handle(d.Left(0, SCROLLED)) == d.Look()
    return machine


def test_copy_mode_is_left_for_an_answer_and_restored() -> None:
    machine = leaving()
    assert isinstance(machine.handle(d.Looked(0, asking())), d.Press)
    machine.handle(d.Done(0.1))
    assert machine.handle(d.Looked(0.2, WORKING)) == d.RestoreView(SCROLLED)
    receipt = end(machine.handle(d.Done(0.3)))
    assert receipt.outcome is Outcome.SUBMITTED
    assert (receipt.option, receipt.subject) == (OPTIONS[0].label, "deploy 1")
    assert receipt.evidence.endswith("copy mode was left, and its view restored")


def test_a_question_that_changes_as_copy_mode_is_left_restores_the_view() -> None:
    machine = leaving()
    assert machine.handle(d.Looked(0.1, asking(2))) == d.RestoreView(SCROLLED)
    receipt = end(machine.handle(d.Done(0.1)))
    assert (receipt.outcome, "changed" in receipt.why) == (Outcome.REFUSED, True)


def test_who_types_in_the_pane_may_be_answering_just_now() -> None:
    machine = Answer(order("yes"))
    machine.begin()
    touched = replace(asking(), pane=replace(PANE, touched=7, untouched_s=0))
    assert machine.handle(d.Looked(0, touched)) == d.Look(0.1)
    still = replace(asking(), pane=replace(PANE, touched=7, untouched_s=3))
    command = machine.handle(d.Looked(3, still))
    assert isinstance(command, d.Press)
    assert command.still.touched == 7


def test_nothing_asked_nothing_pressed() -> None:
    machine = Answer(order("yes"))
    machine.begin()
    assert end(machine.handle(d.Looked(0, WORKING))).why == "it asks nothing"


@dataclass
class Asker:
    """An agent that asks, as a whole model; what it does between two commands varies."""

    number: int | None = 1
    swallows: int = 0
    shell: bool = False
    shown: int | None = 1
    chose: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)
    keys: int = 0
    told: int = 0

    def suffer(self, what: str) -> None:
        match what:
            case "change" if self.number:
                self.number += 1
            case "vanish":
                self.number = None
            case "swallow":
                self.swallows += 1
            case "shell":
                self.shell = True

    def view(self) -> View:
        if self.shell:
            return replace(WORKING, state=State(Kind.SHELL, "process", 0))
        self.shown = self.number
        return asking(self.number) if self.number else WORKING

    def press(self, keys: tuple[str, ...], still: d.Still) -> bool:
        """As tmux does it: only while the rows that were seen still stand there."""
        rows = asking(self.number).lines if self.number else ()
        holds = all(d._first(pattern, rows) == number for number, pattern in still.rows)
        if self.shell or not still.rows or not holds:
            return False
        self.keys += 1
        if self.swallows:
            self.swallows -= 1
        elif self.number:
            self.chose.append((self.number, keys))
            self.number = None
        return True


FATES = st.sampled_from(["", "", "change", "vanish", "swallow", "shell"])


@settings(max_examples=300)
@given(st.lists(FATES, max_size=8), st.sampled_from(["yes", "no", "2", "maybe"]))
def test_no_answer_goes_to_another_question(fates: list[str], choice: str) -> None:
    agent, machine, at = Asker(), Answer(order(choice)), 0.0
    course = iter(fates)
    command = machine.begin()
    while not isinstance(command, d.Finish):
        agent.suffer(next(course, ""))
        at += 0.05
        match command:
            case d.Look(after=after):
                at += after
                answer: d.Event = d.Looked(at, agent.view())
            case d.Press(keys=keys, still=still):
                answer = d.Done(at) if agent.press(keys, still) else d.Denied(at)
            case _:
                answer = d.Done(at)
        command = machine.handle(answer)
        assert at < 30
    receipt = command.receipt
    event(receipt.outcome)
    wanted = choose(question(), choice)
    assert agent.keys <= 1
    for number, keys in agent.chose:
        assert wanted
        assert keys == wanted.keys
        assert receipt.subject == f"deploy {number}"
    if receipt.outcome is Outcome.REFUSED:
        assert agent.keys == 0
    if receipt.outcome is Outcome.SUBMITTED and not {"swallow", "vanish"} <= set(fates):
        assert len(agent.chose) == 1
