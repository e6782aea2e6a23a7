"""How a word that no dictionary has is pronounced, in the phones of the recogniser (ARPAbet).

A word made of two that the dictionary has is said as both; else flite is asked, which has letter
rules of its own; else the rules below are good enough for the recogniser to have a chance.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable

Lookup = Callable[[str], str | None]

_LETTERS = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        [
            "EY",
            "B IY",
            "S IY",
            "D IY",
            "IY",
            "EH F",
            "JH IY",
            "EY CH",
            "AY",
            "JH EY",
            "K EY",
            "EH L",
            "EH M",
            "EH N",
            "OW",
            "P IY",
            "K Y UW",
            "AA R",
            "EH S",
            "T IY",
            "Y UW",
            "V IY",
            "D AH B AH L Y UW",
            "EH K S",
            "W AY",
            "Z IY",
        ],
        strict=True,
    )
)
# Longest first; a spelling that says nothing maps to nothing.
_SPELLINGS = {
    "tion": "SH AH N", "sion": "ZH AH N", "igh": "AY", "tch": "CH", "sch": "SH", "eau": "OW",
    "ough": "AO", "augh": "AO", "dge": "JH", "ch": "CH", "sh": "SH", "th": "TH", "ph": "F",
    "wh": "W", "ck": "K", "ng": "NG", "qu": "K W", "kn": "N", "wr": "R", "gh": "G", "ee": "IY",
    "ea": "IY", "oo": "UW", "ou": "AW", "ow": "OW", "oa": "OW", "oi": "OY", "oy": "OY",
    "ai": "EY", "ay": "EY", "ei": "EY", "ey": "IY", "ie": "IY", "au": "AO", "aw": "AO",
    "ew": "Y UW", "ue": "UW", "er": "ER", "ir": "ER", "ur": "ER", "ar": "AA R", "or": "AO R",
    "ce": "S EH", "ci": "S IH", "cy": "S IY", "ge": "JH EH", "gi": "JH IH",
    "a": "AE", "b": "B", "c": "K", "d": "D", "e": "EH", "f": "F", "g": "G", "h": "HH", "i": "IH",
    "j": "JH", "k": "K", "l": "L", "m": "M", "n": "N", "o": "AA", "p": "P", "q": "K", "r": "R",
    "s": "S", "t": "T", "u": "AH", "v": "V", "w": "W", "x": "K S", "y": "IY", "z": "Z",
}  # fmt: skip
_SPELLING = re.compile("|".join(sorted(_SPELLINGS, key=len, reverse=True)))
_MAGIC_E = re.compile(r"([aiou])([bcdfgklmnprstvz])e$")
_LONG = {"a": "EY", "i": "AY", "o": "OW", "u": "UW"}
_FLITE = {"ax": "AH", "pau": ""}
_PHONES = frozenset(
    [
        "AA",
        "AE",
        "AH",
        "AO",
        "AW",
        "AY",
        "B",
        "CH",
        "D",
        "DH",
        "EH",
        "ER",
        "EY",
        "F",
        "G",
        "HH",
        "IH",
        "IY",
        "JH",
        "K",
        "L",
        "M",
        "N",
        "NG",
        "OW",
        "OY",
        "P",
        "R",
        "S",
        "SH",
        "T",
        "TH",
        "UH",
        "UW",
        "V",
        "W",
        "Y",
        "Z",
        "ZH",
    ]
)


def phones(word: str, lookup: Lookup) -> str:
    """The phones of a word, parted by spaces.

    Args:
        word: Lower-case letters, perhaps with an apostrophe.
        lookup: The dictionary: a word's phones, or None.
    """
    stem = word.removesuffix("'s")
    said = lookup(stem) or _compound(stem, lookup) or _of_stem(stem)
    return said if stem == word else f"{said} {_possessive(said)}"


def _of_stem(word: str) -> str:
    if not re.search("[aeiouy]", word) or len(word) < 3:
        return spelled(word)
    return _from_flite(word) or by_rule(word)


def spelled(word: str) -> str:
    """A word said letter by letter."""
    return " ".join(_LETTERS[letter] for letter in word if letter in _LETTERS)


def by_rule(word: str) -> str:
    """A word read by spelling rules alone."""
    magic = _MAGIC_E.search(word)
    if magic:
        head = by_rule(word[: magic.start()]) if magic.start() else ""
        return f"{head} {_LONG[magic[1]]} {_SPELLINGS[magic[2]]}".strip()
    single = re.sub(r"([a-z])\1", lambda m: m[0] if m[0] in {"ee", "oo"} else m[1], word)
    return " ".join(_SPELLINGS[part] for part in _SPELLING.findall(single))


def _possessive(said: str) -> str:
    last = said.rsplit(maxsplit=1)[-1] if said else ""
    if last in {"S", "Z", "SH", "ZH", "CH", "JH"}:
        return "IH Z"
    return "S" if last in {"P", "T", "K", "F", "TH"} else "Z"


def _compound(word: str, lookup: Lookup) -> str | None:
    """Both halves, where the dictionary has them; the most even split is tried first."""
    splits = sorted(range(3, len(word) - 2), key=lambda at: abs(2 * at - len(word)))
    for at in splits:
        first, second = lookup(word[:at]), lookup(word[at:])
        if first and second:
            return f"{first} {second}"
    return None


def _from_flite(word: str) -> str | None:
    """What flite would say, when it is installed and answers in phones that we know."""
    program = shutil.which("flite")
    if not program or not word.isalpha():
        return None
    try:
        done = subprocess.run(
            [program, "-ps", "-t", word, "none"],
            capture_output=True, text=True, timeout=5, check=True,
        )  # fmt: skip
    except (subprocess.SubprocessError, OSError):
        return None  # the rules are there for this
    said = [_FLITE.get(phone, phone.upper()) for phone in done.stdout.split()]
    said = [phone for phone in said if phone]
    return " ".join(said) if said and _PHONES.issuperset(said) else None
