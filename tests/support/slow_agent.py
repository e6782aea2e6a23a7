"""The look-alike of an agent, one alone, in a pane of a test."""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from libtmux import Pane, Server

from tests.support import worst_agent
from tests.support.panes import open_pane, screen_of
from tests.support.wait import until
from tests.support.worst_agent import Script


class Slow:
    """The look-alike, in a window of the developer's, that may draw a second late."""

    def __init__(self, server: Server, folder: Path, **mischief: Any) -> None:
        self.record = folder / "record.jsonl"
        program = folder / "claude.py"  # by which it is recognised
        program.write_text(Path(worst_agent.__file__).read_text("utf-8"), "utf-8")
        script = Script(str(self.record), **mischief)
        words = shlex.join([sys.executable, str(program), json.dumps(asdict(script))])
        self.pane: Pane = open_pane(server, "developer", f"exec {words}")
        self._sign = "Esc to cancel" if script.asks else "? for shortcuts"

    async def ready(self) -> None:
        await until(lambda: self._sign in screen_of(self.pane), "it is ready", within=30)

    def told(self, what: str) -> list[Any]:
        return [line[what] for line in worst_agent.read_record(self.record) if what in line]
