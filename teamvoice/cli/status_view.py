"""What ``teamvoice status`` shows of the daemon's status.

The status is the daemon's, and passes through ``--json`` untouched::

    {"version": "0.1.0", "pid": 4711, "uptime_s": 3600,
     "line": "link up · key ready · 1 working", "settings": {"state": "in force", "reason": ""},
     "link": {"state": "up", "provider": "openai", "model": "gpt-realtime-2.1", "reason": ""},
     "hotkey": {"state": "ready", "backend": "portal", "why": "chosen for a Wayland session",
                "source": "F9 by the desktop's portal", "key": "<f9>", "mode": "hold",
                "reason": ""},
     "session": {"state": "open", "reason": ""}, "notices": {"state": "ready", "reason": ""},
     "microphone": {"state": "closed", "hands_free": false, "device": "pulse", "muted": false,
                    "reason": ""},
     "speaker": {"state": "silent", "device": "pulse, closed", "quiet": false, "reason": ""},
     "members": [{"name": "developer", "state": "working", "source": "screen", "age_s": 2.5,
                  "pane": "%3", "detail": ""}],
     "cost": {"day": "2026-01-31", "day_usd": 0.42, "cap_usd": 2.0, "state": "",
              "prices_known": true},
     "confirm": ["send message: pm: rm -r build"], "confirm_by": "tap the key",
     "turn": {…}}

``state`` is a word for people; ``age_s`` is how long ago the member was looked at; ``reason``
and ``detail`` are one line, or empty. ``hands_free``: the microphone is open all the time, or it
is ``lost``, and ``reason`` says why. ``confirm`` is what waits for the person's confirmation, a
line each, and ``confirm_by`` what they do to confirm. ``turn`` is the last turn as the journal
keeps it, or null. ``day_usd`` are the dollars of the day, as far as their prices are known;
``cap_usd`` is 0 for no limit, and ``state`` is ``spent`` once it is reached. What is absent is not
shown.
"""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from teamvoice.cli.output import plain
from teamvoice.cli.turns import turn_text

Status = dict[str, Any]

_STYLES = {
    **dict.fromkeys(("up", "ready", "idle", "open"), "green"),
    **dict.fromkeys(("waiting", "connecting", "starting", "unknown", "muted", "away"), "yellow"),
    **dict.fromkeys(("quiet", "grace"), "yellow"),
    **dict.fromkeys(("down", "stopped", "failed", "lost", "unavailable", "refused"), "red"),
    **dict.fromkeys(("dead", "missing", "shell"), "red"),
    "working": "cyan",
}
_PARTS = ("link", "hotkey", "session", "microphone", "speaker", "notices")


def show(status: Status, console: Console) -> None:
    """The whole picture, for a person."""
    for part in _PARTS:
        if part in status:
            console.print(_part_text(part, status[part]))
    if "cost" in status:
        console.print(_cost_text(status["cost"], status.get("turn") or {}))
    if (settings := status.get("settings", {})).get("reason"):
        console.print(_part_text("settings", settings))
    for what in status.get("confirm", ()):
        text = Text(f"{'confirm':<12}").append(plain(what), style="bold yellow")
        console.print(text.append(f"  {plain(status.get('confirm_by', ''))}", style="dim"))
    if _members(status):
        console.print(_members_table(status))
    turn = status.get("turn")
    console.print(turn_text(turn) if turn else Text("no turn yet", style="dim"))


def _part_text(name: str, part: Status) -> Text:
    switched = next((word for word in ("muted", "quiet") if part.get(word)), "")
    state = switched or plain(part.get("state", "unknown"))
    text = Text(f"{name:<12}")
    text.append(state, style=_STYLES.get(state, "default"))
    known = [
        plain(part[key])
        for key in ("provider", "model", "backend", "key", "device")
        if part.get(key)
    ]
    text.append(f"  {' '.join(known)}" if known else "", style="dim")
    about = [plain(part[key]) for key in ("source", "why") if part.get(key)]
    text.append(f"  {', '.join(about)}" if about else "", style="dim")
    text.append(f"  {plain(part['reason'])}" if part.get("reason") else "")
    return text


def _cost_text(cost: Status, turn: Status) -> Text:
    text = Text(f"{'cost':<12}")
    limit = f" of ${cost['cap_usd']:.2f}" if cost.get("cap_usd") else ""
    is_spent = cost.get("state") == "spent"
    text.append(
        f"${cost.get('day_usd', 0):.2f}{limit} today", style="red" if is_spent else "default"
    )
    if turn.get("cost_usd"):
        text.append(f"  last turn ${turn['cost_usd']:.4f}", style="dim")
    text.append("  the limit is reached" if is_spent else "")
    text.append("" if cost.get("prices_known", True) else "  as far as known: docs/costs.md")
    return text


def _members_table(status: Status) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("member", "state", "seen", "in", "pane", ""):
        table.add_column(heading)
    for member in _members(status):
        state = plain(member.get("state", "unknown"))
        table.add_row(
            Text(plain(member.get("name", "?"))),
            Text(state, style=_STYLES.get(state, "default")),
            Text(_age(member.get("age_s"))),
            Text(plain(member.get("source", ""))),
            Text(plain(member.get("pane", ""))),
            Text(plain(member.get("detail", ""))),
        )
    return table


def _members(status: Status) -> list[Status]:
    members: list[Status] = status.get("members", [])
    return members


def _age(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds:.0f} s ago" if seconds < 120 else f"{seconds / 60:.0f} min ago"
