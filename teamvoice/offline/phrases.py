"""The sentences that the ears expect: commands x members x work, spun out of the corpus files.

The corpus is small and the sentences are a few thousand: a filler is taken in turn, so that each
is heard in several places, and not in all of them. A language model needs no more than that.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator, Mapping
from importlib import resources

from teamvoice.offline.vocabulary import Vocabulary, spoken

EVERYONE = ("everyone", "everybody", "the team", "the whole team", "all of them", "all")
_SLOT = re.compile(r"<(member's|member|work|fact|question|thing|word)>")
_REPEATS = {"send": 6, "member": 3, "stop": 6, "team": 8, "answer": 1}
_TOPICS_TURN = 5  # each topic is heard with this many heads, in turn

Fillers = Mapping[str, "itertools.cycle[str]"]


def sentences(vocabulary: Vocabulary) -> Iterator[tuple[str, ...]]:
    """What may be said to this team, each sentence as its words."""
    fillers = _fillers(vocabulary)
    for section, templates in _sections("commands.txt").items():
        for template in templates:
            for _ in range(_times(section, template, vocabulary)):
                yield tuple(_fill(template, fillers).split())
    for kind in ("work", "fact", "question"):
        yield from (tuple(next(fillers[kind]).split()) for _ in range(600))


@functools.cache
def technical_words() -> Mapping[str, tuple[str, ...]]:
    """Words of the trade, with the phones of those that a dictionary lacks (else none)."""
    words: dict[str, tuple[str, ...]] = {}
    for line in lines("words.txt"):
        word, *phones = line.split()
        words[word] = (*words.get(word, ()), *([" ".join(phones)] if phones else []))
    return words


def pairs() -> Iterator[tuple[str, str]]:
    """Two words that general speech often joins, in the order in which they are said."""
    for line in lines("pairs.txt"):
        first, *seconds = line.split(" ")
        yield from ((first, second) for second in seconds)


@functools.cache
def lines(file: str) -> tuple[str, ...]:
    """The lines of a corpus file, without its comments."""
    text = resources.files("teamvoice.offline").joinpath("corpus", file).read_text("utf-8")
    return tuple(
        line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")
    )


def _times(section: str, template: str, vocabulary: Vocabulary) -> int:
    """How often a template is filled: more with more ways to say a member."""
    if "<member" not in template:
        return _REPEATS[section]
    return _REPEATS[section] * max(2, sum(1 for _ in vocabulary.spoken_forms()))


def _fillers(vocabulary: Vocabulary) -> dict[str, itertools.cycle[str]]:
    forms = [" ".join(form) for form, _ in vocabulary.spoken_forms()]
    members = [said for form in forms for said in (f"the {form}", f"the {form}", form)]
    everyone = [who for who in EVERYONE for _ in range(max(1, len(members) // 24))]
    words = [" ".join(spoken(word)) for word in vocabulary.words]
    things = itertools.cycle([*_things(), *(w for w in words if w for _ in range(8))])
    fillers = {
        "member": itertools.cycle([*members, *everyone] if members else ["everyone"]),
        "member's": itertools.cycle([f"the {form}'s" for form in forms] or ["everyone's"]),
        "thing": things,
    }
    for kind, file in (("work", "work.txt"), ("fact", "facts.txt"), ("question", "questions.txt")):
        fillers[kind] = itertools.cycle(_spun(lines(file), things))
    return fillers


def _spun(templates: tuple[str, ...], things: itertools.cycle[str]) -> list[str]:
    """Every template several times over, each time about another thing, in a scattered order."""
    return [_fill(line, {"thing": things}) for _ in range(11) for line in _scattered(templates)]


def _scattered(items: tuple[str, ...]) -> list[str]:
    """The same items, so that neighbours in a file do not stay neighbours."""
    return [item for start in range(7) for item in items[start::7]]


@functools.cache
def _things() -> tuple[str, ...]:
    """Noun phrases: the whole ones, and every topic with some of the heads."""
    groups = dict(line.split(": ", 1) for line in lines("things.txt"))
    topics, heads, whole = (groups[key].split(", ") for key in ("topics", "heads", "whole"))
    turn = itertools.cycle(heads)
    composed = [f"{topic} {next(turn)}" for _ in range(_TOPICS_TURN) for topic in topics]
    return tuple(_scattered((*whole, *composed, *whole)))


def _fill(template: str, fillers: Fillers) -> str:
    return _SLOT.sub(lambda slot: next(fillers[slot[1]]), template)


@functools.cache
def _sections(file: str) -> Mapping[str, tuple[str, ...]]:
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    for line in lines(file):
        if line.startswith("["):
            current = sections.setdefault(line.strip("[]"), [])
        else:
            current.append(line)
    return {name: tuple(found) for name, found in sections.items()}
