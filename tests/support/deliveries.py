"""A delivery on its way, as the tests of the machine begin with it."""

from __future__ import annotations

from dataclasses import replace

from teamvoice.team import writing as d
from teamvoice.team.delivery import Delivery
from teamvoice.team.panes import Pane
from teamvoice.team.profiles import load_profiles
from teamvoice.team.receipts import Receipt
from teamvoice.team.sight import Kind, State, View

PANE = Pane(
    id="%1", pid=10, dead=False, in_mode=False, input_off=False, synchronized=False,
    session="work", window="2", index="1", command="node", window_name="zsh", title="host",
)  # fmt: skip
PROFILES = load_profiles()
CLAUDE = PROFILES["claude"]
RULE = "─" * 20
FOOT = "  ? for shortcuts"
IDLE = View(PANE, State(Kind.IDLE, "screen", 0), CLAUDE, draft="")
ORDER = d.Order("developer", "%1", 10, "start on the login feature")
SAID = f"> {ORDER.text}"
SCROLLED = d.Scrolled("copy-mode", 7, 100)


def seen(kind: Kind = Kind.IDLE, **changes: object) -> View:
    return replace(IDLE, state=State(kind, "screen", 0), **changes)  # type: ignore[arg-type] # a test's brevity


def end(command: d.Command) -> Receipt:
    assert isinstance(command, d.Finish), command
    return command.receipt


def pasted_by(command: d.Command) -> str:
    assert isinstance(command, d.Paste), command
    return command.text


def pressed_by(command: d.Command) -> tuple[str, ...]:
    assert isinstance(command, d.Press), command
    return command.keys


def pasted(text: str = ORDER.text) -> Delivery:
    machine = Delivery(replace(ORDER, text=text))
    assert machine.begin() == d.Look()
    assert pasted_by(machine.handle(d.Looked(0, IDLE))) == text
    assert machine.handle(d.Done(0.01)) == d.Look()
    return machine


def pressed() -> Delivery:
    machine = pasted()
    assert pressed_by(machine.handle(d.Looked(0.02, seen(draft=ORDER.text)))) == ("Enter",)
    assert machine.handle(d.Done(0.03)) == d.Look()
    return machine
