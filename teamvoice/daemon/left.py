"""What one App leaves to the next when the settings change, so that nothing said is lost."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from teamvoice.conversation.said import Utterance
from teamvoice.conversation.turn import Turn


@dataclass(frozen=True, slots=True)
class Left:
    """Words that wait for a link, and who waits for the end of their turn.

    Args:
        turn: The number of the turn that goes over with them, unwritten; 0 when none does.
    """

    words: tuple[Utterance, ...] = ()
    asked: list[asyncio.Future[Turn]] = field(default_factory=list)
    turn: int = 0
