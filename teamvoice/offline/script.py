"""What a session has decided to do next, gathered in order while an event is handled."""

from __future__ import annotations

import random
import string
from typing import Any

from teamvoice.offline.commands import Command, Send

_LETTERS = string.ascii_letters + string.digits


class Names:
    """Fresh ids, and padding for deltas. Not secrets: the same seed gives the same names."""

    def __init__(self, seed: int | None = None) -> None:
        self._random = random.Random(seed)  # noqa: S311 - ids of one's own session guard nothing

    def fresh(self, kind: str) -> str:
        """Make an id such as ``item_8vHq…``."""
        return f"{kind}_{self._letters(21)}"

    def padding(self) -> str:
        """Make an ``obfuscation``: letters that hide a delta's length."""
        return self._letters(self._random.randint(1, 16))

    def _letters(self, count: int) -> str:
        return "".join(self._random.choices(_LETTERS, k=count))


class Script:
    """Commands in the order in which they were decided."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._commands: list[Command] = []

    def send(self, kind: str, **fields: Any) -> None:
        """Send a server event; it gets an ``event_id``, and ``obfuscation`` when it is a delta."""
        event = {"type": kind, "event_id": self.names.fresh("event"), **fields}
        if kind.endswith(".delta"):
            event["obfuscation"] = self.names.padding()
        self._commands.append(Send(event))

    def error(
        self, code: str, message: str, param: str | None = None, event_id: str | None = None
    ) -> None:
        """Send an ``error`` that is the client's own."""
        error = {"type": "invalid_request_error", "code": code, "message": message}
        self.send("error", error={**error, "param": param, "event_id": event_id})

    def do(self, *commands: Command) -> None:
        """Add commands of other kinds."""
        self._commands += commands

    def take(self) -> list[Command]:
        """Hand over what was gathered."""
        commands, self._commands = self._commands, []
        return commands
