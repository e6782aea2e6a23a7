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
    "draft-wrapped": Kind.IDLE,
    "draft-rows": Kind.IDLE,
    "draft-tall": Kind.IDLE,
    "draft-middle": Kind.IDLE,
    "pasted": Kind.IDLE,
    "failed": Kind.IDLE,
    "lines": Kind.IDLE,  # a draft of several, one of them empty
    "denied": Kind.IDLE,
    "interrupted": Kind.IDLE,
    "working": Kind.WORKING,
    "queued": Kind.WORKING,
    "streaming": Kind.WORKING,
    "waiting": Kind.WAITING,
    "waiting-file": Kind.WAITING,
    "waiting-lines": Kind.WAITING,
    "waiting-tall": Kind.WAITING,
    "waiting-tall-file": Kind.WAITING,
    "waiting-choice": Kind.WAITING,
    "waiting-many": Kind.WAITING,
    "waiting-marks": Kind.WAITING,
    "waiting-tabs": Kind.WAITING,
    "waiting-permissions": Kind.WAITING,
    "waiting-exit": Kind.WAITING,
    "waiting-plan": Kind.WAITING,
    "waiting-trust": Kind.WAITING,
    "waiting-inner-box": Kind.WAITING,  # a command that draws a part of the box that asks
    "waiting-inner-rule": Kind.WAITING,
    "waiting-inner-head": Kind.WAITING,
    "waiting-inner-fold": Kind.WAITING,
    "transcript": Kind.UNKNOWN,  # its last message draws a box that asks
    "left": Kind.UNKNOWN,  # in the shell that started it; here it is said to run nevertheless
}
COMMANDS = {  # of those whose program has another name
    "cursor": ("cursor-agent",),
    "standin": ("python", "-m", "teamvoice.demo.standin"),
}
SPECIAL = {
    "claude": (
        *("waiting-file", "waiting-choice", "waiting-exit", "waiting-plan", "waiting-trust"),
        *("waiting-many", "waiting-marks", "waiting-tabs"),
        *("waiting-inner-box", "waiting-inner-rule", "transcript"),
    ),
    "codex": (
        *("waiting-file", "waiting-permissions", "failed"),
        *("waiting-inner-head", "waiting-inner-fold"),
    ),
}
HIDDEN = {Kind.WAITING, Kind.UNKNOWN}
TALL = ("waiting-lines", "waiting-tall", "waiting-tall-file")
COMMAND = "git fetch --all && rm -rf build && touch made-it"
LINES = "cat > notes.txt <<'EOF'\nfirst note\n\nsecond note\nEOF\nrm -rf build"
ROWS = [["half", "a", "thought:"], [], ["1.", "Yes"], ["if", "ready:"], ["go()"], ["2.", "No"]]
DRAFTED = {  # how the drafts of several rows begin and end, as far as they are to be seen
    "draft-wrapped": ("thought 1 about the log thought 2 ", "thought 14 about the log"),
    "draft-rows": ("half a thought: 1. Yes if ready:", "2. No"),
    "draft-tall": ("row ", "row 60"),
    "draft-middle": ("row ", ""),
}
SUBJECTS = {  # the parts that what is asked about must have
    ("claude", "waiting"): (COMMAND,),
    ("codex", "waiting"): (COMMAND,),
    ("claude", "waiting-file"): ("login.py",),
    ("codex", "waiting-file"): ("/srv/login.py",),
    ("codex", "waiting-permissions"): ("network; ", "/srv/reports"),
    ("claude", "waiting-lines"): (LINES,),
    ("codex", "waiting-lines"): (LINES,),
    ("claude", "waiting-tall"): ("…\n", "\nnote 59\nnote 60\nEOF"),
    ("codex", "waiting-tall"): ("cat > notes.txt <<'EOF'\nnote 1\nnote 2\n", "\n…"),
    ("claude", "waiting-tall-file"): ("…\n", "119"),
    ("codex", "waiting-tall-file"): ("/srv/login.py",),
    ("claude", "waiting-many"): (),
    ("claude", "waiting-marks"): (),
    ("claude", "waiting-tabs"): (),
    ("gemini", "waiting"): (COMMAND,),
    ("gemini", "waiting-file"): ("login.py",),
    ("aider", "waiting-file"): (),
    ("claude", "waiting-choice"): (),
    ("claude", "waiting-exit"): (),
    ("claude", "waiting-plan"): ("Fix the login", "2. Add the missing check.", "3. Run the tests."),
    ("claude", "waiting-trust"): ("/claude/out/work",),
    ("claude", "waiting-inner-box"): ("touch made-it;",),
    ("claude", "waiting-inner-rule"): ("touch made-it",),
    ("codex", "waiting-inner-head"): ("touch made-it;",),
    ("codex", "waiting-inner-fold"): ("touch made-it",),
}
LINES = """Fix the login, please, and every one of the tests that fail because of it, whichever file
it stands in, and tell me what it was: def f(x): return x[1] Then run them."""
INNER = {  # the real commands of those that draw a part of the box that asks
    "waiting-inner-box": "touch made-it; cat <<'X' >/dev/null\n"
    f"{'─' * 24}\n{'╌' * 14}\nls -la\n{'╌' * 14}\nX",
    "waiting-inner-rule": f"cat <<'X' >/dev/null\nnotes\n{'╌' * 14}\nX\ntouch made-it",
    "waiting-inner-head": "touch made-it; cat <<'X' >/dev/null\n"
    "Would you like to run the following command?\n\n$ ls\nX",
    "waiting-inner-fold": "touch made-it\n…\nrm -rf build",
}
PARTLY = {  # what may not be all of what is asked about
    *(("claude", "waiting-tall"), ("codex", "waiting-tall"), ("claude", "waiting-tall-file")),
    *(("codex", "waiting-inner-head"), ("codex", "waiting-inner-fold")),
}
WORDS = {  # of the questions, where they are more than one line of the screen
    "waiting-plan": "Claude has written up a plan and is ready to execute. "
    "Would you like to proceed?",
    "waiting-trust": "Quick safety check: Is this a project you created or one you trust?",
}
CHOICES = {  # the options that say yes and no, counted from 0
    "waiting-choice": (None, None),
    "waiting-many": (None, None),
    "waiting-marks": (None, None),
    "waiting-tabs": (None, None),
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
    common = {s for s in STATES if not s.startswith(("waiting-", "failed", "lines", "transcript"))}
    for agent, columns in itertools.product(AGENTS, (80, 120, 200)):
        for state in (*common, *TALL, *SPECIAL[agent]):
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
        case state if state in DRAFTED:
            assert draft is not None
            first, last = DRAFTED[state]
            rows = [row.strip() for row in draft.split("\n") if row.strip()]
            assert " ".join(rows).startswith(first)
            assert rows[-1].endswith(last)
            assert "·" not in draft
            assert state != "draft-rows" or [row.split() for row in draft.split("\n")] == ROWS
        case "pasted":
            assert draft is not None
            assert draft.startswith("[Pasted ")
        case "lines":
            assert compact(draft or "") == compact(LINES)
        case state:
            works = STATES[state] is Kind.WORKING and PROFILES[file.parent.name].prompt.sole
            assert draft == (None if STATES[state] in HIDDEN or works else "")


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
    assert question.subject == INNER.get(state, question.subject)
    assert question.whole is ((file.parent.name, state) not in PARTLY)
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
    assert keys("claude", "waiting-tall") == [("1",), ("2",), ("3",), ("4",)]
    assert keys("claude", "waiting-many") == [(str(number),) for number in range(1, 7)]
    assert keys("claude", "waiting-marks") == [*[()] * 5, ("6",)]  # a number only marks
    assert keys("codex", "waiting-tall") == [("y",), ("Escape",)]
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


def test_a_tall_draft_with_numbers_is_no_question(tmp_path: Path) -> None:
    shown = (GOLDEN / "codex" / "draft-tall-80.ans").read_text("utf-8")
    changed = tmp_path / "draft-80.ans"
    changed.write_text(shown.replace("row 37", "1. Yes").replace("row 38", "2. No"), "utf-8")
    assert seen(changed, "codex").state.kind is Kind.UNKNOWN


def test_every_question_but_those_of_opencode_is_understood() -> None:
    waiting = {(f.parent.name, state_of(f)) for f in FILES if STATES[state_of(f)] is Kind.WAITING}
    assert waiting - SUBJECTS.keys() == {("opencode", "waiting"), ("opencode", "waiting-file")}


@pytest.mark.parametrize("file", [f for f in FILES if state_of(f) != "transcript"], ids=label)
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


BEHIND = Tree((Process(1, 0, 1, 1, ("ssh", "box")),))
FAR = [f for f in FILES if f.stem.endswith("-80") and f.parent.name in AGENTS]
GONE = {Kind.SHELL, Kind.UNKNOWN}


def behind_ssh(file: Path, *after: str) -> View:
    """The screen as it is on the far side of ssh, with more rows below it."""
    title, _, capture = file.read_text("utf-8").partition("\x07\n")
    pane = Pane(
        id="%1", pid=1, dead=False, in_mode=False, input_off=False, synchronized=False,
        session="s", window="1", index="0", command="ssh", window_name="w",
        title=title.removeprefix("\x1b]2;"),
    )  # fmt: skip
    screen = "\n".join([capture.rstrip(), *after])
    return see(pane, screen, BEHIND, PROFILES, wish=file.parent.name, at=5.0)


@pytest.mark.parametrize("file", FAR, ids=label)
def test_an_agent_that_is_out_of_sight_is_read_as_any_other(file: Path) -> None:
    view, near = behind_ssh(file), seen(file, file.parent.name)
    if state_of(file) == "left":
        assert (view.state.kind, view.draft) == (Kind.SHELL, None)
        return
    assert (view.state.kind, view.draft) == (near.state.kind, near.draft)


@pytest.mark.parametrize("file", FAR, ids=label)
@pytest.mark.parametrize(
    ("after", "kind"),
    [
        (["box:~$ "], Kind.SHELL),
        (["me@box ~/work % ls -l"], Kind.SHELL),
        (["~/work via node", "❯ "], Kind.SHELL),
        (["# "], Kind.SHELL),
        (["box:~$ make", "cc -o it it.c"], None),
        (["Connection to box closed."], None),
    ],
)
def test_what_an_agent_left_on_the_screen_of_another_machine_is_no_prompt(
    file: Path, after: list[str], kind: Kind | None
) -> None:
    view = behind_ssh(file, *after)
    assert view.draft is None
    if kind:
        assert view.state.kind is kind
    elif STATES[state_of(file)] is not Kind.WAITING:  # a menu may end in any words
        assert view.state.kind in GONE
