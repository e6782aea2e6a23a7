"""A state that holds still: pure.

An agent looks idle for a moment between two steps of its work. What was seen to work therefore
counts as working until it has been idle for a while; every other change counts at once, and so
does an idleness that the agent itself has told of.
"""

from __future__ import annotations

from dataclasses import replace

from teamvoice.team.states import Kind, State

REST_S = 1.5


class Steady:
    """The state of one member over time; :meth:`see` is told each sight in turn."""

    def __init__(self, rest_s: float = REST_S) -> None:
        self._rest_s = rest_s
        self._shown: State | None = None
        self._began = 0.0
        self._idle_since: float | None = None

    @property
    def began(self) -> float:
        """When the state that counts now began, as far as it was watched; monotonic seconds."""
        return self._began

    def see(self, state: State) -> State:
        """The state that counts now, with the time of this sight."""
        rests = state.kind is Kind.IDLE and state.source != "native"
        was_working = self._shown is not None and self._shown.kind is Kind.WORKING
        if rests and was_working:
            self._idle_since = state.seen_at if self._idle_since is None else self._idle_since
            if state.seen_at - self._idle_since < self._rest_s and self._shown:
                return replace(self._shown, seen_at=state.seen_at)
        began = state.seen_at if self._idle_since is None else self._idle_since
        if self._shown is None or self._shown.kind is not state.kind:
            self._began = began if rests else state.seen_at
        self._idle_since = None
        self._shown = state
        return state
