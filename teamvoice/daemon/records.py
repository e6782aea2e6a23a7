"""A turn as the journal keeps it, as ``ask`` answers it and as ``history --json`` prints it."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from teamvoice.conversation.turn import DoneCall, Turn
from teamvoice.daemon.cost import Tariff, known

ASK_LIMIT = 8000  # characters of a typed turn


def turn_record(turn: Turn, ended: datetime, tariff: Tariff) -> dict[str, Any]:
    """The record of a turn.

    ::

        {"kind": "turn", "time": "2026-01-31T09:30:00+00:00", "number": 7,
         "heard": "tell the developer to rest", "typed": false,
         "calls": [{"name": "send_message", "arguments": {"member": "developer", "text": "rest"},
                    "result": "Submitted to the developer.", "ms": 21}],
         "spoken": "Submitted to the developer.", "outcome": "answered", "trouble": "",
         "ms": {"held": 1800, "commit": 12, "answer": 510, "sound": 540, "total": 3900},
         "sent_ms": 1400, "provider": "openai", "model": "gpt-realtime-2.1",
         "transcriber": "gpt-transcribe",
         "usage": [{"text_in": 31, "audio_in": 14, "cached_text_in": 0, …}],
         "transcribed": [{"text_in": 0, "audio_in": 14, "text_out": 6, "seconds": null}],
         "dollars": {"text_in": 0.0001, …, "audio_out": 0.0038, "transcription": 0.0001},
         "cost_usd": 0.0041}

    ``usage`` has an entry for each response. Its tokens that went in include the cached ones; the
    dollars do not. Dollars that are not known are null, and the sum with them.
    One that told news, which nobody asked for, is of the kind ``news`` and has them in ``news``.

    ``ended`` is when it was over; aware of its time zone.
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
        **_cost(turn, tariff),
    }
    return {**record, "kind": "news", "news": turn.news} if turn.news else record


def _cost(turn: Turn, tariff: Tariff) -> dict[str, Any]:
    dollars = tariff.dollars(turn.usage, turn.transcribed)
    return {
        "sent_ms": turn.sent_ms,
        "provider": tariff.provider,
        "model": tariff.model,
        "transcriber": tariff.transcriber,
        "usage": [asdict(usage) for usage in turn.usage],
        "transcribed": [asdict(one) for one in turn.transcribed],
        "dollars": dollars,
        "cost_usd": known(dollars.values()),
    }


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
