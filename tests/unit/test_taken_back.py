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
    assert kinds(cancelled) == [do.CancelResponse, do.AddNote]
    assert "leave it" in str(cancelled[1])  # the session has the words
    ended = talk.end("r1", CALL)
    assert ended[0] == do.AddToolOutput(
        "call_1", "not run: nobody asked for it, or it was cancelled"
    )


def test_what_was_cancelled_is_not_done_for_the_words_that_follow(talk: Talk) -> None:
    talk.say()
    talk.tell(ev.CancelAsked(at=talk.at()))
    talk.tell(ev.HoldBegan(at=talk.at()))
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    assert kinds(talk.end("r1", CALL)) == [do.AddToolOutput]


LOOK = ev.ToolCall("call_2", "read_member", '{"member": "developer"}')


def cut(talk: Talk, *calls: ev.ToolCall) -> list[do.Command]:
    """The key goes down before a response has ended, which was complete all the same."""
    talk.say()
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    talk.tell(ev.HoldBegan(at=talk.at()))
    return talk.end("r1", *calls)


def test_a_write_that_was_not_begun_when_the_key_went_down_is_not_done(talk: Talk) -> None:
    ended = cut(talk, CALL, LOOK)
    assert kinds(ended) == [do.AddToolOutput, do.Tell, do.RunTool]
    assert "only if they still want it" in str(ended[0])
    assert "not done, since you interrupted" in str(ended[1])
    assert ended[2] == do.RunTool(LOOK.call_id, LOOK.name, LOOK.arguments), "to look does no harm"


def test_what_follows_decides_about_a_write_that_was_cut(talk: Talk) -> None:
    cut(talk, CALL)
    talk.blocks(20)
    talk.tell(ev.HoldEnded(at=talk.at()))
    assert do.CreateResponse() in talk.tell(ev.CaptureEnded(at=talk.at()))
    talk.answer("r2", "a2")
    talk.end("r2")
    talk.tell(ev.SoundEnded(at=talk.at()))
    [turn] = talk.turns
    assert turn.outcome == "answered"
    assert turn.calls[0].output.startswith("Not done: the person interrupted")


def test_a_tap_has_the_words_of_a_write_that_was_cut_answered_again(talk: Talk) -> None:
    cut(talk, CALL)
    talk.tell(ev.Tapped(at=talk.at()))
    assert do.CreateResponse() in talk.tell(ev.CaptureEnded(at=talk.at()))
    ended = talk.end("r1", CALL)
    assert ended == [], "an end that is told twice"
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r2"))
    again = ev.ToolCall("call_3", CALL.name, CALL.arguments)
    assert kinds(talk.end("r2", again)) == [do.RunTool]


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
