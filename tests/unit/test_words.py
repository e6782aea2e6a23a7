"""What was said is written down when it is known, and what a killed daemon left is told once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from teamvoice.conversation import events as ev
from teamvoice.conversation.commands import NoteWords
from teamvoice.daemon.memory import untold
from teamvoice.daemon.records import worth_showing
from teamvoice.daemon.words import Words
from tests.support.conversing import Talk

NOW = datetime.now(UTC)
SHORT_AGO = (NOW - timedelta(minutes=2)).isoformat(timespec="seconds")


class Journal:
    """The records of daemons that followed each other."""

    def __init__(self, *records: dict[str, Any]) -> None:
        self.records = list(records)

    async def write(self, record: dict[str, Any]) -> None:
        self.records.append(record)

    async def start(self) -> tuple[Words, list[str]]:
        """Another daemon; what it tells."""
        words = Words(self.records.append, self.write)
        lost = await words.recall(list(self.records))
        return words, [untold(record, 1.0, NOW).text for record in lost]


def said(number: int, heard: str = "", **about: Any) -> dict[str, Any]:
    known = {"number": number, "heard": heard, "typed": False, "late": False}
    return {"kind": "said", "time": SHORT_AGO, **known, **about}


def test_typed_words_are_noted_at_once_even_without_a_link() -> None:
    talk = Talk(link=False)
    talk.tell(ev.TextAsked(at=talk.at(), text="push it"))
    assert talk.noted == [NoteWords(1, "push it", typed=True)]


def test_speech_is_noted_when_it_is_whole_and_when_its_words_are_known() -> None:
    talk = Talk()
    talk.say(10)
    assert talk.noted == [NoteWords(1, "", typed=False)]
    talk.tell(ev.SpeechCommitted(at=talk.at(), item_id="i"))
    talk.tell(ev.SpeechTranscribed(at=talk.at(), item_id="i", text="push it"))
    assert talk.noted[1:] == [NoteWords(1, "push it", typed=False)]


def test_words_that_come_after_their_turn_was_written_down_are_noted_as_late() -> None:
    talk = Talk()
    talk.say(10)
    talk.tell(ev.SpeechCommitted(at=talk.at(), item_id="i"))
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r"))
    talk.end("r")
    talk.tell(ev.TimerRang(at=talk.at(), name="turn-1"))
    assert [turn.heard for turn in talk.turns] == [""]
    talk.tell(ev.SpeechTranscribed(at=talk.at(), item_id="i", text="push it"))
    assert talk.noted[-1] == NoteWords(1, "push it", typed=False, late=True)


async def test_words_that_a_killed_daemon_left_are_told_until_they_were_heard() -> None:
    told = 'minutes ago you said "push it", and I was ended before that was over'
    journal = Journal(said(1), said(1, "push it"))
    _, first = await journal.start()
    assert [told in text and "nothing was done about it" in text for text in first] == [True]
    again, second = await journal.start()
    assert second == first, "nobody has heard it yet"
    (turn,) = worth_showing(reversed(journal.records))
    assert (turn["kind"], turn["heard"], turn["outcome"]) == ("turn", "push it", "failed")
    again.told(["call_1", turn["lost"]])
    assert (await journal.start())[1] == []


async def test_words_that_are_not_known_are_told_as_something() -> None:
    _, told = await Journal(said(4)).start()
    assert "you said something, and I was ended" in told[0]


async def test_that_nothing_was_done_is_said_only_when_no_write_was_begun() -> None:
    call = {"kind": "call", "state": "ended", "call_id": "c", "time": SHORT_AGO}
    _, told = await Journal(said(1, "push it"), call).start()
    assert "nothing was done" not in told[0]
    _, told = await Journal(said(1, "push it"), {**call, "state": "waiting"}).start()
    assert "nothing was done" in told[0]


async def test_that_nothing_was_done_is_not_said_where_records_are_missing() -> None:
    _, told = await Journal(said(7, "push it"), {"kind": "gap", "missed": 2}).start()
    assert len(told) == 1
    assert "nothing was done" not in told[0]


async def test_turns_that_ended_and_words_that_came_late_are_no_loss() -> None:
    turn = {"kind": "turn", "number": 1, "time": SHORT_AGO, "heard": "push it"}
    late = said(1, "push it", late=True)
    journal = Journal(said(1, "push it"), turn, late)
    assert (await journal.start())[1] == []
    assert list(worth_showing(reversed(journal.records))) == [late, turn]


async def test_words_of_long_ago_are_left_to_the_history() -> None:
    old = (NOW - timedelta(days=2)).isoformat(timespec="seconds")
    journal = Journal({**said(1, "push it"), "time": old})
    assert (await journal.start())[1] == []
    assert [turn["heard"] for turn in worth_showing(reversed(journal.records))] == ["push it"]


async def test_words_that_went_over_to_other_settings_are_told_of_by_their_new_turn_alone() -> None:
    journal = Journal(said(3, "push it"))
    Words(journal.records.append, journal.write).leave(3)
    assert (await journal.start())[1] == []
    assert [record["kind"] for record in journal.records] == ["said", "said"], "no turn is lost"
    journal.records.append(said(1, "push it"))
    assert len((await journal.start())[1]) == 1
