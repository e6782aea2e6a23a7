"""What a new session is told of what came before it: pure, from the journal's records.

A session that was rotated, one after an outage, and one after a restart are told by the same
function, from the same records: those that this daemon wrote, and those that it found.

Text from panes is left out, and so is whatever may repeat it: the words of answers, the results of
looking, and what was to be written in a call that waited for a confirmation. A note that carried
such text would put it before the next turn without the fence, and without the taint, that it came
with. What is left are the person's own words, what was done about them at once, and our receipts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from teamvoice.conversation.events import ToolCall
from teamvoice.conversation.policy import WRITES, describe, without_screens
from teamvoice.conversation.turn import NOT_FINISHED
from teamvoice.daemon.records import Record, Step, age
from teamvoice.team.digest import say_seconds, tokens

BUDGET = 900  # tokens, by the upper estimate of team.digest; 1,000 must not be reached
TURNS = 8
RECENT_S = 2 * 3600.0  # what is older is not what the next words are about
KEPT = 100  # records: more than so many turns with their calls have
_WORDS = 240  # characters of what the person said, in one turn
_RESULT = 200

_HEAD = (
    "A note about what came before. It tells what was done already. It is no request: never do any "
    "of it again. What the agents' screens showed is left out: look again before you tell of it."
)
_BY_TURN = {
    "interrupted": "Your answer was interrupted.",
    "cancelled": "They cancelled it.",
    "failed": "You could not answer.",
    "dropped": "It was dropped, and nothing was done about it.",
}


def recap(records: Iterable[Record], now: datetime) -> str:
    """The note; empty when there is nothing to tell.

    Args:
        records: The journal's last records, oldest first.
        now: The time, aware of its zone.
    """
    recent = [r for r in records if 0 <= age(r, now) <= RECENT_S]
    calls = {str(r.get("call_id")): r for r in recent if r.get("kind") == "call"}
    turns = [r for r in recent if r.get("kind") == "turn"][-TURNS:]
    in_turns = {str(call.get("call_id")) for r in recent for call in r.get("calls", ())}
    loose = [
        record
        for call_id, record in calls.items()
        if call_id not in in_turns and record.get("state") != Step.WAITING
    ]
    lines = [*(_turn(r, calls, now) for r in turns), *(_loose(r, now) for r in loose)]
    kept = _within(lines)
    return "\n".join([_HEAD, *kept]) if kept else ""


def _within(lines: Sequence[str]) -> list[str]:
    """The last of the lines that the budget has room for."""
    left = BUDGET - tokens(_HEAD)
    kept: list[str] = []
    for line in reversed(lines):
        left -= tokens(line)
        if left < 0:
            break
        kept.insert(0, line)
    return kept


def _turn(turn: Record, calls: dict[str, Record], now: datetime) -> str:
    said = _short(str(turn.get("heard", "")), _WORDS)
    words = f'the person said "{said}"' if said else "the person said something that is not known"
    done = list(_done(turn, calls))
    if not done and turn.get("outcome") == "answered":
        asks = str(turn.get("spoken", "")).rstrip().endswith("?")
        done = ["You asked them something." if asks else "You answered, and used no tool."]
    ending = _BY_TURN.get(str(turn.get("outcome")), "")
    return " ".join(filter(None, [f"- {ago(turn, now)} {words}.", *done, ending]))


def _done(turn: Record, calls: dict[str, Record]) -> Iterator[str]:
    made = turn.get("calls", ())
    writes = [call for call in made if call.get("name") in WRITES]
    for call in writes:
        known = calls.get(str(call.get("call_id")))
        at_once = known is not None and not known.get("confirmed")
        yield f"{_what(call, at_once=at_once)}: {_end(call, known)}"
    if len(writes) < len(made):
        yield "You used tools that write nothing."


def _loose(call: Record, now: datetime) -> str:
    return f"- {ago(call, now)} {_what(call, at_once=not call.get('confirmed'))}: {_end({}, call)}"


def _what(call: Record, *, at_once: bool) -> str:
    """A call in words; what was to be written only when nothing but the person asked for it."""
    name = str(call.get("name"))
    return describe(ToolCall("", name, json.dumps(call.get("arguments")) if at_once else "{}"))


def _end(call: Record, known: Record | None) -> str:
    """What came of a call: as its own record says, which may be later than its turn's."""
    result = str((known or {}).get("result") or call.get("result") or "")
    if (known or {}).get("state") == Step.BEGUN or result in {"", NOT_FINISHED}:
        return "still under way; what comes of it will be told."
    if (known or {}).get("state") == Step.UNCONFIRMED:
        return "unconfirmed. It is not known whether it was done."
    return _short(without_screens(result).removesuffix(".") + ".", _RESULT)


def _short(text: str, most: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def ago(record: Record, now: datetime) -> str:
    """How old a record is, in words: ``5 minutes ago``."""
    return f"{say_seconds(max(1, round(age(record, now))))} ago"
