from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teamvoice import config
from teamvoice.demo.standin_agent import Agent
from teamvoice.demo.standin_keys import Key
from teamvoice.offline.answers import spoken_result
from teamvoice.team.digest import digest, say_question, say_seconds, tokens, within
from teamvoice.team.glimpses import Status
from teamvoice.team.panes import Pane
from teamvoice.team.processes import Process, Tree
from teamvoice.team.profiles import load_profiles
from teamvoice.team.questions import Option, Question
from teamvoice.team.sight import see
from teamvoice.tools.saying import say_member

TREE = Tree((Process(1, 0, 1, 1, ("python", "-m", "teamvoice.demo.standin")),))
CLAUDE = """\
> fix the login

⏺ I will look at the form first.

⏺ Bash(npm test)
  ⎿  12 passing
     … +40 lines (ctrl+o to expand)

⏺ The login works again. I changed two files:
  form.py and session.py.

✻ Cooked for 12s
"""


class Standin:
    """A stand-in agent, and what is said of it when its member is asked about."""

    def __init__(self) -> None:
        self.agent = Agent("developer", 4.0)
        self.now = 0.0
        self.profiles = load_profiles()

    def tell(self, text: str) -> None:
        self.agent.press(Key("paste", text), self.now)
        self.agent.press(Key("enter"), self.now)

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.agent.tick(self.now)

    def said(self) -> str:
        title = self.agent.title(self.now)
        pane = Pane("%1", 1, False, False, False, False, "s", "1", "0", "python", "dev", title)
        screen = "\n".join(self.agent.screen(100, 30, self.now))
        view = see(pane, screen, TREE, self.profiles, wish="", at=self.now)
        status = Status(config.Member(name="developer"), view.state, body=view.body)
        return spoken_result(say_member(status, 200))


def test_the_stand_in_of_the_demo_is_told_without_its_furniture() -> None:
    standin = Standin()
    assert standin.said() == "The developer is idle."
    standin.tell("start working on the login feature")
    standin.wait(3.1)
    assert standin.said() == (
        "The developer is working on: start working on the login feature, for 3 seconds."
    )
    standin.tell("then write the docs")
    assert "then write the docs" not in standin.said()
    standin.wait(1)
    standin.wait(5)
    assert standin.said() == (
        "The developer is idle, and said last: Done, as a stand-in: then write the docs."
    )
    standin.tell("run the tests")
    assert standin.said() == (
        "The developer is waiting for your answer: Do you want to proceed? run the tests "
        "(1 Yes, 2 No)."
    )


def test_the_last_message_is_told_and_not_the_work_before_it() -> None:
    found = digest(CLAUDE.splitlines())
    assert found.task == "fix the login"
    assert found.said == (
        "The login works again. I changed two files:",
        "form.py and session.py.",
    )


def test_the_agents_own_record_is_better_than_its_screen() -> None:
    assert digest(CLAUDE.splitlines(), "Exactly this.").said == ("Exactly this.",)


@pytest.mark.parametrize(
    ("line", "seconds"),
    [
        ("✻ Brewing… (3s · ↓ 20 tokens · esc to interrupt)", 3),
        ("• Working (1m 05s • esc to interrupt)", 65),
        ("✢ Weaving… (1h 2m 3s · esc to interrupt)", 3723),
        ("✢ Weaving…", None),
    ],
)
def test_how_long_it_takes_is_read_from_the_screen(line: str, seconds: int | None) -> None:
    assert digest(["> go", "", line]).seconds == seconds


def test_a_task_over_several_lines_is_whole() -> None:
    assert digest(["> write the release", "  notes for tomorrow", "", "● Yes"]).task == (
        "write the release notes for tomorrow"
    )


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "1 second"), (59, "59 seconds"), (60, "1 minute"), (7300, "2 hours")],
)
def test_a_duration_is_said_in_words(seconds: int, words: str) -> None:
    assert say_seconds(seconds) == words


def test_a_question_is_told_with_what_it_is_about_and_how_to_answer() -> None:
    question = Question(
        "Run it?", "rm -rf build", (Option("Yes", ("1",)), Option("No", ("2",))), "f"
    )
    assert say_question(question) == "Run it? rm -rf build (1 Yes, 2 No)"


@given(st.text(), st.text(), st.lists(st.text(max_size=40), max_size=6), st.integers(3, 400))
def test_a_question_costs_no_more_for_its_budget(
    text: str, subject: str, labels: list[str], budget: int
) -> None:
    question = Question(text, subject, tuple(Option(label, ()) for label in labels), "f")
    assert tokens(within([say_question(question, budget)], budget)) <= budget


@pytest.mark.parametrize("budget", [80, 390])
def test_how_to_answer_is_told_however_long_the_command_is(budget: int) -> None:
    command = "cat > notes.txt <<'EOF'\n" + "note 登录 x9f3e\n" * 500 + "EOF"
    question = Question("Run it?", command, (Option("Yes", ("1",)), Option("No", ("2",))), "f")
    said = within([say_question(question, budget)], budget)
    assert said.startswith("Run it? cat > notes")
    assert said.endswith("… (1 Yes, 2 No)")


def test_a_question_that_is_not_read_whole_says_so() -> None:
    asked = Question("Run it?", "a b", (Option("Yes", ("1",)),), "f", whole=False)
    for budget in (None, 80):
        assert say_question(asked, budget) == (
            "Run it? a b (this cannot be read whole: look at the pane) (1 Yes)"
        )


def test_a_command_that_is_longer_than_is_looked_at_is_told_as_cut() -> None:
    asked = Question("Run it?", "a " * 2500, (Option("Yes", ("1",)),), "f")
    assert say_question(asked, 9000).endswith(" a… (1 Yes)")


def test_tokens_are_counted_high() -> None:
    prose = "the login form has a new check, and all of the tests pass"
    assert tokens(prose) == len(prose.split()) + len("a,")  # neither is in the list by itself
    assert tokens(" The tests") == 3
    assert tokens("日本語") == 9
    assert tokens("🚀") == 4
    assert tokens("{}[]();") == 7
    assert tokens("aGVsbG8gd29ybGQ qxzvkj") == 22
    assert tokens("new_login the/tests") == 19  # parts of words may cost more than the words
    assert tokens("㎉") == 4  # is "kcal" to tokenizers that begin with the normal form


LINES = st.lists(st.text(st.characters() | st.sampled_from("日🚀─x[]>● \x1b")), max_size=80)


@given(LINES, st.text(), st.integers(3, 400))
def test_no_screen_makes_a_text_longer_than_its_budget(
    lines: Sequence[str], last: str, budget: int
) -> None:
    found = digest(lines, last)
    assert tokens(within([found.task, *found.said], budget)) <= budget


def test_a_text_without_spaces_is_cut_and_not_left_out() -> None:
    mark, space, letter = 3, 1, 3
    assert within(["登录表单已经修复"], mark + space + 4 * letter) == "登录表单…"
    assert within(["the tests pass", "x" * 5000], 20) == f"the tests pass\n{'x' * 13}…"
    assert within(["the tests pass"], 6) == "the tests pass"
