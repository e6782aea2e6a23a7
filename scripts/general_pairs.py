"""Make the ears' pairs of words anew: ``python scripts/general_pairs.py > FILE``.

Pairs of frequent words that general speech joins more often than chance would, ranked by what they
tell: P(both) times log(P(second after first) / P(second)), both from the general model that comes
with pocketsphinx (CMU Sphinx, BSD licence). Only the pairs are kept, no probabilities: the ears
look those up in the model when they load. Takes about half a minute.
"""

from __future__ import annotations

import heapq
import itertools
import re
import sys
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

import pocketsphinx

WORDS = 3000  # the most frequent ones
PAIRS = 40_000

# The stock model learned from talk on the web. What nobody dictates to a colleague is left out.
_UNSAID = re.compile(r"\w*(fuck|shit|cunt|bitch|dick|penis|porn|rape|nazi|slut|whore|nigg|fag)\w*")
_HEADER = """\
# Pairs of words that general speech joins more often than chance does: a first word, and those
# that may follow it. Made by scripts/general_pairs.py from the recogniser's own general model,
# which also tells how likely each pair is.
"""


def main() -> None:
    """Write the file to standard output: a first word, and those that may follow it."""
    decoder = pocketsphinx.Decoder(loglevel="FATAL")
    best = heapq.nlargest(PAIRS, _ranked(decoder), key=itemgetter(0))
    sys.stdout.write(_HEADER)
    pairs = sorted((first, second) for _, first, second in best)
    for first, group in itertools.groupby(pairs, key=itemgetter(0)):
        sys.stdout.write(" ".join([first, *(second for _, second in group)]) + "\n")


def _ranked(decoder: Any) -> Iterator[tuple[float, str, str]]:
    stock, logs = decoder.get_lm(), decoder.logmath
    chances = {word: stock.prob([word]) for word in _words()}
    frequent = sorted(chances, key=lambda word: -chances[word])[:WORDS]
    for first in (*frequent, "<s>"):
        likely = logs.exp(chances.get(first, stock.prob(["</s>"])))
        for second in (*frequent, "</s>"):
            after = stock.prob([second, first])  # the stock model reads backwards
            alone = chances.get(second, stock.prob(["</s>"]))
            if after > alone:
                yield likely * logs.exp(after) * (after - alone), first, second


def _words() -> list[str]:
    dictionary = Path(pocketsphinx.get_model_path("en-us"), "cmudict-en-us.dict")
    words = (line.partition(" ")[0] for line in dictionary.read_text("utf-8").splitlines())
    return [word for word in words if re.match(r"[a-z][a-z']*$", word) and not _UNSAID.match(word)]


if __name__ == "__main__":
    main()
