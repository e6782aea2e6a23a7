"""A small stand-in agent for a tmux pane: ``python -m teamvoice.demo.standin --name developer``.

The agent is ``standin_agent``; this is its terminal: raw, with bracketed paste, on the alternate
screen, and put back as it was at the end, however it ends.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import select
import signal
import sys
import termios
import time
import tty
from collections.abc import Iterator
from types import FrameType

from teamvoice.demo.standin_agent import Agent
from teamvoice.demo.standin_keys import Keyboard

_ENTER = "\x1b[?1049h\x1b[?2004h\x1b[?25l"
_LEAVE = "\x1b[?25h\x1b[?2004l\x1b[?1049l"
_TICK_S = 0.12  # how often the spinner moves
_ESCAPE_S = 0.03  # after so long alone, an escape is the Escape key


def main(argv: list[str] | None = None) -> int:
    """Run the stand-in on this terminal until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="standin", description="A stand-in agent for tmux.")
    parser.add_argument("--name", default="agent", help="what it is called")
    parser.add_argument("--seconds", type=float, default=3.0, help="how long its work takes (3)")
    args = parser.parse_args(argv)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        parser.error("needs a terminal, such as a tmux pane")
    with _terminal(), contextlib.suppress(_Ended):
        _converse(Agent(args.name, args.seconds))
    return 0


class _Ended(Exception):
    """A signal asked us to end."""


@contextlib.contextmanager
def _terminal() -> Iterator[None]:
    before = termios.tcgetattr(0)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    tty.setraw(0)
    try:
        _write(_ENTER)
        yield
    finally:
        with contextlib.suppress(OSError):  # the terminal may be gone, and is then nobody's
            _write(_LEAVE)
            termios.tcsetattr(0, termios.TCSADRAIN, before)


def _end(_number: int, _frame: FrameType | None) -> None:
    raise _Ended


def _converse(agent: Agent) -> None:
    keyboard = Keyboard()
    shown: tuple[str, list[str]] = ("", [])
    while not agent.has_quit:
        agent.tick(time.monotonic())
        shown = _show(agent, shown)
        wait = _ESCAPE_S if keyboard.is_waiting else _TICK_S
        ready = select.select([0], [], [], wait)[0]
        keys = keyboard.feed(_read()) if ready else keyboard.flush()
        for key in keys:
            agent.press(key, time.monotonic())


def _read() -> bytes:
    data = os.read(0, 65536)
    if not data:
        raise _Ended
    return data


def _show(agent: Agent, shown: tuple[str, list[str]]) -> tuple[str, list[str]]:
    """Repaint if something changed; what is shown now."""
    now = time.monotonic()
    size = os.get_terminal_size(1)
    title, lines = agent.title(now), agent.screen(size.columns, size.lines, now)
    if (title, lines) != shown:
        body = "".join(f"{line}\x1b[K\r\n" for line in lines).removesuffix("\r\n")
        _write(f"\x1b]2;{title}\x07\x1b[H{body}\x1b[J")
    return title, lines


def _write(text: str) -> None:
    data = text.encode("utf-8", "replace")
    while data:
        data = data[os.write(1, data) :]


if __name__ == "__main__":
    sys.exit(main())
