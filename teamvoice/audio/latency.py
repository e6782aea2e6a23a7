"""How much buffer is asked of the speaker's device. Pure.

The buffer costs time twice: an answer sounds so much later when the device is open already, and the
device then takes its blocks in larger bites, so that silence comes later (11, 32 and 57 ms). So it
is small until the machine proves too busy for it.
"""

from __future__ import annotations

STEPS = (0.06, 0.1, 0.15)  # seconds
CALM = 20  # openings without an underrun, after which less is tried again


class Latency:
    """Grows with every opening in which the device ran dry, and shrinks in calm times."""

    def __init__(self) -> None:
        self._step = 0
        self._calm = 0

    @property
    def seconds(self) -> float:
        """What to ask for with the next opening."""
        return STEPS[self._step]

    def closed(self, *, ran_dry: bool) -> None:
        """The device was closed after it had played."""
        self._calm = 0 if ran_dry else self._calm + 1
        if ran_dry:
            self._step = min(self._step + 1, len(STEPS) - 1)
        elif self._calm == CALM:
            self._step = max(self._step - 1, 0)
            self._calm = 0
