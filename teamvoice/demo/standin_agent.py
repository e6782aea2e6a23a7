"""The stand-in agent without its terminal: pure. Keys and time go in, a screen comes out.

It behaves like the terminal agents that teamvoice is for: a prompt between two rules, a spinner
while it works, messages queued meanwhile, a question with numbered options before something
dangerous, a summary at the end. It does no work and says so.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections import deque
from dataclasses import dataclass

from teamvoice.demo.standin_keys import Key

_DANGER = re.compile(r"\b(deploy|run the tests|delete)", re.IGNORECASE)
_GLYPHS = "·✢✳✶✻✽"
_DOTS = "⠂⠐"
_VERBS = ("Brewing", "Pondering", "Tinkering", "Weaving")
_LONG_CHARS, _LONG_LINES = 800, 5  # a draft beyond either is shown as a stub
_HISTORY = 400  # lines of conversation that are kept
_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"


@dataclass(frozen=True, slots=True)
class _Work:
    task: str
    began: float
    seconds: float


@dataclass(frozen=True, slots=True)
class _Question:
    task: str
    choice: int = 0


class Agent:
    """One stand-in.

    Args:
        name: What it is called; stands in its header and title.
        seconds: How long a piece of work takes.
    """

    def __init__(self, name: str, seconds: float) -> None:
        self.name = name
        self.has_quit = False
        self._seconds = seconds
        self._draft = ""
        self._history: deque[str] = deque(maxlen=_HISTORY)
        self._queue: deque[str] = deque()
        self._doing: _Work | _Question | None = None
        self._done = 0

    # What happens ------------------------------------------------------------------------------

    def press(self, key: Key, at: float) -> None:
        """A key was pressed."""
        if key.name == "quit" or (key.name == "end" and not self._draft):
            self.has_quit = True
        elif isinstance(self._doing, _Question):
            self._answer(self._doing, key, at)
        elif key.name == "escape":
            self._interrupt(at)
        else:
            self._type(key, at)

    def tick(self, at: float) -> None:
        """Time has passed."""
        if isinstance(self._doing, _Work) and at - self._doing.began >= self._doing.seconds:
            self._finish(self._doing, at)

    def _type(self, key: Key, at: float) -> None:
        match key.name:
            case "text" | "paste":
                self._draft += key.text
            case "newline":
                self._draft += "\n"
            case "backspace":
                self._draft = self._draft[:-1]
            case "clear":
                self._draft = ""
            case "enter" if self._draft.strip():
                self._submit(self._draft.strip(), at)

    def _submit(self, text: str, at: float) -> None:
        self._draft = ""
        if self._doing is None:
            self._start(text, at)
        else:
            self._queue.append(text)

    def _start(self, task: str, at: float) -> None:
        self._say(f"> {task}")
        self._doing = _Question(task) if _DANGER.search(task) else self._work(task, at)

    def _work(self, task: str, at: float) -> _Work:
        return _Work(task, at, self._seconds)

    def _finish(self, work: _Work, at: float) -> None:
        self._done += 1
        self._say(f"● Done, as a stand-in: {_brief(work.task)}.")
        self._next(at)

    def _interrupt(self, at: float) -> None:
        if isinstance(self._doing, _Work):
            self._say(f"⎿ Interrupted: {_brief(self._doing.task)}")
            self._next(at)

    def _answer(self, question: _Question, key: Key, at: float) -> None:
        if key.name in {"up", "down"}:
            self._doing = _Question(question.task, int(key.name == "down"))
        elif key.name == "escape" or key.text == "2" or (key.name == "enter" and question.choice):
            self._say(f"⎿ Refused: {_brief(question.task)}")
            self._next(at)
        elif key.name == "enter" or key.text == "1":
            self._say("⎿ Allowed")
            self._doing = self._work(question.task, at)

    def _next(self, at: float) -> None:
        self._doing = None
        if self._queue:
            self._start(self._queue.popleft(), at)

    def _say(self, text: str) -> None:
        self._history.extend([*text.split("\n"), ""])

    # What is shown -----------------------------------------------------------------------------

    def title(self, at: float) -> str:
        """The pane's title: it begins with a moving dot while there is work."""
        sign = _DOTS[int(at * 2) % 2] if isinstance(self._doing, _Work) else "✳"
        return f"{sign} {self.name}"

    def screen(self, width: int, height: int, at: float) -> list[str]:
        """The screen's lines from the top; each fits the width, all of them the height."""
        foot = self._foot(width, at)
        head = [f"{self.name}: a stand-in agent. It does no real work.", ""]
        talk = [row for line in (*head, *self._history) for row in _wrap(line, width)]
        room = max(0, height - len(foot))
        return (talk[-room:] if room else []) + foot[-height:]

    def _foot(self, width: int, at: float) -> list[str]:
        if isinstance(self._doing, _Question):
            return _ask(self._doing, width)
        spinner = _spin(self._doing, width, at) if self._doing else []
        queued = [f"{_DIM}  ❯ {_brief(text, width - 6)}{_PLAIN}" for text in self._queue]
        if self._queue:
            queued.append(f"{_DIM}  Press up to edit queued messages{_PLAIN}")
        hint = "  esc to interrupt" if self._doing else "  ? for shortcuts"
        rule = "─" * width
        return [*spinner, *queued, rule, *self._prompt(width), rule, f"{_DIM}{hint}{_PLAIN}"]

    def _prompt(self, width: int) -> list[str]:
        draft, lines = self._draft, self._draft.count("\n") + 1
        if len(draft) > _LONG_CHARS or lines > _LONG_LINES:
            draft = f"[Pasted text #1 +{lines} lines]"
        if not draft:
            return [f"❯ \x1b[7mT\x1b[27m{_DIM}ell me what to do{_PLAIN}"]
        rows = [row for line in draft.split("\n") for row in _wrap(line, width - 2)]
        return [f"{'❯ ' if number == 0 else '  '}{row}" for number, row in enumerate(rows)]


def _spin(work: _Work, width: int, at: float) -> list[str]:
    seconds = int(at - work.began)
    glyph = _GLYPHS[int(at * 8) % len(_GLYPHS)]
    verb = _VERBS[len(work.task) % len(_VERBS)]
    return [f"{glyph} {verb}… ({seconds}s · esc to interrupt)"[:width], ""]


def _ask(question: _Question, width: int) -> list[str]:
    marks = ["❯" if number == question.choice else " " for number in range(2)]
    command = f"● Bash({_brief(question.task, width - 10)})"
    options = [f" {marks[0]} 1. Yes", f" {marks[1]} 2. No"]
    return [command, "", " Do you want to proceed?", *options, "", " Esc to cancel"]


def _brief(text: str, width: int = 60) -> str:
    return textwrap.shorten(" ".join(text.split()), max(8, width), placeholder="…").rstrip(".")


def _wrap(line: str, width: int) -> list[str]:
    """The line in rows that fit; a wide character takes two columns."""
    rows, column = [""], 0
    for character in line:
        columns = 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if column + columns > width:
            rows.append("")
            column = 0
        rows[-1] += character
        column += columns
    return rows
