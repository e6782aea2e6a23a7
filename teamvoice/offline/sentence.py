"""A sentence as the mind reads it: normal words with members marked, and the way back.

The intents are matched on plain lower-case words in which every mention of a member has become a
mark: ``@0`` is the first name of the vocabulary, ``@0_2`` is a form that the first and the third
share, ``@all`` is everyone, and ``@0's`` is the possessive. A message is then cut out of what was
really said or typed, so that its case and punctuation are kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import accumulate

from teamvoice.offline.vocabulary import Vocabulary, spoken

_TOKEN = re.compile(r"[A-Za-z0-9]+(?:['’][A-Za-z]+)?")
_ARTICLES = frozenset({"the", "our", "my"})
EVERYONE = {
    tuple(way.split())
    for way in (
        "everyone", "everybody", "every one", "the team", "my team", "our team", "the whole team",
        "the entire team", "my whole team", "our whole team", "all of them", "all of you",
        "the whole crew", "all members", "all the members", "all team members",
        "every member", "all agents", "all the agents", "each of them", "the others",
    )
}  # fmt: skip
_LONGEST_EVERYONE = max(len(way) for way in EVERYONE)
_QUOTES = {'"': '"', "“": "”", "'": "'", "‘": "’"}


@dataclass(frozen=True, slots=True)
class Item:
    """A word, or the mark of a member, and where it stands in the original."""

    word: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """Items of an original text, or a part of them."""

    original: str
    items: tuple[Item, ...]
    end: int

    @property
    def words(self) -> str:
        """The items' words, parted by single spaces."""
        return " ".join(item.word for item in self.items)

    def cut(self, first: int, last: int) -> Sentence:
        """The part from one item to before another, with what stands between it and the next."""
        end = self.items[last].start if last < len(self.items) else self.end
        return Sentence(self.original, self.items[first:last], end)

    def item_at(self, offset: int) -> int:
        """Which item begins at or after an offset into :attr:`words`."""
        starts = accumulate((len(item.word) + 1 for item in self.items), initial=0)
        return next((i for i, start in enumerate(starts) if start >= offset), len(self.items))

    def original_from(self, offset: int, until: int) -> str:
        """What was really said for the stretch of :attr:`words` between two offsets."""
        first, last = self.item_at(offset), self.item_at(until)
        start = self.items[first - 1].end if first else 0
        end = self.items[last].start if last < len(self.items) else self.end
        return _unwrapped(self.original[start:end])

    def gap_before(self, index: int) -> str:
        """The characters between an item and the one before it."""
        return self.original[self.items[index - 1].end : self.items[index].start] if index else ""


def read(text: str, vocabulary: Vocabulary) -> Sentence:
    """Split a text into items and mark the members in it."""
    tokens = [
        Item(word, match.start(), match.end())
        for match in _TOKEN.finditer(text)
        for word in spoken(match[0].replace("’", "'"))
    ]
    forms = _forms(vocabulary)
    items: list[Item] = []
    while tokens:
        length, mark = _mention(tokens, forms)
        items.append(Item(mark, tokens[0].start, tokens[length - 1].end))
        tokens = tokens[length:]
    return Sentence(text, tuple(items), len(text))


def _forms(vocabulary: Vocabulary) -> dict[tuple[str, ...], str]:
    """Each way to say a member, with its mark; a form that several share has them all in it."""
    owners: dict[tuple[str, ...], set[int]] = {}
    numbers = {name: number for number, name in enumerate(vocabulary.names)}
    for form, name in vocabulary.spoken_forms():
        owners.setdefault(form, set()).add(numbers[name])
    return {form: "@" + "_".join(map(str, sorted(them))) for form, them in owners.items()}


def _mention(tokens: list[Item], forms: dict[tuple[str, ...], str]) -> tuple[int, str]:
    """How many tokens the next item takes, and its word or mark."""
    article = 1 if tokens[0].word in _ARTICLES and len(tokens) > 1 else 0
    longest = max((len(form) for form in forms), default=0)
    for length in range(min(longest, len(tokens) - article), 0, -1):
        mark = _mark(tokens[article : article + length], forms)
        if mark:
            return article + length, mark
    everyone = dict.fromkeys(EVERYONE, "@all")
    for length in range(min(_LONGEST_EVERYONE, len(tokens)), 0, -1):
        mark = _mark(tokens[:length], everyone)
        if mark:
            return length, mark
    return 1, tokens[0].word


def _mark(tokens: list[Item], forms: dict[tuple[str, ...], str]) -> str | None:
    words = tuple(token.word for token in tokens)
    if words in forms:
        return forms[words]
    *head, last = words
    owner = forms.get((*head, last.removesuffix("'s")))
    return f"{owner}'s" if owner and last.endswith("'s") else None


def _unwrapped(text: str) -> str:
    """Without the marks that part it from what stands before it, and without its own quotes."""
    text = text.strip().lstrip(",:;-–—").strip()
    if len(text) > 2 and _QUOTES.get(text[0]) == text[-1] and text.count(text[-1]) <= 2:
        return text[1:-1].strip()
    return text
