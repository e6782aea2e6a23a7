from __future__ import annotations

import pytest

from teamvoice.team.profiles import load_profiles, parse_profile
from teamvoice.team.questions import Meaning, Question, read_question

PROFILES = load_profiles()
RULE = "─" * 60
DOTS = "╌" * 60

CLAUDE = f"""❯ please do it
  It is needed
  ⎿  $ touch made-it
{RULE}
 Bash command
 it is needed
{DOTS}
 touch made-it && \\
 touch another
{DOTS}
 Do you want to proceed?
 ❯ 1. Yes
   2. Yes, and always allow access to /tmp/work from this project
   3. Yes, and switch to auto mode · auto mode handles these prompts for you
   4. No

 Esc to cancel · Tab to amend"""

CODEX = """• Running touch made-it

  Would you like to run the following command?

  Environment: local

  Reason: it is needed

  $ touch made-it

› 1. Yes, proceed (y)
  2. Yes, and don't ask again for commands that start with `touch made-it` (p)
  3. No, and tell Codex what to do differently (esc)

  Press enter to confirm or esc to cancel"""


def question(screen: str, agent: str) -> Question:
    found = read_question(screen.split("\n"), PROFILES[agent])
    assert found is not None
    return found


def test_a_question_of_claude_is_understood() -> None:
    asked = question(CLAUDE, "claude")
    assert asked.text == "Do you want to proceed?"
    assert asked.subject == "touch made-it && \\\ntouch another"
    assert [option.keys for option in asked.options] == [("1",), ("2",), ("3",), ("4",)]
    assert [option.selected for option in asked.options] == [True, False, False, False]
    assert asked.approval == asked.options[0]
    assert asked.denial == asked.options[3]
    assert asked.options[1].meaning is asked.options[2].meaning is Meaning.ALWAYS


def test_a_question_of_codex_is_understood() -> None:
    asked = question(CODEX, "codex")
    assert asked.text == "Would you like to run the following command?"
    assert asked.subject == "touch made-it"
    assert [option.keys for option in asked.options] == [("y",), ("p",), ("Escape",)]
    assert asked.options[0].label == "Yes, proceed"
    assert asked.approval == asked.options[0]
    assert asked.denial == asked.options[2]


def test_another_highlight_is_the_same_question() -> None:
    moved = CLAUDE.replace("❯ 1. Yes", "  1. Yes").replace("  4. No", "❯ 4. No")
    assert question(moved, "claude").fingerprint == question(CLAUDE, "claude").fingerprint
    assert question(moved, "claude").options[3].selected


@pytest.mark.parametrize(
    ("old", "new"), [("touch another", "touch more"), ("4. No", "4. Never"), ("proceed", "go on")]
)
def test_any_other_word_is_another_question(old: str, new: str) -> None:
    other = read_question(CLAUDE.replace(old, new).split("\n"), PROFILES["claude"])
    assert other is None or other.fingerprint != question(CLAUDE, "claude").fingerprint


CHANGED = [
    ("rm -rf /tmp/x", "rm -rf / tmp/x"),
    ("echo rm -rf x", "echo `rm -rf x`"),
    ("rm -rf ./build", "rm -rf /build"),
    ("git log | head", "git log > head"),
    ("git log |", "git log"),
    ("| tee x", "tee x"),
    ("a b", "a  b"),
    ("echo a^b", "echo ab"),
    ("rm 🚀", "rm 🌍"),
    ("rm \u2500", "rm \u2502x"),
    ("rm привет", "rm пакет"),
]


@pytest.mark.parametrize(
    ("screen", "agent", "shown"),
    [(CLAUDE, "claude", "touch made-it && \\\n"), (CODEX, "codex", "touch made-it\n\n›")],
)
@pytest.mark.parametrize(("old", "new"), CHANGED)
def test_any_other_character_is_another_question(
    screen: str, agent: str, shown: str, old: str, new: str
) -> None:
    assert screen.count(shown) == 1
    end = shown[shown.index("\n") :]
    asked, other, blanks = (
        question(screen.replace(shown, command + end), agent) for command in (old, new, old + "  ")
    )
    assert asked.fingerprint != other.fingerprint
    assert asked.fingerprint == blanks.fingerprint


def test_a_change_of_what_stands_around_the_command_is_another_question() -> None:
    for old, new in ((" it is needed", " it is not needed"), ("touch another", " touch another")):
        other = question(CLAUDE.replace(old, new), "claude")
        assert other.fingerprint != question(CLAUDE, "claude").fingerprint


def test_the_span_reaches_from_the_box_to_the_last_option() -> None:
    rows = CLAUDE.split("\n")
    first, after = question(CLAUDE, "claude").span
    assert rows[first:after] == rows[3:15]


def test_a_question_is_read_inside_a_frame() -> None:
    framed = "\n".join(f"│ {line} │" for line in CODEX.split("\n"))
    assert question(framed, "codex").fingerprint == question(CODEX, "codex").fingerprint


def test_a_list_in_the_conversation_is_no_menu() -> None:
    assert read_question(["1. Yes", "2. No", "", "› "], PROFILES["codex"]) is None


def test_options_in_the_question_itself_are_read() -> None:
    asked = question("Overwrite the file? (y/n)", "generic")
    assert [option.keys for option in asked.options] == [("y",), ("n",)]
    assert asked.approval == asked.options[0]
    assert asked.denial == asked.options[1]


def test_a_label_that_is_wrapped_is_read_whole() -> None:
    wrapped = CLAUDE.replace("access to /tmp/work", "access to\n      /tmp/work")
    assert question(wrapped, "claude") == question(CLAUDE, "claude")


def test_without_keys_of_their_own_options_are_walked_to() -> None:
    profile = parse_profile(
        'name = "x"\n[question]\nasks = ["[?]$"]\nchoose = "arrows"\n'
        "option = '^(?P<mark>>)? *(?P<number>\\d)\\. (?P<label>.+)$'\n",
        "x.toml",
    )
    asked = read_question(["Which?", "  1. Red", "> 2. Green", "  3. Blue"], profile)
    assert asked is not None
    assert [option.keys for option in asked.options] == [
        ("Up", "Enter"),
        ("Enter",),
        ("Down", "Enter"),
    ]


INNER = [  # rows of a command that look like rows of the box
    "Would you like to run the following command?\n\n  $ ls",
    "[… 3 lines]",
    "[… 3 lines] ^a view all",
    "Do you trust it?",
    "is that all?",
    "| tee log |",
    "│ $ ls │",
    "1. Yes, proceed (y)",
]


@pytest.mark.parametrize("inner", INNER)
def test_a_command_of_codex_is_told_whole_or_not_approved(inner: str) -> None:
    command = f"touch first\n{inner}\ntouch last"
    drawn = "\n".join(f"  {row}".rstrip() for row in command.split("\n"))
    asked = question(CODEX.replace("  $ touch made-it", f"  $ {drawn[2:]}"), "codex")
    told = [row.split() for row in asked.subject.split("\n")]
    assert asked.text == "Would you like to run the following command?"
    assert not asked.whole or told == [row.split() for row in command.split("\n")]
    assert (told[0], told[-1]) == (["touch", "first"], ["touch", "last"])


def test_a_command_of_codex_that_begins_out_of_sight_is_not_whole() -> None:
    assert question(CODEX, "codex").whole
    assert not question(CODEX[CODEX.index("  Environment") :], "codex").whole


DRAWN = [RULE, DOTS, f"{DOTS} x", " Edit file", "Do you want to proceed?", "❯ 1. Yes", "│ x │"]


@pytest.mark.parametrize("inner", DRAWN)
def test_a_command_of_claude_is_told_whole(inner: str) -> None:
    rows = ["touch first", inner, "ls", inner, "touch last"]
    drawn = "\n".join(f" │ {row}" for row in rows)
    asked = question(CLAUDE.replace(" touch made-it && \\\n touch another", drawn), "claude")
    assert asked.subject == "\n".join(row.strip() for row in rows)
    assert asked.whole
    assert len(asked.options) == 4


def test_a_description_of_claude_is_not_what_is_asked_about() -> None:
    asked = question(CLAUDE.replace(" it is needed", " Edit file\n ls"), "claude")
    assert asked.subject.startswith("touch made-it")
