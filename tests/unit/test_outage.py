"""Without a link: what is said is kept, sent, or dropped aloud; the conversation read as one."""

from __future__ import annotations

import pytest

from teamvoice.conversation import commands as do
from teamvoice.conversation import events as ev
from teamvoice.conversation.commands import Command
from tests.support.conversing import Talk, kinds

BROKE = "the connection broke"
KEPT = do.Tell("trouble", f"{BROKE}; what you said is kept and sent later")
DROPPED = "there was no connection for too long, so something that you said was not sent"


@pytest.fixture
def talk() -> Talk:
    return Talk(link=False)


def down(talk: Talk, reason: str = BROKE, *, fatal: bool = False) -> list[Command]:
    return talk.tell(ev.LinkDown(at=talk.at(), reason=reason, fatal=fatal))


def up(talk: Talk) -> list[Command]:
    return talk.tell(ev.LinkUp(at=talk.at()))


def test_an_outage_is_told_once_and_once_more_when_it_is_fatal(talk: Talk) -> None:
    assert down(talk) == [do.Tell("trouble", BROKE)]
    assert down(talk) == []
    fatal = "no credit (add credit)"
    assert down(talk, fatal, fatal=True) == [do.Chime("trouble"), do.Tell("trouble", fatal)]
    up(talk)
    assert down(talk) == [do.Tell("trouble", BROKE)]


def test_a_session_that_does_not_answer_is_one_outage() -> None:
    talk = Talk()
    talk.say()
    late = talk.tell(ev.TimerRang(at=talk.at(), name="answer"))
    assert [c.text for c in late if isinstance(c, do.Tell)] == ["the model did not answer in time"]
    assert down(talk, "the session no longer answered") == []


def test_a_link_that_rests_is_no_trouble(talk: Talk) -> None:
    up(talk)
    assert talk.tell(ev.LinkRested(at=talk.at())) == []
    talk.say()
    assert kinds(up(talk))[-1] is do.CreateResponse


def test_who_speaks_with_no_link_is_told_so_once_and_not_at_once(talk: Talk) -> None:
    down(talk)
    assert talk.say() == []
    rang = ev.TimerRang(at=talk.at(), name="kept")
    assert talk.tell(rang) == [do.Chime("trouble"), KEPT]
    assert talk.tell(rang) == []
    talk.say()
    assert talk.tell(rang) == [do.Chime("trouble"), KEPT]


def test_a_link_that_comes_up_soon_is_not_spoken_of(talk: Talk) -> None:
    talk.say()
    commands = talk.machine.handle(ev.LinkUp(at=talk.at()))
    assert do.SetTimer("kept", 5.0) in commands, "the time for an answer begins now"


def test_all_that_was_said_in_an_outage_is_one_turn_when_it_ends(talk: Talk) -> None:
    talk.say()
    talk.say()
    sent = [kind for kind in kinds(up(talk)) if kind is not do.Chime]
    assert sent == [*[do.AppendAudio, do.CommitAudio] * 2, do.CreateResponse]
    talk.answer()
    talk.end()
    talk.tell(ev.SoundEnded(at=talk.at()))
    assert [turn.outcome for turn in talk.turns] == ["answered"]


def test_what_is_too_old_is_dropped_shown_chimed_written_down_and_said(talk: Talk) -> None:
    talk.say()
    talk.now += 121
    dropped = talk.tell(ev.TimerRang(at=talk.at(), name="old"))
    assert dropped[:2] == [
        do.Chime("trouble"), do.Tell("trouble", f"{DROPPED}; say it again if it matters"),
    ]  # fmt: skip
    (turn,) = talk.turns
    assert (turn.outcome, turn.trouble) == ("dropped", DROPPED)
    said = f"T{DROPPED[1:]}."
    assert up(talk) == [do.Announce(said)]
    talk.answer()
    talk.end()
    talk.tell(ev.SoundEnded(at=talk.at()))
    assert talk.turns[1].news == said


def test_what_is_young_enough_goes_and_what_is_too_old_does_not(talk: Talk) -> None:
    talk.say()
    talk.now += 100
    talk.say(blocks=30)
    talk.now += 30
    sent = up(talk)
    assert sum(len(c.pcm) for c in sent if isinstance(c, do.AppendAudio)) == 30 * 960
    assert do.CreateResponse() in sent
    talk.answer()
    talk.end()
    talk.tell(ev.SoundEnded(at=talk.at()))
    assert (talk.turns[0].outcome, talk.turns[0].trouble) == ("answered", DROPPED)


def test_a_machine_that_sleeps_makes_what_was_said_older(talk: Talk) -> None:
    talk.say()
    talk.tell(ev.Slept(at=talk.at(), seconds=8 * 3600.0))
    assert talk.turns[0].outcome == "dropped"
    assert do.CreateResponse() not in up(talk)


def test_what_a_session_took_along_ages_while_the_machine_sleeps() -> None:
    talk = Talk()
    talk.say()
    talk.tell(ev.Slept(at=talk.at(), seconds=8 * 3600.0))
    assert talk.turns == []  # the session has it: it may be answering
    down(talk)
    assert do.CreateResponse() not in up(talk)
    assert talk.turns[0].outcome == "dropped"


def test_what_is_said_after_the_sleep_is_not_old(talk: Talk) -> None:
    talk.tell(ev.Slept(at=talk.at(), seconds=8 * 3600.0))
    talk.say()
    assert do.CreateResponse() in up(talk)


def test_a_key_that_is_still_held_is_not_too_old(talk: Talk) -> None:
    talk.tell(ev.HoldBegan(at=talk.at()))
    talk.blocks(20)
    talk.now += 200
    assert do.AppendAudio not in kinds(talk.tell(ev.TimerRang(at=talk.at(), name="old")))
    up(talk)
    talk.tell(ev.HoldEnded(at=talk.at()))
    assert do.CreateResponse() in talk.tell(ev.CaptureEnded(at=talk.at()))


def test_typed_words_are_dropped_and_written_down_with_their_words(talk: Talk) -> None:
    talk.tell(ev.TextAsked(at=talk.at(), text="who is idle?"))
    talk.now += 121
    up(talk)
    assert (talk.turns[0].heard, talk.turns[0].outcome) == ("who is idle?", "dropped")


def handed_over(talk: Talk) -> Talk:
    """The conversation that comes after this one, when the settings have changed."""
    following = Talk(link=False)
    following.now = talk.now
    words = talk.machine.hand_over()
    assert talk.machine.part(talk.at()) == [], "the turn goes on elsewhere"
    following.tell(ev.WordsLeft(at=talk.at(), words=words))
    return following


def test_what_waits_for_a_link_goes_over_to_the_next_conversation(talk: Talk) -> None:
    down(talk)
    talk.say()
    talk.tell(ev.TimerRang(at=talk.at(), name="kept"))
    talk.tell(ev.TextAsked(at=talk.at(), text="and push it"))
    assert talk.machine.is_movable
    following = handed_over(talk)
    rang = ev.TimerRang(at=following.at(), name="kept")
    assert following.tell(rang)[0] == do.Chime("trouble"), "of the typed words they were not told"
    sent = [kind for kind in kinds(up(following)) if kind is not do.Chime]
    assert sent == [do.AppendAudio, do.CommitAudio, do.AddText, do.CreateResponse]
    following.answer()
    following.end()
    following.tell(ev.SoundEnded(at=following.at()))
    assert [(turn.outcome, turn.heard) for turn in following.turns] == [("answered", "and push it")]


def test_what_goes_over_to_the_next_conversation_ages_as_before(talk: Talk) -> None:
    talk.say()
    following = handed_over(talk)
    following.now += 121.0
    assert do.Tell("trouble", f"{DROPPED}; say it again if it matters") in up(following)
    assert [turn.outcome for turn in following.turns] == ["dropped"]


def test_who_speaks_cannot_be_moved(talk: Talk) -> None:
    talk.tell(ev.HoldBegan(at=talk.at()))
    assert not talk.machine.is_movable


@pytest.mark.parametrize("typed", [True, False])
def test_what_is_cancelled_is_never_sent(talk: Talk, typed: bool) -> None:
    down(talk)
    if typed:
        talk.tell(ev.TextAsked(at=talk.at(), text="push it"))
    else:
        talk.say()
    cancelled = talk.tell(ev.CancelAsked(at=talk.at()))
    assert do.Tell("notice", "what you said is cancelled, and not sent") in cancelled
    assert talk.tell(ev.TimerRang(at=talk.at(), name="kept")) == []
    assert up(talk) == []
    assert [turn.outcome for turn in talk.turns] == ["cancelled"]


def test_what_a_dead_session_took_with_it_can_be_cancelled() -> None:
    talk = Talk()
    talk.say()
    down(talk)
    talk.tell(ev.CancelAsked(at=talk.at()))
    assert up(talk) == []


def test_what_is_cancelled_while_it_is_said_is_never_sent(talk: Talk) -> None:
    talk.tell(ev.HoldBegan(at=talk.at()))
    talk.blocks(20)
    talk.tell(ev.CancelAsked(at=talk.at()))
    up(talk)
    assert talk.tell(ev.CaptureEnded(at=talk.at()))[0] == do.ClearAudio()
    sent = [kind for kind in kinds(talk.say()) if kind is not do.Chime]
    assert sent == [do.CommitAudio, do.CreateResponse]


SILENT = do.Tell("trouble", "no answer yet: the provider is silent")


def rang(talk: Talk) -> list[Command]:
    return talk.tell(ev.TimerRang(at=talk.at(), name="kept"))


def test_a_provider_that_does_nothing_after_a_commit_is_spoken_of_soon() -> None:
    talk = Talk()
    commands = talk.machine.handle(ev.TextAsked(at=talk.at(), text="push it"))
    assert do.SetTimer("kept", 5.0) in commands
    assert rang(talk) == [do.Chime("trouble"), SILENT]


def test_a_provider_that_ignores_a_cancel_is_spoken_of_soon() -> None:
    talk = Talk()
    talk.say()
    talk.answer()
    talk.tell(ev.HoldBegan(at=talk.at()))
    talk.tell(ev.SoundStopped(at=talk.at()))
    talk.blocks(20)
    assert rang(talk) == [], "the person speaks"
    talk.tell(ev.HoldEnded(at=talk.at()))
    talk.tell(ev.CaptureEnded(at=talk.at()))
    assert rang(talk) == [do.Chime("trouble"), SILENT]


def test_a_provider_that_answers_or_has_nothing_to_answer_is_not_spoken_of() -> None:
    talk = Talk()
    talk.say()
    talk.answer(sounds=False)
    assert rang(talk) == []
    talk.tell(ev.CancelAsked(at=talk.at()))
    assert rang(talk) == []


def test_a_provider_that_does_not_tell_what_a_tool_found_is_spoken_of_soon() -> None:
    talk = Talk()
    talk.say()
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="r1"))
    talk.end("r1", ev.ToolCall("c1", "team_status", "{}"))
    assert rang(talk) == [], "the tool takes its time"
    talk.tell(ev.ToolEnded(at=talk.at(), call_id="c1", output="Idle."))
    assert rang(talk) == [do.Chime("trouble"), SILENT]


def test_a_provider_that_does_not_say_news_keeps_nobody_waiting() -> None:
    talk = Talk()
    assert do.Announce in kinds(talk.tell(ev.NewsCame(at=talk.at(), about="dev", text="the dev")))
    assert rang(talk) == []
