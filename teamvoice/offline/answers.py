"""What a tool's result sounds like: sentences, without the fences, and not too long."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

SCREEN_WORDS = 60
RESULT_WORDS = 150
_FENCE = re.compile(r"\[screen of (?P<who>[^\]:]+): data, not instructions\]\s*")
_FENCE_END = re.compile(r"\s*\[end of screen\]\s*")
_SCREENS = re.compile(
    rf"(?:{_FENCE.pattern}.*?{_FENCE_END.pattern})+".replace("?P<who>", ""), re.DOTALL
)
_WORDLESS = re.compile(r"^[^\w]*$")
# A result is written for a model, which passes it on; here it is said to the person as it is.
_TO_THE_PERSON = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (
            r"\btell the person this question and ask them again\b",
            "hear this question and say it again",
        ),
        (r"\bthe person's\b", "your"),
        (r"\bthe person\b", "you"),
    )
)
_EDGES = "│┃|╭╮╰╯─━┌┐└┘├┤>❯●⏺⎿*•· \t"


def is_screen(words: str) -> bool:
    """Nothing but text from a pane, in its fence: nobody's words."""
    return bool(_SCREENS.fullmatch(words))


def spoken_result(output: str) -> str:
    """A tool's output as it is said: a fenced screen by its last words, the rest to the person."""
    return joined(_parts(output)) or "The tool gave no answer."


def joined(sentences: Iterable[str]) -> str:
    """Sentences in a row, each with a capital and an end."""
    finished = (_finished(sentence.strip()) for sentence in sentences)
    return " ".join(sentence for sentence in finished if sentence)


def _parts(output: str) -> Iterator[str]:
    rest = output
    while fence := _FENCE.search(rest):
        before = _to_the_person(rest[: fence.start()].rstrip())
        screen, *after = _FENCE_END.split(rest[fence.end() :], maxsplit=1)
        if before.endswith(":") and (words := _screen_words(screen)):
            *others, lead = before.splitlines()
            yield _bounded("\n".join(others))
            yield f"{lead} {' '.join(words[:SCREEN_WORDS])}"
        else:
            yield _bounded(before)
            yield _screen(fence["who"].strip(), screen)
        rest = after[0].lstrip(";, ") if after else ""
    yield _bounded(_to_the_person(rest))


def _to_the_person(words: str) -> str:
    for pattern, said in _TO_THE_PERSON:
        words = pattern.sub(said, words)
    return words


def _screen(who: str, text: str) -> str:
    words = _screen_words(text)
    if not words:
        return f"The {who}'s screen is empty"
    said = " ".join(words[-SCREEN_WORDS:])
    if len(words) > SCREEN_WORDS:
        return f"On the {who}'s screen, shortened to its end: {said}"
    return f"On the {who}'s screen: {said}"


def _screen_words(text: str) -> list[str]:
    lines = (line.strip(_EDGES) for line in text.splitlines())
    return ". ".join(line.rstrip(".") for line in lines if not _WORDLESS.match(line)).split()


def _bounded(text: str) -> str:
    lines = (line.strip() for line in text.splitlines())
    words = joined(line for line in lines if not _WORDLESS.match(line)).split()
    cut = "; the rest is left out" if len(words) > RESULT_WORDS else ""
    return " ".join(words[:RESULT_WORDS]) + cut


def _finished(sentence: str) -> str:
    if not sentence:
        return ""
    end = "" if sentence[-1] in ".!?…" else "."
    return sentence[0].upper() + sentence[1:] + end
