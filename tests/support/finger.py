"""A finger on a key: what a key source told of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.support.wait import until


@dataclass
class Finger:
    """The edges, their times, and the reasons of a loss, in order."""

    edges: list[bool] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def on_edge(self, down: bool, at: float) -> None:
        self.edges.append(down)
        self.times.append(at)

    async def felt(self, *edges: bool) -> None:
        """Wait for so many edges, and let them be these."""
        await until(lambda: len(self.edges) >= len(edges), f"the edges {edges}")
        assert self.edges == list(edges)
