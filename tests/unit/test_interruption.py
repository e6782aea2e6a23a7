"""An interrupt on its way: at what it is pressed, what shows that it works, when it is repeated."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from teamvoice.team import writing as d
from teamvoice.team.interruption import Interruption
from teamvoice.team.receipts import Outcome, say_interrupted
from teamvoice.team.sight import Kind, View
from tests.support.deliveries import (
    FOOT,
    IDLE,
    ORDER,
    PANE,
    PROFILES,
    RULE,
    SCROLLED,
    end,
    pressed_by,
    seen,
)


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
    native = replace(IDLE, state=replace(IDLE.state, source="native"))
    assert end(machine.handle(d.Looked(0.2, native))).outcome is Outcome.SUBMITTED


def test_a_message_that_is_given_back_to_the_prompt_is_told() -> None:
    machine = Interruption(ORDER)
    machine.begin()
    machine.handle(d.Looked(0, seen(Kind.WORKING)))
    machine.handle(d.Done(0))
    receipt = end(machine.handle(d.Looked(0.1, seen(draft="work on", stops=1))))
    assert receipt.outcome is Outcome.SUBMITTED
    assert say_interrupted(receipt) == (
        "Interrupted the developer; "
        "the message that it had not begun on stands in its prompt again."
    )


def test_a_screen_that_looks_idle_for_a_moment_shows_no_end_of_work() -> None:
    machine = Interruption(ORDER)
    machine.begin()
    machine.handle(d.Looked(0, seen(Kind.WORKING)))
    machine.handle(d.Done(0))
    for at, kind in ((0.1, Kind.IDLE), (1.2, Kind.WORKING), (1.3, Kind.IDLE), (2.7, Kind.IDLE)):
        assert machine.handle(d.Looked(at, seen(kind))) == d.Look(0.1)
    assert end(machine.handle(d.Looked(2.9, seen()))).outcome is Outcome.SUBMITTED


def test_work_that_goes_on_after_a_moment_of_rest_is_interrupted_once_more() -> None:
    machine = Interruption(ORDER)
    machine.begin()
    machine.handle(d.Looked(0, seen(Kind.WORKING)))
    machine.handle(d.Done(0))
    assert machine.handle(d.Looked(0.1, seen())) == d.Look(0.1)
    assert pressed_by(machine.handle(d.Looked(1.6, seen(Kind.WORKING)))) == ("Escape",)


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
    assert machine.handle(d.Looked(0.1, seen(stops=1))) == d.RestoreView(SCROLLED)
    assert end(machine.handle(d.Done(0.1))).outcome is Outcome.SUBMITTED
