"""Key edges that come from processes of their own, put back into the order of their times.

A compositor starts one process for the press and another for the release. Either may be the
slower one, so a release can arrive before the press that it ends. Nothing here waits: an edge
is passed on at once or not at all, so no order of arrival can leave the key held.
"""

from __future__ import annotations

from typing import NamedTuple


class Edge(NamedTuple):
    """What the key did, such as ``press`` or ``release``, and when on the monotonic clock."""

    action: str
    at: float


class EdgeOrder:
    """Edges in, as they arrive; edges out, with times that never go back.

    - A release with nothing held is remembered, not passed on. If its press arrives later,
      both are passed on together: the hold is over, and nobody waits for its end.
    - An edge that is older than one already passed on has been overtaken, and is dropped.
    - A press on top of a press is passed on: a lost release must not make the key dead.
    """

    def __init__(self) -> None:
        self._newest = float("-inf")  # of all that arrived in order
        self._passed = float("-inf")  # of all that were passed on
        self._held = False
        self._early: Edge | None = None

    def take(self, edge: Edge) -> tuple[Edge, ...]:
        """The edges to act upon now that this one has arrived; often none, at most two."""
        return self._press(edge) if edge.action == "press" else self._release(edge)

    def _press(self, edge: Edge) -> tuple[Edge, ...]:
        early = self._early
        if early is not None and self._passed <= edge.at <= early.at:
            self._early = None
            self._passed = early.at
            return (edge, early)
        if edge.at < self._newest:
            return ()
        self._early = None
        self._held = True
        self._newest = self._passed = edge.at
        return (edge,)

    def _release(self, edge: Edge) -> tuple[Edge, ...]:
        if edge.at < self._newest:
            return ()
        self._newest = edge.at
        if not self._held:
            self._early = edge
            return ()
        self._held = False
        self._passed = edge.at
        return (edge,)
