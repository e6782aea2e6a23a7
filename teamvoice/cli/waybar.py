"""The status as Waybar's custom modules take it (``"return-type": "json"``).

::

    {"text": "link up · key ready · 1 working", "tooltip": "developer: working", "alt": "working",
     "class": ["working"], "percentage": 0}

``alt`` is one word, for ``format-icons``, that of the first of these which holds: ``off`` (there
is no daemon, nor a service that waits to be one), ``listening``, ``speaking``, ``confirm`` (a write
waits for your confirmation), ``trouble``, ``muted``, ``quiet`` (the voice is), ``waiting``
(somebody waits for you), ``working``, ``idle``. Where the microphone is open all the time
(``teamvoice chat``), ``listening`` comes last, so that the others are seen. ``class`` has all that
hold, for a style sheet. ``text`` and ``tooltip`` are Pango markup with nothing marked up: what
stands in them is shown as it is.

``percentage`` is how much of the day's limit is spent, 0 when there is none.
"""

from __future__ import annotations

from html import escape
from typing import Any

from teamvoice.cli.output import plain
from teamvoice.service.manager import WAITING

Status = dict[str, Any]

OFF: Status = {
    "text": "teamvoice off",
    "tooltip": "no daemon runs: teamvoice run",
    "alt": "off",
    "class": ["off"],
    "percentage": 0,
}

HANGS: Status = {
    "text": "teamvoice does not answer",
    "tooltip": "the daemon hangs: end it, and start it again",
    "alt": "trouble",
    "class": ["trouble"],
    "percentage": 0,
}

_LINK_FINE = ("up", "idle", "connecting", "ending")  # idle: it is made when it is needed
_KEY_FINE = ("ready", "starting", "off")  # off: only the socket is asked for
_NO_KEY = "hotkey: unavailable"  # told, and no trouble: a binding of the desktop's serves as key,
_WANTED = "as configured"  # unless this is why that one was to be watched
_SAY_WHY = ("microphone", "speaker", "settings")  # they have a reason where something is wrong


def waybar(status: Status) -> Status:
    """The status of a daemon that runs."""
    words = [word for word, holds in _holding(status).items() if holds] or ["idle"]
    return {
        "text": _shown(status.get("line", "")),
        "tooltip": "\n".join(_shown(line) for line in _tooltip(status)),
        "alt": words[0],
        "class": words,
        "percentage": _percentage(status.get("cost", {})),
    }


def waiting(reason: str) -> Status:
    """A service that runs and cannot begin yet, and why."""
    return {
        "text": _shown(f"{WAITING}{reason}"),
        "tooltip": _shown(f"the service runs, and waits: {reason}"),
        "alt": "trouble",
        "class": ["trouble"],
        "percentage": 0,
    }


def _holding(status: Status) -> dict[str, bool]:
    """What may hold of it, the most urgent first."""
    kinds = {member.get("state") for member in status.get("members", ())}
    microphone = status.get("microphone", {})
    is_open = {"listening": microphone.get("state") == "open"}
    is_always_open = microphone.get("hands_free")
    wants_key = status.get("hotkey", {}).get("why") == _WANTED
    return {
        **({} if is_always_open else is_open),
        "speaking": _state(status, "speaker") == "playing",
        "confirm": bool(status.get("confirm")),
        "trouble": any(wants_key or not line.startswith(_NO_KEY) for line in _troubles(status)),
        "muted": bool(microphone.get("muted")),
        "quiet": bool(status.get("speaker", {}).get("quiet")),
        "waiting": "waiting" in kinds,
        "working": "working" in kinds,
        **(is_open if is_always_open else {}),
    }


def _troubles(status: Status) -> list[str]:
    """What is out of order, a line each."""
    parts = {"link": _LINK_FINE, "hotkey": _KEY_FINE}
    found = [
        f"{name}: {_state(status, name)} {status[name].get('reason', '')}".rstrip()
        for name, fine in parts.items()
        if name in status and _state(status, name) not in fine
    ]
    reasons = {name: status.get(name, {}).get("reason") for name in _SAY_WHY}
    found += [f"{name}: {reason}" for name, reason in reasons.items() if reason]
    if _state(status, "cost") == "spent":
        found.append("cost: the day's limit is reached")
    return found


def _tooltip(status: Status) -> list[str]:
    members = [
        f"{member.get('name', '?')}: {member.get('state', 'unknown')} {member.get('detail', '')}"
        for member in status.get("members", ())
    ]
    asked = [f"confirm: {what}" for what in status.get("confirm", ())]
    return [line.strip() for line in (*asked, *members, *_troubles(status))]


def _state(status: Status, part: str) -> str:
    return str(status.get(part, {}).get("state", ""))


def _percentage(cost: Status) -> int:
    limit = cost.get("cap_usd") or 0
    return min(100, round(100 * cost.get("day_usd", 0) / limit)) if limit else 0


def _shown(text: object) -> str:
    return escape(" ".join(plain(text).split()), quote=False)
