"""A turn as the journal keeps it, as ``ask`` answers it and as ``history --json`` prints it.

And what the journal has before a turn is over: a call that writes, before it acts and after, and
what was spent, as soon as that is known.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from teamvoice.conversation.commands import NoteWords
from teamvoice.conversation.events import ToolCall, Transcribed, Usage
from teamvoice.conversation.turn import NOT_FINISHED, DoneCall, Turn
from teamvoice.daemon.cost import Tariff, known

ASK_LIMIT = 8000  # characters of a typed turn

Record = dict[str, Any]


class Step(enum.StrEnum):
    """How far a call that writes has come; ``daemon.deeds`` has the picture."""

    BEGUN = "begun"
    WAITING = "waiting"
    ENDED = "ended"
    UNCONFIRMED = "unconfirmed"


def turn_record(turn: Turn, ended: datetime, tariff: Tariff) -> dict[str, Any]:
    """The record of a turn that was over at ``ended``, aware of its time zone.

    ::

        {"kind": "turn", "time": "2026-01-31T09:30:00+00:00", "number": 7,
         "heard": "tell the developer to rest", "typed": false,
         "calls": [{"call_id": "call_8vHq@sess_3kPm", "name": "send_message",
                    "arguments": {"member": "developer", "text": "rest"},
                    "result": "Submitted to the developer.", "ms": 21}],
         "spoken": "Submitted to the developer.", "outcome": "answered", "trouble": "",
         "ms": {"held": 1800, "commit": 12, "answer": 510, "sound": 540, "total": 3900},
         "sent_ms": 1400, "provider": "openai", "model": "gpt-realtime-2.1", "transcriber": "…",
         "usage": [{"text_in": 31, "audio_in": 14, "cached_text_in": 0, …}],
         "transcribed": [{"text_in": 0, "audio_in": 14, "text_out": 6, "seconds": null}],
         "dollars": {"text_in": 0.0001, …, "audio_out": 0.0038, "transcription": 0.0001},
         "cost_usd": 0.0041, "itemised": true}

    ``usage`` has an entry for each response. Its tokens that went in include the cached ones; the
    dollars do not. Dollars that are not known are null, and the sum with them. ``itemised``: all of
    it has a :func:`spent_record` too, and those are summed up. The transcriber is empty where none
    was asked for: the offline server has its own ears. One that told news, which nobody asked for,
    is of the kind ``news`` and has them in ``news``.
    """
    record = {
        "kind": "news" if turn.news else "turn",
        "time": ended.isoformat(timespec="seconds"),
        "number": turn.number,
        "heard": turn.heard,
        "typed": turn.typed,
        "calls": [_call(done) for done in turn.calls],
        "spoken": turn.spoken,
        "outcome": turn.outcome,
        "trouble": turn.trouble,
        "ms": dict(turn.ms),
        "sent_ms": turn.sent_ms,
        **_cost(turn.usage, turn.transcribed, tariff),
        "itemised": True,
    }
    return {**record, "news": turn.news} if turn.news else record


def spent_record(
    usage: Sequence[Usage], transcribed: Sequence[Transcribed], at: datetime, tariff: Tariff
) -> Record:
    """The record of what one response or one transcription took, and when that was told.

    ::

        {"kind": "spent", "time": "2026-01-31T09:29:58+00:00", "provider": "openai", …,
         "usage": […], "transcribed": [], "dollars": {…}, "cost_usd": 0.0038}
    """
    time = at.astimezone(UTC).isoformat(timespec="seconds")
    return {"kind": "spent", "time": time, **_cost(usage, transcribed, tariff)}


def _cost(
    usages: Sequence[Usage], transcribed: Sequence[Transcribed], tariff: Tariff
) -> dict[str, Any]:
    dollars = tariff.dollars(usages, transcribed)
    return {
        "provider": tariff.provider,
        "model": tariff.model,
        "transcriber": tariff.transcriber,
        "usage": [asdict(usage) for usage in usages],
        "transcribed": [asdict(one) for one in transcribed],
        "dollars": dollars,
        "cost_usd": known(dollars.values()),
    }


def call_record(call: ToolCall, state: Step, time: str, *, confirmed: bool) -> Record:
    """The record of a call that writes, before it acts; after it, with ``result`` and ``ms``.

    ::

        {"kind": "call", "time": "2026-01-31T09:30:00+00:00", "state": "begun",
         "call_id": "call_8vHq@sess_3kPm", "name": "send_message",
         "arguments": {"member": "developer", "text": "rest"}, "confirmed": false}
    """
    return {
        "kind": "call",
        "time": time,
        "state": state.value,
        "call_id": call.call_id,
        "name": call.name,
        "arguments": _arguments(call.arguments),
        "confirmed": confirmed,
    }


def hand_record(name: str, arguments: Record, result: str, at: datetime) -> Record:
    """The record of what a person did from a face, by hand and not by voice.

    ::

        {"kind": "hand", "time": "2026-01-31T09:30:00+00:00", "name": "answer",
         "arguments": {"member": "developer", "choice": "1 Yes"},
         "result": "Answered the developer."}
    """
    time = at.isoformat(timespec="seconds")
    return {"kind": "hand", "time": time, "name": name, "arguments": arguments, "result": result}


def said_record(words: NoteWords, time: str) -> Record:
    """What was said in a turn, as far as it is known and before that is over.

    ::

        {"kind": "said", "time": "2026-01-31T09:29:57+00:00", "number": 7,
         "heard": "tell the developer to rest", "typed": false, "late": false}

    ``late``: it is the rest of a turn that was written down before. ``"left": true``: the words of
    the turn go to the next conversation of this daemon, and it has no end of its own.
    """
    return {
        "kind": "said",
        "time": time,
        "number": words.turn,
        "heard": words.heard,
        "typed": words.typed,
        "late": words.late,
    }


def lost_record(said: Record, time: str, *, acted: bool) -> Record:
    """The turn of what was said to a daemon that was killed before it was over.

    Args:
        said: The last record of it, with the time of the first.
        time: Now.
        acted: A write was begun after it.
    """
    began = said.get("time")
    return {
        "kind": "turn",
        "time": time,
        "began": began,
        "number": said.get("number"),
        "heard": said.get("heard", ""),
        "typed": bool(said.get("typed")),
        "calls": [],
        "outcome": "failed",
        "trouble": "teamvoice ended before it was over",
        "lost": f"turn-{said.get('number')}@{began}",
        "acted": acted,
        "itemised": True,
    }


def told_record(call_ids: Sequence[str], time: str) -> Record:
    """That the person was told what became of calls: ``{"kind": "told", "call_ids": […], …}``."""
    return {"kind": "told", "time": time, "call_ids": list(call_ids)}


def age(record: Record, now: datetime) -> float:
    """How long ago it began, in seconds; below zero when it has no time that can be read."""
    began = record.get("began") or record.get("time")
    try:
        return max(0.0, (now - datetime.fromisoformat(str(began))).total_seconds())
    except (ValueError, TypeError):
        return -1.0


def is_step(record: Record) -> bool:
    """A record that is not to be shown: what something later tells, or what is for us alone."""
    if _is_ours(record):
        return True
    return record.get("kind") == "call" and record.get("state") != Step.UNCONFIRMED


def worth_showing(newest_first: Iterable[Record]) -> Iterator[Record]:
    """The records without those that others tell: of a call its last, of a turn's calls none.

    From the last one to the first, as they are given: what tells of a call comes after it.
    """
    told = set()
    for record in newest_first:
        calls = record.get("calls", ())
        told |= {c.get("call_id") for c in calls if c.get("result") != NOT_FINISHED}
        if record.get("kind") != "call":
            if not _is_ours(record):
                yield record
        elif record.get("call_id") not in told:
            told.add(record.get("call_id"))
            yield record


def _is_ours(record: Record) -> bool:
    """It is never shown: a turn tells it, or it is for us alone."""
    kind = record.get("kind")
    return kind in {"told", "spent"} or (kind == "said" and not record.get("late"))


def _call(done: DoneCall) -> dict[str, Any]:
    return {
        "call_id": done.call.call_id,
        "name": done.call.name,
        "arguments": _arguments(done.call.arguments),
        "result": done.output,
        "ms": done.ms,
    }


def _arguments(raw: str) -> Any:
    """The arguments as they were meant, or the text itself when it is not JSON."""
    try:
        return _whole(json.loads(raw))
    except (ValueError, RecursionError):  # no JSON, or nested so deep that it may as well be none
        return _whole(raw)


def _whole(value: Any) -> Any:
    """The value without halves of characters, which an escape can write and no file takes."""
    match value:
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case dict():
            return {_whole(name): _whole(inner) for name, inner in value.items()}
        case list():
            return [_whole(inner) for inner in value]
    return value
