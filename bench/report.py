"""How every bench prints: a median with its spread, beside what it is held against."""

from __future__ import annotations

import statistics
from collections.abc import Sequence


def row(what: str, samples_ms: Sequence[float], reach: str, compared: str = "") -> str:
    """One line: what was measured, median, fastest and slowest in milliseconds, and the goal."""
    middle = statistics.median(samples_ms)
    line = f"{what}: median {middle:.1f} ms, {min(samples_ms):.1f} to {max(samples_ms):.1f} ms"
    line += f" over {len(samples_ms)}; to reach: {reach}"
    return f"{line}; {compared}" if compared else line
