"""How patient the daemon is with what it talks to: the defaults of each room, in one place."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from teamvoice import config
from teamvoice.conversation.states import Rules
from teamvoice.realtime.backoff import Backoff
from teamvoice.realtime.client import Limits
from teamvoice.realtime.rotation import Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Deadlines and waits.

    Args:
        rules: Of the conversation.
        limits: Of one session.
        backoff: Between two tries of the link.
        schedule: Of sessions that make way for the next.
    """

    rules: Rules = field(default_factory=Rules)
    limits: Limits = field(default_factory=Limits)
    backoff: Backoff = field(default_factory=Backoff)
    schedule: Schedule = field(default_factory=Schedule)

    def rules_of(self, settings: config.Config) -> Rules:
        """The rules of the conversation, with what the settings say of them."""
        return replace(
            self.rules,
            trims=settings.audio.trim,
            cap_usd=settings.cost.cap_usd,
            keep_said_s=settings.provider.keep_said_s,
        )
