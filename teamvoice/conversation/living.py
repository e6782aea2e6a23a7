"""The one response that may live: asked for, under way, or on its way out.

A part of the conversation machine, which decides when there is to be one. The picture::

    FREE ──request──▶ REQUESTED ──began──▶ ACTIVE ──over──▶ FREE
      ▲                 │    │               │
      │              refused └── cancel ─────┴──▶ CANCELLING ──over──▶ FREE
      │                 ▼     void ──────────┴──▶ VOID ────────over──▶ FREE
      └──another ends─ BLOCKED

A response that is cancelled may have been complete by then, and what it asks for is done all the
same, since the person asked for it. One that is *void* was given up, and the person told so: of
that nothing is done any more.
"""

from __future__ import annotations

from teamvoice.conversation import commands as do
from teamvoice.conversation.commands import Command
from teamvoice.conversation.said import Utterance
from teamvoice.conversation.states import Response, Rules

TIMER = "answer"
SOON = "kept"  # who spoke is told what is the matter, when there is no answer yet
DROPPED = "Words of the person that got no answer were dropped: leave them, unless they ask again."
_HALF = (
    "The answer broke off, and the person heard it up to there. Leave it, unless they ask again."
)
_LEAVING = (Response.CANCELLING, Response.VOID)


class Living:
    """What is known of it.

    Args:
        rules: Of these ``answer_s`` and ``soon_s``.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self.state = Response.FREE
        self.id = ""
        self._trouble = ""  # that may be why it does not begin
        self.about: list[Utterance] = []  # what it was asked about
        self.has_sound = False
        self._words: list[str] = []

    @property
    def said_something(self) -> bool:
        """Sound of it came, or words."""
        return self.has_sound or bool(self._words)

    @property
    def loss(self) -> str:
        """What a session is told of it when it failed."""
        return _HALF if self.said_something else DROPPED

    @property
    def text_alone(self) -> str:
        """Its words, when no sound came with them: they are to be shown."""
        return "" if self.has_sound else "".join(self._words).strip()

    def said(self, words: str) -> Command:
        """A piece of its words came, and more may."""
        self._words.append(words)
        return self.wait()

    @property
    def is_awaited(self) -> bool:
        """The provider is to begin a response, or to end one, and did not yet."""
        return self.state not in {Response.FREE, Response.ACTIVE}

    @property
    def is_leaving(self) -> bool:
        """It was cancelled, and its end is awaited; nothing of it is played any more."""
        return self.state in _LEAVING

    def is_wanted(self, response_id: str) -> bool:
        """This is the response, and it is not cancelled."""
        return self.state is Response.ACTIVE and response_id == self.id

    def request(self, command: Command) -> list[Command]:
        """Ask for it."""
        self.state = Response.REQUESTED
        return [command, self.wait(), do.SetTimer(SOON, self._rules.soon_s)]

    def wait(self, seconds: float | None = None) -> Command:
        """Something must come within so long, or it has failed."""
        return do.SetTimer(TIMER, self._rules.answer_s if seconds is None else seconds)

    def doubt(self, trouble: str, seconds: float) -> list[Command]:
        """Something was refused that may have been this: it is not waited for as long."""
        if self.state is not Response.REQUESTED:
            return []
        self._trouble = trouble
        return [self.wait(seconds)]

    @property
    def late(self) -> str:
        """Why there is no answer, when none came in time."""
        return ": ".join(filter(None, ["the model did not answer in time", self._trouble]))

    def began(self, response_id: str) -> list[Command]:
        """It has begun; one that was cancelled before is stopped now."""
        self._trouble, self.has_sound, self._words = "", False, []
        was, self.state, self.id = self.state, Response.ACTIVE, response_id
        match was:
            case Response.CANCELLING:
                return self.cancel()
            case Response.VOID:
                return self.void()
            case Response.FREE:  # the provider began it by itself
                return [self.wait()]
        return []

    def cancel(self) -> list[Command]:
        """Stop it, if it lives."""
        return self._leave(Response.CANCELLING)

    def void(self) -> list[Command]:
        """Stop it, if it lives, and do nothing that it may ask for."""
        if self.state is Response.CANCELLING:
            self.state = Response.VOID
            return []
        return self._leave(Response.VOID)

    def block(self) -> None:
        """It was refused, since another one is under way."""
        self.state = Response.BLOCKED

    def over(self) -> list[Command]:
        """It is no more."""
        self.state, self.id, self._trouble = Response.FREE, "", ""
        return [do.StopTimer(TIMER)]

    def _leave(self, state: Response) -> list[Command]:
        if self.state not in {Response.REQUESTED, Response.ACTIVE}:
            return []
        stop = [do.CancelResponse(self.id)] if self.state is Response.ACTIVE else []
        self.state = state
        return [*stop, self.wait()]
