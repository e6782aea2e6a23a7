"""The question that an agent waits on, read from its screen: pure.

A question has what it is about (the real command or file), its options with the keys that choose
them, and a fingerprint. An answer is bound to the fingerprint: a question that changed in any of
its characters is another question, while one that was only redrawn or has another option
highlighted is still the same.
"""

from __future__ import annotations

import enum
import hashlib
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from teamvoice.team.profiles import Profile, Subject, found, found_all
from teamvoice.team.screen import strip_frame

_REACH = 30  # lines above its options that a question may take, where its beginning has no sign
_RULE = re.compile(r"\s*[─━▔╌╭╮╰╯]{8,}\s*")  # as wide as the window, and without a word
_NAMED_KEYS = {"esc": ("Escape",), "enter": ("Enter",), "tab": ("Tab",), "shift+tab": ("BTab",)}


class Meaning(enum.StrEnum):
    """What an option amounts to, as far as its profile tells."""

    APPROVE = "approve"  # this once
    ALWAYS = "always"  # this and what is like it, from now on
    DENY = "deny"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Option:
    """One way to answer.

    Args:
        label: As it stands on the screen, without its number.
        keys: The keys that choose it, by tmux's names, from the screen as it was read.
        selected: It is the highlighted one.
        meaning: What it amounts to.
    """

    label: str
    keys: tuple[str, ...]
    selected: bool = False
    meaning: Meaning = Meaning.OTHER


@dataclass(frozen=True, slots=True)
class Question:
    """An open question.

    Args:
        text: The question itself: "Do you want to proceed?".
        subject: The command or the file that is asked about; empty when none is told.
        options: In the order of the screen.
        fingerprint: The same as long as it is the same question.
        span: Its rows, from the first to the one after the last, counted from the screen's end.
        whole: Its subject was read surely, to its last character. Where it was not, nothing may be
            approved: part of what would be done has been told to nobody.
        seen: The fingerprint of what is in sight of it, where ``fingerprint`` has more.
    """

    text: str
    subject: str
    options: tuple[Option, ...]
    fingerprint: str
    span: tuple[int, int] = field(default=(-_REACH, 0), compare=False)
    whole: bool = True
    seen: str = field(default="", compare=False)

    @property
    def approval(self) -> Option | None:
        """The option that approves it, this once; ``None`` where several may be meant."""
        return self._plainest(Meaning.APPROVE, "yes")

    @property
    def denial(self) -> Option | None:
        """The option that denies it; ``None`` where several may be meant."""
        return self._plainest(Meaning.DENY, "no")

    def with_whole(self, subject: str) -> Question:
        """The same with its subject as it was written: what was out of sight tells it apart."""
        seen = self.fingerprint
        fingerprint = _digest(f"{seen}\0{subject}")
        return replace(self, subject=subject, whole=True, fingerprint=fingerprint, seen=seen)

    def may_be_still(self, other: Question) -> bool:
        """The other is this one, or as much of it as either is known: its rest may come late."""
        mine, its = {self.fingerprint, self.seen}, {other.fingerprint, other.seen}
        return other.fingerprint in mine or self.fingerprint in its

    def may_be(self, option: Option) -> bool:
        """This option may be chosen: of what was not read whole, nothing is approved."""
        allows = {Meaning.APPROVE, Meaning.ALWAYS} & {other.meaning for other in self.options}
        return self.whole or option.meaning is Meaning.DENY or not allows

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        options = [
            {"label": o.label, "meaning": str(o.meaning), "selected": o.selected}
            for o in self.options
        ]
        about = {"text": self.text, "subject": self.subject, "whole": self.whole}
        return about | {"options": options}

    def _plainest(self, meaning: Meaning, word: str) -> Option | None:
        """The one option of this meaning, or of several the one that is nothing but the word."""
        fit = [option for option in self.options if option.meaning is meaning]
        plain = [option for option in fit if option.label.casefold() == word]
        only = fit if len(fit) == 1 else plain
        return only[0] if len(only) == 1 else None


def read_question(lines: Sequence[str], profile: Profile) -> Question | None:
    """The open question at the bottom of a screen; ``None`` when it cannot be read surely.

    Args:
        lines: The screen as it reads.
        profile: Of the agent that asks.
    """
    # A stroke at the edge of a row is a frame only where the menu has it too: else it, and all that
    # stands behind it, is what is asked about.
    return _read(lines, profile) or _read([strip_frame(line) for line in lines], profile)


def _read(rows: Sequence[str], profile: Profile) -> Question | None:
    menu = _menu(rows, profile)
    end = menu[0].row if menu else _last_asking(rows, profile)
    if end is None:
        return None
    last = _last_row(rows, menu, profile) if menu else end
    is_cut = any(found(profile.question.above, row) for row in rows[last + 1 :])
    start, is_sure = (0, False) if is_cut else _start(rows, end, profile)
    box = rows[start : end + (not menu)]
    asking = _asking(box, profile)
    text = _heading(box) if asking is None else _asked(box[asking:], menu)
    subject = _above(box[:asking], profile) if is_cut else _subject(box, profile)
    options = tuple(_option(row, menu, profile) for row in menu) or _inline(text, profile)
    if not text or not options:
        return None
    exact = _exact(box, subject)
    if subject and not profile.question.begins:
        exact = []  # where a box begins is not known: what stands above may move
    asked = _fingerprint(profile, [text, subject, *exact], options)
    whole = is_sure and not any(found(profile.question.cut, row) for row in box)
    span = (start - len(rows), last + 1 - len(rows))
    return Question(text, subject, options, asked, span, whole)


@dataclass(frozen=True, slots=True)
class _Row:
    """An option's line."""

    row: int
    number: str
    label: str
    key: str
    selected: bool


def _menu(rows: Sequence[str], profile: Profile) -> list[_Row]:
    """The last menu of the screen that has a highlighted option."""
    menu: list[_Row] = []
    for number, line in enumerate(rows):
        match = found(profile.question.option, line)
        if match is None:
            continue
        groups = match.groupdict()
        label = " ".join([match["label"].strip(), *_wrapped(rows[number + 1 :], match, profile)])
        key = (groups.get("key") or "").lower()
        row = _Row(number, groups.get("number") or "", label, key, bool(groups.get("mark")))
        menu = [row] if row.number == "1" else [*menu, row]
    return menu if any(row.selected for row in menu) else []


def _wrapped(rows: Sequence[str], option: re.Match[str], profile: Profile) -> Iterator[str]:
    """The rest of a label: the lines that follow, as far in as the label."""
    depth = option.start("label")
    for row in rows:
        if not row[:depth].isspace() or not row[depth:].strip() or row[depth].isspace():
            return
        if found(profile.question.option, row):
            return
        yield row.strip()


def _last_row(rows: Sequence[str], menu: Sequence[_Row], profile: Profile) -> int:
    """The last row of the last option, with the rows that its label is wrapped to."""
    last = menu[-1].row
    match = found(profile.question.option, rows[last])
    return last + (len(list(_wrapped(rows[last + 1 :], match, profile))) if match else 0)


def _last_asking(rows: Sequence[str], profile: Profile) -> int | None:
    asks = profile.question.asks
    asking = [n for n, row in enumerate(rows) if any(found(pattern, row) for pattern in asks)]
    return asking[-1] if asking else None


def _asking(box: Sequence[str], profile: Profile) -> int | None:
    """The row of a box that asks: its first, or else the last that may."""
    if box and any(found(pattern, box[0]) for pattern in profile.question.asks):
        return 0
    return _last_asking(box, profile)


def _start(rows: Sequence[str], end: int, profile: Profile) -> tuple[int, bool]:
    """The first line of the question's box, and whether it surely is.

    What is asked about may hold rows that look like another box: of several, the outermost counts.
    """
    asks = profile.question
    heads = [n for n in range(end) if found(asks.head, rows[n])]
    if len(heads) > 1:
        return heads[0], False
    starts = (n for n in range(end, -1, -1) if found(asks.begins, rows[n]))
    start = next(starts, None)
    return (max(0, end - _REACH), not asks.begins) if start is None else (start, True)


def _asked(rows: Sequence[str], menu: Sequence[_Row]) -> str:
    """The line that asks, to its question mark if it is wrapped; options may stand in the line."""
    first = rows[0].strip()
    if not menu or first.endswith("?"):
        return first
    told = " ".join(row.strip() for row in itertools.takewhile(str.strip, rows))
    question, mark, _ = told.partition("?")
    return question + mark if mark else first


def _heading(rows: Sequence[str]) -> str:
    """A question that has no words of its own is told by the first line of its box."""
    return next((row.strip() for row in rows if any(c.isalnum() for c in row)), "")


def _subject(rows: Sequence[str], profile: Profile) -> str:
    title = _heading(rows)
    for way in profile.question.subjects:
        if way.title and not found(way.title, title):
            continue
        for number, row in enumerate(rows):
            above = rows[number - 1] if number else ""
            match = found(way.line, row)
            if match and (not way.above or found(way.above, above)):
                told = _told(match.group("subject"), rows[number + 1 :], way, profile)
                return "\n".join(told).strip()
    return ""


def _above(rows: Sequence[str], profile: Profile) -> str:
    """The end of what is asked about, where the question is taller than the window."""
    told = "\n".join(_bare(row, profile) for row in rows if not _RULE.fullmatch(row)).strip()
    return f"…\n{told}" if told else ""


def _told(first: str, rows: Sequence[str], way: Subject, profile: Profile) -> Iterator[str]:
    yield _bare(first, profile)
    for row in rows:
        if found(way.end, row):
            return
        # What looks like a cut may be a row of the command itself: what follows is told as well.
        yield "…" if found(profile.question.cut, row) else _bare(row, profile)


def _bare(row: str, profile: Profile) -> str:
    """A row of what is asked about, without what the agent draws at its edges."""
    return re.sub(profile.question.edge, "", row).strip() if profile.question.edge else row.strip()


def _exact(box: Sequence[str], subject: str) -> list[str]:
    """A box's rows, each as it stands from what is asked about on; the prose above as one.

    Prose is wrapped otherwise at another width, so where its rows end says nothing.
    """
    first = subject.partition("\n")[0]
    begins = (n for n, row in enumerate(box) if _is_inner(n, row) or (first and first in row))
    start = next(begins, len(box))
    prose = " ".join(row.strip() for row in box[:start] if row.strip() and not _RULE.fullmatch(row))
    return [prose, *(row.rstrip() for row in box[start:] if not _RULE.fullmatch(row))]


def _is_inner(number: int, row: str) -> bool:
    return number > 0 and bool(_RULE.fullmatch(row))


def _option(row: _Row, menu: Sequence[_Row], profile: Profile) -> Option:
    if found(profile.question.toggle, row.label):
        return Option(row.label, (), row.selected)
    keys: tuple[str, ...] = _NAMED_KEYS.get(row.key) or ((row.key,) if row.key else ())
    if not keys and row.number and profile.question.choose == "number":
        keys = (row.number,)
    keys = (*keys, *profile.question.then) if keys else _walk(row, menu)
    return Option(row.label, keys, row.selected, _meaning(row.label, profile))


def _walk(row: _Row, menu: Sequence[_Row]) -> tuple[str, ...]:
    """From the highlighted option to this one with the arrow keys."""
    here = next(n for n, other in enumerate(menu) if other.selected)
    steps = menu.index(row) - here
    return (*(("Down",) * steps if steps > 0 else ("Up",) * -steps), "Enter")


def _inline(text: str, profile: Profile) -> tuple[Option, ...]:
    """The options that stand in the question itself: ``(Y)es/(N)o``."""
    return tuple(
        Option(
            (groups.get("key") or "") + (groups.get("rest") or ""),
            ((groups.get("key") or "").lower(), *profile.question.then),
            meaning=_meaning((groups.get("key") or "") + (groups.get("rest") or ""), profile),
        )
        for groups in found_all(profile.question.inline, text)
    )


def _meaning(label: str, profile: Profile) -> Meaning:
    question = profile.question
    for pattern, meaning in (
        (question.always, Meaning.ALWAYS),
        (question.deny, Meaning.DENY),
        (question.approve, Meaning.APPROVE),
    ):
        if found(pattern, label):
            return meaning
    return Meaning.OTHER


def _fingerprint(profile: Profile, asked: Sequence[str], options: Sequence[Option]) -> str:
    rows = [profile.name, *asked, "\0", *(option.label for option in options)]
    return _digest("\0".join(row.rstrip() for row in rows))


def _digest(words: str) -> str:
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:16]
