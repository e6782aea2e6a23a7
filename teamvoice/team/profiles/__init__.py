"""What we know of each kind of agent: one TOML file per kind, beside this one.

A user's own files, in ``profiles`` of the configuration directory, add to them or replace them.

A profile is data: how to recognise the agent, where its prompt is, what its screen says when it
works, waits or is idle, and which keys interrupt it. Patterns are Python regular expressions that
are searched in single lines of the screen, without colours.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Literal

import msgspec

from teamvoice.config import Member, check_keys, nearest
from teamvoice.errors import ConfigError


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of a profile; an unknown key in it is an error."""


class Recognition(_Table, frozen=True):
    """How the agent is known.

    Args:
        programs: Names of its program, or of the script that an interpreter runs.
        command: Pattern on the whole command line.
        title: Pattern on the pane's title; asked only where the process cannot be seen (ssh).
    """

    programs: tuple[str, ...] = ()
    command: str = ""
    title: str = ""


class Prompt(_Table, frozen=True):
    """Where the person types.

    Args:
        line: Its first line; the group ``draft`` is what was typed. Empty: it cannot be read.
        above: What the line above it must look like.
        end: The first line that is no longer part of it.
        below: What some line below it must look like.
        closing: What some line from its end on must look like for a numbered line to be a draft,
            and not an option of a menu. Empty: a numbered line is never a draft.
        scrolled: The line above a draft of which the first rows are out of sight.
        each: Every row of a draft looks like its first line, also where it is wrapped.
        sole: There is none while it works. What stands below it is what the agent writes just now,
            or, without ``each``, the other lines of a draft: the state is unknown then.
        placeholder: A draft that is the agent's own hint, for agents that do not grey it.
        clear: The key by which a person clears it, in words; it clears a line at least.
    """

    line: str = ""
    above: str = ""
    end: str = r"^\s*$"
    below: str = ""
    closing: str = ""
    scrolled: str = ""
    each: bool = False
    sole: bool = False
    placeholder: str = ""
    clear: str = ""


class Signs(_Table, frozen=True):
    """What the screen says.

    Args:
        working: It works on something.
        waiting: It waits for a person's answer; counts only below the last prompt.
        menu: What some line below a highlighted option looks like, where an option cannot be told
            from a draft that begins with a number; with no such line the state is unknown.
        queued: It holds messages until its work is done.
        pasted: A draft that stands for a long paste.
        said: The first line of a message of the person in the conversation, with the group
            ``text``. Without it, no message counts as taken once a question has opened.
        aside: It shows something in the place of its conversation, as one of the last lines
            tells. What stands above is not of now: the state is unknown.
        starting: It is not up yet, and lets a message stand in its prompt until it is.
        stopped: It was interrupted; a line of its own in the conversation.
        title_working: The pane's title while it works.
        title_waiting: The pane's title while it waits for a person.
    """

    working: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    menu: str = ""
    queued: str = ""
    pasted: str = ""
    said: str = ""
    stopped: str = ""
    aside: str = ""
    starting: str = ""
    title_working: str = ""
    title_waiting: str = ""


class Subject(_Table, frozen=True):
    """Where a question tells what it is about.

    Args:
        line: The first line of it; the group ``subject`` is what is wanted.
        title: What the first line of words in the question's box must look like.
        above: What the line above that must look like.
        end: The first line that is no longer part of it.
    """

    line: str
    title: str = ""
    above: str = ""
    end: str = r"^\s*$"


class Questions(_Table, frozen=True):
    """How a question and its options are read; lines are searched without a frame around it all.

    Args:
        asks: The line that asks.
        begins: The line at which the question's box begins.
        head: The same, where what is asked about may look like it: with two of them to be seen,
            the question is not read surely, and nothing is approved.
        subjects: Where it tells what it is about; the first that is found counts.
        edge: What is drawn at the edges of each line of what it is about.
        cut: A line in the place of what is out of sight of it, where it is cut short; nothing is
            approved then.
        above: A line below the menu that says that the question's beginning is out of sight: what
            stands above the line that asks is the end of what it is about.
        option: A line of the menu, with the groups ``mark`` (before the highlighted one),
            ``number``, ``label`` and ``key`` (the option's own key: ``y``, ``esc``).
        inline: Options that stand in the line that asks, with the groups ``key`` and ``rest``.
        toggle: Labels of options of which several may be marked: no one key answers then.
        choose: An option without a key of its own is chosen by its ``number``, or by ``arrows``.
        then: Keys that must follow the option's own.
        settle_s: Seconds for which it must have stood before it heeds a key: some agents drop a
            key that comes too soon, so that nothing is approved by what was typed before.
        approve: Labels that approve, this once.
        always: Labels that approve for longer; told apart before the other two.
        deny: Labels that deny.
    """

    asks: tuple[str, ...] = ()
    begins: str = ""
    head: str = ""
    subjects: tuple[Subject, ...] = ()
    edge: str = ""
    cut: str = ""
    above: str = ""
    option: str = ""
    inline: str = ""
    toggle: str = ""
    choose: Literal["number", "arrows"] = "number"
    then: tuple[str, ...] = ()
    settle_s: float = 0.0
    approve: str = ""
    always: str = ""
    deny: str = ""


class Keys(_Table, frozen=True):
    """Which keys do what, as tmux names them.

    Args:
        interrupt: Stop the work.
        queue: Submit a message while it works so that it is held until the work is done; empty
            when Enter does. (Enter steers the running work of Codex.)
    """

    interrupt: tuple[str, ...] = ("Escape",)
    queue: tuple[str, ...] = ()


class Profile(_Table, frozen=True):
    """One kind of agent.

    Args:
        kind: ``agent``, or ``shell``: a shell never gets a message.
        sigils: A message that begins with one of these would be a command to the agent.
        words: So would one that is nothing but one of these; case does not count.
        escapes: For each of these, what goes before such a message so that it arrives as text;
            one that is not here cannot be sent. With line breaks in it, the paste has to be shown
            as a stub, or Enter is not pressed.
        unfinished: The end of a message that Enter would not submit, but complete or go on with. A
            blank goes after it.
        native: Whose own files tell of it: ``claude``, ``codex``; empty when it has none.
    """

    name: str
    kind: Literal["agent", "shell"] = "agent"
    sigils: str = "/@!#"
    words: tuple[str, ...] = ()
    escapes: dict[str, str] = {}
    unfinished: str = ""
    native: Literal["", "claude", "codex"] = ""
    recognise: Recognition = Recognition()
    prompt: Prompt = Prompt()
    signs: Signs = Signs()
    question: Questions = Questions()
    keys: Keys = Keys()


Profiles = Mapping[str, Profile]


def load_profiles(own: Path | None = None) -> dict[str, Profile]:
    """The profiles that come with teamvoice and the user's own, by name.

    Args:
        own: A directory of more of them, ``*.toml``; one with a known name replaces that, but for
            ``shell``, to whose programs it adds. It need not exist.

    Raises:
        ConfigError: A file is not a profile: which, and where in it.
    """
    ours = (f for f in resources.files(__name__).iterdir() if f.name.endswith(".toml"))
    loaded = {p.name: p for p in (parse_profile(f.read_text("utf-8"), f.name) for f in ours)}
    shell = loaded["shell"]
    loaded |= own_profiles(own)
    loaded["shell"] = _with_programs(shell, loaded["shell"].recognise.programs)
    return dict(sorted(loaded.items()))


def _with_programs(profile: Profile, more: Sequence[str]) -> Profile:
    """The same for more programs: what is a shell stays one, whatever a user's own file adds."""
    programs = tuple(dict.fromkeys((*profile.recognise.programs, *more)))
    recognise = msgspec.structs.replace(profile.recognise, programs=programs)
    return msgspec.structs.replace(profile, recognise=recognise)


def own_profiles(directory: Path | None) -> dict[str, Profile]:
    """The profiles of a directory, by name.

    Raises:
        ConfigError: A file is not a profile, or two have one name.
    """
    loaded: dict[str, Profile] = {}
    for file in sorted(directory.glob("*.toml")) if directory else ():
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{file}: cannot be read: {error}") from error
        profile = parse_profile(text, str(file))
        if profile.name in loaded:
            raise ConfigError(f'{file}: name: another file here is "{profile.name}" already')
        loaded[profile.name] = profile
    return loaded


def check_agents(members: Iterable[Member], profiles: Profiles) -> None:
    """Every member's agent, where the configuration names one, has a profile.

    Raises:
        ConfigError: Whose has none, with the nearest name.
    """
    for member in members:
        if member.agent and member.agent not in profiles:
            hint = nearest(member.agent, profiles)
            raise ConfigError(
                f'team.members: {member.name}: no agent is called "{member.agent}".{hint}',
                f"there are {', '.join(profiles)}",
            )


def parse_profile(text: str, where: str) -> Profile:
    """Read a profile and try each of its patterns.

    Raises:
        ConfigError: What is wrong, and where.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where}: not valid TOML: {error}") from error
    check_keys(table, Profile, where, "")
    try:
        profile = msgspec.convert(table, Profile)
    except msgspec.ValidationError as error:
        reason, _, at = str(error).partition(" - at `$")
        key = at.rstrip("`").lstrip(".")
        raise ConfigError(f"{where}: {f'{key}: ' if key else ''}{reason}", _mend(reason)) from error
    if not profile.name:
        raise ConfigError(f"{where}: name: it is empty", 'give it one: name = "robot"')
    for key, names in (
        ("keys.interrupt", profile.keys.interrupt),
        ("keys.queue", profile.keys.queue),
        ("question.then", profile.question.then),
    ):
        _check_keys(names, f"{where}: {key}")
    for key, pattern, groups in _patterns(profile):
        _try_pattern(pattern, groups, f"{where}: {key}")
    return profile


def _mend(reason: str) -> str:
    """How to write what msgspec complains of."""
    if "Expected `array`" in reason:
        return 'write a list, of one too: ["…"]'
    return 'begin the file with its name: name = "robot"' if "field `name`" in reason else ""


def _check_keys(names: Sequence[str], where: str) -> None:
    """A name that tmux does not know would be typed letter by letter."""
    for name in names:
        if not _KEY.fullmatch(name):
            known = nearest(name, _KEY_NAMES)
            raise ConfigError(
                f'{where}: tmux knows no key "{name}".{known}',
                f"there are {', '.join(_KEY_NAMES)}, and C-c, M-x and the like",
            )


def _try_pattern(pattern: str, groups: Sequence[str], where: str) -> None:
    try:
        known = _compiled(pattern).groupindex
    except re.error as error:
        raise ConfigError(f"{where}: bad pattern {pattern!r}: {error}", _SYNTAX) from error
    lacking = [group for group in groups if pattern and group not in known]
    if lacking:
        raise ConfigError(f"{where}: the pattern {pattern!r} lacks the group (?P<{lacking[0]}>…)")


def found(pattern: str, text: str) -> re.Match[str] | None:
    """Search a pattern; an empty one is never found."""
    return _compiled(pattern).search(text) if pattern else None


def found_all(pattern: str, text: str) -> list[dict[str, str | None]]:
    """The groups of every place where a pattern is found; an empty one is never found."""
    return [m.groupdict() for m in _compiled(pattern).finditer(text)] if pattern else []


@functools.lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _patterns(profile: Profile) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Every pattern with its key and the groups that it must have."""
    yield "unfinished", profile.unfinished, ()
    for section in ("recognise", "prompt", "signs", "question"):
        for key, value in msgspec.structs.asdict(getattr(profile, section)).items():
            name = f"{section}.{key}"
            if name in _NO_PATTERN:
                continue
            for pattern in (value,) if isinstance(value, str) else value:
                if isinstance(pattern, Subject):
                    yield f"{name}.line", pattern.line, ("subject",)
                    yield f"{name}.title", pattern.title, ()
                    yield f"{name}.above", pattern.above, ()
                    yield f"{name}.end", pattern.end, ()
                else:
                    yield name, pattern, _GROUPS.get(name, ())


_KEY_NAMES = (
    *("Enter", "Escape", "Tab", "BTab", "Space", "BSpace", "DC", "IC", "Up", "Down", "Left"),
    *("Right", "Home", "End", "PageUp", "PageDown", "PPage", "NPage"),
)
_KEY = re.compile(rf"(?:[CMS]-)*(?:{'|'.join(_KEY_NAMES)}|F(?:[1-9]|1[0-2])|[!-~])")
_SYNTAX = "patterns are Python's regular expressions; in single quotes, TOML leaves a \\ alone"
_NO_PATTERN = {
    "prompt.each",
    "prompt.sole",
    "recognise.programs",
    "question.choose",
    "question.then",
    "question.settle_s",
}
_GROUPS = {
    "prompt.line": ("draft",),
    "signs.said": ("text",),
    "question.option": ("mark", "label"),
    "question.inline": ("key", "rest"),
}
