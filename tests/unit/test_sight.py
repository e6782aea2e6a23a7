from __future__ import annotations

from pathlib import Path

import pytest

from teamvoice.team.native import Native
from teamvoice.team.panes import Pane
from teamvoice.team.processes import Process, Tree
from teamvoice.team.profiles import Profiles, load_profiles
from teamvoice.team.sight import Kind, View, see

PROFILES = load_profiles()
RULE = "─" * 60


def tree(*commands: str, suspended: bool = False) -> Tree:
    """Commands of a pane: the first started the others, and the last holds the terminal."""
    groups = [1] * len(commands) if suspended else [*range(1, len(commands) + 1)]
    front = 1 if suspended else len(commands)
    rows = [
        Process(n, n - 1, group + (10 if suspended and n > 1 else 0), front, tuple(line.split()))
        for n, (line, group) in enumerate(zip(commands, groups, strict=True), 1)
    ]
    return Tree(tuple(rows))


def view(
    screen: str,
    *commands: str,
    title: str = "host",
    wish: str = "",
    suspended: bool = False,
    native: Native | None = None,
    profiles: Profiles = PROFILES,
) -> View:
    pane = Pane(
        id="%1", pid=1, dead=False, in_mode=False, input_off=False, synchronized=False,
        session="s", window="1", index="0", command="x", window_name="w", title=title,
    )  # fmt: skip
    processes = tree(*commands, suspended=suspended)
    return see(pane, screen, processes, profiles, wish=wish, at=5.0, native=native)


CLAUDE_IDLE = f"""● Done.

✻ Cooked for 3s

{RULE}
❯ \x1b[7mT\x1b[27m\x1b[2mry "fix lint errors"\x1b[0m
{RULE}
  ? for shortcuts"""
CLAUDE_WORKING = f"""> go

✻ Brewing… (3s · ↓ 20 tokens)

{RULE}
❯\u00a0
{RULE}
  esc to interrupt"""
CLAUDE_WAITING = f"""> Do you want to proceed?
{RULE}
 Bash command

   rm -rf build

 Do you want to proceed?
 ❯ 1. Yes
   2. No

 Esc to cancel · Tab to amend"""
CODEX_IDLE = "• Done\n\n› \x1b[2mSummarize recent commits\x1b[0m\n\n  ? for shortcuts"
CODEX_WORKING = "• Working (1m 00s • esc to interrupt)\n\n› \x1b[2mAsk\x1b[0m\n\n  100% left"
CODEX_WAITING = """  Would you like to run the following command?

  $ rm -rf build

› 1. Yes, proceed (y)
  2. No (esc)

  Press enter to confirm or esc to cancel"""


@pytest.mark.parametrize(
    ("screen", "command", "kind"),
    [
        (CLAUDE_IDLE, "claude", Kind.IDLE),
        (CLAUDE_WORKING, "claude", Kind.WORKING),
        (CLAUDE_WAITING, "claude", Kind.WAITING),
        (CODEX_IDLE, "node /usr/bin/codex", Kind.IDLE),
        (CODEX_WORKING, "node /usr/bin/codex", Kind.WORKING),
        (CODEX_WAITING, "node /usr/bin/codex", Kind.WAITING),
        ("nothing that is known", "claude", Kind.UNKNOWN),
    ],
)
def test_states_are_read_from_the_screen(screen: str, command: str, kind: Kind) -> None:
    assert view(screen, "zsh", command).state.kind is kind


@pytest.mark.parametrize("screen", [CLAUDE_IDLE, CLAUDE_WORKING, CODEX_IDLE, CODEX_WORKING])
def test_a_suggestion_is_no_draft(screen: str) -> None:
    command = "claude" if RULE in screen else "codex"
    assert view(screen, command).draft == ""


def test_a_draft_is_read_with_all_its_lines() -> None:
    screen = CLAUDE_WORKING.replace("❯\u00a0", "❯\u00a0first\n  second")
    assert view(screen, "claude").draft == "first\n  second"
    assert view(CODEX_IDLE.replace("\x1b[2mSum", "sum"), "codex").draft != ""


def test_a_question_is_told_with_its_command() -> None:
    detail = view(CLAUDE_WAITING, "claude").state.detail
    assert "rm -rf build" in detail
    assert "1. Yes" in detail


def test_an_old_question_above_an_open_prompt_is_not_waiting() -> None:
    assert (
        view(f" Do you want to proceed?\n ❯ 1. Yes\n{CLAUDE_IDLE}", "claude").state.kind
        is Kind.IDLE
    )


def test_the_title_tells_of_work_between_two_redraws() -> None:
    state = view(CLAUDE_IDLE, "claude", title="⠂ Fix login").state
    assert (state.kind, state.source) == (Kind.WORKING, "title")


@pytest.mark.parametrize(
    ("commands", "agent"),
    [
        (("zsh", "claude"), "claude"),
        (("bash wrapper.sh", "/usr/local/bin/claude --resume"), "claude"),
        (("zsh", "node /usr/lib/node_modules/@openai/codex/bin/codex.js"), "codex"),
        (("python3 -m teamvoice.demo.standin --name pm",), "standin"),
        (("zsh",), "shell"),
        (("-bash",), "shell"),
        (("zsh", "vim claude"), None),
        (("zsh", "tail -f codex"), None),
        (("zsh", "python3"), None),
        (("zsh", "ssh host"), None),
    ],
)
def test_an_agent_is_known_by_its_process(commands: tuple[str, ...], agent: str | None) -> None:
    profile = view("", *commands).profile
    assert (profile.name if profile else None) == agent


def test_a_shell_of_the_users_own_is_one_by_whatever_name(tmp_path: Path) -> None:
    for name, program in (("shell", "myshell"), ("another", "odd")):
        text = f'name = "{name}"\nkind = "shell"\n[recognise]\nprograms = ["{program}"]\n'
        (tmp_path / f"{name}.toml").write_text(text)
    profiles = load_profiles(tmp_path)
    for program in ("bash", "myshell", "odd"):
        seen = view(CLAUDE_IDLE, program, wish="generic", profiles=profiles)
        assert seen.state.kind is Kind.SHELL


def test_a_suspended_agent_leaves_a_shell() -> None:
    assert view(CLAUDE_IDLE, "zsh", "claude", suspended=True).state.kind is Kind.SHELL


def test_a_configured_agent_must_be_the_one_that_runs() -> None:
    assert view(CLAUDE_IDLE, "zsh", "vim", wish="claude").profile is None
    assert view(CLAUDE_IDLE, "zsh", "my-agent", wish="generic").state.kind is Kind.IDLE
    assert view(CLAUDE_IDLE, "zsh", wish="generic").state.kind is Kind.SHELL


def test_behind_ssh_the_title_or_the_configuration_tells() -> None:
    assert view(CLAUDE_IDLE, "zsh", "ssh host", title="✳ Fix").state.kind is Kind.IDLE
    assert view(CLAUDE_IDLE, "zsh", "ssh host", wish="claude").state.kind is Kind.IDLE


def test_a_process_tree_that_cannot_be_seen_is_unknown() -> None:
    assert view(CLAUDE_IDLE).state.kind is Kind.UNKNOWN


@pytest.mark.parametrize(
    ("screen", "native", "kind", "source"),
    [
        (CLAUDE_IDLE, Native(Kind.WORKING, 3.0), Kind.WORKING, "native"),
        (CLAUDE_WORKING, Native(Kind.IDLE, 3.0), Kind.IDLE, "native"),
        (CLAUDE_WAITING, Native(Kind.IDLE, 3.0), Kind.WAITING, "screen"),
        (CLAUDE_WAITING, Native(Kind.WAITING, 3.0), Kind.WAITING, "screen"),
        ("a dialog that is not known", Native(Kind.WAITING, 3.0), Kind.WAITING, "native"),
        (CLAUDE_IDLE, Native(Kind.WAITING, 0.2), Kind.WAITING, "native"),
        (CLAUDE_IDLE, Native(Kind.WAITING, 3.0), Kind.IDLE, "screen"),
        (CLAUDE_IDLE, Native(None, 3.0), Kind.IDLE, "screen"),
    ],
)
def test_what_the_agent_says_itself_is_weighed_with_its_screen(
    screen: str, native: Native, kind: Kind, source: str
) -> None:
    state = view(screen, "claude", native=native).state
    assert (state.kind, state.source) == (kind, source)
    if source == "native":
        assert state.since == 5.0 - native.age_s


def test_the_whole_command_is_told_when_the_screen_cuts_it() -> None:
    screen = CLAUDE_WAITING.replace(
        "   rm -rf build", f"{'╌' * 60}\n git fetch --all && rm…\n{'╌' * 60}"
    )
    whole = "git fetch --all && rm -rf build"
    asked = view(screen, "claude", native=Native(Kind.WAITING, 1.0, "", "", whole)).question
    other = view(screen, "claude", native=Native(Kind.WAITING, 1.0, "", "", "ls")).question
    assert asked is not None
    assert other is not None
    assert (asked.subject, other.subject) == (whole, "git fetch --all && rm…")


def test_what_is_out_of_sight_tells_two_questions_apart() -> None:
    screen = CLAUDE_WAITING.replace(
        "   rm -rf build", f"{'╌' * 60}\n git fetch --all && rm…\n{'╌' * 60}"
    )
    prints = set()
    for hidden in ("rm -rf build", "rm -rf dist"):
        native = Native(Kind.WAITING, 1.0, "", "", f"git fetch --all && {hidden}")
        question = view(screen, "claude", native=native).question
        assert question is not None
        prints.add(question.fingerprint)
    assert len(prints) == 2


def test_a_question_of_which_nothing_is_told_is_not_whole_for_it() -> None:
    rows = "\n".join(f"   what it asks about, row {number}" for number in range(35))
    menu = " ❯ 1. Yes\n   2. Yes, and don't ask again\n   3. No"
    screen = f"{rows}\n\n Do you want to proceed?\n{menu}\n\n Esc to cancel · Tab to amend"
    question = view(screen, "claude", native=Native(Kind.WAITING, 1.0)).question
    assert question is not None
    assert question.approval is not None
    assert (question.subject, question.may_be(question.approval)) == ("", False)


def test_another_command_that_begins_alike_is_not_the_one_asked_about() -> None:
    screen = CLAUDE_WAITING.replace("   rm -rf build", f"{'╌' * 60}\n git push origin\n{'╌' * 60}")
    native = Native(Kind.WAITING, 1.0, "", "", "git push origin --force")
    question = view(screen, "claude", native=native).question
    assert question is not None
    assert question.subject == "git push origin"


def test_the_agents_own_process_is_the_outermost_that_is_known() -> None:
    shell = Process(1, 0, 1, 2, ("zsh",))
    wrapper = Process(2, 1, 2, 2, ("node", "/x/bin/codex.js"), "long ago")
    agent = Process(3, 2, 2, 2, ("codex",), "just now")
    pane = view("", "zsh").pane
    assert pane is not None
    for processes, whose in (
        ((shell, wrapper, agent), "2 long ago"),
        ((shell, agent), "3 just now"),
    ):
        seen = see(pane, "› ", Tree(processes), PROFILES, wish="", at=5.0)
        assert seen.process == whose
    # Of an agent that cannot be recognised, it is whatever holds the terminal.
    assert view("› ", "zsh", "my-agent", wish="generic").process == "2 "


@pytest.mark.parametrize("draft", ["", "two words"])
def test_the_prompt_of_opencode_in_a_conversation(draft: str) -> None:
    typed = f"  ┃  {draft}".rstrip()
    talk = ["  ┃", "  ┃   an older message", "  ┃", "     Done.", "     ▣  Build · it · 2.5s"]
    box = [
        "  ┃",
        typed,
        "  ┃",
        "  ┃  Build · it",
        f"  ╹{'▀' * 40}",
        "   ~/work     ctrl+p commands",
    ]
    seen = view("\n".join([*talk, *box]), "zsh", "opencode")
    assert (seen.state.kind, seen.draft) == (Kind.IDLE, draft)
