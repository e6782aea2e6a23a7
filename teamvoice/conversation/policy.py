"""What waits for the person's own hand before it is done: decided here, outside the model. Pure.

Two things make a write wait for a confirmation, a tap of the key or ``teamvoice ptt confirm``:

- *Taint*: text from a pane came into the turn before the response that asks for the write. It may
  have asked for it, so the person must.
- *Danger*: a pattern of the configuration is found in what is to be written.

No text can confirm anything: a confirmation is an event of the key's, and of nothing else.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from teamvoice.conversation.events import ToolCall

WRITES = frozenset({"send_message", "broadcast", "answer_prompt", "press_keys", "interrupt"})
SCREEN = "[screen of "  # what marks text from a pane in a tool's output
TAINTED = "text from a screen came before it in this turn"
DANGEROUS = "it looks dangerous"

_FENCED = re.compile(r":?\s*\[screen of .*?(?:\[end of screen\]|\Z)", re.DOTALL)
_UNSEEN = {"Cf", "Cn", "Co", "Cs", "Mn", "Me"}
_BLANKS = "\u115f\u1160\u2800"  # letters and signs that are drawn as nothing, after NFKC
_SHOWN = 160  # characters of a call that the person is shown


@dataclass(frozen=True, slots=True)
class Policy:
    """What may run at once.

    Args:
        dangerous: Patterns (regular expressions, case does not count) of what always waits.
        confirm_s: How long a write waits for its confirmation, in seconds.
        confirm_by: What the person does to confirm, as the end of "waiting for the person to".
    """

    dangerous: tuple[str, ...] = ()
    confirm_s: float = 30.0
    confirm_by: str = "tap the key"

    def judge(self, call: ToolCall, *, tainted: bool) -> str:
        """Why a call waits for a confirmation, as a clause; empty when it may run."""
        if call.name not in WRITES:
            return ""
        if tainted:
            return TAINTED
        return DANGEROUS if any(map(self.is_dangerous, _texts(call.arguments))) else ""

    def is_dangerous(self, text: str) -> bool:
        """A pattern is found in the text, however it is spaced and spelled."""
        plain = _plain(text)
        return any(re.search(pattern, plain, re.IGNORECASE) for pattern in self.dangerous)

    def say_waiting(self, why: str) -> str:
        """A call's output while it waits."""
        return f"Waiting for the person to {self.confirm_by}, as {why}; nothing is done yet."


def shows_screen(output: str) -> bool:
    """Text from a pane stands in a tool's output."""
    return SCREEN in output


def without_screens(output: str) -> str:
    """A tool's output without the text from panes: for what is told in the system's name."""
    return _FENCED.sub("", output)


def describe(call: ToolCall) -> str:
    """A call as one line for the person: what would be done, to whom."""
    said = " ".join(": ".join(_texts(call.arguments)).split())
    words = f"{call.name.replace('_', ' ')}: {said}" if said else call.name.replace("_", " ")
    return words if len(words) <= _SHOWN else f"{words[: _SHOWN - 1]}…"


def _texts(arguments: str) -> tuple[str, ...]:
    """Every text in the arguments, also of a key that is given twice; all of it if not JSON."""
    try:
        decoded = json.loads(arguments, object_pairs_hook=lambda pairs: [v for _, v in pairs])
    except (ValueError, RecursionError):
        return (arguments,)
    return tuple(_leaves(decoded))


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for part in value:
            yield from _leaves(part)
    elif isinstance(value, str):
        yield value


def _plain(text: str) -> str:
    """One line, without what looks like nothing, and letters in their usual form.

    An agent may take such a sign out and run what is left.
    """
    usual = unicodedata.normalize("NFKC", text)
    seen = (c for c in usual if c not in _BLANKS and unicodedata.category(c) not in _UNSEEN)
    return " ".join("".join(seen).split())
