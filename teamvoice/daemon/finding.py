"""What a check of the doctor's found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

Mark = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Args:
        name: The part.
        mark: ``ok``; ``warn``: a turn works without; ``fail``: it does not.
        detail: What was found, one line.
        mend: What to do, as exactly as can be told; empty when there is nothing to do.
    """

    name: str
    mark: Mark
    detail: str
    mend: str = ""

    def as_json(self) -> dict[str, str]:
        """For ``--json``."""
        return asdict(self)
