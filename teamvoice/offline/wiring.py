"""The server's own ears, mind and voice, put together for one team."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Annotated, Any

from msgspec import Meta, Struct

from teamvoice.offline.ports import Ears, EarsFactory, Mind, Plan, Voice

Name = Annotated[str, Meta(min_length=1, max_length=60)]


class Member(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A teammate as the ears and the mind know it."""

    name: Name
    aliases: tuple[Name, ...] = ()


class Team(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whom and what the ears must know, and the voice that answers."""

    members: tuple[Member, ...] = ()
    words: tuple[Name, ...] = ()
    voice: str = "slt"


def parts(team: Team) -> tuple[EarsFactory, Mind, Voice]:
    """Make the parts of a server for a team. Blocking: the first ears are loaded.

    Raises:
        MissingPart: The machine has no ears or no voice.
    """
    vocabulary = _module("vocabulary").Vocabulary(
        members=tuple((member.name, member.aliases) for member in team.members), words=team.words
    )
    ears = _Supply(vocabulary)
    voice = _module("voice").Voice(team.voice)
    voice.program()  # a voice that is not installed is told now, not at the first answer
    return ears, _TeamMind(vocabulary), voice


class _Supply:
    """Ears for one session after the other; the first are ready before anyone connects."""

    def __init__(self, vocabulary: Any) -> None:
        self._make = _module("ears").Ears
        self._vocabulary = vocabulary
        first: Ears = self._make(vocabulary)
        first.load()
        self._ready: Iterator[Ears] = iter([first])

    def __call__(self) -> Ears:
        ready = next(self._ready, None)
        return ready if ready is not None else self._make(self._vocabulary)


class _TeamMind:
    """The mind, with the team that it is about."""

    def __init__(self, vocabulary: Any) -> None:
        self._mind = _module("mind")
        self._vocabulary = vocabulary

    def understand(self, text: str, tools: list[dict[str, Any]]) -> Plan:
        plan: Plan = self._mind.understand(text, tools, self._vocabulary)
        return plan

    def answer(self, plan: Plan, outputs: list[str]) -> str:
        said: str = self._mind.answer(plan, outputs)
        return said


def _module(name: str) -> Any:
    # looked up when a server starts: they are slow to import, and belong to the offline extra
    return importlib.import_module(f"teamvoice.offline.{name}")
