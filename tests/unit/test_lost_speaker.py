"""A speaker that goes while an answer sounds: what was heard, what was not, and what was told."""

from __future__ import annotations

import pytest

from teamvoice.conversation import commands as do
from teamvoice.conversation import events as ev
from teamvoice.conversation.commands import Command
from tests.support.conversing import BLOCK, Talk

CALL = ev.ToolCall("call_1", "send_message", '{"member": "developer", "text": "hello"}')
DONE = "Submitted to the developer."


@pytest.fixture
def talk() -> Talk:
    return Talk()


def answered(talk: Talk, response: str, item: str) -> list[Command]:
    event = ev.AnswerAudio(
        at=talk.at(), response_id=response, item_id=item, content_index=0, pcm=BLOCK
    )
    return talk.tell(event)


def test_a_speaker_that_goes_ends_the_answer_where_it_was_heard_and_not_its_calls(
    talk: Talk,
) -> None:
    talk.say()
    talk.answer()
    heard = (ev.Heard("a1", 0, 340, complete=True),)
    lost = ev.SoundLost(at=talk.at(), reason="the speaker is gone", heard=heard)
    assert talk.tell(lost) == [do.FinishPlaying()]
    assert answered(talk, "r1", "a1") == answered(talk, "r1", "a2") == []
    assert talk.end("r1", CALL)[:2] == [do.TruncateItem("a1", 0, 340), do.DeleteItem("a2")]
    talk.tell(ev.ToolEnded(at=talk.at(), call_id="call_1", output=DONE))
    talk.answer("r2", "a3")
    talk.end("r2")
    talk.tell(ev.SoundEnded(at=talk.at()))
    assert (talk.turns[0].outcome, talk.turns[0].trouble) == ("interrupted", "the speaker is gone")


def test_a_speaker_that_goes_when_all_has_come_cuts_the_answer_at_once(talk: Talk) -> None:
    talk.say()
    talk.answer()
    talk.end()
    heard = (ev.Heard("a1", 0, 10, complete=False),)
    lost = ev.SoundLost(at=talk.at(), reason="the speaker is gone", heard=heard)
    assert do.TruncateItem("a1", 0, 10) in talk.tell(lost)
    assert talk.turns[0].outcome == "interrupted"


@pytest.mark.parametrize("ms", [340, 0])
def test_a_receipt_that_a_dying_speaker_cut_off_is_told_only_if_it_was_heard(
    talk: Talk, ms: int
) -> None:
    talk.say()
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    answered(talk, "r1", "a1")
    talk.end("r1", CALL)
    talk.tell(ev.ToolEnded(at=talk.at(), call_id="call_1", output=DONE))
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r2"))
    answered(talk, "r2", "a2")
    talk.end("r2")
    heard = (ev.Heard("a1", 0, 100, complete=True), ev.Heard("a2", 0, ms, complete=False))
    talk.tell(ev.SoundLost(at=talk.at(), reason="the speaker is gone", heard=heard))
    assert talk.turns[0].outcome == "interrupted"
    told_later = talk.tell(ev.TimerRang(at=talk.at(), name="untold"))
    assert talk.marked == (["call_1"] if ms else [])
    assert told_later == ([] if ms else [do.Announce(DONE)])
