"""States that hold still: pure.

An agent looks idle for a moment between two steps of its work, and no screen tells that from rest.
What was seen to work therefore counts as working until it has looked idle for a while, and idle
that has not lasted is marked as not settled, for whoever would act upon it. Every other state
counts at once, and so does an idleness that the agent itself tells of.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from teamvoice.team.states import Kind, State

REST_S = 1.5


@dataclass(slots=True)
class _Known:
    """A member as far as it was seen."""

    shown: State | None  # what counted last
    stirred: float  # when it surely was not at rest
    idle_since: float | None = None


class Steady:
    """The states of members over time; :meth:`see` is told every sight of each in turn."""

    def __init__(self, rest_s: float = REST_S) -> None:
        self._rest_s = rest_s
        self._known: dict[str, _Known] = {}

    def see(self, name: str, state: State, at: float, still_s: float = 0.0) -> State:
        """The state that counts now.

        Args:
            name: Whose.
            state: What was seen; it still holds.
            at: Now, monotonic seconds.
            still_s: For how long at least nothing was written in the pane: it has looked so since.
        """
        if state.kind is not Kind.IDLE or state.source == "native":
            self._known[name] = _Known(state, at)
            return state
        known = self._known.setdefault(name, _Known(None, float("-inf")))
        if known.shown and state.is_of_another(known.shown.program):
            known.shown, known.idle_since = None, None  # whose work it was is gone
        since = at if known.idle_since is None else known.idle_since
        known.idle_since = max(known.stirred, min(since, at - still_s))
        settled = at - known.idle_since >= self._rest_s
        if not settled and known.shown and known.shown.kind is Kind.WORKING:
            known.shown = replace(known.shown, seen_at=state.seen_at)
        else:
            known.shown = replace(state, settled=settled)
        return known.shown

    def stir(self, name: str, at: float) -> None:
        """Something was typed there: idle has to last anew."""
        known = self._known.setdefault(name, _Known(None, at))
        known.stirred, known.idle_since = at, None
