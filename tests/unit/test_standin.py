from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teamvoice.demo.standin_agent import Agent
from teamvoice.demo.standin_keys import Key, Keyboard
from teamvoice.team.screen import strip_escapes


def typed(agent: Agent, text: str, at: float = 0.0) -> None:
    agent.press(Key("paste", text), at)
    agent.press(Key("enter"), at)


def shown(agent: Agent, at: float = 0.0, width: int = 80) -> str:
    return strip_escapes("\n".join(agent.screen(width, 30, at)))


def test_an_idle_agent_shows_an_empty_prompt() -> None:
    agent = Agent("developer", 3)
    assert "❯ Tell me what to do" in shown(agent)
    assert agent.title(0) == "✳ developer"


def test_work_has_a_spinner_a_title_and_an_honest_summary() -> None:
    agent = Agent("developer", 3)
    typed(agent, "start on the login feature")
    agent.tick(2.5)
    assert "… (2s · esc to interrupt)" in shown(agent, 2.5)
    assert agent.title(2.5)[0] in "⠂⠐"
    agent.tick(3.0)
    assert "● Done, as a stand-in: start on the login feature" in shown(agent, 3.0)
    assert agent.title(3.0) == "✳ developer"


def test_escape_interrupts_work_and_nothing_else() -> None:
    agent = Agent("developer", 3)
    agent.press(Key("escape"), 0)
    assert "Interrupted" not in shown(agent)
    typed(agent, "think")
    agent.press(Key("escape"), 1)
    assert "⎿ Interrupted: think" in shown(agent, 1)


def test_messages_are_queued_while_it_works_and_done_in_order() -> None:
    agent = Agent("developer", 3)
    typed(agent, "first")
    typed(agent, "second", 1)
    assert "Press up to edit queued messages" in shown(agent, 1)
    agent.tick(3)
    assert "> second" in shown(agent, 3)
    agent.tick(6)
    assert "● Done, as a stand-in: second" in shown(agent, 6)


@pytest.mark.parametrize("danger", ["deploy it", "please Run The Tests", "delete main"])
def test_danger_is_asked_about(danger: str) -> None:
    agent = Agent("developer", 3)
    typed(agent, danger)
    assert " ❯ 1. Yes\n   2. No" in shown(agent)
    assert "? for shortcuts" not in shown(agent)


@pytest.mark.parametrize(
    ("keys", "end"),
    [
        ([Key("text", "1")], "Allowed"),
        ([Key("enter")], "Allowed"),
        ([Key("text", "2")], "Refused"),
        ([Key("down"), Key("enter")], "Refused"),
        ([Key("down"), Key("up"), Key("enter")], "Allowed"),
        ([Key("escape")], "Refused"),
    ],
)
def test_the_answer_is_acted_upon(keys: list[Key], end: str) -> None:
    agent = Agent("developer", 3)
    typed(agent, "deploy")
    for key in keys:
        agent.press(key, 0)
    assert f"⎿ {end}" in shown(agent)


def test_prose_does_not_answer_a_question() -> None:
    agent = Agent("developer", 3)
    typed(agent, "deploy")
    agent.press(Key("paste", "hello"), 0)
    assert "❯ 1. Yes" in shown(agent)


def test_a_long_paste_is_shown_as_a_stub() -> None:
    agent = Agent("developer", 3)
    agent.press(Key("paste", "line\n" * 9), 0)
    assert "❯ [Pasted text #1 +10 lines]" in shown(agent)


@given(
    st.lists(
        st.sampled_from("abc \n") | st.characters(exclude_categories=["Cc", "Cs"]), max_size=40
    ),
    st.integers(60, 200),
    st.integers(4, 40),
    st.booleans(),
)
def test_every_screen_fits(letters: list[str], width: int, height: int, submit: bool) -> None:
    agent = Agent("developer", 3)
    agent.press(Key("paste", "".join(letters)), 0)
    if submit:
        agent.press(Key("enter"), 0)
    lines = agent.screen(width, height, 1.0)
    assert len(lines) <= height
    assert all(len(strip_escapes(line)) <= width for line in lines)


def test_bytes_become_keys() -> None:
    keyboard = Keyboard()
    keys = keyboard.feed("é\r\x7f\x1b[A\x1b[200~a\rb\x1b[201~\x1b[5~".encode())
    assert keys == [
        Key("text", "é"), Key("enter"), Key("backspace"), Key("up"), Key("paste", "a\nb"),
    ]  # fmt: skip


def test_a_lone_escape_is_a_key_once_time_has_passed() -> None:
    keyboard = Keyboard()
    assert keyboard.feed(b"\x1b") == []
    assert keyboard.is_waiting
    assert keyboard.flush() == [Key("escape")]
    assert keyboard.flush() == []


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])), st.integers(1, 5))
def test_a_paste_arrives_whole_however_it_is_cut(text: str, size: int) -> None:
    data = f"\x1b[200~{text}\x1b[201~".encode()
    keyboard = Keyboard()
    keys = [key for n in range(0, len(data), size) for key in keyboard.feed(data[n : n + size])]
    assert keys == [Key("paste", text)]
