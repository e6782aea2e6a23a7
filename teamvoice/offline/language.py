"""A language model from sentences: trigrams with Witten-Bell smoothing, written as ARPA text.

A word that follows a context for the first time borrows from the shorter context, in the share in
which that context met new words. At the bottom stands a mixture of the sentences' own words and a
general distribution over many more, so that a word nobody wrote down can still be heard.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

Gram = tuple[str, ...]
ORDER = 3
_START, _END = "<s>", "</s>"


def arpa(sentences: Iterable[Gram], general: Mapping[str, float], share: float) -> str:
    """The model as ARPA text.

    Args:
        sentences: What is expected to be said.
        general: Probabilities of words in general speech; words of no sentence belong here.
        share: How much of the unigram mass follows ``general``, between 0 and 1.
    """
    counts = _count(sentences)
    probabilities = [_unigrams(counts[0], general, share)]
    backoff: dict[Gram, float] = {}
    for grams in counts[1:]:
        probabilities.append(_smooth(grams, probabilities[-1], backoff))
    return "\n".join(_lines(probabilities, backoff))


def _count(sentences: Iterable[Gram]) -> list[Counter[Gram]]:
    counts: list[Counter[Gram]] = [Counter() for _ in range(ORDER)]
    for sentence in sentences:
        words = (_START, *sentence, _END)
        for size, counter in enumerate(counts, 1):
            counter.update(words[i : i + size] for i in range(len(words) - size + 1))
    return counts


def _unigrams(
    counts: Counter[Gram], general: Mapping[str, float], share: float
) -> dict[Gram, float]:
    seen = sum(count for gram, count in counts.items() if gram != (_START,))
    mass = sum(general.values()) or 1.0
    mixed = {
        gram: (1 - share) * count / seen + share * general.get(gram[0], 0.0) / mass
        for gram, count in counts.items()
    }
    mixed |= {(w,): share * p / mass for w, p in general.items() if (w,) not in mixed}
    return mixed


def _smooth(
    counts: Counter[Gram], shorter: Mapping[Gram, float], backoff: dict[Gram, float]
) -> dict[Gram, float]:
    """Probabilities of one order, and the back-off weights of the contexts below it."""
    total: Counter[Gram] = Counter()
    kinds: Counter[Gram] = Counter()
    for gram, count in counts.items():
        total[gram[:-1]] += count
        kinds[gram[:-1]] += 1
    backoff.update(
        {context: kinds[context] / (total[context] + kinds[context]) for context in total}
    )
    return {
        gram: (count + kinds[gram[:-1]] * shorter[gram[1:]]) / (total[gram[:-1]] + kinds[gram[:-1]])
        for gram, count in counts.items()
    }


def _lines(probabilities: list[dict[Gram, float]], backoff: Mapping[Gram, float]) -> Iterator[str]:
    yield "\\data\\"
    for size, grams in enumerate(probabilities, 1):
        yield f"ngram {size}={len(grams)}"
    for size, grams in enumerate(probabilities, 1):
        yield f"\n\\{size}-grams:"
        for gram, probability in sorted(grams.items()):
            weight = f" {math.log10(backoff.get(gram, 1.0)):.4f}" if size < ORDER else ""
            chance = -99.0 if gram == (_START,) else math.log10(max(probability, 1e-12))
            yield f"{chance:.4f} {' '.join(gram)}{weight}"
    yield "\n\\end\\\n"
