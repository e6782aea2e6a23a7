"""A stand-in agent that does on purpose what real ones do at their worst: a program for a pane.

It looks like Claude Code, so that the profile of that agent reads it, and is scripted by one JSON
line: which mischief, and when. What truly came of everything is in its record, one JSON line each:
what reached it (``typed``), what it took as a message (``got``), what was chosen (``chose``).

A key belongs to what tmux was showing when it was pressed. To know that to the byte, whatever it
does by itself it draws first, then asks the terminal where the cursor is: what arrives before the
terminal's answer was pressed before tmux knew of the change.
"""

from __future__ import annotations

import json
import os
import re
import select
import signal
import sys
import termios
import time
import tty
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

_TOKEN = re.compile(
    r"\x1b\[200~(?P<paste>.*?)\x1b\[201~|\x1b\[\d+;\d+(?P<report>R)|(?P<other>\x1b\[[^~A-Za-z]*[~A-Za-z])"
    r"|(?P<enter>\r)|(?P<escape>\x1b(?!\[))|(?P<text>[^\x1b\r])",
    re.DOTALL,
)
_WHERE = "\x1b[6n"
_OPTIONS = ("Yes", "Yes, and don't ask again for this", "No, and tell me what to do differently")
_RULE = "─" * 78
AGAIN = 75  # the exit code by which it asks to be started again


@dataclass
class Script:
    """What it does, and when; all times in seconds.

    Args:
        swallow: Keys that it ignores (Enter, or the key of an option).
        collapse: It shows a longer paste as a stub.
        lag: How late it draws.
        still: It draws no more once it has taken a message.
        busy: It works, and queues what is sent.
        asks: It begins with an open question.
        then: After an answer another question follows at once.
        deed: What it does by itself: ``menu``, ``parrot`` (a menu with the words of the draft),
            ``shell``, ``type``, ``change``, ``vanish``, ``restart`` (as another program in the same
            process), ``reborn`` (in another process, if whoever started it does so) or nothing.
        on: ``go`` (the signal that the test sends right before it begins), ``input``, or ``enter``:
            instead of taking a message.
        after: How long after that.
    """

    record: str
    swallow: int = 0
    collapse: bool = False
    lag: float = 0.0
    still: bool = False
    busy: bool = False
    asks: bool = False
    then: bool = False
    deed: str = ""
    on: str = "go"
    after: float = 0.0


@dataclass
class Face:
    """What a key would act on; replaced as a whole when the terminal has shown the next one."""

    question: int = 0  # 0: none is open
    busy: bool = False
    leaving: bool = False
    words: str = ""  # that the question repeats


@dataclass
class Agent:
    """The agent, its terminal included."""

    script: Script
    face: Face = field(default_factory=Face)
    coming: list[tuple[Face, str]] = field(default_factory=list)  # drawn, and not reported yet
    draft: str = ""
    pasted: str = ""  # the paste in it
    queued: bool = False
    said: list[str] = field(default_factory=list)
    swallowed: int = 0
    deed_at: float | None = None
    draw_at: float | None = 0.0

    def record(self, **what: Any) -> None:
        with Path(self.script.record).open("a", encoding="utf-8") as file:
            file.write(json.dumps(what) + "\n")

    # What reaches it ---------------------------------------------------------------------------

    def take(self, token: re.Match[str]) -> None:
        if token["report"]:
            self.arrive()
        elif token["other"] is None:
            if self.script.on == "input" and self.deed_at is None:
                self.deed_at = time.monotonic() + self.script.after
            self.record(typed=token[0][:20])
            self.answer(token) if self.face.question else self.edit(token)
            self.draw_soon()

    def edit(self, token: re.Match[str]) -> None:
        if self.face.leaving:
            return
        if token["paste"] is not None:
            self.pasted = token["paste"].replace("\r", "\n")
            self.draft += self.pasted
        elif token["text"]:
            self.draft += token["text"]
        elif token["enter"] and self.draft and not self.swallows():
            if self.script.on == "enter" and self.script.deed and self.deed_at is None:
                self.act()
                return
            self.record(got=self.draft)
            self.queued = self.face.busy
            self.said.append(self.draft)
            self.draft = self.pasted = ""

    def answer(self, token: re.Match[str]) -> None:
        if token["paste"] is not None:
            digits = [c for c in token["paste"] if c in "123"]
            key = digits[0] if digits else ""
        else:
            key = "1" if token["enter"] else "3" if token["escape"] else token["text"] or ""
        if key in {"1", "2", "3"} and not self.swallows():
            self.record(chose=_OPTIONS[int(key) - 1], of=subject(self.face.question))
            following = self.face.question + 10 if self.script.then else 0
            self.script.then = False
            self.face = Face(following, busy=True)

    def swallows(self) -> bool:
        self.swallowed += 1
        if self.swallowed <= self.script.swallow:
            self.record(swallowed=self.swallowed)
            return True
        return False

    # What it does by itself --------------------------------------------------------------------

    def act(self) -> None:
        """Do the deed: draw first, and change when the terminal has it."""
        self.deed_at = float("inf")
        match self.script.deed:
            case "menu":
                self.change(Face(1, self.face.busy), "")
            case "parrot":
                self.change(Face(1, self.face.busy, words=self.draft), "")
            case "restart":
                self.record(did="restart")
                os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606 - itself again
            case "reborn":
                self.record(did="reborn")
                os._exit(AGAIN)
            case "change":
                if self.face.question:
                    self.change(Face(self.face.question + 1), "")
            case "vanish":
                self.change(Face(busy=True), "")
            case "type":
                self.change(self.face, "wait ")
            case "shell":
                self.change(Face(leaving=True), "")

    def change(self, face: Face, typed: str) -> None:
        self.coming.append((face, typed))
        self.draw(face, self.draft + typed)
        os.write(1, _WHERE.encode())

    def arrive(self) -> None:
        if not self.coming:
            return
        self.face, typed = self.coming.pop(0)
        self.draft += typed
        self.record(did=self.script.deed)
        if self.face.leaving:
            raise SystemExit

    # What it shows -----------------------------------------------------------------------------

    def draw_soon(self) -> None:
        self.draw_at = min(self.draw_at or float("inf"), time.monotonic() + self.script.lag)

    def draw(self, face: Face, draft: str) -> None:
        self.draw_at = None
        if self.script.still and self.said:
            return
        rows = ["worst agent", ""]
        for text in self.said:
            rows += [f"❯ {row}" if n == 0 else f"  {row}" for n, row in enumerate(wrap(text))]
        rows += [*self.foot(face, draft)]
        width = os.get_terminal_size(1).lines
        body = "".join(f"{row}\x1b[K\r\n" for row in rows[-width + 1 :])
        title = "⠂ worst" if face.busy and not face.question else "✳ worst"
        data = f"\x1b]2;{title}\x07\x1b[?25l\x1b[H{body}\x1b[J".encode()
        while data:
            data = data[os.write(1, data) :]

    def foot(self, face: Face, draft: str) -> list[str]:
        if face.leaving:
            return ["bye"]
        if face.question:
            options = [f" {'❯' if n == 1 else ' '} {n}. {o}" for n, o in enumerate(_OPTIONS, 1)]
            about = ["╌" * 78, f" {subject(face.question)}", "╌" * 78]
            words = [f" {'❯' if n == 0 else ' '} {row}" for n, row in enumerate(wrap(face.words))]
            heading = [_RULE, " Bash command", *(words if face.words else []), *about, ""]
            return [*heading, " Do you want to proceed?", *options, "", " Esc to cancel"]
        long = len(self.pasted) > 800 or self.pasted.count("\n") > 1
        if long and self.script.collapse:
            self.record(collapsed=len(self.pasted))
            stub = f"[Pasted text #1 +{self.pasted.count(chr(10))} lines]"
            draft = draft.replace(self.pasted, stub)
        spinner = ["✻ Brewing… (3s · esc to interrupt)", ""] if face.busy else []
        held = ["  Press up to edit queued messages"] if self.queued else []
        rows = [f"{'❯' if n == 0 else ' '} {row}" for n, row in enumerate(wrap(draft))]
        return [*spinner, *held, _RULE, *rows, _RULE, "  ? for shortcuts"]

    # Its life ----------------------------------------------------------------------------------

    def live(self) -> None:
        rest = ""
        while True:
            now = time.monotonic()
            if self.deed_at is not None and now >= self.deed_at:
                self.act()
            if self.draw_at is not None and now >= self.draw_at:
                self.draw(self.coming[-1][0] if self.coming else self.face, self.draft)
            due = min(self.deed_at or float("inf"), self.draw_at or float("inf"), now + 1)
            if select.select([0], [], [], max(0.0, due - now))[0]:
                data = os.read(0, 65536)
                if not data:
                    return
                rest = self.feed(rest + data.decode("utf-8", "surrogateescape"))

    def feed(self, text: str) -> str:
        while text and not ("\x1b[200~" in text[:6] and "\x1b[201~" not in text):
            token = _TOKEN.match(text)
            if token is None:
                return text
            text = text[token.end() :]
            self.take(token)
        return text


def read_record(file: Path) -> list[dict[str, Any]]:
    """What truly came of everything so far; a line that is being written is not there yet."""
    whole = file.read_text("utf-8").rpartition("\n")[0]
    return [json.loads(line) for line in whole.splitlines()]


def subject(question: int) -> str:
    """The command that a question is about."""
    return f"deploy service-{question}"


def wrap(text: str) -> list[str]:
    """Rows of at most 70 characters."""
    return [line[at : at + 70] for line in text.split("\n") for at in range(0, len(line) or 1, 70)]


def main() -> None:
    script = Script(**json.loads(sys.argv[1]))
    record = Path(script.record)
    if record.exists() and '"did"' in record.read_text("utf-8"):
        script.deed = ""  # it was done before the restart
    agent = Agent(script, Face(question=int(script.asks), busy=script.busy))

    def go(_number: int, _frame: FrameType | None) -> None:
        if script.deed and script.on == "go":
            agent.deed_at = time.monotonic() + script.after

    signal.signal(signal.SIGUSR1, go)
    before = termios.tcgetattr(0)
    tty.setraw(0)
    os.write(1, b"\x1b[?2004h\x1b[H\x1b[2J")
    agent.record(pid=os.getpid())
    try:
        agent.live()
    finally:
        os.write(1, b"\x1b[?2004l\x1b[?25h")
        termios.tcsetattr(0, termios.TCSAFLUSH, before)


if __name__ == "__main__":
    main()
