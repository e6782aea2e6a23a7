"""A turn on the screen, as ``ask`` and ``history`` show it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from rich.text import Text

from teamvoice.cli.output import plain

Record = dict[str, Any]


def turn_text(turn: Record) -> Text:
    """A turn: when and what was said, what was done and what became of it, what was answered.

    News is told likewise, with what was new in the place of what was said.
    """
    text = Text()
    text.append(_clock(turn.get("time", "")), style="dim")
    text.append(f"  {_asked(turn)}\n", style="bold")
    for call in turn.get("calls", ()):
        text.append_text(call_text(call))
    if turn.get("spoken"):
        text.append(f"          voice: {plain(turn['spoken'])}\n")
    if turn.get("trouble") and not _is_without_words(turn):
        text.append(f"          trouble: {plain(turn['trouble'])}\n", style="red")
    text.append(f"          {figures(turn)}", style="dim")
    return text


def call_text(call: Record) -> Text:
    """A tool call and its result."""
    text = Text(f"          {plain(call.get('name', '?'))}({_arguments(call)})", style="cyan")
    text.append(f"\n            → {_inline(call.get('result', ''))}\n", style="default")
    return text


def figures(turn: Record) -> str:
    """The outcome, the latencies that were measured, and the cost when it is known."""
    parts = [plain(turn.get("outcome", "?"))]
    parts += [f"{plain(name)} {value} ms" for name, value in turn.get("ms", {}).items()]
    if turn.get("cost_usd"):  # nothing is charged for the offline provider
        parts.append(f"${turn['cost_usd']:.4f}")
    return ", ".join(parts)


def record_text(record: Record) -> Text:
    """Any record of the journal; those of unknown kinds are shown as they are."""
    match record.get("kind"):
        case "turn" | "news":
            return turn_text(record)
        case "call":
            when = _clock(record.get("time", ""))
            text = Text(f"{when}  {plain(record.get('state'))}\n", style="bold")
            return text.append_text(call_text(record))
        case "hand":
            text = Text(f"{_clock(record.get('time', ''))}  by hand\n", style="bold")
            return text.append_text(call_text(record))
        case "said":
            when = _clock(record.get("time", ""))
            return Text(f"{when}  what was said before: {plain(record.get('heard'))}", style="bold")
        case "gap":
            when = _clock(record.get("time", ""))
            return Text(f"{when}  {record.get('missed')} records are missing here", style="red")
    return Text(plain(json.dumps(record, ensure_ascii=False)), style="dim")


def day_text(record: Record) -> str:
    """The day of a record, such as ``Saturday 2026-01-31``; empty when it is not told."""
    try:
        return datetime.fromisoformat(record.get("time", "")).astimezone().strftime("%A %Y-%m-%d")
    except ValueError:
        return ""


def _asked(turn: Record) -> str:
    if turn.get("kind") == "news":
        return f"news: {_inline(turn.get('news', ''))}"
    how = "you (typed)" if turn.get("typed") else "you"
    if _is_without_words(turn):
        is_cancelled = turn.get("outcome") == "cancelled"
        unknown = "cancelled before it was understood" if is_cancelled else "nothing was understood"
        why = _inline(turn.get("trouble") or unknown)
        return f"{how}: ({why})"
    return f"{how}: {plain(turn['heard'])}"


def _is_without_words(turn: Record) -> bool:
    return turn.get("kind") != "news" and not turn.get("heard")


def _arguments(call: Record) -> str:
    arguments = call.get("arguments", {})
    if not isinstance(arguments, dict):
        return _inline(arguments)
    return ", ".join(
        f"{name}={_inline(json.dumps(value, ensure_ascii=False))}"
        for name, value in arguments.items()
    )


def _inline(value: object) -> str:
    return " / ".join(plain(value).splitlines())


def _clock(time: str) -> str:
    try:
        return datetime.fromisoformat(time).astimezone().strftime("%H:%M:%S")
    except ValueError:
        return "--:--:--"
