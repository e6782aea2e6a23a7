"""A person at the same prompt: their keys are waited for, and never merged with a message."""

from __future__ import annotations

from dataclasses import replace

from teamvoice.team import writing as d
from teamvoice.team.delivery import Delivery
from teamvoice.team.receipts import Outcome
from teamvoice.team.sight import View
from tests.support.deliveries import IDLE, ORDER, PANE, end, pasted, seen


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
