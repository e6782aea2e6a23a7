"""The tools that a client declared, and how their arguments are called.

The mind is made for the team's own tools, and another client may declare tools of the same names
with arguments named otherwise, or members that only its schemas know.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from teamvoice.offline.vocabulary import Vocabulary

MEMBER = ("member", "name", "role", "teammate", "to", "agent", "recipient")
TEXT = ("text", "message", "content", "instruction", "prompt", "task")
ANSWER = ("answer", "choice", "reply", "option", *TEXT)
STATE = ("state", "when", "status", "event", "until", "condition")
LINES = ("lines", "count", "limit")

_ASIDE = re.compile(r"\s*\(([^)]*)\)")
_FILLER = re.compile(r"^(?:and|or|one of|also|aka|aliases?:?)\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Call:
    """A tool and what it is called with."""

    name: str
    arguments: dict[str, Any]


class Toolkit:
    """The declared tools by name.

    Args:
        tools: As in a session: ``{"type": "function", "name", "description", "parameters"}``.
            What is not of that shape is left out.
    """

    def __init__(self, tools: Sequence[Mapping[str, Any]]) -> None:
        named = (tool for tool in tools if isinstance(tool.get("name"), str))
        self._properties = {str(tool["name"]): _properties(tool) for tool in named}

    def has(self, tool: str) -> bool:
        """Whether the client declared it."""
        return tool in self._properties

    def call(self, tool: str, *arguments: tuple[Sequence[str], Any]) -> Call:
        """A call with each value under the first of its possible names that the tool declares.

        A value that the tool has no argument for is left out.
        """
        declared = self._properties[tool]
        filled = ((next((n for n in names if n in declared), None), v) for names, v in arguments)
        return Call(tool, {name: value for name, value in filled if name is not None})

    def takes(self, tool: str, names: Sequence[str], value: Any) -> bool:
        """Whether an argument may have this value: it is declared, and allows it."""
        declared = self._properties[tool]
        schema = next((declared[name] for name in names if name in declared), None)
        return schema is not None and value in schema.get("enum", [value])

    def members(self, vocabulary: Vocabulary) -> Vocabulary:
        """The vocabulary with the members that only the schemas know."""
        known = {name.casefold() for name in vocabulary.names}
        found: dict[str, tuple[str, ...]] = {}
        for properties in self._properties.values():
            schema = next((properties[name] for name in MEMBER if name in properties), {})
            found |= {n: a for n, a in _declared(schema).items() if n.casefold() not in known}
        return Vocabulary((*vocabulary.members, *found.items()), vocabulary.words)


def _properties(tool: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    parameters = tool.get("parameters")
    properties = parameters.get("properties") if isinstance(parameters, Mapping) else None
    if not isinstance(properties, Mapping):
        return {}
    return {str(name): dict(s) for name, s in properties.items() if isinstance(s, Mapping)}


def _declared(schema: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Members of a schema: its enum, else the list behind a colon in its description."""
    listed = _listed(str(schema.get("description", "")))
    enum = schema.get("enum")
    if isinstance(enum, list):
        return {name: listed.get(name, ()) for name in enum if isinstance(name, str)}
    return listed


def _listed(description: str) -> dict[str, tuple[str, ...]]:
    """``Who: developer (also dev, engineer); pm`` as names with aliases."""
    _, colon, listing = description.partition(":")
    if not colon:
        return {}
    asides: list[str] = []

    def keep(aside: re.Match[str]) -> str:
        asides.append(aside[1])
        return f"\0{len(asides) - 1}\0"

    entries = [entry.strip(" .\"'`") for entry in re.split("[,;]", _ASIDE.sub(keep, listing))]
    members: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        name, _, number = _FILLER.sub("", entry).partition("\0")
        aliases = asides[int(number.partition("\0")[0])] if number else ""
        if 0 < len(name.split()) <= 3:
            members[name.strip(" .\"'`")] = tuple(_aliases(aliases))
    return members


def _aliases(aside: str) -> list[str]:
    names = (_FILLER.sub("", alias.strip()) for alias in re.split(r",|\bor\b|^also\b", aside))
    return [name for name in names if name]
