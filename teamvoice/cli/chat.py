"""``teamvoice chat``: hands-free in the terminal."""

from __future__ import annotations

import argparse
import importlib
import re
import sys
from typing import TYPE_CHECKING, Any

from teamvoice.cli.output import console, indented, plain
from teamvoice.cli.parser import Subparsers, add_command

if TYPE_CHECKING:  # as in teamvoice.cli.output
    from rich.console import Console

_COLOURS = {
    "you": "bold",
    "voice": "cyan",
    "does": "dim",
    "confirm": "bold yellow",
    "trouble": "red",
}
_WIDTH = 8
_STOPPED = {"interrupted", "cancelled"}  # turns whose answer was not spoken whole


def add_parsers(subparsers: Subparsers) -> None:
    """Add the parser of ``chat``."""
    parser = add_command(
        subparsers,
        "chat",
        "Just speak: no key. The provider hears when you begin and end, and speaking interrupts\n"
        "the voice. What must be confirmed is asked here: y and Enter; Enter alone stops the\n"
        "voice, Ctrl-C ends. The microphone is open all the time. A headset is best: through\n"
        "speakers the voice would hear itself, so say --speakers then.",
        "teamvoice chat\nteamvoice chat --speakers --vad semantic --voice cedar\n"
        "teamvoice chat --no-tools --instructions 'Practise French with me.'",
    )
    parser.add_argument(
        "--vad",
        choices=("server", "semantic"),
        default="server",
        help="what ends your turn: silence (default), or that the sentence seems complete",
    )
    parser.add_argument(
        "--speakers",
        action="store_true",
        help="no headset: use the sound server's echo canceller, or else hear nothing while "
        "the voice speaks",
    )
    parser.add_argument("--voice", default="", metavar="NAME", help="another voice")
    parser.add_argument(
        "--instructions", default="", metavar="TEXT", help="instead of provider.instructions"
    )
    parser.add_argument("--no-tools", action="store_true", help="just talk: no team")


def run(args: argparse.Namespace) -> int:
    """Converse until Ctrl-C."""
    from teamvoice import config, logfile, logs, preflight

    loaded = preflight.read(None)
    logfile.keep_libraries_apart("chat.log")
    logs.configure(config.Log(level="error"), secrets=[config.api_key()])
    chat = importlib.import_module("teamvoice.daemon.chat")
    wishes = chat.Wishes(
        vad=args.vad,
        voice=args.voice,
        instructions=args.instructions,
        tools=not args.no_tools,
        speakers=args.speakers,
    )
    transcript = Transcript()
    try:
        return int(chat.run(loaded.config, wishes, transcript))
    finally:
        transcript.end()


class Transcript:
    """Prints what the daemon tells, as a conversation: a line each, the voice's as it comes."""

    def __init__(self, to: Console | None = None) -> None:
        self._console = to or console()
        self._is_saying = False
        self._has_said = False  # something of this turn's answer
        self._is_deaf = False
        self._why_down = ""
        self._column = 0  # where the voice's words go on
        self._in_word = False

    def __call__(self, event: dict[str, Any]) -> None:
        """Take an event of the daemon's ``watch``."""
        text = " ".join(plain(event.get("text", "")).split())
        match event["event"]:
            case "saying":
                self._say(plain(event["text"]))
            case "said":
                self.end()
            case "heard":
                self._line("you", text or "(nothing that was understood)")
            case "call":
                self._line("does", f"{event['name']} {event['arguments']}")
            case "called":
                self._line("", f"-> {' '.join(str(event['result']).split())}")
            case "link" | "microphone" | "turn" | "news_over":
                self._change(event)
            case "trouble" if text == self._why_down:
                self._why_down = ""  # the link told it just before
            case "news" | "confirm" | "notice" | "trouble" as kind:
                self._line(kind, text)

    def _change(self, event: dict[str, Any]) -> None:
        match event["event"]:
            case "link":
                self._link(event)
            case "microphone" if event["state"] == "lost":
                self._is_deaf = True  # as trouble it is told apart
            case "microphone" if event["state"] == "open" and self._is_deaf:
                self._is_deaf = False
                self._line("ready", "the microphone is back")
            case "news_over":
                self._has_said = False
            case "turn":
                self._turn(str(event["turn"].get("outcome")))

    def _turn(self, outcome: str) -> None:
        """Mark what was stopped: all of an answer is written before it was heard."""
        before = " before its end was heard" if self._has_said else ""
        self._has_said = False
        if outcome in _STOPPED:
            self._line("", f"({outcome}{before})")

    def _link(self, event: dict[str, Any]) -> None:
        if event["state"] == "up":
            self._why_down = ""
            self._line("ready", "speak; Ctrl-C ends")
        elif event["state"] == "down":
            self._why_down = " ".join(plain(event.get("reason", "")).split())
            self._line("trouble", f"the link is down: {self._why_down}")

    def _line(self, who: str, text: str) -> None:
        self.end()
        words = indented(plain(text), self._console, self._console.width, _WIDTH)
        self._console.print(f"{who:<{_WIDTH}}{words}", style=_COLOURS.get(who, ""))

    def _say(self, text: str) -> None:
        style = _COLOURS["voice"]
        if not self._is_saying:
            self._is_saying = self._has_said = True
            self._console.print(f"{'voice':<{_WIDTH}}", style=style, end="")
            self._column, self._in_word = _WIDTH, False
        self._console.print(self._wrapped(text), style=style, end="", soft_wrap=True)
        sys.stdout.flush()

    def _wrapped(self, text: str) -> str:
        """The text as it goes on, with a new line before a word that has no room in this one."""
        from rich.cells import cell_len

        pieces = []
        for piece in re.findall(r"\S+|\s", text):
            is_space = piece.isspace()
            cells = 1 if is_space else cell_len(piece)
            is_full = self._column + cells > self._console.width
            if is_full and self._column > _WIDTH and not (is_space or self._in_word):
                pieces.append("\n" + " " * _WIDTH)
                self._column = _WIDTH
            blank = "" if is_full else " "
            pieces.append(blank if is_space else piece)
            self._column += cells
            self._in_word = not is_space
        return "".join(pieces)

    def end(self) -> None:
        """Nothing more comes of what is being said: its line ends."""
        if self._is_saying:
            self._is_saying = False
            self._console.print()
