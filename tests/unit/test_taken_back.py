"""What the person takes back before it is done, read as a conversation."""

from __future__ import annotations

import pytest

from teamvoice.conversation import commands as do
from teamvoice.conversation import events as ev
from tests.support.conversing import Talk, kinds

CALL = ev.ToolCall("call_1", "send_message", '{"member": "developer", "text": "hello"}')


@pytest.fixture
def talk() -> Talk:
    return Talk()


def test_calls_that_were_complete_at_a_cancel_are_answered_and_not_run(talk: Talk) -> None:
    talk.say()
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    cancelled = talk.tell(ev.CancelAsked(at=talk.at()))
    assert kinds(cancelled) == [do.CancelResponse, do.AddNote, do.Tell]
    assert "leave it" in str(cancelled[1])  # the session has the words
    ended = talk.end("r1", CALL)
    assert ended[0] == do.AddToolOutput(
        "call_1", "not run: nobody asked for it, or it was cancelled"
    )


@pytest.mark.parametrize("so_far", ["speaks", "has just let go", "has said it"])
def test_what_was_said_and_is_cancelled_is_told_to_be(talk: Talk, so_far: str) -> None:
    talk.tell(ev.HoldBegan(at=talk.at()))
    talk.blocks(20)
    if so_far != "speaks":
        talk.tell(ev.HoldEnded(at=talk.at()))
    if so_far == "has said it":
        talk.tell(ev.CaptureEnded(at=talk.at()))
    cancelled = talk.tell(ev.CancelAsked(at=talk.at()))
    assert do.Tell("notice", "what you said is cancelled") in cancelled
    assert do.Tell not in kinds(talk.tell(ev.CancelAsked(at=talk.at())))


def test_the_words_of_what_was_cancelled_are_waited_for(talk: Talk) -> None:
    talk.say()
    talk.tell(ev.CancelAsked(at=talk.at()))
    assert talk.turns == []
    talk.tell(ev.SpeechCommitted(at=talk.at(), item_id="u1"))
    talk.tell(ev.SpeechTranscribed(at=talk.at(), item_id="u1", text="tell the developer hello"))
    (turn,) = talk.turns
    assert (turn.outcome, turn.heard) == ("cancelled", "tell the developer hello")


def test_an_answer_that_is_cancelled_while_it_sounds_is_all_that_is(talk: Talk) -> None:
    talk.say()
    talk.answer()
    assert do.Tell not in kinds(talk.tell(ev.CancelAsked(at=talk.at())))


def test_what_was_cancelled_is_not_done_for_the_words_that_follow(talk: Talk) -> None:
    talk.say()
    talk.tell(ev.CancelAsked(at=talk.at()))
    talk.tell(ev.HoldBegan(at=talk.at()))
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    assert kinds(talk.end("r1", CALL)) == [do.AddToolOutput]


def test_a_call_that_has_begun_goes_on_when_the_key_goes_down(talk: Talk) -> None:
    talk.say()
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    assert kinds(talk.end("r1", CALL)) == [do.RunTool]
    talk.tell(ev.HoldBegan(at=talk.at()))
    done = talk.tell(ev.ToolEnded(at=talk.at(), call_id=CALL.call_id, output="Submitted."))
    assert done[0] == do.AddToolOutput(CALL.call_id, "Submitted.")


@pytest.mark.parametrize(("spoken", "note"), [(True, "heard it up to there"), (False, "dropped")])
def test_a_session_is_told_what_became_of_an_answer_that_failed(
    talk: Talk, spoken: bool, note: str
) -> None:
    talk.say()
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    if spoken:
        half = ev.AnswerText(at=talk.at(), response_id="r1", item_id="a1", text="Half of")
        talk.tell(half)
    ended = talk.tell(
        ev.ResponseEnded(at=talk.at(), response_id="r1", status="incomplete", reason="too long")
    )
    assert note in str(ended[0])
