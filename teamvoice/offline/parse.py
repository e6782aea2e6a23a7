"""From a sentence to intents: one for each command in it.

A sentence is parted only where a command of its own begins ("... and ask the PM for the plan"), so
that a message may say "and" as often as it likes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from teamvoice.offline.intents import CLOSING_MARK, COMPILED, POLITE, TELL_ME, Intent, Kind
from teamvoice.offline.sentence import Sentence

_JOINTS = frozenset({"and", "then", "also", "plus"})
_LOOSE = re.compile(
    rf"{TELL_ME}(?:what|what's|how|how's|where|is|has|did|does|are|show|read|check|status|look|"
    r"display|view|print|get|give)\b.*"
)
_ORDER = re.compile(
    r"(?:tell|ask|instruct|remind|inform|notify|warn|message|let|have|stop|interrupt|cancel|halt|"
    r"abort|pause|approve|deny|reject|answer|check on|"
    r"(?:send|write|give) (?:a |the )?(?:message|note))\b(?P<whom> @[\w']+)?(?P<rest>.*)"
)
_ASKED = (
    (re.compile(r"(?:to|please)\s+", re.IGNORECASE), ""),
    (re.compile(r"for\s+", re.IGNORECASE), "give me "),
    (re.compile(r"(?=(?:if|whether|about)\s)", re.IGNORECASE), "tell me "),
)
_BARE = frozenset({"to", "that", "about", "if", "for", "whether", "know", "please", "know that"})
_STATES = {"waiting": "waiting", "stuck": "waiting", "blocked": "waiting"}
_STATES |= {"busy": "working", "working": "working"}
_DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
_TENS = {"fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50}
_LOOSE_WORDS = 12  # a longer question with a member's name in it was not meant for us


def intents(sentence: Sentence) -> list[Intent]:
    """What the sentence wants; empty when it is not understood."""
    found = _commands(sentence)
    if found:
        return found
    guess = _loose(_plain(sentence)) or _unaddressed(_plain(sentence))
    return [guess] if guess else []


def _commands(sentence: Sentence) -> list[Intent]:
    """The commands of a sentence that is understood from end to end."""
    plain = _plain(sentence)
    whole = _exact(plain)
    if whole and whole.kind is not Kind.SEND:
        return [whole]
    for left, right in _partings(plain):
        first = _exact(left)
        rest = _commands(right) if first else []
        if first and rest and _stands_alone(rest[0], right, after=first.kind):
            return [first, *rest]
    return [whole] if whole else []


def _plain(sentence: Sentence) -> Sentence:
    """Without the polite words in front, if something is left then."""
    polite = POLITE.match(sentence.words)
    if not polite:
        return sentence
    return sentence.cut(sentence.item_at(polite.end()), len(sentence.items))


def _partings(sentence: Sentence) -> Iterator[tuple[Sentence, Sentence]]:
    count = len(sentence.items)
    for at in range(1, count):
        joint = sentence.items[at].word in _JOINTS
        if joint and at + 1 < count:
            yield sentence.cut(0, at), sentence.cut(at + 1, count)
        elif CLOSING_MARK.search(sentence.gap_before(at)):
            yield sentence.cut(0, at), sentence.cut(at, count)


def _stands_alone(second: Intent, right: Sentence, *, after: Kind) -> bool:
    """Whether what follows is a command to us, and not a part of the message before it."""
    if after is not Kind.SEND:
        return second.kind is not Kind.CHAT
    if second.kind in {Kind.SEND, Kind.INTERRUPT}:
        return bool(second.members)
    told = re.match(TELL_ME, _plain(right).words)
    return second.kind is Kind.READ and bool(second.members and told and told[0])


def _exact(sentence: Sentence) -> Intent | None:
    words = sentence.words
    for kind, pattern in COMPILED:
        match = pattern.fullmatch(words)
        if match:
            intent = _intent(kind, match, sentence)
            if intent:
                return intent
    return _called_by_name(sentence)


def _intent(kind: Kind, match: re.Match[str], sentence: Sentence) -> Intent | None:
    groups = match.groupdict()
    if kind is Kind.SEND:
        text = _message(match, sentence)
        around = match.string[: match.start("t")] + match.string[match.end("t") :]
        members = _members(around) or (() if "ask" in around else ("all",))
        return Intent(kind, members, text) if text else None
    if kind is Kind.ANSWER:
        return Intent(kind, _members(match[0]), _choice(groups))
    if kind is Kind.NOTIFY:
        state = (groups.get("s") or "").split()[0]
        needs = "waiting" if state.startswith("need") else "idle"
        return Intent(kind, _members(match[0]), _STATES.get(state, needs))
    return Intent(kind, _members(match[0]), lines=_number(groups.get("n") or ""))


def _message(match: re.Match[str], sentence: Sentence) -> str:
    """The words of the message as they were said; a request is turned into what it requests."""
    if match["t"] in _BARE:
        return ""
    text = sentence.original_from(*match.span("t"))
    if match.groupdict().get("q"):
        for opening, instead in _ASKED:
            found = opening.match(text)
            if found:
                return instead + text[found.end() :]
    return text


def _members(words: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(re.findall(r"@(all|[\d_]+)", words)))


def _choice(groups: dict[str, str | None]) -> str:
    if groups.get("yes"):
        return "yes"
    chosen = groups.get("c") or "no"
    return str(_DIGITS.index(chosen)) if chosen in _DIGITS else chosen


def _number(word: str) -> int:
    if word in _DIGITS:
        return _DIGITS.index(word)
    return _TENS.get(word, 0)


def _called_by_name(sentence: Sentence) -> Intent | None:
    """``developer: run the tests`` or ``@developer run the tests``, as it is typed."""
    if len(sentence.items) < 2:
        return None
    first, start = sentence.items[0].word, sentence.items[0].start
    at = sentence.original[max(0, start - 1) : start] == "@"
    if not re.fullmatch(r"@(?:all|[\d_]+)", first):
        return None
    if not at and sentence.gap_before(1)[:1] not in {":", ","}:
        return None
    text = sentence.original_from(len(first) + 1, len(sentence.words))
    return Intent(Kind.SEND, _members(first), text)


def _loose(sentence: Sentence) -> Intent | None:
    """A question with one member in it is answered by a look, however it was put."""
    members = _members(sentence.words)
    if len(members) != 1 or len(sentence.items) > _LOOSE_WORDS:
        return None
    if re.fullmatch(r"\w+ (?:is |are )?(?:on|in) @all", sentence.words):
        return Intent(Kind.LIST)
    return Intent(Kind.READ, members) if _LOOSE.fullmatch(sentence.words) else None


def _unaddressed(sentence: Sentence) -> Intent | None:
    """A command that does not say to whom, or not what."""
    order = _ORDER.fullmatch(sentence.words)
    if not order or (order["whom"] and order["rest"]):
        return None
    return Intent(Kind.WHO, _members(order["whom"] or ""))
