"""What is worth saying of a member, out of what is on the screen: pure.

A screen is mostly furniture: a prompt box, footers, hints, spinners, banners. What counts is what
the member was last told to do, what came of it, how long it has taken, and what is asked. Where
the agent keeps a transcript, its last message there is better than any screen.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources

from teamvoice.team.questions import Question
from teamvoice.team.screen import strip_frame, tail

_TOLD = re.compile(r"^\s{0,2}[>❯›»]\s+(?!\d+\. )(?P<text>\S.*)$")  # the person's own words
_SAID = re.compile(r"^\s{0,2}[●⏺•◦]\s+(?P<text>\S.*)$")  # the agent's
_CLOCK = re.compile(r"\((?:(?P<h>\d+)h ?)?(?:(?P<m>\d+)m ?)?(?P<s>\d+)s\b")
_AT_WORK = re.compile(r"^\s*[·•◦✢✳✶✻✽*⠀-⣿]\s*\S.*(?:…|\(\d)|\besc(?:ape)? to (?:interrupt|cancel)")
_FURNITURE = re.compile(
    r"^\s*(?:[─━═_=-]{4,}|[╭╰┌└].*|\? for shortcuts|Tell me what to do|[✻✳] \S+ed for \d+.*"
    r"|(?:Try|Tip:|Type your message|Ask anything|Add a follow-up|Welcome to|cwd:|/help)\b.*"
    r"|Press up to edit queued messages|⏵⏵.*|\d+% context left.*|… \+\d+ lines.*)\s*$"
    r"|\b(?:esc|ctrl\+\w|shift\+tab|enter) to \w+",
    re.IGNORECASE,
)

_LEAST = 8  # tokens of what a question is about without which its options are not worth telling
_PARTLY = "(this cannot be read whole: look at the pane)"
_SUBJECT = 4000  # characters of it that are looked at

# A word by itself with the space before it, or any sign.
_RUN = re.compile(r"(?:\ |(?<!\S))(?P<word>[A-Za-z][a-z]+)(?=[\s.,:;!?)]|$)|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Digest:
    """What is worth saying.

    Args:
        task: What the member was last told; empty when that is not on the screen.
        seconds: For how long it has worked on it; ``None`` when that is not told.
        said: What the agent said or did last, several lines.
    """

    task: str = ""
    seconds: int | None = None
    said: tuple[str, ...] = ()


def digest(lines: Sequence[str], last_message: str = "") -> Digest:
    """Read what a screen says above its prompt.

    Args:
        lines: As they read, without colours.
        last_message: The agent's last message from its own transcript, when there is one.
    """
    rows = [strip_frame(line) for line in lines]
    clock = next((n for n in range(len(rows) - 1, -1, -1) if _AT_WORK.search(rows[n])), None)
    above = rows if clock is None else rows[:clock]
    told = next((n for n in range(len(above) - 1, -1, -1) if _TOLD.match(above[n])), None)
    task, after = _task(above, told)
    said = last_message.splitlines() or _said(above[after:], is_answer=told is not None)
    return Digest(task, _seconds(rows[clock]) if clock is not None else None, tuple(said))


def say_seconds(seconds: int) -> str:
    """A duration in words: ``3 seconds``, ``2 minutes``, ``1 hour``."""
    for size, word in ((3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {word}{'' if count == 1 else 's'}"
    return f"{seconds} second{'' if seconds == 1 else 's'}"


def say_question(question: Question, budget: int | None = None) -> str:
    """A question in one line: the question, what about, and how it can be answered.

    Args:
        question: It.
        budget: Tokens within which what it is about is cut, so that the options are told too, if
            there is room for them at all; ``None``: nothing is cut.
    """
    options = ", ".join(f"{n} {option.label}" for n, option in enumerate(question.options, 1))
    ways, about = f"({options})" if options else "", " ".join(question.subject.split())
    if not question.whole:
        ways = f"{_PARTLY} {ways}".rstrip()
    if budget is not None and (room := budget - _spaced(question.text, ways, "…", "…")) > _LEAST:
        looked_at = about if len(about) <= _SUBJECT else f"{about[: _SUBJECT - 1]}…"
        about = within([looked_at], room)
    return " ".join(part for part in (question.text, about, ways) if part)


def _spaced(*texts: str) -> int:
    """What words cost one by one, as :func:`within` counts them."""
    return sum(tokens(f" {word}") for text in texts for word in text.split())


def tokens(text: str) -> int:
    """An upper bound of what a text costs, whatever it is.

    No tokenizer that works on bytes makes more tokens than there are bytes, so that is the price
    of all that is not known: of hashes, code, signs, and of everything beyond ASCII. A common word
    with the space before it is one token, with a capital at most two.
    """
    return sum(_cost(run) for run in _RUN.finditer(text))


def within(lines: Iterable[str], budget: int) -> str:
    """The beginning of some lines that costs no more than so many tokens; safe inside a fence."""
    kept: list[str] = []
    budget -= tokens("…")
    for line in tail(tuple(lines), 200, 8000).splitlines():
        words: list[str] = []
        for word in line.split():
            cost = tokens(f" {word}")
            if cost > budget:  # some languages have no spaces
                words.append(_beginning(word, budget))
                return _joined([*kept, " ".join(filter(None, words))], cut=True)
            budget -= cost
            words.append(word)
        kept.append(" ".join(words))
    return _joined(kept, cut=False)


def _beginning(word: str, budget: int) -> str:
    """As many letters as each may cost what it costs by itself, with a space before the first."""
    costs = itertools.accumulate((tokens(letter) for letter in word), initial=1)
    return word[: max(0, sum(cost <= budget for cost in costs) - 1)]


def _joined(lines: list[str], *, cut: bool) -> str:
    text = "\n".join(line for line in lines if line)
    return f"{text}…" if cut and text else text


def _cost(run: re.Match[str]) -> int:
    word = run["word"]
    if word and word.lower() in _common_words():
        return 1 + word[0].isupper()
    texts = (run[0], unicodedata.normalize("NFKC", run[0]))  # some tokenizers begin with that
    return max(len(text.encode("utf-8", "replace")) for text in texts)


@functools.cache
def _common_words() -> frozenset[str]:
    text = resources.files(__package__ or "").joinpath("words.txt").read_text("utf-8")
    return frozenset(text.partition("\n")[2].split())


def _task(rows: Sequence[str], told: int | None) -> tuple[str, int]:
    """What the person wrote, over all of its lines, and the number of the first line after it."""
    if told is None:
        return "", 0
    match = _TOLD.match(rows[told])
    words = [match["text"]] if match else []
    end = told + 1
    while end < len(rows) and rows[end].strip() and not _SAID.match(rows[end]):
        words.append(rows[end].strip())
        end += 1
    return " ".join(words), end


def _said(rows: Sequence[str], *, is_answer: bool) -> list[str]:
    """The agent's last message; a screen with nothing but a banner says nothing."""
    said = [n for n, row in enumerate(rows) if _SAID.match(row)]
    kept = rows[said[-1] :] if said else rows if is_answer or len(rows) > 15 else ()
    return [_bare(row) for row in kept if row.strip() and not _FURNITURE.search(row)]


def _bare(row: str) -> str:
    match = _SAID.match(row)
    return (match["text"] if match else row).strip()


def _seconds(row: str) -> int | None:
    match = _CLOCK.search(row)
    if match is None:
        return None
    hours, minutes, seconds = (int(match[unit] or 0) for unit in ("h", "m", "s"))
    return hours * 3600 + minutes * 60 + seconds
