from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teamvoice.conversation import commands as do
from teamvoice.conversation import events as ev
from teamvoice.team.digest import tokens
from teamvoice.team.newsdesk import News, Newsdesk
from teamvoice.team.questions import Option, Question
from teamvoice.team.sight import Kind, State
from tests.support.conversing import Talk

WAIT = "are waiting for your answer"


@pytest.fixture
def talk() -> Talk:
    """A conversation in which a turn is on: news waits for its end."""
    talk = Talk()
    talk.say()
    return talk


def comes(talk: Talk, about: str, text: str, fenced: str = "", all_do: str = "") -> None:
    who = f"the {about}" if all_do else ""
    event = ev.NewsCame(at=talk.at(), about=about, text=text, fenced=fenced, who=who, all_do=all_do)
    talk.tell(event)


def waits(talk: Talk, *names: str) -> None:
    for name in names:
        comes(talk, name, f"the {name} waits: Go?", f"the {name} waits:\n[Go?]", WAIT)


def announced(commands: Iterable[object]) -> list[str]:
    return [command.text for command in commands if isinstance(command, do.Announce)]


def said(talk: Talk) -> list[str]:
    """All that is announced from the end of the turn on, sentence by sentence."""
    talk.answer()
    talk.end()
    sentences = announced(talk.tell(ev.SoundEnded(at=talk.at())))
    while True:
        number = len(sentences)
        talk.answer(f"n{number}", f"a{number}")
        talk.end(f"n{number}")
        more = announced(talk.tell(ev.SoundEnded(at=talk.at())))
        if not more:
            return sentences
        sentences += more


def test_a_few_who_wait_are_told_with_their_questions(talk: Talk) -> None:
    waits(talk, "dev", "pm")
    assert said(talk) == ["The dev waits:\n[Go?]; and the pm waits:\n[Go?]."]
    assert talk.turns[-1].news == "The dev waits: Go?; and the pm waits: Go?"


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ("dev pm qa ops", "The dev, the pm, the qa and the ops are waiting for your answer."),
        ("dev pm qa a b", "The dev, the pm, the qa and 2 more are waiting for your answer."),
        ("dev pm qa a b c d", "The dev, the pm, the qa and 4 more are waiting for your answer."),
    ],
)
def test_of_many_who_wait_a_few_are_named(talk: Talk, names: str, sentence: str) -> None:
    waits(talk, *names.split())
    assert said(talk) == [sentence]
    assert talk.turns[-1].news == sentence


def test_those_who_do_the_same_are_one_clause_and_who_is_alone_is_told_alone(talk: Talk) -> None:
    comes(talk, "dev", "the dev has finished", all_do="have finished")
    waits(talk, "qa")
    comes(talk, "pm", "the pm has finished", all_do="have finished")
    assert said(talk) == ["The dev and the pm have finished; and the qa waits:\n[Go?]."]


def test_what_lasts_is_told_whole_however_much_there_is_of_it(talk: Talk) -> None:
    texts = [f"it is not known whether {number} was done" for number in range(9)]
    for number, text in enumerate(texts):
        talk.tell(ev.NewsCame(at=talk.at(), about=f"c{number}", text=text, lasts=True))
    sentences = said(talk)
    assert [sentence.count("is not known") for sentence in sentences] == [4, 4, 1]
    assert all(any(text[1:] in sentence for sentence in sentences) for text in texts)
    assert talk.marked == [f"c{number}" for number in range(9)]


def test_what_is_long_is_told_whole_and_alone(talk: Talk) -> None:
    long = "it is not known whether this was done: " + "x" * 5000
    for about in ("a", "b"):
        talk.tell(ev.NewsCame(at=talk.at(), about=about, text=long, lasts=True))
    assert [len(sentence) for sentence in said(talk)] == [len(long) + 1] * 2


def test_a_rest_that_was_not_said_yet_is_told_after_what_failed(talk: Talk) -> None:
    for number in range(5):
        talk.tell(ev.NewsCame(at=talk.at(), about=f"c{number}", text=f"news {number}", lasts=True))
    talk.answer()
    talk.end()
    assert announced(talk.tell(ev.SoundEnded(at=talk.at()))) == [
        "News 0; news 1; news 2; and news 3."
    ]
    talk.tell(ev.ResponseBegan(at=talk.at(), response_id="n0"))
    failed = ev.ResponseEnded(at=talk.at(), response_id="n0", status="failed", reason="x")
    assert announced(talk.tell(failed)) == ["News 0; news 1; news 2; and news 3."]
    assert talk.marked == []


def test_only_what_lasts_is_marked_as_told(talk: Talk) -> None:
    waits(talk, "dev")
    talk.tell(ev.NewsCame(at=talk.at(), about="c1", text="it is not known", lasts=True))
    said(talk)
    assert talk.marked == ["c1"]


# Bounded, whatever a team is ---------------------------------------------------------------------

WORST = "🧵" * 100


def team_news(states: list[Kind]) -> list[News]:
    """What a watcher tells of members who were at work, with the worst names and questions."""
    desk = Newsdesk()
    names = [f"{'名' * 30}{number}" for number in range(len(states))]
    names = [f"{number:02d}{name}" for number, name in enumerate(names)]
    desk.seen((name, State(Kind.WORKING, "screen", 0)) for name in names)
    asked = Question(WORST, WORST, tuple(Option(WORST, (str(n),)) for n in range(9)), WORST)
    for name in names:
        for kind in Kind:
            desk.notify_when(name, kind)
    questions = [asked if kind is Kind.WAITING else None for kind in states]
    seen = [State(kind, "screen", 0, question=q) for kind, q in zip(states, questions, strict=True)]
    return desk.seen(zip(names, seen, strict=True))


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from(Kind), min_size=1, max_size=40))
def test_one_sentence_has_a_bound_in_tokens_and_nobody_is_left_out(states: list[Kind]) -> None:
    talk = Talk()
    talk.say()
    news = team_news(states)
    for item in news:
        comes_from_team(talk, item)
    sentences = said(talk) if news else []
    assert all(tokens(sentence) <= 1000 for sentence in sentences)
    assert all(tokens(turn.news) <= 1000 for turn in talk.turns)
    assert len(sentences) <= 3


def comes_from_team(talk: Talk, item: News) -> None:
    event = ev.NewsCame(
        at=talk.at(),
        about=item.about,
        text=item.text,
        fenced=item.fenced,
        who=item.who,
        all_do=item.all_do,
    )
    talk.tell(event)
