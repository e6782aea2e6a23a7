"""What the daemon remembers of what was said and done: the journal's last records, as they come."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from teamvoice.conversation.events import NewsCame, ToolCall
from teamvoice.conversation.policy import describe, without_screens
from teamvoice.daemon.deeds import LOST, Deeds
from teamvoice.daemon.journal import Journal, read_last
from teamvoice.daemon.recap import KEPT, ago, recap
from teamvoice.daemon.records import Step
from teamvoice.daemon.words import Words

REMEMBERED = 1000  # records of the journal that are read at the start

_WORDS = 240  # characters of what was said, when it is told that it came to no end

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
            TeamvoiceError: It is no file.
        """
        records = await asyncio.to_thread(read_last, self._path, REMEMBERED, _but_money)
        self._last.extend(records)
        return records

    async def write(self, record: Record) -> None:
        """Keep a record; back when the kernel has it, or it cannot be written."""
        self.keep(record)
        await self._journal.append(record)

    def keep(self, record: Record) -> None:
        """Keep a record that is written elsewhere."""
        self._last.append(record)

    def recap(self, unwritten: Iterable[Record] = ()) -> str:
        """What a new session is told of what came before it; empty for nothing.

        Args:
            unwritten: Of turns that are answered and wait to be written down.
        """
        return recap([*self._last, *unwritten], datetime.now(UTC))


def _but_money(records: Iterable[Record]) -> Iterator[Record]:
    return (record for record in records if record.get("kind") != "spent")


async def remembered(
    memory: Memory, deeds: Deeds, words: Words, tell: Callable[[str, str], None]
) -> Sequence[Record]:
    """Learn from the journal what came before; what the person was not told of it.

    Only who has the control socket may do this: what another daemon has begun is not lost.
    """
    try:
        records = await memory.load()
    except OSError as error:
        tell("trouble", f"the journal cannot be read, so nothing is remembered: {error}")
        return ()
    return [*await deeds.recall(records), *await words.recall(records)]


def untold_words(record: Record, at: float, now: datetime) -> NewsCame:
    """Of what was said to an earlier daemon, which was killed before that was over."""
    words = " ".join(str(record.get("heard", "")).split())
    short = words if len(words) <= _WORDS else f"{words[: _WORDS - 1]}…"
    what = f'"{short}"' if short else "something"
    done = "" if record.get("acted") else "; nothing was done about it"
    text = f"{ago(record, now)} you said {what}, and I was ended before that was over{done}"
    return NewsCame(at=at, about=str(record["lost"]), text=text, lasts=True)


def untold(record: Record, at: float, now: datetime) -> NewsCame:
    """Of a write of an earlier daemon, whose end the person was not told: news that lasts.

    Or of words that came to no end with it.

    It says how long ago that was, counted to ``now``, which is aware of its zone.

    What the person had confirmed may have been a screen's wish, so its words stay out of what a
    model is told.
    """
    if record.get("lost"):
        return untold_words(record, at, now)
    shown, name = json.dumps(record.get("arguments")), str(record.get("name"))
    given = "{}" if record.get("confirmed") else shown
    say = _say_ended if record.get("state") == Step.ENDED else _say_unknown
    result = without_screens(str(record.get("result", "")))
    return NewsCame(
        at=at,
        about=str(record["call_id"]),
        text=say(ToolCall("", name, shown), result, ago(record, now)),
        fenced=say(ToolCall("", name, given), result, ago(record, now)),
        lasts=True,
    )


def _say_ended(_: ToolCall, result: str, when: str) -> str:
    return f"{when}, before I was ended: {result}"


def _say_unknown(call: ToolCall, result: str, when: str) -> str:
    why = ", as I was ended meanwhile" if result == LOST else ""
    return f"it is not known whether this was done {when}{why}: {describe(call)}"
