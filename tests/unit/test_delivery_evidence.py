"""What counts as taken: nothing but what shows that this message was."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from teamvoice.team import writing as d
from teamvoice.team.delivery import Delivery
from teamvoice.team.native import Heard, text_mark
from teamvoice.team.receipts import Outcome
from teamvoice.team.sight import Kind, State, View
from tests.support.deliveries import IDLE, ORDER, RULE, SAID, end, pasted, pressed, seen


def test_a_question_right_after_enter_counts_only_if_the_message_was_taken() -> None:
    asked = seen(Kind.WAITING, draft=None)
    assert isinstance(pressed().handle(d.Looked(0.1, asked)), d.Look)
    taken = replace(asked, lines=(f"> {ORDER.text}", "", RULE, "Do you want to proceed?"))
    assert end(pressed().handle(d.Looked(0.1, taken))).outcome is Outcome.SUBMITTED


@pytest.mark.parametrize(
    "lines",
    [
        (RULE, SAID, "Do you want to proceed?"),  # the question says it, whoever it quotes
        (SAID, "Do you want to proceed?"),  # where the question begins cannot be told
        (RULE, SAID, RULE, "Do you want to proceed?"),
        (ORDER.text, RULE, "Do you want to proceed?"),  # nobody says who said it
        (SAID, "> something else", RULE, "Do you want to proceed?"),
        (f"> {ORDER.text[:20]}", RULE, "Do you want to proceed?"),
        (f"{SAID} and more", RULE, "Do you want to proceed?"),
    ],
)
def test_a_question_that_repeats_the_words_does_not_count(lines: tuple[str, ...]) -> None:
    asked = seen(Kind.WAITING, draft=None, lines=lines)
    machine = pressed()
    assert isinstance(machine.handle(d.Looked(0.1, asked)), d.Look)
    assert end(machine.handle(d.Looked(9, asked))).outcome is Outcome.UNCONFIRMED


def test_a_message_of_several_rows_is_read_to_its_end() -> None:
    first, rest = ORDER.text[:12], ORDER.text[12:]
    asked = seen(Kind.WAITING, draft=None, lines=(f"> {first}", f"  {rest}", "", "● Ok", RULE))
    assert end(pressed().handle(d.Looked(0.1, asked))).outcome is Outcome.SUBMITTED


def test_the_same_words_of_before_do_not_count() -> None:
    machine = Delivery(ORDER)
    machine.begin()
    machine.handle(d.Looked(0, replace(IDLE, body=(SAID,))))
    machine.handle(d.Done(0))
    machine.handle(d.Looked(0, seen(draft=ORDER.text)))
    machine.handle(d.Done(0))
    asked = seen(Kind.WAITING, draft=None, lines=(SAID, RULE, "Do you want to proceed?"))
    assert end(machine.handle(d.Looked(9, asked))).outcome is Outcome.UNCONFIRMED


def test_a_long_paste_that_the_conversation_shows_as_a_stub_counts() -> None:
    stub, machine = "[Pasted text #1 +9 lines]", pasted("\n".join("abcdefghij"))
    machine.handle(d.Looked(0.1, seen(draft=stub)))
    machine.handle(d.Done(0.1))
    asked = seen(Kind.WAITING, draft=None, lines=(f"> {stub}", RULE, "Do you want to proceed?"))
    assert end(machine.handle(d.Looked(0.2, asked))).outcome is Outcome.SUBMITTED


@pytest.mark.parametrize("kind", [Kind.IDLE, Kind.WORKING, Kind.WAITING])
def test_an_agent_that_was_started_anew_has_taken_nothing(kind: Kind) -> None:
    lines = (SAID, RULE, "Do you want to proceed?")
    anew = seen(kind, process="11 2", lines=lines, draft=None if kind is Kind.WAITING else "")
    receipt = end(pressed().handle(d.Looked(0.1, anew)))
    assert (receipt.outcome, "anew" in receipt.why) == (Outcome.UNCONFIRMED, True)
    receipt = end(pasted().handle(d.Looked(0.1, anew)))
    assert (receipt.outcome, "Enter was not" in receipt.why) == (Outcome.UNCONFIRMED, True)


# What the agent's own record says -----------------------------------------------------------------

OLD = Heard("2026-01-01T00:00:01Z", text_mark(ORDER.text))
NEW = Heard("2026-01-01T00:00:02Z", text_mark(ORDER.text))
OTHER = Heard("2026-01-01T00:00:02Z", text_mark("what somebody typed"))
HELD = replace(NEW, held=True)


def recorded(before: View, after: View, at: float = 0.1) -> d.Command:
    machine = Delivery(ORDER)
    machine.begin()
    machine.handle(d.Looked(0, before))
    machine.handle(d.Done(0))
    machine.handle(d.Looked(0, replace(before, draft=ORDER.text)))
    machine.handle(d.Done(0))
    return machine.handle(d.Looked(at, after))


@pytest.mark.parametrize(
    "after",
    [
        seen(Kind.WAITING, draft=None),
        seen(Kind.UNKNOWN, draft=None),
        seen(Kind.IDLE, draft=""),
        seen(Kind.IDLE, draft=ORDER.text),
    ],
)
def test_what_its_own_record_has_is_submitted_whatever_the_screen_shows(after: View) -> None:
    before = replace(IDLE, heard=(OLD,))
    receipt = end(recorded(before, replace(after, heard=(OLD, NEW))))
    assert receipt.outcome is Outcome.SUBMITTED
    assert receipt.evidence == "the agent's own record has the message"


@pytest.mark.parametrize("heard", [(), (OLD,), (OLD, OTHER), None])
def test_only_a_new_record_of_these_words_counts_at_a_question(
    heard: tuple[Heard, ...] | None,
) -> None:
    asked = seen(Kind.WAITING, draft=None, heard=heard)
    assert isinstance(recorded(replace(IDLE, heard=(OLD,)), asked), d.Look)
    # Nor one that was there when its file could not be read before.
    assert isinstance(recorded(IDLE, replace(asked, heard=(NEW,))), d.Look)


def test_a_message_that_was_held_before_is_not_taken_for_this_one() -> None:
    for before in (seen(Kind.WORKING, heard=()), replace(IDLE, heard=(), queued=True)):
        asked = seen(Kind.WAITING, draft=None, heard=(NEW,))
        assert isinstance(recorded(before, asked), d.Look)
        assert end(recorded(before, replace(asked, heard=(HELD,)))).outcome is Outcome.SUBMITTED


def test_what_its_own_record_holds_is_queued() -> None:
    works = seen(Kind.WORKING, heard=())
    assert end(recorded(works, replace(works, heard=(HELD,)))).outcome is Outcome.QUEUED


def test_an_empty_prompt_alone_is_not_believed_where_a_record_should_tell() -> None:
    before = replace(IDLE, heard=(OLD,))
    assert isinstance(recorded(before, before), d.Look)
    receipt = end(recorded(before, before, at=9))
    assert (receipt.outcome, "nothing shows" in receipt.why) == (Outcome.UNCONFIRMED, True)
    for shows in (
        replace(before, state=State(Kind.WORKING, "screen", 0)),
        replace(before, body=(SAID,)),
    ):
        assert isinstance(recorded(before, shows), d.Look)  # it may yet write it down
        assert end(recorded(before, shows, at=2)).outcome is Outcome.SUBMITTED


@pytest.mark.parametrize("kind", [Kind.IDLE, Kind.WORKING])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (replace(IDLE, heard=(OLD,)), {"heard": (OLD, OTHER)}),
        (replace(IDLE, heard=()), {"heard": (OTHER,), "body": (f"{SAID}wait",)}),
        (IDLE, {"body": (f"{SAID}wait",)}),
        (replace(IDLE, body=(SAID,)), {"body": (SAID, "● Ok", f"> wait{ORDER.text}")}),
    ],
)
def test_words_that_went_with_others_do_not_count(
    kind: Kind, before: View, after: dict[str, Any]
) -> None:
    merged = seen(kind, draft="", **after)
    assert isinstance(recorded(before, merged, at=2), d.Look)
    receipt = end(recorded(before, merged, at=9))
    assert (receipt.outcome, "other words" in receipt.why) == (Outcome.UNCONFIRMED, True)


def test_what_was_held_till_now_is_not_taken_for_other_words() -> None:
    works = seen(Kind.WORKING, heard=())
    taken = replace(works, heard=(OTHER,), body=("> what somebody typed",))
    assert end(recorded(works, taken, at=1)).outcome is Outcome.SUBMITTED
    assert isinstance(recorded(works, replace(works, heard=(replace(OTHER, held=True),))), d.Look)
