"""What ``teamvoice chat`` prints of the voice, as it comes."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from teamvoice.cli.chat import Transcript

SAID = "The developer is idle, and said last: all of the tests in the suite pass."


@pytest.mark.parametrize("size", [1, 7, 100])
def test_the_voice_is_wrapped_at_words_however_its_words_come(size: int) -> None:
    screen = io.StringIO()
    transcript = Transcript(Console(file=screen, width=30, highlight=False))
    words = [f"{word} " for word in SAID.split()]
    for at in range(0, len(words), size):
        transcript({"event": "saying", "text": "".join(words[at : at + size])})
    transcript({"event": "said"})
    lines = screen.getvalue().splitlines()
    assert len(lines) > 1
    assert all(len(line.rstrip()) <= 30 for line in lines)
    assert " ".join(line[8:].strip() for line in lines) == SAID
    assert [line[:8].strip() for line in lines] == ["voice"] + [""] * (len(lines) - 1)


def test_a_word_that_comes_in_pieces_stays_one() -> None:
    screen = io.StringIO()
    transcript = Transcript(Console(file=screen, width=30, highlight=False))
    for piece in ("A remark", "able\n", "an", "swer ", "that", " goes on"):
        transcript({"event": "saying", "text": piece})
    transcript({"event": "said"})
    lines = [line.rstrip() for line in screen.getvalue().splitlines()]
    assert lines == ["voice   A remarkable answer", "        that goes on"]


def test_what_has_no_room_in_a_line_goes_on_under_its_words() -> None:
    screen = io.StringIO()
    transcript = Transcript(Console(file=screen, width=30, highlight=False))
    transcript({"event": "called", "result": "Submitted to the developer: run all of the tests."})
    lines = screen.getvalue().splitlines()
    assert lines == [
        "        -> Submitted to the",
        "        developer: run all of",
        "        the tests.",
    ]


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        ("interrupted", ["(interrupted before its end was heard)"]),
        ("cancelled", ["(cancelled before its end was heard)"]),
        ("answered", []),
    ],
)
def test_an_answer_that_was_stopped_is_marked(outcome: str, told: list[str]) -> None:
    screen = io.StringIO()
    transcript = Transcript(Console(file=screen, width=80, highlight=False))
    transcript({"event": "saying", "text": "The developer is"})
    transcript({"event": "turn", "turn": {"outcome": outcome}})
    transcript.end()
    lines = [line.strip() for line in screen.getvalue().splitlines()]
    assert lines == ["voice   The developer is", *told]


def test_a_turn_that_was_stopped_before_its_answer_is_marked_as_that() -> None:
    screen = io.StringIO()
    transcript = Transcript(Console(file=screen, width=80, highlight=False))
    transcript({"event": "saying", "text": "Done."})
    transcript({"event": "turn", "turn": {"outcome": "answered"}})
    transcript({"event": "turn", "turn": {"outcome": "cancelled"}})
    assert screen.getvalue().splitlines()[-1].strip() == "(cancelled)"


def test_why_the_link_is_down_is_told_once() -> None:
    screen = io.StringIO()
    transcript = Transcript(Console(file=screen, width=80, highlight=False))
    why = "the provider  cannot be reached"
    for _ in range(2):
        transcript({"event": "link", "state": "down", "reason": why, "fatal": False})
        transcript({"event": "trouble", "text": why})
        transcript({"event": "link", "state": "up"})
    transcript({"event": "trouble", "text": why})
    told = [line[:7].strip() for line in screen.getvalue().splitlines()]
    assert told == ["trouble", "ready", "trouble", "ready", "trouble"]
