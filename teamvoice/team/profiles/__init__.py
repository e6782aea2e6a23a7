"""What we know of each kind of agent: one TOML file per kind, beside this one.

A profile is data: how to recognise the agent, where its prompt is, what its screen says when it
works, waits or is idle, and which keys interrupt it. Patterns are Python regular expressions that
are searched in single lines of the screen, without colours.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Literal

import msgspec

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
        placeholder: A draft that is the agent's own hint, for agents that do not grey it.
    """

    line: str = ""
    above: str = ""
    end: str = r"^\s*$"
    placeholder: str = ""


class Signs(_Table, frozen=True):
    """What the screen says.

    Args:
        working: It works on something.
        waiting: It waits for a person's answer; counts only below the last prompt.
        queued: It holds messages until its work is done.
        pasted: A draft that stands for a long paste.
        stopped: It was interrupted; a line of its own in the conversation.
        title_working: The pane's title while it works.
    """

    working: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    queued: str = ""
    pasted: str = ""
    stopped: str = ""
    title_working: str = ""


class Subject(_Table, frozen=True):
    """Where a question tells what it is about.

    Args:
        line: The first line of it; the group ``subject`` is what is wanted.
        above: What the line above that must look like.
        end: The first line that is no longer part of it.
    """

    line: str
    above: str = ""
    end: str = r"^\s*$"


class Questions(_Table, frozen=True):
    """How a question and its options are read; lines are searched without their frames.

    Args:
        asks: The line that asks.
        begins: The line at which the question's box begins.
        subjects: Where it tells what it is about; the first that is found counts.
        option: A line of the menu, with the groups ``mark`` (before the highlighted one),
            ``number``, ``label`` and ``key`` (the option's own key: ``y``, ``esc``).
        inline: Options that stand in the line that asks, with the groups ``key`` and ``rest``.
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
    subjects: tuple[Subject, ...] = ()
    option: str = ""
    inline: str = ""
    choose: Literal["number", "arrows"] = "number"
    then: tuple[str, ...] = ()
    settle_s: float = 0.0
    approve: str = ""
    always: str = ""
    deny: str = ""


class Keys(_Table, frozen=True):
    """Which keys do what, as tmux names them."""

    interrupt: tuple[str, ...] = ("Escape",)


class Profile(_Table, frozen=True):
    """One kind of agent.

    Args:
        kind: ``agent``, or ``shell``: a shell never gets a message.
        sigils: A message that begins with one of these would be a command to the agent.
        shield: Typed before such a message, it makes it arrive as text; empty: nothing is known
            to do so, and such a message is refused.
    """

    name: str
    kind: Literal["agent", "shell"] = "agent"
    sigils: str = "/@!#"
    shield: str = ""
    recognise: Recognition = Recognition()
    prompt: Prompt = Prompt()
    signs: Signs = Signs()
    question: Questions = Questions()
    keys: Keys = Keys()


Profiles = Mapping[str, Profile]


def load_profiles() -> dict[str, Profile]:
    """The profiles that come with teamvoice, by name.

    Raises:
        ConfigError: A file is not a profile: which, and where in it.
    """
    files = (f for f in resources.files(__name__).iterdir() if f.name.endswith(".toml"))
    loaded = (parse_profile(f.read_text(encoding="utf-8"), f.name) for f in files)
    return {profile.name: profile for profile in sorted(loaded, key=lambda p: p.name)}


def parse_profile(text: str, where: str) -> Profile:
    """Read a profile and try each of its patterns.

    Raises:
        ConfigError: What is wrong, and where.
    """
    try:
        profile = msgspec.convert(tomllib.loads(text), Profile)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(f"{where}: not a profile: {error}") from error
    for pattern in _patterns(profile):
        try:
            found(pattern, "")
        except re.error as error:
            raise ConfigError(f"{where}: bad pattern {pattern!r}: {error}") from error
    return profile


def found(pattern: str, text: str) -> re.Match[str] | None:
    """Search a pattern; an empty one is never found."""
    return _compiled(pattern).search(text) if pattern else None


def found_all(pattern: str, text: str) -> list[dict[str, str | None]]:
    """The groups of every place where a pattern is found; an empty one is never found."""
    return [m.groupdict() for m in _compiled(pattern).finditer(text)] if pattern else []


@functools.lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _patterns(profile: Profile) -> Iterator[str]:
    recognise, prompt, signs = profile.recognise, profile.prompt, profile.signs
    yield from (recognise.command, recognise.title)
    yield from (prompt.line, prompt.above, prompt.end, prompt.placeholder)
    yield from (*signs.working, *signs.waiting, signs.queued, signs.pasted)
    yield from (signs.stopped, signs.title_working)
    yield from _question_patterns(profile.question)


def _question_patterns(question: Questions) -> Iterator[str]:
    yield from (*question.asks, question.begins, question.option, question.inline)
    yield from (question.approve, question.always, question.deny)
    for subject in question.subjects:
        yield from (subject.line, subject.above, subject.end)
