"""Whom and what the offline mind knows by name, and how those names sound.

A member has one name, which tools are called with, and spoken forms: its name and aliases as a
person says them. ``code_reviewer`` and ``front-end`` are said "code reviewer" and "front end".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])")
_DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The members with their aliases, and words of the user's own.

    Args:
        members: ``(name, aliases)`` for each member; the name is what a tool is called with.
        words: Words and phrases that the ears must know: products, branches, people.
    """

    members: tuple[tuple[str, tuple[str, ...]], ...] = ()
    words: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The members' names, as configured."""
        return tuple(name for name, _ in self.members)

    def spoken_forms(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Every way to say a member, with the member's name; the longest ways come first."""
        forms = {
            (form, name)
            for name, aliases in self.members
            for way in (name, *aliases)
            if (form := spoken(way))
        }
        yield from sorted(forms, key=lambda pair: (-len(pair[0]), pair))


def spoken(name: str) -> tuple[str, ...]:
    """The words in which a written name is said: lower case, no punctuation, digits as words."""
    words = _WORD.findall(_CAMEL.sub(" ", name).lower())
    return tuple(part for word in words for part in _say_digits(word))


def _say_digits(word: str) -> list[str]:
    parts = re.findall(r"[0-9]|[^0-9]+", word)
    return [_DIGITS[int(part)] if part.isdigit() else part for part in parts]
