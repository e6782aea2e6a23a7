"""What a member can be called: a name is said aloud, and must mean nobody else and nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from teamvoice.errors import ConfigError
from teamvoice.team.members import as_said

LONGEST = 60  # characters, as the configuration has it

# Whom a sentence means that names nobody; those of the offline mind among them.
_EVERYONE = (
    "all", "everyone", "everybody", "every one", "each", "each of them", "team", "my team",
    "our team", "whole team", "my whole team", "our whole team", "entire team", "crew",
    "whole crew", "all of them", "all of you", "all members", "all the members",
    "all team members", "every member", "all agents", "all the agents", "them", "others",
)  # fmt: skip
_WORDS = (
    "yes", "no", "y", "n", "ok", "okay", "confirm", "cancel", "stop", "none", "nobody", "no one",
    "someone", "somebody", "anyone", "anybody", "i", "me", "you", "he", "she", "it", "him", "her",
    "they", "who", "this", "that", "one", "agent", "agents", "member", "pane", "assistant",
)  # fmt: skip
_MEANS_ALL = {as_said(words) for words in _EVERYONE}
_IS_A_WORD = {as_said(word) for word in _WORDS}


def check_name(name: str, taken: Iterable[str]) -> None:
    """Whether somebody can be called by this name.

    Args:
        name: The name or alias.
        taken: Names and aliases of the others.

    Raises:
        ConfigError: Why not.
    """
    if len(name) > LONGEST:
        raise ConfigError(f"a name has at most {LONGEST} characters")
    if not name.isprintable() or not any(map(str.isalnum, name)):
        raise ConfigError(f"{name!r} cannot be said")
    if is_reserved(name):
        otherwise = "is a word that the voice takes otherwise"
        reason = "means all of them" if as_said(name) in _MEANS_ALL else otherwise
        raise ConfigError(f'"{name}" {reason}')
    if as_said(name) in map(as_said, taken):
        raise ConfigError(f'"{name}" is taken, or sounds like one that is')


def is_name(name: str) -> bool:
    """Whether somebody could be called by this name if nobody is."""
    try:
        check_name(name, ())
    except ConfigError:
        return False
    return True


def is_reserved(name: str) -> bool:
    """Whether it says all of them, or is a word with which the voice is answered."""
    return as_said(name) in _MEANS_ALL | _IS_A_WORD
