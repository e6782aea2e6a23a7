"""How much news is said at once: pure.

Much may have happened by the time at which nobody speaks. What fits into one sentence is said
then, and the rest in one of its own afterwards, each piece whole. Members who all do the same are
one clause, unless they are few and each has more to tell: three who wait are told with their
questions, seven as "the dev, the PM, the QA and 4 more are waiting for your answer".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

CLAUSES = 4  # of one sentence
ROOM = 2000  # bytes of it, as a model gets it, after which no clause is begun
FEW = 3  # who are told each with what there is to tell, or by name


@dataclass(frozen=True, slots=True)
class Item:
    """A piece of news.

    Args:
        text: A clause that can be read and spoken.
        fenced: The same for a model, when it gets it otherwise.
        who: Of whom it tells, as a clause names them; empty when it stands by itself.
        all_do: What several do of whom the same is told, as the end of a clause.
        lasts: It is kept until it was told, which is noted by what it is about.
        tries: How often it is still put back when it could not be said.
        is_shown: The person can read it already.
    """

    text: str
    fenced: str = ""
    who: str = ""
    all_do: str = ""
    lasts: bool = False
    tries: int = 0
    is_shown: bool = True


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of the sentence: what it tells of, as it is read, and as a model gets it."""

    about: tuple[str, ...]
    text: str
    fenced: str


def bulletin(news: Mapping[str, Item]) -> list[Clause]:
    """The clauses that are to be said now, oldest first; at least one if there is any news."""
    said: list[Clause] = []
    room = ROOM
    for clause in _clauses(news):
        if said and (len(said) == CLAUSES or room <= 0):
            break
        said.append(clause)
        room -= len(clause.fenced.encode())
    return said


def _clauses(news: Mapping[str, Item]) -> list[Clause]:
    alike: dict[str, list[str]] = {}
    for about, item in news.items():
        alike.setdefault(item.all_do or f"alone: {about}", []).append(about)
    return [clause for group in alike.values() for clause in _of_group(group, news)]


def _of_group(group: Sequence[str], news: Mapping[str, Item]) -> list[Clause]:
    items = [news[about] for about in group]
    is_short = len(items) <= FEW and any(item.fenced for item in items)
    if len(items) == 1 or is_short:
        each = zip(group, items, strict=True)
        return [Clause((about,), item.text, item.fenced or item.text) for about, item in each]
    text = f"{_named([item.who for item in items])} {items[0].all_do}"
    return [Clause(tuple(group), text, text)]


def _named(names: Sequence[str]) -> str:
    """Who it is, when they are many the first of them and how many more."""
    if len(names) <= FEW + 1:
        return f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{', '.join(names[:FEW])} and {len(names) - FEW} more"
