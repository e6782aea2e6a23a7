"""What a terminal sends, as keys: pure.

Bytes come in as they were read, cut anywhere; keys come out. A paste that the terminal brackets
is one key. An escape that nothing follows is the Escape key; only time can tell, so the caller
says when it waited long enough.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_PASTE_BEGIN, _PASTE_END = "\x1b[200~", "\x1b[201~"
_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|[^\[O\x1b])")
_NAMES = {
    "\r": "enter",
    "\n": "newline",
    "\x7f": "backspace",
    "\x08": "backspace",
    "\x15": "clear",
    "\x03": "quit",
    "\x04": "end",
}
_ARROWS = {"\x1b[A": "up", "\x1b[B": "down", "\x1bOA": "up", "\x1bOB": "down"}


@dataclass(frozen=True, slots=True)
class Key:
    """A key: ``text`` or ``paste`` (with what was typed), or a named one such as ``enter``."""

    name: str
    text: str = ""


class Keyboard:
    """Turns bytes into keys."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    @property
    def is_waiting(self) -> bool:
        """An escape stands alone so far: it may be the Escape key."""
        return self._rest == "\x1b"

    def feed(self, data: bytes) -> list[Key]:
        """The keys that are complete with these bytes."""
        self._rest += self._decoder.decode(data)
        keys: list[Key] = []
        while key := self._take():
            keys.append(key)
        return [key for key in keys if key.name != "other"]

    def flush(self) -> list[Key]:
        """Nothing came for a while: an escape that stood alone was the Escape key."""
        if not self.is_waiting:
            return []
        self._rest = ""
        return [Key("escape")]

    def _take(self) -> Key | None:
        if not self._rest:
            return None
        if self._rest.startswith(_PASTE_BEGIN):
            return self._take_paste()
        if self._rest[0] == "\x1b":
            return self._take_sequence()
        first, self._rest = self._rest[0], self._rest[1:]
        if name := _NAMES.get(first):
            return Key(name)
        return Key("text", first) if first.isprintable() else Key("other")

    def _take_paste(self) -> Key | None:
        body, end, rest = self._rest.removeprefix(_PASTE_BEGIN).partition(_PASTE_END)
        if not end:
            return None
        self._rest = rest
        return Key("paste", body.replace("\r", "\n"))

    def _take_sequence(self) -> Key | None:
        if self._rest.startswith("\x1b\x1b"):
            self._rest = self._rest[1:]
            return Key("escape")
        match = _SEQUENCE.match(self._rest)
        if not match:
            return None
        self._rest = self._rest[match.end() :]
        return Key(_ARROWS.get(match[0], "other"))
