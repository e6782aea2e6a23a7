"""Writes, each at most once: written down before it acts and after, by the id of its call.

::

    (new) ──▶ begun ──┬──▶ ended          with its receipt
                      ├──▶ waiting        nothing was done: the person has to confirm it ──▶ begun
                      └──▶ unconfirmed    teamvoice ended meanwhile, or the tool broke

    ended, unconfirmed ──▶ told           the person heard, or saw, what came of it

``begun`` is in the kernel's hands before anything is typed. So whatever kills this process, the
next one knows what was begun; it never does that again, and says that nobody knows what came of it.

When the journal cannot be written, the write is done all the same: a person with a full disk would
be mute otherwise. The journal says so once. What is lost is the memory of it after a crash; within
this process no call is repeated in any case.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any, Self

import structlog

from teamvoice.conversation.events import ToolCall
from teamvoice.conversation.policy import WRITES
from teamvoice.conversation.turn import NOT_FINISHED
from teamvoice.daemon.records import Step, age, call_record, told_record
from teamvoice.errors import NeedsConfirmation

_log = structlog.get_logger(__name__)

Record = dict[str, Any]
Tools = Callable[[str, str, bool], Awaitable[str]]

OLD_S = 24 * 3600.0  # what was done longer ago is in the history, and not told any more
_MOST = 10_000  # calls that are known; then the oldest is forgotten

FAILED = "The tool failed, and it is not known whether anything was done."
LOST = "It is not known whether this was done: teamvoice ended while it was under way."
_AGAIN = "Not done again: a call with this id was carried out already."
_ANOTHER = "Not done: its id is that of another call, which came before. Ask for it again."
_RUNS = "Not done again: a call with this id is being carried out."


class Deeds:
    """Runs tools, as an async context manager: what was begun is seen to its end before it is left.

    Args:
        tools: Calls a tool by name with JSON arguments, and whether the person has confirmed it.
        write_down: Takes a record; returns when the kernel has it, or it cannot be written.
    """

    def __init__(self, tools: Tools, write_down: Callable[[Record], Awaitable[object]]) -> None:
        self._tools = tools
        self._write_down = write_down
        self._last: dict[str, Record] = {}  # of each call that writes, what was written down last
        self._tasks = asyncio.TaskGroup()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self._tasks)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()  # what ended the body is not the deeds'

    async def recall(self, records: Iterable[Record]) -> Sequence[Record]:
        """Learn what an earlier daemon did, from its journal.

        What it had begun and did not end is written down now as ``unconfirmed``.

        Returns:
            The last record of each call of which the person was not told what became of it, if
            that was within a day. Each is returned again to the next daemon, until :meth:`told`.
        """
        known = list(records)
        calls = [r for r in known if r.get("kind") == "call" and "call_id" in r]
        self._last |= {str(record["call_id"]): record for record in calls}
        open_ended = [r for r in self._last.values() if r.get("state") == Step.BEGUN]
        lost = [
            {
                **record,
                "began": record.get("time"),
                "time": _now(),
                "state": Step.UNCONFIRMED.value,
                "result": LOST,
                "ms": 0,
            }
            for record in open_ended
        ]
        for record in lost:
            await self._note(record)
        told = set(_told(known))
        over = {Step.ENDED, Step.UNCONFIRMED}
        untold = [r for i, r in self._last.items() if r.get("state") in over and i not in told]
        now = datetime.now(UTC)
        return [record for record in untold if 0 <= age(record, now) <= OLD_S]

    async def told(self, call_ids: Iterable[str]) -> None:
        """The person was told what became of calls; ids of anything else do not count."""
        if known := [call_id for call_id in call_ids if call_id in self._last]:
            await self._write_down(told_record(known, _now()))

    async def call(self, call: ToolCall, confirmed: bool) -> str:
        """Call a tool; a write only if it was not begun before.

        Raises:
            NeedsConfirmation: The person must confirm it first; nothing was done.
        """
        if call.name not in WRITES:
            return await self._tools(call.name, call.arguments, confirmed)
        begun = call_record(call, Step.BEGUN, _now(), confirmed=confirmed)
        if refusal := self._refusal(begun):
            _log.warning("a call came twice", call_id=call.call_id, tool=call.name)
            return refusal
        self._last[call.call_id] = begun  # before anything is awaited
        # A task of ours: whoever waits for it may be cancelled, and it still ends, and is noted.
        outcome = await asyncio.shield(self._tasks.create_task(self._carry_out(call, begun)))
        if isinstance(outcome, NeedsConfirmation):
            raise outcome
        return outcome

    def _refusal(self, asked: Record) -> str:
        call_id = asked["call_id"]
        last = self._last.get(call_id) if call_id else None  # without an id none is known again
        match last and last.get("state"):
            case None | Step.WAITING:
                return ""
            case _ if last and any(last.get(k) != asked[k] for k in ("name", "arguments")):
                return _ANOTHER  # whose receipt would not be this one's
            case Step.BEGUN:
                return _RUNS
        return f"{_AGAIN} {last.get('result', '') if last else ''}".strip()

    async def _carry_out(self, call: ToolCall, begun: Record) -> str | NeedsConfirmation:
        clock = asyncio.get_running_loop().time
        since = clock()

        async def end(state: Step, result: str) -> None:
            ms = round((clock() - since) * 1000)
            ended = {"time": _now(), "state": state.value, "result": result, "ms": ms}
            await self._note({**begun, **ended})

        await self._note(begun)
        try:
            output = await self._tools(call.name, call.arguments, bool(begun["confirmed"]))
        except NeedsConfirmation as ask:
            await end(Step.WAITING, "")
            return ask
        except asyncio.CancelledError:
            await end(Step.UNCONFIRMED, LOST)
            raise
        except Exception:  # noqa: BLE001 - a faulty tool must be answered like any other
            _log.exception("a tool failed", tool=call.name)
            await end(Step.UNCONFIRMED, FAILED)
            return FAILED
        await end(Step.ENDED, output)
        return output

    async def _note(self, record: Record) -> None:
        self._last[str(record["call_id"])] = record
        if len(self._last) > _MOST:
            del self._last[next(iter(self._last))]
        await self._write_down(record)


def _told(records: Iterable[Record]) -> Iterator[str]:
    """The calls of which the person was told: so it is marked, or they heard the whole answer."""
    for record in records:
        match record.get("kind"):
            case "told":
                yield from record.get("call_ids", ())
            case "turn" if record.get("outcome") == "answered":
                calls = [c for c in record.get("calls", ()) if c.get("result") != NOT_FINISHED]
                yield from (str(call.get("call_id")) for call in calls)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
