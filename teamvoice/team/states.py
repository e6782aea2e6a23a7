"""The states of a member, each with who says so."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any

from teamvoice.team.questions import Question


class Kind(enum.StrEnum):
    """The states of a member."""

    IDLE = "idle"
    WORKING = "working"
    WAITING = "waiting"
    SHELL = "shell"
    DEAD = "dead"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class State:
    """A state with who says so and when.

    Args:
        kind: The state.
        source: ``tmux``, ``process``, ``native`` (the agent's own files), ``title``, ``screen``,
            or ``ssh`` when another machine cannot be reached.
        seen_at: Monotonic seconds.
        detail: The open question of ``waiting``; else what ``unknown`` or ``shell`` is instead, or
            how to mend that somebody is ``missing``; with the source ``ssh``, why that is so.
        question: That question, understood; ``None`` when it cannot be read surely.
        since: When it began, monotonic; ``None`` where nobody tells.
        settled: It has lasted, or needs not to: see ``steady``. Idle that is not settled may be a
            pause between two steps.
        looks: Of ``unknown``: by which its screen is known again.
        program: What tells the pane, and the program that it was started with, from any other one;
            empty when it was seen in none.
    """

    kind: Kind
    source: str
    seen_at: float
    detail: str = ""
    question: Question | None = None
    since: float | None = None
    settled: bool = True
    looks: str = field(default="", compare=False)
    program: str = field(default="", compare=False)

    def is_of_another(self, program: str) -> bool:
        """It was seen of another program than that one; not if either is not known."""
        return bool(self.program and program and self.program != program)

    def as_json(self, now: float) -> dict[str, Any]:
        """For ``--json``: with the age of the sight in seconds."""
        age = round(max(0.0, now - self.seen_at), 3)
        facts: dict[str, Any] = {"state": str(self.kind), "source": self.source, "age_s": age}
        facts |= {"since_s": round(max(0.0, now - self.since), 3)} if self.since else {}
        facts |= {"detail": self.detail} if self.detail else {}
        facts |= {} if self.settled else {"settled": False}
        return facts | ({"question": self.question.as_json()} if self.question else {})
