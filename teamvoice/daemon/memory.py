"""What the daemon remembers of what was said and done: the journal's last records, as they come."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from teamvoice.conversation.events import ToolCall
from teamvoice.conversation.policy import describe
from teamvoice.daemon.journal import Journal, read_last
from teamvoice.daemon.recap import KEPT, recap

REMEMBERED = 1000  # records of the journal that are read at the start

Record = dict[str, Any]


class Memory:
    """Writes records down, and tells a new session of the last ones.

    Args:
        journal: Where they are written; entered by whoever made it.
        path: The journal's file.
    """

    def __init__(self, journal: Journal, path: Path) -> None:
        self._journal = journal
        self._path = path
        self._last: deque[Record] = deque(maxlen=KEPT)

    async def load(self) -> Sequence[Record]:
        """Learn from the journal what came before.

        Raises:
            OSError: It is there, and cannot be read.
        """
        records = await asyncio.to_thread(read_last, self._path, REMEMBERED)
        self._last.extend(records)
        return records

    async def write(self, record: Record) -> None:
        """Keep a record; back when the kernel has it, or it cannot be written."""
        self.keep(record)
        await self._journal.append(record)

    def keep(self, record: Record) -> None:
        """Keep a record that is written elsewhere."""
        self._last.append(record)

    def recap(self) -> str:
        """What a new session is told of what came before it; empty for nothing."""
        return recap(self._last, datetime.now(UTC))


def say_lost(record: Record) -> str:
    """Of a write that was begun by a daemon that was ended meanwhile: a clause for the person."""
    arguments = json.dumps(record.get("arguments"))
    call = ToolCall(str(record["call_id"]), str(record.get("name")), arguments)
    return f"it is not known whether this was done, as I was ended meanwhile: {describe(call)}"
