"""Text as a voice can say it: sentences, with paths, signs and abbreviations put into words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

LONGEST_CHARS = 160  # beyond this the voice would make the listener wait

_SAYINGS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), saying)
    for pattern, saying in (
        (r"https?://\S+", "a link"),
        (r"(?<!\w)[~.]{0,2}(?:/[\w.@+-]+)*/([\w.@+-]+)/?", r" \1"),
        (r"\b(\w+)\.([a-z]{1,4})\b(?=\W|$)", r"\1 dot \2"),
        (r"(?<=[a-z])(?=[A-Z][a-z])", " "),
        (r"#(\d+)", r"number \1"),
        (r"(\d)%", r"\1 percent"),
        (r"\s*(?:->|→|=>)\s*", " to "),
        (r"\b([Pp][Mm])(?='|\b)", "P M"),
        (r"\b([Qq][Aa])\b", "Q A"),
        (r"&", " and "),
        (r"[_`*|<>{}\[\]\\^~=#]+", " "),
        (r"[–—]", ", "),
        (r"…", "."),
        (r"[‘’]", "'"),
    )
)
_SENTENCE_END = re.compile(r"(?<=[.!?;:])\s+")


def sentences(text: str) -> Iterator[str]:
    """The pieces to be said one after the other, none longer than :data:`LONGEST_CHARS`."""
    for sentence in _SENTENCE_END.split(speakable(text)):
        yield from _pieces(sentence.strip())


def speakable(text: str) -> str:
    """The text in plain ASCII words, on one line."""
    for pattern, saying in _SAYINGS:
        text = pattern.sub(saying, text)
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return " ".join(re.sub(r"[^\x20-\x7e]", " ", plain).split())


def _pieces(sentence: str) -> Iterator[str]:
    """A long sentence is parted at a comma, else between words, else anywhere."""
    while len(sentence) > LONGEST_CHARS:
        head = sentence[:LONGEST_CHARS]
        at = head.rfind(", ") + 1 or head.rfind(" ") or LONGEST_CHARS
        at = at if at > 0 else LONGEST_CHARS
        yield sentence[:at].strip()
        sentence = sentence[at:].strip()
    if re.search(r"\w", sentence):
        yield sentence
