"""Keys on their way to a pane: what they may be pressed at, and that it still stands there."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from teamvoice.team import writing as d
from teamvoice.team.keypress import KeyPress
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
    prompt = ("─" * 20, f"❯ {draft or ''}", "─" * 20)
    command = seen(replace(view(Kind.IDLE, draft), lines=prompt), key)
    assert isinstance(command, d.Press)
    assert command.keys == (key,)
    # A menu that opens in place of the prompt gets no key.
    assert [number for number, _ in command.still.rows] == [2]


@pytest.mark.parametrize("key", ["Escape", "Up", "Down", "Tab", "BTab"])
def test_a_key_beside_a_draft_may_lose_it(key: str) -> None:
    assert "half-typed draft" in refusal(seen(view(Kind.IDLE, "rm"), key)).why


def test_keys_at_a_menu_are_bound_to_its_rows() -> None:
    command = seen(view(Kind.WAITING), "1", "Enter")
    assert isinstance(command, d.Press)
    assert command.keys == ("1", "Enter")
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
