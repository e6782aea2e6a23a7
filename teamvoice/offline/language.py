"""A language model from sentences: trigrams with Witten-Bell smoothing, written as ARPA text.

A word that follows a context for the first time borrows from the shorter context, in the share in
which that context met new words, times what we know of how little the sentences foresee. At the
bottom stands a mixture of the sentences' own words and a general distribution over many more, and
above it pairs of words of general speech, so that what nobody wrote down can still be heard.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

Gram = tuple[str, ...]
ORDER = 3
_START, _END = "<s>", "</s>"
_MOST = 0.98  # of what a context borrows may come from pairs: the rest is for words without one


def arpa(
    sentences: Iterable[Gram],
    general: Mapping[str, float],
    share: float,
    pairs: Mapping[Gram, float] | None = None,
    borrow: float = 1.0,
) -> str:
    """The model as ARPA text.

    Args:
        sentences: What is expected to be said.
        general: Probabilities of words in general speech; words of no sentence belong here.
        share: How much of the unigram mass follows ``general``, between 0 and 1.
        pairs: How likely the second word is after the first, in general speech; those with a word
            that is not in ``general`` or in the sentences are left out.
        borrow: How much more than by Witten and Bell a context leaves to what it has not met.
    """
    counts = _count(sentences)
    words = _unigrams(counts[0], general, share)
    known = {pair: p for pair, p in (pairs or {}).items() if all((w,) in words for w in pair)}
    probabilities = [words]
    backoff: dict[Gram, float] = {}
    for grams, borrowed in zip(counts[1:], (known, {}), strict=True):
        probabilities.append(_smooth(grams, borrowed, probabilities[-1], backoff, borrow))
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
    counts: Counter[Gram],
    borrowed: Mapping[Gram, float],
    shorter: Mapping[Gram, float],
    backoff: dict[Gram, float],
    borrow: float,
) -> dict[Gram, float]:
    """Probabilities of one order, and the back-off weights of the contexts below it."""
    shares = _shares(counts, borrow)
    likely: dict[Gram, float] = defaultdict(float)
    for gram, probability in borrowed.items():
        likely[gram[:-1]] += probability
    for context in shares.keys() | likely.keys():
        share = shares.get(context, (0, 1.0))[1]
        backoff[context] = share * (1 - min(likely.get(context, 0.0), _MOST))
    return {
        gram: _own(gram, counts, shares)
        + shares.get(gram[:-1], (0, 1.0))[1] * borrowed.get(gram, 0.0)
        + backoff[gram[:-1]] * shorter[gram[1:]]
        for gram in counts.keys() | borrowed.keys()
    }


def _shares(counts: Counter[Gram], borrow: float) -> dict[Gram, tuple[int, float]]:
    """How often each context was met, and the share of its mass that it borrows."""
    total: Counter[Gram] = Counter()
    kinds: Counter[Gram] = Counter()
    for gram, count in counts.items():
        total[gram[:-1]] += count
        kinds[gram[:-1]] += 1
    return {
        context: (met, borrow * kinds[context] / (met + borrow * kinds[context]))
        for context, met in total.items()
    }


def _own(gram: Gram, counts: Counter[Gram], shares: Mapping[Gram, tuple[int, float]]) -> float:
    """The part of a probability that the sentences themselves give."""
    met, borrowed = shares.get(gram[:-1], (0, 1.0))
    return (1 - borrowed) * counts[gram] / met if met else 0.0


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
