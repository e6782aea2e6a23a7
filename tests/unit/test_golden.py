"""What real agents showed in each state is read rightly; scripts/capture_golden.py captured it."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from teamvoice.team.panes import Pane
from teamvoice.team.processes import Process, Tree
from teamvoice.team.profiles import load_profiles
from teamvoice.team.screen import compact
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
    "lines": Kind.IDLE,  # a draft of several, one of them empty
    "denied": Kind.IDLE,
    "interrupted": Kind.IDLE,
    "working": Kind.WORKING,
    "queued": Kind.WORKING,
    "streaming": Kind.WORKING,
    "waiting": Kind.WAITING,
    "waiting-file": Kind.WAITING,
    "waiting-choice": Kind.WAITING,
    "waiting-permissions": Kind.WAITING,
    "waiting-exit": Kind.WAITING,
    "waiting-plan": Kind.WAITING,
    "waiting-trust": Kind.WAITING,
}
COMMANDS = {  # of those whose program has another name
    "cursor": ("cursor-agent",),
    "standin": ("python", "-m", "teamvoice.demo.standin"),
}
SPECIAL = {
    "claude": ("waiting-file", "waiting-choice", "waiting-exit", "waiting-plan", "waiting-trust"),
    "codex": ("waiting-file", "waiting-permissions"),
}
COMMAND = "git fetch --all && rm -rf build && touch made-it"
SUBJECTS = {  # the parts that what is asked about must have
    ("claude", "waiting"): (COMMAND,),
    ("codex", "waiting"): (COMMAND,),
    ("claude", "waiting-file"): ("login.py",),
    ("codex", "waiting-file"): ("/srv/login.py",),
    ("codex", "waiting-permissions"): ("network; ", "/srv/reports"),
    ("gemini", "waiting"): (COMMAND,),
    ("gemini", "waiting-file"): ("login.py",),
    ("aider", "waiting-file"): (),
    ("claude", "waiting-choice"): (),
    ("claude", "waiting-exit"): (),
    ("claude", "waiting-plan"): ("Fix the login", "2. Add the missing check.", "3. Run the tests."),
    ("claude", "waiting-trust"): ("/claude/out/work",),
}
LINES = """Fix the login, please, and every one of the tests that fail because of it, whichever file
it stands in, and tell me what it was: def f(x): return x[1] Then run them."""
WORDS = {  # of the questions, where they are more than one line of the screen
    "waiting-plan": "Claude has written up a plan and is ready to execute. "
    "Would you like to proceed?",
    "waiting-trust": "Quick safety check: Is this a project you created or one you trust?",
}
CHOICES = {  # the options that say yes and no, counted from 0
    "waiting-choice": (None, None),
    "waiting-plan": (1, None),  # the first is for longer, the last wants words
    "waiting-trust": (1, 0),
}


def label(file: Path) -> str:
    return f"{file.parent.name}-{file.stem}"


each_screen = pytest.mark.parametrize("file", FILES, ids=label)


def seen(file: Path, agent: str) -> View:
    title, _, capture = file.read_text("utf-8").partition("\x07\n")
    pane = Pane(
        id="%1", pid=1, dead=False, in_mode=False, input_off=False, synchronized=False,
        session="s", window="1", index="0", command="x", window_name="w",
        title=title.removeprefix("\x1b]2;"),
    )  # fmt: skip
    command = COMMANDS.get(agent, (agent,))
    tree = Tree((Process(1, 0, 1, 1, command),))
    wish = "generic" if agent == "generic" else ""
    return see(pane, capture, tree, PROFILES, wish=wish, at=5.0)


def state_of(file: Path) -> str:
    return file.stem.rpartition("-")[0]


def test_every_state_was_captured_at_every_width() -> None:
    common = {s for s in STATES if s != "lines" and not s.startswith("waiting-")}
    for agent, columns in itertools.product(AGENTS, (80, 120, 200)):
        for state in (*common, *SPECIAL[agent]):
            assert (GOLDEN / agent / f"{state}-{columns}.ans").exists()


@each_screen
def test_a_real_screen_is_read_rightly(file: Path) -> None:
    view = seen(file, file.parent.name)
    assert view.state.kind is STATES[state_of(file)]
    assert view.queued is (state_of(file) == "queued")
    if state_of(file) == "interrupted" or label(file).startswith(("claude-den", "codex-den")):
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
        case "lines":
            assert compact(draft or "") == compact(LINES)
        case state:
            works = STATES[state] is Kind.WORKING and PROFILES[file.parent.name].prompt.sole
            assert draft == (None if STATES[state] is Kind.WAITING or works else "")


@pytest.mark.parametrize(
    "file",
    [f for f in FILES if (f.parent.name, state_of(f)) in SUBJECTS],
    ids=label,
)
def test_the_question_of_a_real_screen_is_understood(file: Path) -> None:
    question, state = seen(file, file.parent.name).question, state_of(file)
    assert question is not None
    assert question.text == WORDS.get(state, question.text)
    assert question.text.removesuffix(" (Y)es/(N)o [Yes]:").endswith("?")
    parts = SUBJECTS[file.parent.name, state]
    assert bool(question.subject) is bool(parts)
    assert all(part in question.subject for part in parts)
    assert sum(option.selected for option in question.options) == (file.parent.name != "aider")
    yes, no = CHOICES.get(state, (0, len(question.options) - 1))
    assert question.approval == (None if yes is None else question.options[yes])
    assert question.denial == (None if no is None else question.options[no])


def test_the_keys_of_real_options() -> None:
    def keys(agent: str, state: str) -> list[tuple[str, ...]]:
        question = seen(GOLDEN / agent / f"{state}-120.ans", agent).question
        assert question
        return [option.keys for option in question.options]

    assert keys("claude", "waiting-choice") == [("1",), ("2",), ("3",), ("4",)]
    assert keys("claude", "waiting-trust") == [("Enter",), ("Down", "Enter")]
    assert keys("codex", "waiting-file") == [("y",), ("a",), ("Escape",)]
    assert keys("codex", "waiting-permissions") == [("y",), ("r",), ("a",), ("d",)]


def test_what_an_agent_writes_below_an_old_message_is_unknown(tmp_path: Path) -> None:
    shown = (GOLDEN / "aider" / "lines-80.ans").read_text("utf-8").rstrip()
    (tmp_path / "writing.ans").write_text(f"{shown}\n\nI shall look at it.", "utf-8")
    assert seen(tmp_path / "writing.ans", "aider").state.kind is Kind.UNKNOWN


NUMBERED = ("1. fix the login", "2. Yes", "1. a\n  2. b", "1. Do you want it?")
DRAFTS = [f for f in FILES if state_of(f) == "draft"]


def with_draft(file: Path, draft: str, folder: Path) -> Path:
    """The same screen with another draft in its prompt."""
    shown = file.read_text("utf-8")
    assert shown.count("half a thought about the log") == 1
    changed = folder / "draft.ans"
    changed.write_text(shown.replace("half a thought about the log", draft), "utf-8")
    return changed


@pytest.mark.parametrize("file", DRAFTS, ids=label)
@pytest.mark.parametrize("draft", NUMBERED)
def test_a_numbered_draft_is_no_question(tmp_path: Path, file: Path, draft: str) -> None:
    agent = file.parent.name
    drawn = draft.replace("\n  ", "\n> ") if PROFILES[agent].prompt.each else draft
    view = seen(with_draft(file, drawn, tmp_path), agent)
    assert view.question is None
    assert view.state.kind is Kind.IDLE
    assert (view.draft or "").split() == draft.split()


@pytest.mark.parametrize("file", [f for f in DRAFTS if f.parent.name != "opencode"], ids=label)
@pytest.mark.parametrize("draft", NUMBERED)
@pytest.mark.parametrize("said", ["", "Do you want me to go on?", "> an older message"])
def test_what_may_be_a_draft_or_a_menu_of_an_unknown_agent_is_unknown(
    tmp_path: Path, file: Path, draft: str, said: str
) -> None:
    shown = with_draft(file, draft, tmp_path)
    title, mark, screen = shown.read_text("utf-8").partition("\x07\n")
    shown.write_text(f"{title}{mark}{said}\n{screen}", "utf-8")
    assert seen(shown, "generic").state.kind is Kind.UNKNOWN


def test_every_question_but_those_of_opencode_is_understood() -> None:
    waiting = {(f.parent.name, state_of(f)) for f in FILES if STATES[state_of(f)] is Kind.WAITING}
    assert waiting - SUBJECTS.keys() == {("opencode", "waiting"), ("opencode", "waiting-file")}


@each_screen
def test_a_screen_is_read_rightly_or_not_at_all_with_nothing_known_of_its_agent(file: Path) -> None:
    state = seen(file, "generic").state.kind
    assert state in {STATES[state_of(file)], Kind.UNKNOWN}
    if state_of(file) == "waiting" and file.parent.name != "opencode":
        assert state is Kind.WAITING


def test_a_question_is_the_same_at_every_width() -> None:
    for agent in AGENTS:
        files = [f for f in FILES if f.parent.name == agent and state_of(f) == "waiting"]
        questions = [seen(file, agent).question for file in files]
        assert len({question.fingerprint for question in questions if question}) == 1


@each_screen
def test_a_screen_is_never_read_as_a_sure_state_of_another_agent(file: Path) -> None:
    others = PROFILES.keys() - {"shell", "generic", file.parent.name}  # what can be recognised
    assert len(others) == 7
    for other in others:
        view = seen(file, other)
        assert view.profile is PROFILES[other]
        assert view.state.kind is Kind.UNKNOWN, other
