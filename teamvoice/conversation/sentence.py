"""Clauses as one sentence: pure."""

from __future__ import annotations


def sentence(*clauses: str) -> str:
    """``a``, ``b`` and ``c`` as "A; b; and c."; each may end in a full stop, or not."""
    *others, last = (clause.rstrip(".") for clause in clauses)
    text = f"{'; '.join(others)}; and {last}" if others else last
    return f"{text[:1].upper()}{text[1:]}" + ("" if text[-1:] in {"?", "!", "…"} else ".")
