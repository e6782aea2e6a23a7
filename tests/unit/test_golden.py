"""What real agents showed in each state is read rightly; scripts/capture_golden.py captured it."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from teamvoice.team.panes import Pane
from teamvoice.team.processes import Process, Tree
from teamvoice.team.profiles import load_profiles
from teamvoice.team.sight import Kind, View, see

PROFILES = load_profiles()
GOLDEN = Path(__file__).parents[1] / "golden"
FILES = sorted(GOLDEN.glob("*/*.ans"))
AGENTS = ("claude", "codex")
STATES = {
    "idle": Kind.IDLE,
    "done": Kind.IDLE,
    "draft": Kind.IDLE,
    "pasted": Kind.IDLE,
    "denied": Kind.IDLE,
    "interrupted": Kind.IDLE,
    "working": Kind.WORKING,
    "queued": Kind.WORKING,
    "streaming": Kind.WORKING,
    "waiting": Kind.WAITING,
    "waiting-file": Kind.WAITING,
    "waiting-choice": Kind.WAITING,
}
COMMAND = "git fetch --all && rm -rf build && touch made-it"
SUBJECTS = {"waiting": COMMAND, "waiting-file": "login.py", "waiting-choice": ""}

each_screen = pytest.mark.parametrize("file", FILES, ids=lambda f: f"{f.parent.name}-{f.stem}")


def seen(file: Path, agent: str) -> View:
    title, _, capture = file.read_text("utf-8").partition("\x07\n")
    pane = Pane(
        id="%1", pid=1, dead=False, in_mode=False, input_off=False, synchronized=False,
        session="s", window="1", index="0", command="x", window_name="w",
        title=title.removeprefix("\x1b]2;"),
    )  # fmt: skip
    tree = Tree((Process(1, 0, 1, 1, (agent,)),))
    return see(pane, capture, tree, PROFILES, wish="", at=5.0)


def state_of(file: Path) -> str:
    return file.stem.rpartition("-")[0]


def test_every_state_was_captured_at_every_width() -> None:
    common = STATES.keys() - {"waiting-file", "waiting-choice"}
    for agent, state, columns in itertools.product(AGENTS, common, (80, 120, 200)):
        assert (GOLDEN / agent / f"{state}-{columns}.ans").exists()


@each_screen
def test_a_real_screen_is_read_rightly(file: Path) -> None:
    view = seen(file, file.parent.name)
    assert view.state.kind is STATES[state_of(file)]
    assert view.queued is (state_of(file) == "queued")
    if state_of(file) in {"denied", "interrupted"}:
        assert view.stops > 0


@each_screen
def test_the_prompt_of_a_real_screen_is_read_rightly(file: Path) -> None:
    draft = seen(file, file.parent.name).draft
    match state_of(file):
        case "draft":
            assert draft == "half a thought about the log"
        case "pasted":
            assert draft is not None
            assert draft.startswith("[Pasted ")
        case state:
            assert draft == (None if STATES[state] is Kind.WAITING else "")


@pytest.mark.parametrize(
    "file", [f for f in FILES if state_of(f) in SUBJECTS], ids=lambda f: f"{f.parent.name}-{f.stem}"
)
def test_the_question_of_a_real_screen_is_understood(file: Path) -> None:
    question = seen(file, file.parent.name).question
    assert question is not None
    assert question.text.endswith("?")
    assert question.subject == SUBJECTS[state_of(file)]
    assert sum(option.selected for option in question.options) == 1
    if state_of(file) == "waiting-choice":
        assert [option.keys for option in question.options] == [("1",), ("2",), ("3",), ("4",)]
        assert question.approval is question.denial is None
    else:
        assert question.approval == question.options[0]
        assert question.denial == question.options[-1]


@pytest.mark.parametrize("agent", AGENTS)
@pytest.mark.parametrize("draft", ["1. fix the login", "2. Yes", "1. a\n  2. b"])
def test_a_numbered_draft_is_no_question(tmp_path: Path, agent: str, draft: str) -> None:
    shown = (GOLDEN / agent / "draft-120.ans").read_text("utf-8")
    assert shown.count("half a thought about the log") == 1
    file = tmp_path / "draft.ans"
    file.write_text(shown.replace("half a thought about the log", draft), "utf-8")
    view = seen(file, agent)
    assert view.state.kind is Kind.IDLE
    assert (view.draft or "").split() == draft.split()
    assert view.question is None


def test_a_question_is_the_same_at_every_width() -> None:
    for agent in AGENTS:
        files = [f for f in FILES if f.parent.name == agent and state_of(f) == "waiting"]
        questions = [seen(file, agent).question for file in files]
        assert len({question.fingerprint for question in questions if question}) == 1


@pytest.mark.parametrize(
    ("file", "other"),
    [
        pytest.param(file, name, id=f"{file.parent.name}-{file.stem}-{name}")
        for file, name in itertools.product(FILES, sorted(PROFILES.keys() - {"shell", "generic"}))
        if name != file.parent.name
    ],
)
def test_a_screen_is_never_read_as_a_sure_state_of_another_agent(file: Path, other: str) -> None:
    assert seen(file, other).state.kind is Kind.UNKNOWN
