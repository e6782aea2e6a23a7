"""A turn as the journal keeps it, as ``ask`` answers it and as ``history --json`` prints it."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from teamvoice.conversation.turn import DoneCall, Turn

ASK_LIMIT = 8000  # characters of a typed turn


def turn_record(turn: Turn, ended: datetime, cost_usd: float | None = None) -> dict[str, Any]:
    """The record of a turn.

    ::

        {"kind": "turn", "time": "2026-01-31T09:30:00+00:00", "number": 7,
         "heard": "tell the developer to rest", "typed": false,
         "calls": [{"name": "send_message", "arguments": {"member": "developer", "text": "rest"},
                    "result": "Submitted to the developer.", "ms": 21}],
         "spoken": "Submitted to the developer.", "outcome": "answered", "trouble": "",
         "ms": {"held": 1800, "commit": 12, "answer": 510, "sound": 540, "total": 3900},
         "usage": [{"text_in": 31, …}], "cost_usd": 0.0041}

    One that told news, which nobody asked for, is of the kind ``news`` and has them in ``news``.

    Args:
        turn: The turn.
        ended: When it was over; aware of its time zone.
        cost_usd: What it cost; None when that is not known.
    """
    record = {
        "kind": "turn",
        "time": ended.isoformat(timespec="seconds"),
        "number": turn.number,
        "heard": turn.heard,
        "typed": turn.typed,
        "calls": [_call(done) for done in turn.calls],
        "spoken": turn.spoken,
        "outcome": turn.outcome,
        "trouble": turn.trouble,
        "ms": dict(turn.ms),
        "usage": [asdict(usage) for usage in turn.usage],
        "cost_usd": cost_usd,
    }
    return {**record, "kind": "news", "news": turn.news} if turn.news else record


def _call(done: DoneCall) -> dict[str, Any]:
    return {
        "name": done.call.name,
        "arguments": _arguments(done.call.arguments),
        "result": done.output,
        "ms": done.ms,
    }


def _arguments(raw: str) -> Any:
    """The arguments as they were meant, or the text itself when it is not JSON."""
    try:
        return json.loads(raw)
    except ValueError:
        return raw
