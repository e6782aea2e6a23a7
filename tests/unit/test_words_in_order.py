"""Words that come late, or slowly: in what order they stand, and how long they are waited for."""

from __future__ import annotations

import pytest

from teamvoice.conversation import commands as do
from teamvoice.conversation import events as ev
from tests.support.conversing import Talk


@pytest.mark.parametrize("text", ["who is idle?", ""])
def test_what_was_said_stands_before_what_was_typed_after_it(text: str) -> None:
    talk = Talk()
    talk.say()
    talk.tell(ev.SpeechCommitted(at=talk.at(), item_id="u1"))
    talk.tell(ev.TextAsked(at=talk.at(), text="and the PM?"))
    talk.tell(ev.SpeechTranscribed(at=talk.at(), item_id="u1", text=text))
    assert talk.noted[-1].heard == f"{text} and the PM?".strip()
    ended = [c.turn for c in talk.machine.part(talk.at()) if isinstance(c, do.EndTurn)]
    assert [turn.heard for turn in ended] == [f"{text} and the PM?".strip()]


def test_an_answer_in_words_alone_that_goes_on_is_waited_for() -> None:
    talk = Talk()
    talk.say()
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    words = ev.AnswerText(at=talk.at(), response_id="r1", item_id="a1", text="Once upon")
    assert do.SetTimer("answer", 30.0) in talk.machine.handle(words)
