"""Keys on their way to a pane: what they may be pressed at, and that it still stands there."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from teamvoice.team import writing as d
from teamvoice.team.keypress import KeyPress, stands
from teamvoice.team.newsdesk import mark
from teamvoice.team.panes import Pane
from teamvoice.team.profiles import load_profiles
from teamvoice.team.receipts import Outcome, Receipt
from teamvoice.team.sight import Kind, State, View

PANE = Pane(
    id="%1", pid=10, dead=False, in_mode=False, input_off=False, synchronized=False,
    session="work", window="2", index="1", command="node", window_name="zsh", title="host",
)  # fmt: skip
CLAUDE = load_profiles()["claude"]
MENU = ("Which of them?", "", "❯ 1. This", "  2. That")


def view(kind: Kind, draft: str | None = None) -> View:
    return View(PANE, State(kind, "screen", 0), CLAUDE, draft=draft, lines=MENU)


def seen(at: View, *keys: str, expected: str | None = None) -> d.Command:
    machine = KeyPress(d.Order("developer", "%1", 10), keys=keys, expected=expected)
    assert machine.begin() == d.Look()
    return machine.handle(d.Looked(0, at))


def refusal(command: d.Command) -> Receipt:
    assert isinstance(command, d.Finish), command
    assert command.receipt.outcome is Outcome.REFUSED
    return command.receipt


@pytest.mark.parametrize("keys", [("1", "Enter"), ("Enter",), ("y",), ("n",), ("Down", "Enter")])
@pytest.mark.parametrize("kind", [Kind.IDLE, Kind.WORKING])
def test_nothing_is_typed_or_submitted_where_nothing_is_asked(
    kind: Kind, keys: tuple[str, ...]
) -> None:
    assert "nothing is asked" in refusal(seen(view(kind, ""), *keys)).why
    assert "nothing is asked" in refusal(seen(view(kind, None), *keys)).why
    assert "half-typed draft" in refusal(seen(view(kind, "rm"), *keys)).why


@pytest.mark.parametrize("key", ["Escape", "Up", "Down", "Tab", "BTab"])
@pytest.mark.parametrize("draft", ["", None])
def test_keys_that_move_about_may_go(draft: str | None, key: str) -> None:
    prompt = ("─" * 20, f"❯ {draft or ''}", "─" * 20, "  ? for shortcuts")
    command = seen(replace(view(Kind.IDLE, draft), lines=prompt), key)
    assert isinstance(command, d.Press)
    assert command.keys == (key,)
    # A menu that opens in place of the prompt gets no key.
    assert [number for number, _ in command.still.rows] == [2]


@pytest.mark.parametrize("key", ["Escape", "Up", "Down", "Tab", "BTab"])
def test_a_key_beside_a_draft_may_lose_it(key: str) -> None:
    assert "half-typed draft" in refusal(seen(view(Kind.IDLE, "rm"), key)).why


def test_keys_at_a_menu_are_bound_to_its_rows() -> None:
    command = seen(view(Kind.WAITING), "Down", "Enter")
    assert isinstance(command, d.Press)
    assert command.keys == ("Down", "Enter")
    assert command.still.command == "node"
    assert [number for number, _ in command.still.rows] == [1, 3, 4]
    changed = ("Which of those?", *MENU[1:])
    assert all(re.search(pattern, MENU[n - 1]) for n, pattern in command.still.rows)
    assert not all(re.search(pattern, changed[n - 1]) for n, pattern in command.still.rows)


def test_what_changed_meanwhile_gets_no_key() -> None:
    machine = KeyPress(d.Order("developer", "%1", 10), keys=("1",))
    machine.begin()
    machine.handle(d.Looked(0, view(Kind.WAITING)))
    assert machine.handle(d.Denied(1)) == d.Look(0.03)
    other = replace(view(Kind.WAITING), state=State(Kind.WAITING, "screen", 0, "another"))
    assert "has changed" in refusal(machine.handle(d.Looked(1, other))).why


def on(*keys: str, at: View) -> KeyPress:
    machine = KeyPress(d.Order("developer", "%1", 10), keys=keys)
    machine.begin()
    assert isinstance(machine.handle(d.Looked(0, at)), d.Press)
    assert machine.handle(d.Done(0)) == d.Look(0.1)
    return machine


def test_keys_after_one_that_may_choose_are_for_the_same_menu_alone() -> None:
    asked = view(Kind.WAITING)
    other = replace(asked, state=State(Kind.WAITING, "screen", 0, "another"))
    for now in (other, view(Kind.IDLE, ""), view(Kind.WORKING)):
        command = on("1", "Enter", at=asked).handle(d.Looked(0.1, now))
        assert isinstance(command, d.Finish)
        receipt = command.receipt
        assert receipt.outcome is Outcome.UNCONFIRMED
        assert receipt.why == "what stood there is gone after 1, so Enter was not pressed"
    machine = on("1", "Enter", at=asked)
    assert machine.handle(d.Looked(1.4, asked)) == d.Look(0.1)  # it may be late to draw
    command = machine.handle(d.Looked(1.6, asked))
    assert isinstance(command, d.Press)
    assert (command.keys, bool(command.still.rows)) == (("Enter",), True)
    command = machine.handle(d.Done(1.6))
    assert isinstance(command, d.Finish)
    assert command.receipt.outcome is Outcome.SUBMITTED


def test_a_menu_that_changes_with_the_second_key_gets_none() -> None:
    machine = on("1", "Enter", at=view(Kind.WAITING))
    machine.handle(d.Looked(1.6, view(Kind.WAITING)))
    assert machine.handle(d.Denied(1.6)) == d.Look(0.03)
    command = machine.handle(d.Looked(1.7, view(Kind.IDLE, "")))
    assert isinstance(command, d.Finish)
    assert command.receipt.outcome is Outcome.UNCONFIRMED


def test_a_screen_that_is_not_understood_is_bound_too() -> None:
    odd = State(Kind.UNKNOWN, "screen", 0, looks="one")
    at = replace(view(Kind.UNKNOWN), state=odd)
    command = seen(at, "Down", "Enter", expected=stands(odd))
    assert isinstance(command, d.Press)
    assert [number for number, _ in command.still.rows] == [1, 3, 4]
    other = replace(at, state=replace(odd, looks="two"))
    assert "has changed" in refusal(seen(other, "Enter", expected=stands(odd))).why


def test_who_types_in_the_pane_may_be_choosing_just_now() -> None:
    touched = replace(view(Kind.WAITING), pane=replace(PANE, touched=7, untouched_s=0))
    assert seen(touched, "1") == d.Look(0.1)


def test_a_screen_that_never_holds_still_gets_no_key() -> None:
    machine = KeyPress(d.Order("developer", "%1", 10), keys=("1",))
    command = machine.begin()
    while isinstance(command, d.Look):
        machine.handle(d.Looked(0, view(Kind.WAITING)))
        command = machine.handle(d.Denied(0))
    assert "keeps changing" in refusal(command).why


@pytest.mark.parametrize("kind", [Kind.IDLE, Kind.WORKING, Kind.UNKNOWN])
def test_a_question_that_appeared_since_the_keys_were_asked_for_gets_none(kind: Kind) -> None:
    asked = State(Kind.WAITING, "screen", 0, "which of them")
    told, nothing = mark(asked), mark(State(kind, "screen", 0))
    at = replace(view(Kind.WAITING), state=asked)
    assert "has changed" in refusal(seen(at, "Escape", expected=nothing)).why
    assert isinstance(seen(at, "Escape", expected=told), d.Press)
    assert "has changed" in refusal(seen(view(kind, ""), "Escape", expected=told)).why
    assert isinstance(seen(view(kind, ""), "Escape", expected=nothing), d.Press)


def test_a_pane_in_copy_mode_gets_no_key() -> None:
    scrolled = replace(view(Kind.WAITING), pane=replace(PANE, in_mode=True))
    assert "copy mode" in refusal(seen(scrolled, "1")).why


def test_a_key_that_is_none_is_not_pressed() -> None:
    machine = KeyPress(d.Order("developer", "%1", 10), keys=("C-c",))
    assert "no such key" in refusal(machine.begin()).why
    assert "gone" in refusal(seen(replace(view(Kind.IDLE), pane=None), "Escape")).why


def test_what_escape_led_to_gets_no_key_that_was_for_the_menu_before() -> None:
    command = seen(view(Kind.WAITING), "Down", "Escape", "Enter")
    assert isinstance(command, d.Press)
    assert command.keys == ("Down", "Escape")
