"""What is to be seen of a member's pane, and what it means: pure.

A pane, its screen and its processes go in; a :class:`View` comes out: which agent runs there,
what state it is in (and who says so), and what stands in its prompt.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from teamvoice.team.native import Heard, Native
from teamvoice.team.panes import Pane
from teamvoice.team.processes import Process, Tree
from teamvoice.team.profiles import Profile, Profiles, found
from teamvoice.team.questions import Question, read_question
from teamvoice.team.screen import Line, read_screen, strip_frame, tail
from teamvoice.team.states import Kind, State

__all__ = ["Kind", "State", "View", "missing", "prompt_span", "recognise", "see"]

_INTERPRETERS = ("node", "bun", "deno", "python", "pypy", "ruby", "npx", "tsx", "uv", "uvx")
# Programs behind which another machine or terminal hides: there the title has to tell.
_VEILS = frozenset(
    {"ssh", "autossh", "mosh-client", "et", "docker", "podman", "nerdctl", "kubectl", "lxc"}
    | {"incus", "tmux", "screen", "zellij"}
)
# What no agent writes at the margin below its prompt, and the prompts of shells.
_FOREIGN = re.compile(r"[\w#$%~\[(/]")
_SHELL_PROMPT = re.compile(r"(?:[\w~\[(/].*)?[#$%>❯➜»λ](?: .*)?")
_BOTTOM = 40  # lines of the screen that speak of now
_ASIDE = 6  # lines of it of which one tells that something else is shown
_LAG_S = 1.0  # how far an agent's screen and its files may be apart
_HEAD = 16  # characters by which a command is known again
_ROWS = 24  # rows by which a screen that is not understood is known again


@dataclass(frozen=True, slots=True)
class View:
    """A pane, understood.

    Args:
        pane: What tmux says of it; ``None`` when it is missing.
        profile: The agent that runs there; ``None`` when it is not one that we know.
        draft: What is typed in its prompt; ``None`` when no prompt is to be seen.
        queued: It shows that it holds messages.
        stops: How many interrupts its screen tells of.
        lines: The whole screen.
        body: The screen above the prompt: what was said and done, without the furniture.
        last_message: The last thing the agent said, from its own files; empty when unknown.
        heard: What the agent's own record has of its person; ``None`` when there is none.
        process: Which process the agent is: another one after it was started anew.
    """

    pane: Pane | None
    state: State
    profile: Profile | None = None
    draft: str | None = None
    queued: bool = False
    stops: int = 0
    lines: tuple[str, ...] = ()
    body: tuple[str, ...] = field(default=())
    last_message: str = ""
    heard: tuple[Heard, ...] | None = None
    process: str = ""

    @property
    def question(self) -> Question | None:
        """The open question of ``waiting``."""
        return self.state.question


def missing(at: float) -> View:
    """The view of a pane that is not there."""
    return View(None, State(Kind.MISSING, "tmux", at))


def see(
    pane: Pane,
    capture: str,
    tree: Tree,
    profiles: Profiles,
    *,
    wish: str,
    at: float,
    native: Native | None = None,
) -> View:
    """Understand a pane.

    Args:
        pane: What tmux says of it.
        capture: Its screen, from ``capture-pane -e``.
        tree: Its processes.
        profiles: Every profile.
        wish: The profile that the configuration names for the member; empty to recognise it.
        at: Now, monotonic.
        native: What the agent's own files say.
    """
    lines = read_screen(capture)
    plain = tuple(line.plain for line in lines)
    if pane.dead:
        return View(pane, State(Kind.DEAD, "tmux", at), lines=plain, body=plain)
    profile = recognise(pane, tree, profiles, wish)
    if profile is None or profile.kind == "shell":
        return View(pane, _no_agent(profile, tree, at), profile, lines=plain, body=plain)
    view = replace(_see_agent(pane, lines, profile, at), process=_process(tree, profile))
    if _is_veiled(tree, profile):
        view = _doubted(view, at)
    return _fuse(view, native, at) if native else view


def _is_veiled(tree: Tree, profile: Profile) -> bool:
    """Nobody can see whether the agent's process still runs: it is on the far side of another."""
    seen = any(_is_run_by(process, profile) for process in tree.reachable)
    return not seen and any(_name(process) in _VEILS for process in tree.reachable)


def _doubted(view: View, at: float) -> View:
    """The view of an agent whose process is out of sight, unless its screen shows it gone.

    What it drew stays on the screen when it has ended. But below stands a shell then, or what was
    run there since.
    """
    rows = _below_prompt(view.lines, view.profile) if view.profile else ()
    shell = any(map(_SHELL_PROMPT.fullmatch, rows))
    other = view.state.kind is not Kind.WAITING and any(map(_FOREIGN.match, rows))
    if not shell and not other:
        return view
    state = State(Kind.SHELL if shell else Kind.UNKNOWN, "screen", at, "its agent seems to be gone")
    return replace(view, state=state, draft=None, queued=False, body=view.lines)


def _below_prompt(lines: Sequence[str], profile: Profile) -> Sequence[str]:
    """The rows below the prompt's first, for a draft is indented; the last where there is none."""
    prompt = _find_prompt(lines, profile)
    return lines[-1:] if prompt is None else lines[prompt + 1 :]


def recognise(pane: Pane, tree: Tree, profiles: Profiles, wish: str) -> Profile | None:
    """Which profile fits what runs in the pane; ``None`` when none surely does."""
    foreground = tree.foreground
    shells = [profile for profile in profiles.values() if profile.kind == "shell"]
    if foreground and all(any(_is_run_by(p, shell) for shell in shells) for p in foreground):
        return shells[0]
    candidates = [profiles[wish]] if wish else list(profiles.values())
    agents = [profile for profile in candidates if profile.kind == "agent"]
    for profile in agents:
        if any(_is_run_by(process, profile) for process in tree.reachable):
            return profile
    if any(_name(process) in _VEILS for process in tree.reachable):
        return next((p for p in agents if wish or found(p.recognise.title, pane.title)), None)
    return profiles[wish] if wish and not _can_be_recognised(profiles[wish]) else None


def _process(tree: Tree, profile: Profile) -> str:
    """The agent's own process, the outermost of them; else that which holds the terminal."""
    known = (process for process in tree.reachable if _is_run_by(process, profile))
    process = next(known, next(iter(tree.foreground), None))
    return f"{process.pid} {process.started}" if process else ""


def _is_run_by(process: Process, profile: Profile) -> bool:
    programs = profile.recognise.programs
    if _name(process) in programs or _script(process) in programs:
        return True
    return bool(found(profile.recognise.command, _command(process)))


def _command(process: Process) -> str:
    """The command line as far as it says what runs; for a program of its own, only its name."""
    is_interpreter = _name(process).startswith(_INTERPRETERS)
    return " ".join(process.arguments[: 6 if is_interpreter else 1])


def _name(process: Process) -> str:
    first = process.arguments[0] if process.arguments else ""
    return PurePath(first.split(" ")[0].lstrip("-").rstrip(":")).name  # a login shell is "-bash"


def _script(process: Process) -> str:
    """The script that an interpreter runs; empty for any other program."""
    if len(process.arguments) < 2 or not _name(process).startswith(_INTERPRETERS):
        return ""
    return PurePath(process.arguments[1]).stem


def _can_be_recognised(profile: Profile) -> bool:
    return bool(profile.recognise.programs or profile.recognise.command)


def _no_agent(profile: Profile | None, tree: Tree, at: float) -> State:
    names = [_name(process) for process in tree.foreground]
    detail = names[-1] if names else ""
    return State(Kind.SHELL if profile else Kind.UNKNOWN, "process", at, detail)


def _see_agent(pane: Pane, lines: Sequence[Line], profile: Profile, at: float) -> View:
    plain = tuple(line.plain for line in lines)
    prompt = _find_prompt(plain, profile)
    state = _judge(pane, plain, prompt, profile, at)
    # While it asks (and some while they work) there is no prompt: what looks like one is an old
    # message.
    works = state.kind is Kind.WORKING and profile.prompt.sole
    hidden = state.kind is Kind.WAITING or works
    return View(
        pane=pane,
        state=state,
        profile=profile,
        draft=None if hidden or prompt is None else _draft(lines, prompt, profile),
        queued=any(found(profile.signs.queued, line) for line in plain[-_BOTTOM:]),
        stops=sum(1 for line in plain if found(profile.signs.stopped, line)),
        lines=plain,
        body=plain if prompt is None else plain[: max(0, prompt - bool(profile.prompt.above))],
    )


def _fuse(view: View, native: Native, at: float) -> View:
    """The agent's own word counts, but for two things that only the screen can tell.

    A question that is to be seen is open, whatever a file says; and one that a file tells of while
    an empty prompt is to be seen has been answered.
    """
    state = view.state
    told = native.kind
    settled = told is Kind.WAITING and view.draft is not None and native.age_s > _LAG_S
    if state.kind is Kind.WAITING:
        question = state.question and _with_subject(state.question, native.subject)
        since = at - native.age_s if told is Kind.WAITING else None
        state = replace(state, question=question, since=since)
    elif told is not None and not settled:
        state = State(told, "native", at, native.waits_for, since=at - native.age_s)
    return replace(view, state=state, last_message=native.last_message, heard=native.heard)


def _with_subject(question: Question, subject: str) -> Question:
    """The command as it was written, where the screen shows it wrapped, or cut and marked so."""
    shown, whole = ("".join(text.split()) for text in (question.subject, subject))
    is_cut = len(shown) > _HEAD and (
        (shown.endswith("…") and whole.startswith(shown[:-1]))
        or (shown.startswith("…") and whole.endswith(shown[1:]))
    )
    if whole and shown == whole:
        return replace(question, subject=subject, whole=True)
    return question.with_whole(subject) if is_cut else question


def prompt_span(lines: Sequence[str], profile: Profile) -> tuple[int, int] | None:
    """The rows of the prompt, from the first to the one after the last; ``None`` without one."""
    prompt = _find_prompt(lines, profile)
    return None if prompt is None else (prompt, _end_of_prompt(lines, prompt, profile))


def _find_prompt(lines: Sequence[str], profile: Profile) -> int | None:
    number = _last_prompt(lines, profile)
    while number and profile.prompt.each and found(profile.prompt.line, lines[number - 1]):
        number -= 1
    return number


def _last_prompt(lines: Sequence[str], profile: Profile) -> int | None:
    prompt = profile.prompt
    for number in range(len(lines) - 1, -1, -1):
        above = lines[number - 1] if number else ""
        if found(prompt.scrolled, above):
            return number
        match = found(prompt.line, lines[number])
        if not match or (prompt.above and not found(prompt.above, above)):
            continue
        if _may_be_an_option(lines[number], profile) and _closed(lines, number, profile) is None:
            return None  # what looks like a prompt above a menu is an old message
        if not prompt.below or _any([prompt.below], lines[number + 1 :]):
            return number
    return None


def _may_be_an_option(line: str, profile: Profile) -> bool:
    """The highlighted option of a menu looks so; what is typed in the prompt may look so too."""
    option = found(profile.question.option, strip_frame(line))
    return bool(option and option["mark"])


def _doubt(lines: Sequence[str], profile: Profile) -> str:
    """Why a screen without a prompt tells nothing surely; empty when nothing speaks against it."""
    if _any([profile.signs.aside], lines[-_ASIDE:]):
        return "something else than its conversation"
    if not (menu := profile.signs.menu):
        return ""
    # The last line that may be an option has nothing below it that only menus have.
    rows = [n for n, line in enumerate(lines) if _may_be_an_option(line, profile)]
    doubtful = rows and not _any([menu], lines[rows[-1] + 1 :])
    return "a draft or a menu" if doubtful else ""


def _closed(lines: Sequence[str], prompt: int, profile: Profile) -> int | None:
    """The row at which a prompt surely ends; ``None`` when that cannot be told."""
    rows = range(prompt + 1, len(lines))
    end = next((n for n in rows if found(profile.prompt.end, lines[n])), None)
    sure = end is not None and _any([profile.prompt.closing], lines[end:])
    return end if sure else None


def _draft(lines: Sequence[Line], prompt: int, profile: Profile) -> str:
    """What was typed into the prompt that begins with this row."""
    end = _end_of_prompt([line.plain for line in lines], prompt, profile)
    first, *rest = (line.solid for line in lines[prompt:end])
    rest = [typed_in(row, profile) for row in rest] if profile.prompt.each else rest
    text = "\n".join([typed_in(first, profile), *rest]).strip()
    return "" if found(profile.prompt.placeholder, text) else text


def typed_in(row: str, profile: Profile) -> str:
    """What was typed in the first row of a prompt, or in the first of it that is to be seen."""
    match = found(profile.prompt.line, row)
    return (match.groupdict().get("draft") or "") if match else row


def _end_of_prompt(lines: Sequence[str], prompt: int, profile: Profile) -> int:
    """The first row that is no longer the prompt's: what closes it, where that is to be seen.

    An empty row may be a part of what was typed.
    """
    rows = range(prompt + 1, len(lines))
    if profile.prompt.each:
        return next((n for n in rows if not found(profile.prompt.line, lines[n])), len(lines))
    patterns = (profile.prompt.closing, profile.prompt.end)
    ends = (next((n for n in rows if found(p, lines[n])), None) for p in patterns)
    return next((end for end in ends if end is not None), len(lines))


def _judge(
    pane: Pane, lines: Sequence[str], prompt: int | None, profile: Profile, at: float
) -> State:
    signs = profile.signs
    bottom = lines[-_BOTTOM:]
    below_prompt = bottom
    if prompt is not None:
        below_prompt = lines[_below(lines, prompt, profile) :]
    unknown = State(Kind.UNKNOWN, "screen", at, looks=_looks(lines))
    if prompt is None and (doubt := _doubt(bottom, profile)):
        return replace(unknown, detail=doubt)
    if _any(signs.waiting, below_prompt):
        question = read_question(lines if prompt is None else below_prompt, profile)
        detail = _box(lines, question) if question else _question(bottom, profile)
        return State(Kind.WAITING, "screen", at, detail, question)
    if prompt is None and found(signs.title_waiting, pane.title):
        return State(Kind.WAITING, "title", at, _question(bottom, profile))
    if prompt is not None and found(signs.title_working, pane.title):
        return State(Kind.WORKING, "title", at)
    if _any(signs.working, bottom):
        return State(Kind.WORKING, "screen", at)
    writes = profile.prompt.sole and any(map(str.strip, below_prompt))
    return unknown if prompt is None or writes else State(Kind.IDLE, "screen", at)


def _below(lines: Sequence[str], prompt: int, profile: Profile) -> int:
    """The first row that surely is below what may be an old message, and not the prompt."""
    if profile.prompt.each:
        return _end_of_prompt(lines, prompt, profile)
    return _closed(lines, prompt, profile) or prompt + 1


def _looks(lines: Sequence[str]) -> str:
    """By which a screen is known again."""
    rows = [line.rstrip() for line in lines if line.strip()][-_ROWS:]
    return hashlib.sha256("\n".join(rows).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _any(patterns: Sequence[str], lines: Sequence[str]) -> bool:
    return any(found(pattern, line) for pattern in patterns for line in lines)


def _box(lines: Sequence[str], question: Question) -> str:
    """The end of the question's own rows."""
    first, end = (len(lines) + row for row in question.span)
    return tail(lines[max(0, first) : end], max_lines=12, max_chars=400)


def _question(lines: Sequence[str], profile: Profile) -> str:
    """The question with what stands right above it (the command) and its options."""
    last = max(0, len(lines) - 8)
    signs = profile.signs.waiting
    first = next((n for n, line in enumerate(lines) if _any(signs, [line])), last)
    return tail(lines[max(0, first - 4) :], max_lines=12, max_chars=400)
