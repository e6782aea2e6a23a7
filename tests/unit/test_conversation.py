"""The conversation read as one: an event, the commands, an event, the commands."""

from __future__ import annotations

import pytest

from teamvoice.conversation import commands as do
from teamvoice.conversation import events as ev
from teamvoice.conversation.states import Response
from tests.support.conversing import BLOCK, Talk, kinds

CALL = ev.ToolCall("call_1", "send_message", '{"member": "developer", "text": "hello"}')


@pytest.fixture
def talk() -> Talk:
    return Talk()


def test_a_command_from_key_down_to_the_end_of_the_answer(talk: Talk) -> None:
    began = talk.tell(ev.HoldBegan(at=1.0))
    assert began == [do.BeginTurn(1), do.ClearAudio(), do.OpenMicrophone()]
    assert talk.blocks(2) == [do.Chime("listening"), *[do.AppendAudio(BLOCK)] * 2]
    talk.blocks(8)
    assert talk.tell(ev.HoldEnded(at=2.0)) == [do.CloseMicrophone()]
    assert talk.blocks(1) == [do.AppendAudio(BLOCK)]
    assert talk.tell(ev.CaptureEnded(at=2.02)) == [
        do.CommitAudio(),
        do.Chime("sent"),
        do.CreateResponse(),
    ]
    heard = "tell the developer hello"
    talk.tell(ev.SpeechCommitted(at=2.03, item_id="u1"))
    talk.tell(ev.SpeechTranscribed(at=2.04, item_id="u1", text=heard))
    talk.tell(ev.ResponseBegan(at=2.05, response_id="r1"))
    ran = talk.tell(ev.ResponseEnded(at=2.1, response_id="r1", status="completed", calls=(CALL,)))
    assert ran == [do.RunTool(CALL.call_id, CALL.name, CALL.arguments)]
    assert talk.tell(ev.ToolEnded(at=2.2, call_id="call_1", output="Submitted.")) == [
        do.AddToolOutput("call_1", "Submitted."),
        do.CreateResponse(),
    ]
    talk.tell(ev.ResponseBegan(at=2.3, response_id="r2"))
    audio = ev.AnswerAudio(at=2.5, response_id="r2", item_id="a2", content_index=0, pcm=BLOCK)
    assert talk.tell(audio) == [do.Play("a2", 0, BLOCK)]
    talk.tell(ev.AnswerText(at=2.5, response_id="r2", item_id="a2", text="Submitted."))
    talk.tell(ev.SoundBegan(at=2.6))
    assert talk.tell(ev.ResponseEnded(at=2.7, response_id="r2", status="completed")) == [
        do.FinishPlaying()
    ]
    assert talk.turns == []
    talk.tell(ev.SoundEnded(at=3.0))
    (turn,) = talk.turns
    assert (turn.heard, turn.spoken) == (heard, "Submitted.")
    assert (turn.outcome, turn.calls[0].output, turn.calls[0].ms) == ("answered", "Submitted.", 100)
    assert turn.ms == {
        "held": 1000, "commit": 20, "asked": 20, "answer": 500, "sound": 600, "total": 2000,
    }  # fmt: skip
    assert talk.machine.turn == 0


def test_a_hold_that_was_ended_for_the_person_is_said_to_be_and_why(talk: Talk) -> None:
    talk.tell(ev.HoldBegan(at=1.0))
    _, told = talk.tell(ev.HoldEnded(at=2.0, why="the session is locked"))
    assert isinstance(told, do.Tell)
    assert told.kind == "trouble"
    assert told.text.startswith("the hold was ended, because the session is locked; ")


def test_a_turn_that_waits_for_its_transcript_is_written_down_when_all_ends(talk: Talk) -> None:
    talk.say()
    talk.tell(ev.SpeechCommitted(at=talk.at(), item_id="u1"))
    talk.answer()
    talk.end()
    talk.tell(ev.SoundBegan(at=talk.at()))
    talk.tell(ev.SoundEnded(at=talk.at()))
    assert (talk.machine.turn, talk.turns) == (0, [])
    written = [c for c in talk.machine.part(talk.at()) if isinstance(c, do.EndTurn)]
    assert [command.turn.outcome for command in written] == ["answered"]
    assert talk.machine.part(talk.at()) == []


def test_a_write_that_goes_on_without_its_session_is_no_rest(talk: Talk) -> None:
    talk.say()
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    talk.end("r1", CALL)
    talk.tell(ev.LinkDown(at=talk.at(), reason="the network is away", fatal=True))
    talk.tell(ev.CancelAsked(at=talk.at()))
    assert (talk.machine.turn, talk.machine.is_at_rest) == (0, False)
    talk.tell(ev.ToolEnded(at=talk.at(), call_id=CALL.call_id, output="Submitted."))
    assert talk.machine.is_at_rest


def test_words_of_an_earlier_turn_that_are_given_up_with_a_later_one_are_told(talk: Talk) -> None:
    talk.say()
    talk.answer()
    talk.tell(ev.SoundBegan(at=talk.at()))
    talk.tell(ev.TextAsked(at=talk.at(), text="one"))
    talk.tell(ev.HoldBegan(at=talk.at()))
    talk.tell(ev.LinkDown(at=talk.at(), reason="the network is away"))
    talk.blocks(20)
    talk.tell(ev.HoldEnded(at=talk.at()))
    talk.tell(ev.CaptureEnded(at=talk.at()))
    talk.tell(ev.LinkUp(at=talk.at()))
    talk.tell(ev.SoundStopped(at=talk.at(), heard=()))
    talk.tell(ev.TimerRang(at=talk.at(), name="answer"))
    assert [turn.outcome for turn in talk.turns] == ["interrupted", "interrupted", "failed"]
    assert talk.turns[-1].trouble.endswith("what you said before it is given up too")


def test_of_two_commands_with_one_id_the_second_is_told_to_be_left_out(talk: Talk) -> None:
    talk.say()
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    other = ev.ToolCall(CALL.call_id, CALL.name, '{"member": "pm", "text": "hello"}')
    ran = talk.tell(
        ev.ResponseEnded(at=talk.at(), response_id="r1", status="completed", calls=(CALL, other))
    )
    assert [command for command in ran if isinstance(command, do.RunTool)] == [
        do.RunTool(CALL.call_id, CALL.name, CALL.arguments)
    ]
    assert "the second was not done" in "".join(c.text for c in ran if isinstance(c, do.Tell))


def test_what_is_said_before_the_link_is_up_is_sent_when_it_is() -> None:
    talk = Talk(link=False)
    assert kinds(talk.say(blocks=10)) == []
    assert kinds(talk.tell(ev.LinkUp(at=talk.at()))) == [
        do.AppendAudio, do.CommitAudio, do.Chime, do.CreateResponse,
    ]  # fmt: skip


def test_much_that_waits_goes_out_in_pieces_of_a_second() -> None:
    talk = Talk(link=False)
    talk.say(blocks=120)
    sent = talk.tell(ev.LinkUp(at=talk.at()))
    sizes = [len(command.pcm) for command in sent if isinstance(command, do.AppendAudio)]
    assert sizes == [48_000, 48_000, 19_200]


def test_words_with_which_three_sessions_died_are_given_up_aloud(talk: Talk) -> None:
    talk.say()
    for _ in range(2):
        talk.tell(ev.LinkDown(at=talk.at(), reason="the connection broke"))
        assert do.CreateResponse() in talk.tell(ev.LinkUp(at=talk.at()))
    talk.tell(ev.LinkDown(at=talk.at(), reason="the connection broke"))
    assert "given up" in talk.turns[0].trouble
    assert talk.tell(ev.LinkUp(at=talk.at())) == []


def test_words_that_outlive_their_turn_are_answered_in_another(talk: Talk) -> None:
    talk.say()
    for _ in range(2):
        talk.tell(ev.LinkDown(at=talk.at(), reason="gone"))
        talk.tell(ev.LinkUp(at=talk.at()))
    talk.tell(ev.TextAsked(at=talk.at(), text="and this"))
    told = talk.tell(ev.LinkDown(at=talk.at(), reason="gone"))
    assert "given up" in next(c.text for c in told if isinstance(c, do.Tell))
    again = talk.tell(ev.LinkUp(at=talk.at()))
    assert again == [do.AddText("and this"), do.CreateResponse()]
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    assert talk.end("r1", CALL) == [do.RunTool(CALL.call_id, CALL.name, CALL.arguments)]


def test_a_hold_goes_on_when_the_link_comes_up_in_its_middle() -> None:
    talk = Talk(link=False)
    talk.tell(ev.HoldBegan(at=talk.at()))
    talk.blocks(3)
    assert talk.tell(ev.LinkUp(at=talk.at())) == [do.AppendAudio(BLOCK * 3)]
    assert kinds(talk.blocks(1)) == [do.AppendAudio]


def test_a_session_that_dies_with_the_words_gets_no_last_word(talk: Talk) -> None:
    talk.say(blocks=10)
    assert talk.tell(ev.LinkDown(at=talk.at(), reason="the connection broke")) == [
        do.Chime("trouble"),
        do.Tell("trouble", "the connection broke; what you said is kept and sent later"),
    ]
    assert kinds(talk.tell(ev.LinkUp(at=talk.at())))[-1] is do.CreateResponse


def test_a_completed_response_is_never_asked_for_again(talk: Talk) -> None:
    talk.say()
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    talk.end("r1", CALL)
    talk.tell(ev.LinkDown(at=talk.at(), reason="the connection broke"))
    assert talk.tell(ev.LinkUp(at=talk.at())) == []
    told = talk.tell(ev.ToolEnded(at=talk.at(), call_id="call_1", output="Submitted."))
    assert told[0] == do.Tell("answer", "Submitted.")
    assert talk.turns[0].outcome == "failed"
    assert talk.turns[0].calls[0].output == "Submitted."


def test_barge_in_silences_truncates_and_cancels(talk: Talk) -> None:
    talk.say()
    talk.answer()
    commands = talk.tell(ev.HoldBegan(at=talk.at()))
    assert kinds(commands) == [
        do.Silence, do.CancelResponse, do.BeginTurn, do.ClearAudio, do.OpenMicrophone,
    ]  # fmt: skip
    heard = (ev.Heard("a1", 0, 340, complete=False), ev.Heard("a2", 0, 0, complete=False))
    assert talk.tell(ev.SoundStopped(at=talk.at(), heard=heard)) == [
        do.TruncateItem("a1", 0, 340),
        do.DeleteItem("a2"),
    ]
    late = ev.AnswerAudio(at=talk.at(), response_id="r1", item_id="a1", content_index=0, pcm=BLOCK)
    assert talk.tell(late) == []
    talk.tell(ev.ResponseEnded(at=talk.at(), response_id="r1", status="cancelled"))
    assert talk.turns[0].outcome == "interrupted"


def test_the_next_response_waits_for_the_cancelled_one(talk: Talk) -> None:
    talk.say()
    talk.answer()
    assert do.CreateResponse not in kinds(talk.say())
    talk.tell(ev.SoundStopped(at=talk.at(), heard=()))
    ended = ev.ResponseEnded(at=talk.at(), response_id="r1", status="cancelled")
    assert do.CreateResponse() in talk.tell(ended)


def test_more_words_before_any_answer_join_the_turn(talk: Talk) -> None:
    talk.say()
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    began = talk.tell(ev.HoldBegan(at=talk.at()))
    assert began[:2] == [do.CancelResponse("r1"), do.BeginTurn(1)]
    talk.tell(ev.ResponseEnded(at=talk.at(), response_id="r1", status="cancelled"))
    talk.blocks(20)
    talk.tell(ev.HoldEnded(at=talk.at()))
    assert do.CreateResponse() in talk.tell(ev.CaptureEnded(at=talk.at()))
    talk.answer("r2", "a2")
    talk.end("r2")
    talk.tell(ev.SoundEnded(at=talk.at()))
    assert [turn.outcome for turn in talk.turns] == ["answered"]


def test_words_whose_answer_was_silenced_before_it_sounded_are_answered_again(talk: Talk) -> None:
    talk.say()
    talk.answer(sounds=False)
    began = talk.tell(ev.HoldBegan(at=talk.at()))
    assert began[:3] == [do.Silence(), do.CancelResponse("r1"), do.BeginTurn(1)]
    unheard = (ev.Heard("a1", 0, 0, complete=False),)
    assert do.DeleteItem("a1") in talk.tell(ev.SoundStopped(at=talk.at(), heard=unheard))
    talk.tell(ev.ResponseEnded(at=talk.at(), response_id="r1", status="cancelled"))
    talk.tell(ev.Tapped(at=talk.at()))
    assert do.CreateResponse() in talk.tell(ev.CaptureEnded(at=talk.at()))


def test_a_tap_before_the_answer_loses_nothing(talk: Talk) -> None:
    talk.say()
    talk.tell(ev.HoldBegan(at=talk.at()))
    assert talk.tell(ev.Tapped(at=talk.at())) == [do.CloseMicrophone()]
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    ended = talk.tell(ev.CaptureEnded(at=talk.at()))
    assert ended == [do.ClearAudio()]
    cancelled = ev.ResponseEnded(at=talk.at(), response_id="r1", status="cancelled")
    assert do.CreateResponse() in talk.tell(cancelled)


def test_a_tap_during_the_answer_only_stops_it(talk: Talk) -> None:
    talk.say()
    talk.answer()
    talk.tell(ev.HoldBegan(at=talk.at()))
    talk.tell(ev.Tapped(at=talk.at()))
    talk.tell(ev.CaptureEnded(at=talk.at()))
    talk.tell(ev.SoundStopped(at=talk.at()))
    ended = ev.ResponseEnded(at=talk.at(), response_id="r1", status="cancelled")
    assert do.CreateResponse() not in talk.tell(ended)
    assert [turn.outcome for turn in talk.turns] == ["interrupted", "dropped"]
    assert talk.machine.response is Response.FREE


def test_calls_that_were_complete_at_a_barge_in_are_run(talk: Talk) -> None:
    talk.say()
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    talk.tell(ev.HoldBegan(at=talk.at()))
    assert talk.end("r1", CALL) == [do.RunTool(CALL.call_id, CALL.name, CALL.arguments)]


def test_parallel_calls_get_one_response_when_all_are_in(talk: Talk) -> None:
    other = ev.ToolCall("call_2", "team_status", "{}")
    talk.say()
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    assert kinds(talk.end("r1", CALL, other)) == [do.RunTool, do.RunTool]
    first = talk.tell(ev.ToolEnded(at=talk.at(), call_id="call_2", output="Both idle."))
    assert first == [do.AddToolOutput("call_2", "Both idle.")]
    last = talk.tell(ev.ToolEnded(at=talk.at(), call_id="call_1", output="Submitted."))
    assert last == [do.AddToolOutput("call_1", "Submitted."), do.CreateResponse()]


def test_too_little_speech_is_cleared_and_never_committed(talk: Talk) -> None:
    told = talk.say(blocks=4)
    assert kinds(told) == [do.ClearAudio, do.Chime, do.Tell, do.EndTurn]
    assert do.Tell("trouble", "nothing was recorded; say it again") in told
    assert talk.turns[0].trouble == "nothing was recorded"


def test_a_microphone_that_fails_at_the_end_of_a_hold_is_told_once(talk: Talk) -> None:
    talk.tell(ev.HoldBegan(at=talk.at()))
    talk.tell(ev.HoldEnded(at=talk.at()))
    told = talk.tell(ev.CaptureFailed(at=talk.at(), reason="the microphone went away"))
    assert [c.text for c in told if isinstance(c, do.Tell)] == ["the microphone went away"]


def test_a_microphone_that_fails_is_told_and_its_half_command_dropped(talk: Talk) -> None:
    talk.tell(ev.HoldBegan(at=talk.at()))
    talk.blocks(30)
    commands = talk.tell(ev.CaptureFailed(at=talk.at(), reason="the microphone went away"))
    assert do.Tell("trouble", "the microphone went away") in commands
    assert do.CommitAudio not in kinds(commands)
    assert talk.turns[0].outcome == "failed"


def test_an_active_response_elsewhere_is_waited_for(talk: Talk) -> None:
    talk.say()
    code = "conversation_already_has_active_response"
    refused = ev.RequestRefused(at=talk.at(), request="response.create", code=code, message="")
    assert talk.tell(refused) == []
    assert talk.machine.response is Response.BLOCKED
    ended = ev.ResponseEnded(at=talk.at(), response_id="other", status="completed", calls=(CALL,))
    assert talk.tell(ended) == [do.CreateResponse()]


def test_a_request_that_was_cancelled_and_is_refused_holds_nothing_up(talk: Talk) -> None:
    talk.say()
    talk.tell(ev.HoldBegan(at=talk.at()))  # more words, before the response has begun
    refused = ev.RequestRefused(
        at=talk.at(), request="response.create", code="rate_limit_exceeded", message="too many"
    )
    assert talk.tell(refused) == []
    talk.blocks(10)
    talk.tell(ev.HoldEnded(at=talk.at()))
    assert do.CreateResponse() in talk.tell(ev.CaptureEnded(at=talk.at()))


def test_an_announcement_that_is_refused_does_not_stand_in_the_way_of_calls(talk: Talk) -> None:
    assert do.Announce("The PM waits.") in talk.tell(
        ev.NewsCame(at=talk.at(), about="pm", text="the PM waits")
    )
    refused = ev.RequestRefused(at=talk.at(), request="response.create", code="x", message="no")
    talk.tell(refused)
    talk.say()
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    assert talk.end("r1", CALL) == [do.RunTool(CALL.call_id, CALL.name, CALL.arguments)]


def test_an_announcement_calls_nothing(talk: Talk) -> None:
    talk.tell(ev.NewsCame(at=talk.at(), about="pm", text="the PM waits"))
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    told = talk.end("r1", CALL)
    assert do.AddToolOutput("call_1", "not run: nobody asked for it, or it was cancelled") in told
    assert do.RunTool not in kinds(told)


def test_an_end_that_is_told_twice_is_acted_upon_once(talk: Talk) -> None:
    talk.say()
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    assert talk.end("r1", CALL) == [do.RunTool(CALL.call_id, CALL.name, CALL.arguments)]
    assert talk.end("r1", CALL) == []


def test_a_response_that_never_began_ends_nothing_and_runs_nothing(talk: Talk) -> None:
    talk.say()
    assert talk.end("other", CALL) == []
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    assert talk.end("r1", CALL) == [do.RunTool(CALL.call_id, CALL.name, CALL.arguments)]


def test_what_was_done_is_shown_when_no_answer_can_tell_of_it(talk: Talk) -> None:
    talk.say()
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    talk.end("r1", CALL)
    talk.tell(ev.ToolEnded(at=talk.at(), call_id="call_1", output="Submitted."))
    refused = ev.RequestRefused(
        at=talk.at(), request="response.create", code="rate_limit_exceeded", message="too many"
    )
    shown = [command for command in talk.tell(refused) if isinstance(command, do.Tell)]
    assert shown == [do.Tell("answer", "Submitted."), do.Tell("trouble", "too many")]


def test_a_response_that_begins_by_itself_and_never_ends_is_given_up(talk: Talk) -> None:
    began = ev.ResponseBegan(at=talk.at(), response_id="r1")
    timers = [c for c in talk.machine.handle(began) if isinstance(c, do.SetTimer)]
    assert [timer.name for timer in timers] == ["answer"]
    assert do.CancelResponse("r1") in talk.tell(ev.TimerRang(at=talk.at(), name="answer"))


def test_a_refused_commit_ends_the_turn_and_tells(talk: Talk) -> None:
    talk.say()
    refused = ev.RequestRefused(
        at=talk.at(), request="input_audio_buffer.commit", code="empty", message="no audio"
    )
    assert do.Tell("trouble", "no audio") in talk.tell(refused)


def test_a_harmless_refusal_is_no_news(talk: Talk) -> None:
    refused = ev.RequestRefused(
        at=talk.at(), request="response.cancel", code="response_cancel_not_active", message="x"
    )
    assert talk.tell(refused) == []


def test_a_model_that_never_answers_is_given_up_and_the_link_reset(talk: Talk) -> None:
    talk.say()
    commands = talk.tell(ev.TimerRang(at=talk.at(), name="answer"))
    assert do.ResetLink() in commands
    assert talk.turns[0].trouble == "the model did not answer in time"


def test_an_answer_that_dries_up_is_cancelled(talk: Talk) -> None:
    talk.say()
    talk.answer()
    assert do.CancelResponse("r1") in talk.tell(ev.TimerRang(at=talk.at(), name="answer"))


def test_typed_words_are_a_turn_too(talk: Talk) -> None:
    commands = talk.tell(ev.TextAsked(at=1.0, text="who is idle?"))
    assert commands == [do.BeginTurn(1), do.AddText("who is idle?"), do.CreateResponse()]


def test_typed_words_are_refused_while_a_key_is_held(talk: Talk) -> None:
    talk.tell(ev.HoldBegan(at=talk.at()))
    (ended,) = talk.tell(ev.TextAsked(at=talk.at(), text="who is idle?"))
    assert isinstance(ended, do.EndTurn)
    assert ended.turn.outcome == "dropped"


def test_a_transcript_that_comes_late_is_written_down(talk: Talk) -> None:
    talk.say()
    talk.tell(ev.SpeechCommitted(at=talk.at(), item_id="u1"))
    talk.answer()
    talk.end("r1")
    talk.tell(ev.SoundEnded(at=talk.at()))
    assert talk.turns == []
    talk.tell(ev.SpeechTranscribed(at=talk.at(), item_id="u1", text="late words"))
    assert talk.turns[0].heard == "late words"


def test_a_transcript_that_never_comes_does_not_hold_up_the_journal(talk: Talk) -> None:
    talk.say()
    talk.tell(ev.SpeechCommitted(at=talk.at(), item_id="u1"))
    talk.answer()
    talk.end("r1")
    talk.tell(ev.SoundEnded(at=talk.at()))
    talk.tell(ev.TimerRang(at=talk.at(), name="turn-1"))
    assert talk.turns[0].heard == ""


def test_a_failed_response_is_told(talk: Talk) -> None:
    talk.say()
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    failed = ev.ResponseEnded(
        at=talk.at(), response_id="r1", status="failed", reason="the model is overloaded"
    )
    assert do.Tell("trouble", "the model is overloaded") in talk.tell(failed)
    assert talk.turns[0].outcome == "failed"


def test_a_hold_that_begins_while_the_last_one_drains_is_not_lost(talk: Talk) -> None:
    talk.tell(ev.HoldBegan(at=talk.at()))
    talk.blocks(10)
    talk.tell(ev.HoldEnded(at=talk.at()))
    assert talk.tell(ev.HoldBegan(at=talk.at())) == []
    commands = kinds(talk.tell(ev.CaptureEnded(at=talk.at())))
    assert commands == [
        do.CommitAudio, do.Chime, do.BeginTurn, do.ClearAudio, do.OpenMicrophone,
    ]  # fmt: skip


def test_a_backlog_that_is_full_drops_the_oldest_and_tells() -> None:
    talk = Talk(link=False)
    for _ in range(5):
        talk.say()
    told = [command for command in talk.say() if isinstance(command, do.Tell)]
    assert "dropped" in told[0].text
    assert kinds(talk.tell(ev.LinkUp(at=talk.at()))).count(do.CommitAudio) == 5


def test_a_tap_drops_nothing_of_a_backlog_that_is_full() -> None:
    talk = Talk(link=False)
    for _ in range(5):
        talk.say()
    told = [*talk.tell(ev.HoldBegan(at=talk.at())), *talk.blocks(3)]
    told += talk.tell(ev.Tapped(at=talk.at()))
    told += talk.tell(ev.CaptureEnded(at=talk.at()))
    assert do.Tell not in kinds(told)
    assert kinds(talk.tell(ev.LinkUp(at=talk.at()))).count(do.CommitAudio) == 5
