"""The daemon in one short line: for systemd's STATUS and for ``teamvoice status --line``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

_ORDER = ("working", "waiting", "idle")  # then what is out of order, by name


def status_line(
    link: str, key: str, microphone: str, members: Iterable[str], troubles: Iterable[str] = ()
) -> str:
    """For example ``link up · key ready · 2 working, 1 waiting``.

    Args:
        link: The state of the link.
        key: The state of the key.
        microphone: Its state, or ``muted``; not shown while it is closed, as it mostly is.
        members: The state of each member.
        troubles: What else is out of order, in a few words each; empty ones do not count.
    """
    parts = [f"link {link}", f"key {key}"]
    if microphone in {"open", "muted", "grace", "failed", "lost"}:
        parts.append(f"microphone {microphone}")
    counts = Counter(members)
    kinds = [*_ORDER, *sorted(set(counts) - set(_ORDER))]
    parts.append(", ".join(f"{counts[kind]} {kind}" for kind in kinds if counts[kind]))
    parts += troubles
    return " · ".join(part for part in parts if part)
