"""The named states of the conversation machine, one enum for each concern, and its limits."""

from __future__ import annotations

import enum
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """Limits of a conversation.

    Args:
        shortest_ms: Less speech than this is not sent (a commit under 100 ms is an error).
        answer_s: A response that shows nothing for so long has failed.
        linger_s: How long a finished turn waits for its transcript before it is written down.
        backlog: How many utterances are kept unanswered; then the oldest is dropped, and the
            person is told.
        trims: What is quiet at either end of a hold is not sent.
        cap_usd: Dollars that may be spent in a day; 0 for as many as it takes.
        keep_said_s: What was said is not sent any more when there was no link for so long.
        soon_s: After so long without a link the person is told that what they said is kept, and
            with one that the provider is silent; after so long without an answer they are told
            what became of a write.
    """

    shortest_ms: int = 100
    answer_s: float = 30.0
    linger_s: float = 5.0
    backlog: int = 5
    trims: bool = True
    cap_usd: float = 0.0
    keep_said_s: float = 120.0
    soon_s: float = 5.0


class Link(enum.Enum):
    """Whether a configured session is there."""

    DOWN = "down"
    UP = "up"


class Mic(enum.Enum):
    """The microphone."""

    CLOSED = "closed"
    OPEN = "open"
    DRAINING = "draining"  # the hold is over, the last blocks are on their way
    DISCARDING = "discarding"  # the same, and nothing of it will be used


class Response(enum.Enum):
    """The one response that may live."""

    FREE = "free"
    REQUESTED = "requested"
    BLOCKED = "blocked"  # it was refused, since one is under way of which we do not know
    ACTIVE = "active"
    CANCELLING = "cancelling"
    VOID = "void"  # as cancelling; it was given up, so nothing that it asks for is done


class Sound(enum.Enum):
    """The speaker, as far as answers go."""

    SILENT = "silent"
    DUE = "due"  # it was given some of an answer, and nothing of that sounds yet
    PLAYING = "playing"
    STOPPING = "stopping"
