"""What the person cut short before they heard any of it is not told before the next answer."""

from __future__ import annotations

import pytest

from teamvoice.conversation import commands as do
from teamvoice.conversation import events as ev
from teamvoice.conversation.hearing import LEAVE_IT
from teamvoice.conversation.living import _HALF, DROPPED
from teamvoice.conversation.outage import _LEAVE_IT
from tests.support.conversing import Talk
from tests.support.offline_talk import TOOL, Event, only
from tests.support.offline_talk import Talk as Offline


def test_an_answer_that_was_cut_before_it_was_heard_is_to_be_left() -> None:
    talk = Talk()
    talk.say()
    talk.answer()
    talk.end()
    talk.tell(ev.HoldBegan(at=talk.at()))
    unheard = (ev.Heard("a1", 0, 0, complete=False),)
    told = talk.tell(ev.SoundStopped(at=talk.at(), heard=unheard))
    assert told == [do.DeleteItem("a1"), do.AddNote(LEAVE_IT)]


def test_words_that_wait_for_their_answer_are_not_left() -> None:
    talk = Talk()
    talk.say()
    talk.answer(sounds=False)
    talk.end()
    talk.tell(ev.TextAsked(at=talk.at(), text="and who is idle"))
    unheard = (ev.Heard("a1", 0, 0, complete=False),)
    assert talk.tell(ev.SoundStopped(at=talk.at(), heard=unheard))[0] == do.DeleteItem("a1")
    assert do.AddNote(LEAVE_IT) not in talk.tell(ev.LinkUp(at=talk.at()))


def test_what_became_of_a_write_is_told_all_the_same() -> None:
    talk = Talk()
    talk.say()
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    talk.end("r1", ev.ToolCall("c1", "send_message", "{}"))
    talk.tell(ev.ToolEnded(at=talk.at(), call_id="c1", output="Submitted to the PM."))
    talk.answer("r2", "a2")
    talk.end("r2")
    talk.tell(ev.HoldBegan(at=talk.at()))
    unheard = (ev.Heard("a2", 0, 0, complete=False),)
    assert talk.tell(ev.SoundStopped(at=talk.at(), heard=unheard)) == [do.DeleteItem("a2")]
    assert talk.marked == []  # the next answer tells it


def test_what_became_of_a_write_is_news_where_the_session_is_to_leave_what_was_said() -> None:
    talk = Talk()
    talk.say()
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    talk.end("r1", ev.ToolCall("c1", "send_message", "{}"))
    talk.tell(ev.HoldBegan(at=talk.at()))
    talk.tell(ev.ToolEnded(at=talk.at(), call_id="c1", output="Submitted to the PM."))
    talk.blocks(20)
    talk.tell(ev.HoldEnded(at=talk.at()))
    talk.tell(ev.CaptureEnded(at=talk.at()))
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r2"))
    left = talk.tell(ev.CancelAsked(at=talk.at()))
    assert any(isinstance(command, do.AddNote) for command in left)
    left += talk.end("r2")
    left += talk.tell(ev.TimerRang(at=talk.at(), name="linger"))
    assert any("Submitted to the PM" in c.text for c in left if isinstance(c, do.Announce))


@pytest.mark.parametrize("note", [LEAVE_IT, _LEAVE_IT, _HALF, DROPPED])
def test_the_offline_server_leaves_what_it_is_told_to_leave(note: str) -> None:
    talk = Offline()
    talk.manual(tools=[TOOL])
    talk.write("call look {}")
    call = next(item for item in _output(talk.respond()) if item["type"] == "function_call")
    talk.output(call["call_id"], "A is idle.")
    content = [{"type": "input_text", "text": note}]
    item = {"type": "message", "role": "system", "content": content}
    talk.send("conversation.item.create", item=item)
    talk.write("good morning")
    (answer,) = _output(talk.respond())
    assert answer["content"][0]["transcript"] == "You said: good morning"


def test_the_offline_server_tells_what_came_after_it_was_told_to_leave_the_rest() -> None:
    talk = Offline()
    talk.manual(tools=[TOOL])
    talk.write("call look {}")
    call = next(item for item in _output(talk.respond()) if item["type"] == "function_call")
    content = [{"type": "input_text", "text": LEAVE_IT}]
    item = {"type": "message", "role": "system", "content": content}
    talk.send("conversation.item.create", item=item)
    talk.output(call["call_id"], "Submitted to A.")
    talk.write("good morning")
    (answer,) = _output(talk.respond())
    assert answer["content"][0]["transcript"] == "You said: good morning Submitted to A."


def _output(events: list[Event]) -> list[Event]:
    output: list[Event] = only(events, "response.done")["response"]["output"]
    return output
