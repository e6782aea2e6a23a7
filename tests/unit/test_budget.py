"""The day's money: a conversation with the machine, and the report of what is spent."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from teamvoice import config
from teamvoice.conversation import commands as do
from teamvoice.conversation import events as ev
from teamvoice.conversation.commands import Command
from teamvoice.conversation.events import Usage
from teamvoice.conversation.states import Rules
from teamvoice.daemon.cost import Tariff
from teamvoice.daemon.journal import Record
from teamvoice.daemon.spending import Spending
from teamvoice.daemon.thrift import CacheWatch, cached_share
from tests.support.conversing import Talk

CALL = ev.ToolCall("c1", "send_message", "{}")


class Limited(Talk):
    """A conversation with a limit of two dollars a day."""

    def __init__(self) -> None:
        super().__init__(rules=Rules(cap_usd=2.0))
        self.spend("2026-01-30", 0.0)

    def spend(self, day: str, usd: float) -> list[Command]:
        return self.tell(ev.Spent(at=self.at(), day=day, usd=usd))

    def speak(self, item: str = "") -> list[Command]:
        told = self.say(10)
        if item:
            told += self.tell(ev.SpeechCommitted(at=self.at(), item_id=item))
            text = f"the words of {item}"
            told += self.tell(ev.SpeechTranscribed(at=self.at(), item_id=item, text=text))
        return told


def texts(commands: list[Command]) -> list[str]:
    return [command.text for command in commands if isinstance(command, do.Tell)]


def asked(commands: list[Command]) -> bool:
    return any(isinstance(command, do.CreateResponse | do.Announce) for command in commands)


def test_without_a_limit_any_sum_is_answered() -> None:
    talk = Limited()
    talk.machine.budget.cap_usd = 0.0
    assert talk.spend("2026-01-30", 1_000.0) == []
    assert asked(talk.speak())


def test_the_limit_is_told_once_with_what_to_do() -> None:
    talk = Limited()
    assert talk.spend("2026-01-30", 1.99) == []
    chime, told = talk.spend("2026-01-30", 0.01)
    assert chime == do.Chime("trouble")
    assert isinstance(told, do.Tell)
    assert "$2.00 is reached" in told.text
    assert "raise cost.cap_usd" in told.text
    assert "tomorrow" in told.text
    assert talk.spend("2026-01-30", 0.5) == []


def test_what_is_said_then_gets_no_answer_and_is_kept_in_the_journal() -> None:
    talk = Limited()
    talk.spend("2026-01-30", 2.0)
    commands = talk.speak("item1")
    assert not asked(commands)
    assert do.Chime("trouble") in commands
    assert any("not answered" in text for text in texts(commands))
    assert talk.turns[-1].heard == "the words of item1"
    assert talk.turns[-1].outcome == "failed"
    assert "limit of $2.00" in talk.turns[-1].trouble


def test_the_next_day_it_answers_and_does_not_act_on_yesterdays_words() -> None:
    talk = Limited()
    talk.spend("2026-01-30", 2.0)
    talk.speak("item1")
    assert texts(talk.spend("2026-01-31", 0.0)) == ["a new day: you are answered again"]
    commands = talk.speak("item2")
    assert commands.index(do.DeleteItem("item1")) < commands.index(do.CreateResponse())
    assert do.DeleteItem("item2") not in commands
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    talk.tell(ev.ResponseEnded(at=talk.at(), response_id="r1", status="completed"))
    assert do.DeleteItem("item1") not in talk.speak("item3")


def test_a_session_that_never_had_the_words_need_not_forget_them() -> None:
    talk = Limited()
    talk.spend("2026-01-30", 2.0)
    talk.speak("item1")
    talk.tell(ev.LinkDown(at=talk.at(), reason="broken"))
    talk.tell(ev.LinkUp(at=talk.at()))
    talk.spend("2026-01-31", 0.0)
    assert do.DeleteItem("item1") not in talk.speak("item2")


def test_typed_words_are_turned_away_before_the_session_has_them() -> None:
    talk = Limited()
    talk.spend("2026-01-30", 2.0)
    commands = talk.tell(ev.TextAsked(at=talk.at(), text="stop"))
    assert [type(command) for command in commands] == [do.EndTurn]
    assert (talk.turns[-1].heard, talk.turns[-1].typed) == ("stop", True)
    assert "not answered" in talk.turns[-1].trouble


def test_a_turn_that_reaches_the_limit_shows_what_was_done() -> None:
    talk = Limited()
    talk.speak("item1")
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    talk.spend("2026-01-30", 2.0)
    talk.tell(ev.ResponseEnded(at=talk.at(), response_id="r1", status="completed", calls=(CALL,)))
    commands = talk.tell(ev.ToolEnded(at=talk.at(), call_id="c1", output="Submitted to the pm."))
    assert not asked(commands)
    assert "Submitted to the pm." in texts(commands)
    assert talk.turns[-1].calls[0].output == "Submitted to the pm."
    talk.spend("2026-01-31", 0.0)
    assert do.DeleteItem("item1") not in talk.speak("item2"), "those words were acted upon"


def test_what_was_looked_up_when_the_limit_was_reached_is_shown_once() -> None:
    talk = Limited()
    talk.speak()
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    talk.spend("2026-01-30", 3.0)
    talk.end("r1", ev.ToolCall("c1", "list_team", "{}"))
    told = talk.tell(ev.ToolEnded(at=talk.at(), call_id="c1", output="On the team: dev."))
    assert texts(told).count("On the team: dev.") == 1


def test_a_clock_that_is_set_back_over_midnight_gives_no_second_limit() -> None:
    talk = Limited()
    talk.spend("2026-01-30", 1.5)
    talk.spend("2026-01-31", 0.0)
    talk.spend("2026-01-31", 1.0)
    (_, told) = talk.spend("2026-01-30", 0.6)
    assert isinstance(told, do.Tell)
    assert "($2.10 spent)" in told.text
    assert not asked(talk.speak("item1"))
    assert texts(talk.spend("2026-01-31", 0.0)) == ["a new day: you are answered again"]
    assert talk.machine.budget.spent_usd == 1.0


def test_the_sums_of_no_more_than_some_days_are_kept() -> None:
    talk = Limited()
    for day in range(10, 30):
        talk.spend(f"2026-02-{day}", 1.0)
    assert talk.spend("2026-02-22", 0.5) == []
    assert talk.machine.budget.spent_usd == 1.5
    talk.spend("2026-02-10", 0.5)
    assert talk.machine.budget.spent_usd == 0.5


def test_an_answer_that_a_provider_gives_by_itself_is_stopped_and_that_is_said() -> None:
    talk = Limited()
    talk.spend("2026-01-30", 2.0)
    talk.speak("item1")
    told = talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    assert do.CancelResponse("r1") in told
    assert texts(told) == ["not answered: the day's limit of $2.00 is reached"]
    audio = ev.AnswerAudio(
        at=talk.at(), response_id="r1", item_id="a1", content_index=0, pcm=bytes(960)
    )
    assert talk.tell(audio) == []
    ended = ev.ResponseEnded(at=talk.at(), response_id="r1", status="completed", calls=(CALL,))
    assert not any(isinstance(command, do.RunTool) for command in talk.tell(ended))


def test_a_provider_that_does_not_let_itself_be_stopped_is_left() -> None:
    talk = Limited()
    talk.spend("2026-01-30", 2.0)
    talk.speak("item1")
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    assert do.ResetLink() in talk.tell(ev.TimerRang(at=talk.at(), name="answer"))


def test_what_became_of_a_write_while_the_link_was_down_is_shown() -> None:
    talk = Limited()
    talk.speak()
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    talk.end("r1", CALL)
    talk.tell(ev.LinkDown(at=talk.at(), reason="it broke"))
    talk.tell(ev.ToolEnded(at=talk.at(), call_id="c1", output="Submitted."))
    talk.spend("2026-01-30", 3.0)
    told = talk.tell(ev.LinkUp(at=talk.at()))
    assert "before the connection broke: Submitted." in texts(told)


def test_news_is_shown_and_not_spoken() -> None:
    talk = Limited()
    talk.spend("2026-01-30", 2.0)
    commands = talk.tell(ev.NewsCame(at=talk.at(), about="pm", text="the pm waits"))
    assert commands == [do.Tell("news", "The pm waits.")]
    assert talk.machine.is_at_rest


# What is reported ------------------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.now = datetime.now(UTC).astimezone().replace(hour=23, minute=50)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def spending(tmp_path: Path, clock: Clock) -> Spending:
    return started(tmp_path / "journal.jsonl", clock)


def started(path: Path, clock: Callable[[], datetime]) -> Spending:
    """What a daemon has that starts with this journal, and writes it."""

    def write_down(record: Record) -> None:
        with path.open("ab") as file:
            file.write(msgspec.json.encode(record) + b"\n")

    return Spending(Tariff(config.Config(), "openai"), path, write_down, clock)


def test_the_days_sum_survives_a_restart(spending: Spending, clock: Clock, tmp_path: Path) -> None:
    records = [
        {"kind": "turn", "time": clock.now - timedelta(days=1), "dollars": {"text_in": 5.0}},
        {"kind": "turn", "time": clock.now, "dollars": {"text_in": 0.5, "audio_in": None}},
        {"kind": "news", "time": clock.now, "dollars": {"text_in": 0.25}},
        {"kind": "turn", "time": clock.now, "cost_usd": 0.125},
    ]
    older, newer = tmp_path / "journal.jsonl.1", tmp_path / "journal.jsonl"
    for file, kept in ((older, records[:2]), (newer, records[2:])):
        file.write_bytes(b"\n".join(map(msgspec.json.encode, kept)) + b'\n{"cut')
    read = spending.read(1.0)
    assert (read.day, read.usd) == (clock.now.date().isoformat(), 0.875)


@pytest.mark.parametrize("days", [-1, 1])
def test_a_clock_that_is_set_over_midnight_and_a_restart_forget_no_day(
    spending: Spending, clock: Clock, tmp_path: Path, days: int
) -> None:
    other = clock.now + timedelta(days=days)
    record = {"kind": "turn", "time": other, "dollars": {"text_in": 5.0}}
    (tmp_path / "journal.jsonl").write_bytes(msgspec.json.encode(record))
    talk = Limited()
    talk.tell(spending.read(1.0))
    today, days_seen = clock.now, []
    for now in (other, today, other):
        clock.now = now
        began = spending.look(2.0)
        assert began
        talk.tell(began)
        days_seen.append((began.usd, talk.machine.budget.is_spent))
    assert days_seen == [(5.0, True), (0.0, False), (0.0, True)], "each is told once"


def test_the_days_sum_is_whole_on_a_day_when_the_clock_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 25 hours, the first; in a file of its own, for the journal was set aside then."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        early = datetime(2026, 10, 25, 0, 30, tzinfo=UTC).astimezone() - timedelta(hours=2)
        evening = datetime(2026, 10, 25, 20, 0, tzinfo=UTC).astimezone()
        for name, at in (("journal.jsonl.1", early), ("journal.jsonl", evening)):
            record = {"kind": "turn", "time": at, "dollars": {"text_in": 0.5}}
            (tmp_path / name).write_bytes(msgspec.json.encode(record) + b"\n")
            os.utime(tmp_path / name, (at.timestamp(),) * 2)
        spending = started(tmp_path / "journal.jsonl", lambda: evening)
        assert spending.read(1.0) == ev.Spent(at=1.0, day="2026-10-25", usd=1.0)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_nothing_was_spent_before_there_was_a_journal(spending: Spending) -> None:
    assert spending.read(1.0).usd == 0.0


def test_a_day_that_begins_is_told_once(spending: Spending, clock: Clock) -> None:
    spending.read(1.0)
    assert spending.look(2.0) is None
    clock.now += timedelta(minutes=20)
    assert spending.look(3.0) == ev.Spent(at=3.0, day=clock.now.date().isoformat(), usd=0.0)
    assert spending.look(4.0) is None


def test_every_response_and_transcription_is_priced(spending: Spending, clock: Clock) -> None:
    day = clock.now.date().isoformat()
    usage = Usage(audio_out=1_000_000)
    ended = ev.ResponseEnded(at=1.0, response_id="r", status="cancelled", usage=usage)
    assert spending.of(ended) == ev.Spent(at=1.0, day=day, usd=64.0)
    took = ev.Transcribed(seconds=60.0)
    heard = ev.SpeechTranscribed(at=2.0, item_id="i", text="hello", usage=took)
    assert spending.of(heard) == ev.Spent(at=2.0, day=day, usd=0.0045)
    assert spending.of(ev.ResponseBegan(at=3.0, response_id="r")) is None


def test_a_daemon_that_is_killed_forgets_nothing_on_either_side_of_midnight(
    spending: Spending, clock: Clock, tmp_path: Path
) -> None:
    """A turn that began before it and never ended; a day's sum is that of what was told on it."""
    spending.read(1.0)
    first, second = clock.now, clock.now + timedelta(minutes=20)
    for clock.now, out in ((first, 1_000_000), (second, 2_000_000)):
        usage = Usage(audio_out=out)
        spending.of(ev.ResponseEnded(at=2.0, response_id="r", status="completed", usage=usage))
    took = ev.Transcribed(seconds=60.0)
    spending.of(ev.SpeechTranscribed(at=3.0, item_id="i", text="hello", usage=took))
    next_daemon = started(tmp_path / "journal.jsonl", clock)
    today = next_daemon.read(4.0)
    assert (today.day, today.usd) == (second.date().isoformat(), 128.0045)
    clock.now = first
    yesterday = next_daemon.look(5.0)
    assert yesterday
    assert yesterday.usd == 64.0


# The cached share ------------------------------------------------------------------------------


def turn(share: float, went_in: int = 3000) -> list[Usage]:
    return [Usage(text_in=went_in, cached_text_in=round(went_in * share))]


def test_the_cached_share_is_that_of_all_input() -> None:
    mixed = [Usage(text_in=60, audio_in=40, cached_text_in=30, cached_audio_in=20), Usage()]
    assert cached_share([mixed, turn(1.0, 100)]) == pytest.approx(0.75)
    assert cached_share([[]]) is None


def test_a_collapse_is_told_once_and_again_after_a_recovery() -> None:
    watch = CacheWatch()
    shares = [0.9] * 8 + [0.0] * 20 + [0.9] * 8 + [0.0] * 8
    warned = [n for n, share in enumerate(shares) if watch.turn(turn(share))]
    assert warned == [11, 39]


def test_little_input_tells_nothing() -> None:
    watch = CacheWatch()
    assert not any(watch.turn(turn(0.0, went_in=500)) for _ in range(20))


def test_the_first_turns_of_a_session_are_no_collapse() -> None:
    watch = CacheWatch()
    assert not any(watch.turn(turn(share)) for share in [0.0, 0.5, 0.8, 0.9, 0.9, 0.9, 0.9])
