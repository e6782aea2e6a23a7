"""Every request of ours that a provider may refuse; the conversation read as one."""

from __future__ import annotations

import pytest

from teamvoice.conversation import commands as do
from teamvoice.conversation import events as ev
from teamvoice.conversation.commands import Command
from teamvoice.conversation.states import Response
from tests.support.conversing import Talk, kinds

CALL = ev.ToolCall("call_1", "send_message", '{"member": "developer", "text": "hello"}')
DONE = "Submitted to the developer."
NO = "not like this"
COMMIT = ("input_audio_buffer.commit", "")
WORDS = ("conversation.item.create", "user")
OUTPUT = ("conversation.item.create", "call_1")
NOTE = ("conversation.item.create", "")
BLOCK = ("input_audio_buffer.append", "")
EVERY = [
    *(COMMIT, WORDS, OUTPUT, NOTE, BLOCK, ("response.create", ""), ("response.cancel", "")),
    *(("input_audio_buffer.clear", ""), ("conversation.item.truncate", ""), ("", "")),
    *(("conversation.item.delete", ""), ("something.new", "")),
]
TOLD = {NOTE, ("input_audio_buffer.clear", ""), ("", ""), ("something.new", "")}


@pytest.fixture
def talk() -> Talk:
    return Talk()


def refuse(talk: Talk, request: tuple[str, str], code: str = "x") -> list[Command]:
    kind, about = request
    event = ev.RequestRefused(at=talk.at(), request=kind, about=about, code=code, message=NO)
    return talk.tell(event)


def texts(commands: list[Command]) -> list[str]:
    return [command.text for command in commands if isinstance(command, do.Tell)]


def is_answered(talk: Talk) -> bool:
    """A press works: it is heard, answered, and what it asks for is done."""
    number = len(talk.turns)
    asked = do.CreateResponse() in talk.say()
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="next"))
    ran = talk.end("next", CALL)
    talk.tell(ev.ToolEnded(at=talk.at(), call_id="call_1", output=DONE))
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="last"))
    talk.end("last")
    over = talk.turns[number:]
    return asked and do.RunTool in kinds(ran) and [turn.outcome for turn in over] == ["answered"]


@pytest.mark.parametrize("request_", EVERY, ids="/".join)
def test_whatever_is_refused_between_turns_the_next_press_works(
    talk: Talk, request_: tuple[str, str]
) -> None:
    told = refuse(talk, request_)
    assert texts(told) == ([NO] if request_ in TOLD else [])
    assert talk.machine.response is Response.FREE
    assert is_answered(talk)


@pytest.mark.parametrize("lost", [COMMIT, WORDS, OUTPUT], ids="/".join)
def test_an_answer_to_less_than_was_said_is_stopped_and_not_acted_upon(
    talk: Talk, lost: tuple[str, str]
) -> None:
    talk.say()
    assert texts(refuse(talk, lost)) == [NO]
    began = talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    assert began == [do.CancelResponse("r1")]
    told = talk.end("r1", CALL)  # it was complete by then
    assert do.AddToolOutput("call_1", "not run: nobody asked for it, or it was cancelled") in told
    assert do.RunTool not in kinds(told)
    assert [(turn.outcome, turn.trouble) for turn in talk.turns] == [("failed", NO)]
    assert is_answered(talk)


def test_typed_words_that_are_refused_are_told(talk: Talk) -> None:
    talk.tell(ev.TextAsked(at=talk.at(), text="who is idle?"))
    assert texts(refuse(talk, WORDS)) == [NO]
    refuse(talk, ("response.create", ""))  # nor was that taken
    assert [(turn.heard, turn.outcome) for turn in talk.turns] == [("who is idle?", "failed")]


def test_a_response_that_never_begins_after_a_refusal_is_not_waited_for_long(talk: Talk) -> None:
    talk.say()
    event = ev.RequestRefused(at=talk.at(), request=COMMIT[0], code="x", message=NO)
    timers = [c for c in talk.machine.handle(event) if isinstance(c, do.SetTimer)]
    assert [(t.name, t.seconds) for t in timers if t.name == "answer"][-1] == ("answer", 5.0)
    assert do.ResetLink() in talk.tell(ev.TimerRang(at=talk.at(), name="answer"))


def test_a_receipt_that_the_session_did_not_take_is_shown_and_told(talk: Talk) -> None:
    talk.say()
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    talk.end("r1", CALL)
    talk.tell(ev.ToolEnded(at=talk.at(), call_id="call_1", output=DONE))
    assert texts(refuse(talk, OUTPUT)) == [DONE, NO]
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r2"))
    told = talk.end("r2")  # it is complete, and knew nothing of it
    assert do.Announce(DONE) in told
    assert talk.marked == []
    talk.answer("n1", "a1")
    talk.end("n1")
    talk.tell(ev.SoundEnded(at=talk.at()))
    assert talk.marked == ["call_1"]


def test_speech_of_which_a_block_is_missing_is_dropped_and_told_once(talk: Talk) -> None:
    talk.tell(ev.HoldBegan(at=talk.at()))
    talk.blocks(20)
    told = refuse(talk, BLOCK)
    assert do.CloseMicrophone() in told
    assert texts(told) == [f"{NO}; what you say does not count, so say it again"]
    assert refuse(talk, BLOCK) == []
    talk.tell(ev.HoldEnded(at=talk.at()))
    assert do.CommitAudio not in kinds(talk.tell(ev.CaptureEnded(at=talk.at())))
    assert [turn.outcome for turn in talk.turns] == ["failed"]
    assert is_answered(talk)


def test_speech_of_which_a_block_was_missing_is_not_acted_upon(talk: Talk) -> None:
    talk.say()
    assert texts(refuse(talk, BLOCK)) == [NO]
    assert talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1")) == [do.CancelResponse("r1")]


def test_a_block_of_what_was_said_before_does_not_cost_the_hold_that_is_on(talk: Talk) -> None:
    talk.say()
    talk.tell(ev.HoldBegan(at=talk.at()))
    talk.blocks(10)
    assert NO in texts(refuse(talk, BLOCK))[0]
    assert refuse(talk, BLOCK) == []
    talk.tell(ev.SpeechCommitted(at=talk.at(), item_id="u1"))
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    talk.tell(ev.ResponseEnded(at=talk.at(), response_id="r1", status="cancelled"))
    talk.tell(ev.HoldEnded(at=talk.at()))
    told = talk.tell(ev.CaptureEnded(at=talk.at()))
    assert kinds(told) == [do.CommitAudio, do.Chime, do.CreateResponse]
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r2"))
    assert do.RunTool in kinds(talk.end("r2", CALL))


def test_a_block_of_the_hold_that_is_on_costs_it_though_no_commit_is_ever_confirmed(
    talk: Talk,
) -> None:
    talk.say()
    talk.answer()
    talk.end()
    talk.tell(ev.SoundEnded(at=talk.at()))
    talk.tell(ev.HoldBegan(at=talk.at()))
    talk.blocks(10)
    assert do.CloseMicrophone() in refuse(talk, BLOCK)


@pytest.mark.parametrize("typed", [True, False])
def test_the_session_is_told_that_words_with_no_answer_are_not_to_be_acted_upon(
    talk: Talk, typed: bool
) -> None:
    if typed:
        talk.tell(ev.TextAsked(at=talk.at(), text="tell the PM to stop"))
    else:
        talk.say()
    told = refuse(talk, ("response.create", ""))
    (note,) = (command.text for command in told if isinstance(command, do.AddNote))
    assert "leave them" in note
    assert is_answered(talk)


def test_a_note_that_is_refused_is_told_and_the_answer_goes_on(talk: Talk) -> None:
    talk.say()
    assert refuse(talk, NOTE) == [do.Tell("trouble", NO)]
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    assert do.RunTool in kinds(talk.end("r1", CALL))


def test_an_error_of_nobody_knows_what_shortens_the_wait_for_a_response(talk: Talk) -> None:
    talk.say()
    event = ev.RequestRefused(at=talk.at(), request="", code="x", message=NO)
    assert talk.machine.handle(event) == [do.Tell("trouble", NO), do.SetTimer("answer", 5.0)]
    told = talk.tell(ev.TimerRang(at=talk.at(), name="answer"))
    assert do.ResetLink() in told
    assert texts(told) == [f"the model did not answer in time: {NO}"]
    assert talk.turns[0].outcome == "failed"


def test_an_error_of_nobody_knows_what_disturbs_no_answer_that_comes(talk: Talk) -> None:
    talk.say()
    refuse(talk, ("", ""))
    talk.answer()
    refuse(talk, ("", ""))
    talk.end()
    talk.tell(ev.SoundEnded(at=talk.at()))
    assert [turn.outcome for turn in talk.turns] == ["answered"]


def test_an_answer_that_was_given_up_as_late_is_not_acted_upon(talk: Talk) -> None:
    talk.say()
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    late = talk.tell(ev.TimerRang(at=talk.at(), name="answer"))
    assert texts(late) == ["the model did not answer in time"]
    assert do.RunTool not in kinds(talk.end("r1", CALL))


def test_an_answer_of_nothing_is_told_and_no_receipt_counts_as_told(talk: Talk) -> None:
    talk.say()
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    talk.end("r1", CALL)
    talk.tell(ev.ToolEnded(at=talk.at(), call_id=CALL.call_id, output="Refused: a shell."))
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r2"))
    empty = ev.ResponseEnded(at=talk.at(), response_id="r2", status="completed", is_empty=True)
    told = [c.text for c in talk.tell(empty) if isinstance(c, do.Tell)]
    assert told == ["Refused: a shell.", "the model said nothing"]
    assert ([turn.outcome for turn in talk.turns], talk.marked) == (["failed"], [])
    said = talk.tell(ev.TimerRang(at=talk.at(), name="untold"))
    assert said == [do.Announce("Refused: a shell.")]


def test_an_answer_that_was_heard_is_one_whatever_its_end_says(talk: Talk) -> None:
    talk.say()
    talk.answer()
    talk.tell(ev.ResponseEnded(at=talk.at(), response_id="r1", status="completed", is_empty=True))
    talk.tell(ev.SoundEnded(at=talk.at()))
    assert [turn.outcome for turn in talk.turns] == ["answered"]


def test_an_active_response_elsewhere_tells_no_receipt(talk: Talk) -> None:
    talk.say()
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    talk.end("r1", CALL)
    talk.tell(ev.ToolEnded(at=talk.at(), call_id=CALL.call_id, output="Refused: a shell."))
    code = "conversation_already_has_active_response"
    talk.tell(ev.RequestRefused(at=talk.at(), request="response.create", code=code, message=""))
    talk.tell(ev.ResponseEnded(at=talk.at(), response_id="other", status="completed"))
    assert talk.marked == []
    talk.answer("r2")
    talk.end("r2")
    talk.tell(ev.SoundEnded(at=talk.at()))
    assert talk.marked == [CALL.call_id]


def test_another_response_is_waited_for_only_when_one_was_asked_for(talk: Talk) -> None:
    code = "conversation_already_has_active_response"
    assert refuse(talk, ("response.create", ""), code) == []
    assert talk.machine.response is Response.FREE
    assert is_answered(talk)
    assert do.CreateResponse() in talk.say()
    assert refuse(talk, ("response.create", ""), code) == []
    ended = ev.ResponseEnded(at=talk.at(), response_id="other", status="completed")
    assert talk.tell(ended) == [do.CreateResponse()]


def test_a_cancel_that_came_too_late_is_not_taken_for_that_of_the_next_response(talk: Talk) -> None:
    talk.say()
    talk.answer("r1")
    assert do.CancelResponse("r1") in talk.tell(ev.HoldBegan(at=talk.at()))
    talk.tell(ev.SoundStopped(at=talk.at(), heard=()))
    talk.end("r1")  # it was complete before the cancel came
    talk.blocks(20)
    talk.tell(ev.HoldEnded(at=talk.at()))
    assert do.CreateResponse() in talk.tell(ev.CaptureEnded(at=talk.at()))
    talk.tell(ev.HoldBegan(at=talk.at()))  # more words, before that response has begun
    code = "response_cancel_not_active"
    assert refuse(talk, ("response.cancel", ""), code) == []
    assert talk.machine.response is Response.CANCELLING
    began = talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r2"))
    assert began == [do.CancelResponse("r2")]
