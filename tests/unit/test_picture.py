"""What a face knows, line by line of what the daemon tells."""

from __future__ import annotations

from typing import Any

import pytest

from teamvoice.ui.picture import LINES, Line, Picture, Reach

TURN: dict[str, Any] = {
    "heard": "who is idle",
    "calls": [{"name": "team_status", "arguments": {}, "result": "The PM is idle."}],
    "spoken": "The PM is idle.",
    "outcome": "answered",
    "ms": {"sound": 410},
    "cost_usd": 0.0123,
}


def seen(*messages: dict[str, Any]) -> tuple[Picture, list[tuple[str, str]]]:
    picture = Picture()
    lines = [(line.kind, line.text) for message in messages for line in picture.take(message)]
    return picture, lines


def reach_after(picture: Picture, message: dict[str, Any]) -> Reach:
    picture.take(message)
    return picture.reach


def test_a_turn_as_it_happens() -> None:
    picture, lines = seen(
        {"status": {"link": {"state": "up"}, "members": [], "turn": None}},
        {"event": "microphone", "state": "open"},
        {"event": "level", "of": "microphone", "db": -20},
        {"event": "microphone", "state": "closed"},
        {"event": "heard", "text": "who is idle"},
        {"event": "call", "id": "1", "name": "team_status", "arguments": "{}"},
        {"event": "called", "id": "1", "result": "The PM\nis idle."},
        {"event": "saying", "text": "The PM "},
        {"event": "saying", "text": "is idle."},
        {"event": "level", "of": "voice", "db": -6},
    )
    assert lines == [
        ("you", "who is idle"),
        ("call", "team_status()"),
        ("receipt", "The PM is idle."),
    ]
    assert picture.saying == "The PM is idle."
    assert picture.levels == {"microphone": -60.0, "voice": -6.0}
    ended = [(line.kind, line.text) for line in picture.take({"event": "turn", "turn": TURN})]
    assert ended == [
        ("voice", "The PM is idle."),
        ("figures", "answered, first sound 410 ms, $0.0123"),
    ]
    assert (picture.saying, picture.levels["voice"]) == ("", -60.0)


def test_what_is_understood_is_seen_as_it_comes_until_it_is_heard() -> None:
    parts = [("i1", "who"), ("i1", " is idle"), ("i2", "and the")]
    events = [{"event": "hearing", "id": item, "text": text} for item, text in parts]
    assert [seen(*events[: n + 1])[0].hearing for n in range(3)] == [
        "who", "who is idle", "and the",
    ]  # fmt: skip
    picture, lines = seen(*events, {"event": "heard", "text": "and the PM"})
    assert (picture.hearing, lines) == ("", [("you", "and the PM")])


@pytest.mark.parametrize(
    "begins",
    [{"event": "heard", "typed": True, "text": "B"}, {"event": "microphone", "state": "open"}],
)
def test_an_answer_that_is_cut_short_stands_before_the_words_that_cut_it(
    begins: dict[str, Any],
) -> None:
    turn = {"heard": "A", "spoken": "The developer", "outcome": "interrupted"}
    _, lines = seen(
        {"event": "heard", "text": "A"},
        {"event": "saying", "text": "The developer is"},
        begins,
        {"event": "turn", "turn": turn},
        {"event": "saying", "text": "Yes."},
        {"event": "turn", "turn": {"spoken": "Yes.", "outcome": "answered"}, "day_usd": 0.5},
    )
    mine = [("you", "B"), ("figures", "before: interrupted")]
    assert lines == [
        ("you", "A"), ("voice", "The developer is …"),
        *(mine if "text" in begins else [("figures", "interrupted")]),
        ("voice", "Yes."), ("figures", "answered"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "begins",
    [{"event": "microphone", "state": "open"}, {"event": "heard", "typed": True, "text": "B"}],
)
def test_of_an_answer_that_goes_on_after_a_tap_or_more_words_the_rest_is_shown_once(
    begins: dict[str, Any],
) -> None:
    asks, done = "It waits for you to tap the key.", "Submitted to the PM."
    picture, lines = seen(
        {"event": "saying", "text": asks},
        begins,
        {"event": "said"},
        {"event": "saying", "text": done},
        {"event": "turn", "turn": {"spoken": f"{asks} {done}", "outcome": "answered"}},
    )
    assert [line for line in lines if line[0] != "you"] == [
        ("voice", f"{asks} …"), ("voice", done), ("figures", "answered"),
    ]  # fmt: skip
    assert picture.saying == ""


def test_what_the_day_has_cost_is_known_after_each_turn() -> None:
    picture, _ = seen(
        {"status": {"cost": {"day_usd": 0.1}}}, {"event": "turn", "turn": TURN, "day_usd": 0.5}
    )
    assert picture.status["cost"]["day_usd"] == 0.5


def test_two_answers_of_a_turn_do_not_run_into_one_another() -> None:
    said = ({"event": "saying", "text": text} for text in ("Nothing yet.", "Done."))
    first, second = said
    picture, _ = seen(first, {"event": "said"}, second)
    assert picture.saying == "Nothing yet. Done."


@pytest.mark.parametrize(
    "begins",
    [{"event": "microphone", "state": "open"}, {"event": "heard", "text": "stop", "typed": True}],
)
def test_spoken_news_makes_room_for_a_new_turn(begins: dict[str, Any]) -> None:
    picture, _ = seen({"event": "saying", "text": "The PM is done."}, {"event": "said"}, begins)
    assert picture.saying == ""


def test_who_comes_in_the_middle_of_a_turn_sees_it_whole_at_its_end() -> None:
    joins: tuple[dict[str, Any], ...] = (
        {"status": {"turn": None}},
        {"event": "saying", "text": "PM is idle."},
        {"event": "turn", "turn": TURN},
    )
    _, lines = seen(*joins, *joins[1:])
    kinds = [kind for kind, _ in lines]
    assert kinds == ["you", "call", "receipt", "voice", "figures", "voice", "figures"]


def test_news_that_was_told_stands_in_its_place_and_the_next_turn_in_its_own() -> None:
    told = {"kind": "news", "spoken": "The PM is done.", "outcome": "answered"}
    picture, lines = seen(
        {"status": {"turn": TURN}},
        {"event": "news", "text": "the PM is done"},
        {"event": "saying", "text": "The PM is done."},
        {"event": "said"},
        {"event": "news_over", "turn": told, "day_usd": 0.5},
        {"event": "microphone", "state": "open"},
        {"event": "heard", "text": "B"},
        {"event": "saying", "text": "Yes."},
        {"event": "turn", "turn": {"spoken": "Yes.", "outcome": "answered"}},
    )
    assert lines[5:] == [
        ("news", "the PM is done"), ("voice", "The PM is done."), ("figures", "answered"),
        ("you", "B"), ("voice", "Yes."), ("figures", "answered"),
    ]  # fmt: skip
    assert (picture.saying, picture.status["cost"]) == ("", {"day_usd": 0.5})


def test_why_there_is_no_link_and_why_a_turn_was_dropped_is_told_once_and_whole() -> None:
    why = "there is no API key: teamvoice config key writes one"
    down = {"status": {"link": {"state": "down", "reason": why}}}
    held = "the key is held; let go of it and ask again"
    dropped = {"event": "turn", "turn": {"outcome": "dropped", "trouble": held}}
    _, lines = seen(down, {"event": "trouble", "text": held}, dropped, down)
    assert lines == [("trouble", why), ("trouble", held), ("figures", "dropped")]
    assert seen(dropped)[1] == [("trouble", held), ("figures", "dropped")]
    for state, reason in (("connecting", "starting"), ("idle", "resting until the next press")):
        assert seen({"status": {"link": {"state": state, "reason": reason}}})[1] == []


def test_what_members_do_is_not_known_any_more_when_the_daemon_is_gone() -> None:
    waits = {"name": "pm", "state": "waiting", "question": {"text": "Go on?", "options": []}}
    picture, _ = seen({"status": {"members": [waits]}})
    picture.gone()
    (member,) = picture.members
    assert (member["state"], member["question"]) == ("unknown", None)
    assert not picture.has_nobody


def test_who_comes_later_sees_the_last_turn_once() -> None:
    status = {"status": {"members": [], "turn": TURN}}
    picture, lines = seen(status)
    assert [kind for kind, _ in lines] == ["you", "call", "receipt", "voice", "figures"]
    picture.gone()
    assert picture.reach is Reach.GONE
    assert reach_after(picture, status) is Reach.ANSWERS
    assert [line.kind for line in picture.lines] == ["you", "call", "receipt", "voice", "figures"]


def test_what_was_said_before_stands_first_with_its_time_and_once() -> None:
    last = TURN | {"time": "2026-01-31T09:30:00", "number": 7}
    news = {"kind": "news", "news": "the PM has finished", "outcome": "answered"}
    older = news | {"time": "2026-01-30T19:05:00", "number": 6}
    picture = Picture()
    begun = picture.begin_with([older, last])
    assert [(line.kind, line.text) for line in begun] == [
        ("news", "the PM has finished"),
        ("figures", "answered, Fri 30 Jan 19:05"),
        ("you", "who is idle"),
        ("call", "team_status()"),
        ("receipt", "The PM is idle."),
        ("voice", "The PM is idle."),
        ("figures", "answered, first sound 410 ms, $0.0123, Sat 31 Jan 09:30"),
    ]
    assert picture.take({"status": {"turn": last}}) == []
    missed = [line.kind for line in picture.take({"status": {"turn": last | {"number": 8}}})]
    assert missed == ["you", "call", "receipt", "voice", "figures"]


def test_a_daemon_that_does_not_answer_is_no_longer_taken_for_one_that_does() -> None:
    silent: dict[str, Any] = {"event": "silent"}
    picture, _ = seen(silent)
    assert picture.reach is Reach.SILENT, "from the start"
    level = {"event": "level", "of": "microphone", "db": -6}
    picture, lines = seen({"status": {"members": [], "turn": None}}, level, silent)
    assert (picture.reach, picture.levels["microphone"], lines) == (Reach.SILENT, -60.0, [])
    assert reach_after(picture, {"event": "alive"}) is Reach.ANSWERS


def test_mute_and_link_and_members_are_kept_up_to_date() -> None:
    picture, _ = seen(
        {"status": {"microphone": {"state": "closed", "muted": False}, "link": {"state": "up"}}},
        {"event": "silence", "muted": True, "quiet": False},
        {"event": "notice", "text": "the microphone is muted; teamvoice ptt mute unmutes it"},
        {"event": "link", "state": "down", "reason": "no network"},
        {"event": "members", "members": [{"name": "pm", "state": "working"}]},
    )
    assert picture.microphone == "muted"
    assert picture.status["link"] == {"state": "down", "reason": "no network"}
    assert picture.members == [{"name": "pm", "state": "working"}]
    picture.take({"event": "silence", "muted": False, "quiet": False})
    assert picture.microphone == "closed"


def test_nothing_from_a_pane_can_act_upon_the_terminal() -> None:
    _, lines = seen({"event": "news", "text": "\x1b]0;evil\x07the pm\nasks"})
    assert lines == [("news", "]0;evilthe pm asks")]


def test_arguments_that_are_no_json_are_shown_as_they_are_and_much_is_forgotten() -> None:
    picture, lines = seen({"event": "call", "id": "1", "name": "send", "arguments": "{broken"})
    assert lines == [("call", "send({broken)")]
    for number in range(2 * LINES):
        picture.take({"event": "news", "text": f"number {number}"})
    assert len(picture.lines) == LINES
    assert picture.take({"event": "dropped", "count": 3})[0].kind == "trouble"
    assert picture.take({"event": "of a later version"}) == []


def test_a_microphone_that_is_open_all_the_time_cuts_no_answer_short() -> None:
    picture = Picture()
    picture.take({"event": "saying", "text": "The dev"})
    shown = [
        picture.take({"event": "microphone", "state": state, "between": True})
        for state in ("closed", "open")
    ]
    assert (shown, picture.microphone, picture.saying) == ([[], []], "open", "The dev")
    assert picture.take({"event": "microphone", "state": "open"}) == [Line("voice", "The dev …")]
