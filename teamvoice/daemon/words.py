"""What the person said, written down as soon as it is known: its turn is only when it is over.

::

    said ──▶ said (with more words) ──▶ turn              the rule
      └────▶ turn: teamvoice ended before it was over     killed: written down by the next daemon
                └──▶ told                                 the person heard, or saw, that

So whatever kills this process, the next one says what was said to it, and that it came to no end.
It does not do it: it may have been done in part, and may not be meant any more.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime

from teamvoice.conversation.commands import NoteWords
from teamvoice.daemon.deeds import OLD_S
from teamvoice.daemon.records import Record, Step, age, lost_record, said_record, told_record


class Words:
    """Writes down what is said, and knows what an earlier daemon left without an end.

    Args:
        put: Takes a record that nobody waits for.
        write_down: Takes a record; returns when the kernel has it, or it cannot be written.
    """

    def __init__(
        self,
        put: Callable[[Record], object],
        write_down: Callable[[Record], Awaitable[object]],
    ) -> None:
        self._put = put
        self._write_down = write_down
        self._lost: set[str] = set()

    def note(self, words: NoteWords) -> None:
        """Something was said, or it is known what."""
        self._put(said_record(words, _now()))

    def leave(self, turn: int) -> None:
        """The words of a turn go to another conversation, which notes them itself."""
        self._put(said_record(NoteWords(turn, "", typed=False), _now()) | {"left": True})

    async def recall(self, records: Iterable[Record]) -> Sequence[Record]:
        """Learn from the journal which turns an earlier daemon did not end; they are written down.

        Returns:
            Those of which the person was not told, if that was within a day; again to the next
            daemon, until :meth:`told`.
        """
        known = list(records)
        fresh = [lost_record(said, _now(), acted=acted) for said, acted in _open(known)]
        for record in fresh:
            await self._write_down(record)
        heard = [record for record in known if record.get("kind") == "told"]
        told = {one for record in heard for one in record.get("call_ids", ())}
        lost = [r for r in [*known, *fresh] if r.get("lost") and r["lost"] not in told]
        self._lost |= {str(record["lost"]) for record in lost}
        now = datetime.now(UTC)
        return [record for record in lost if 0 <= age(record, now) <= OLD_S]

    def told(self, ids: Iterable[str]) -> None:
        """The person was told of lost turns; ids of anything else do not count."""
        if known := [one for one in ids if one in self._lost]:
            self._put(told_record(known, _now()))


def _open(records: Iterable[Record]) -> list[tuple[Record, bool]]:
    """What was said and has no turn; and whether a write was, or may have been, begun after it."""
    said: dict[int, Record] = {}
    acted: set[int] = set()
    for record in records:
        match record:
            case {"kind": "said", "number": number, "left": True}:
                said.pop(number, None)
            case {"kind": "said", "number": number, "late": False}:
                first = said.get(number, record)
                said[number] = {**record, "time": first.get("time")}
            case {"kind": "turn", "number": number}:
                said.pop(number, None)
                acted.discard(number)
            case {"kind": "call", "state": state} if state != Step.WAITING:
                acted |= said.keys()
            case {"kind": "gap"}:  # a write may be among what could not be written down
                acted |= said.keys()
    return [(record, number in acted) for number, record in said.items()]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
