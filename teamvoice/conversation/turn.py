"""A turn, from the key going down to the end of the spoken answer, as the journal keeps it."""

from __future__ import annotations

from dataclasses import dataclass, field

from teamvoice.conversation.events import ToolCall, Transcribed, Usage

NOT_FINISHED = "not finished"  # the output of a call that still ran when its turn was written down


@dataclass(frozen=True, slots=True)
class DoneCall:
    """A tool call with what came of it. ``ms`` is how long it took."""

    call: ToolCall
    output: str
    ms: int


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn, whole.

    Args:
        number: Counts up from 1 within a daemon's life.
        began: When the key went down, seconds on the machine's clock.
        heard: What the provider understood the person to say; empty when it never told.
        typed: The turn was typed, not spoken.
        calls: The tool calls in the order in which they were asked for.
        spoken: The words of the answer, all responses of the turn together.
        outcome: ``answered``, ``interrupted``, ``cancelled``, ``failed`` or ``dropped``.
        trouble: What went wrong, when something did.
        ms: Milliseconds of each step that happened, by name: ``held``, ``commit`` (key up to the
            commit), ``answer`` (key up to the first audio received), ``sound`` (key up to the
            first audio played), ``total``.
        usage: Tokens, one entry per response.
        transcribed: What the transcriptions took, one entry each.
        sent_ms: How much speech was sent, in milliseconds.
        speech: That speech: mono PCM16 at 24 kHz.
        news: What was told without being asked for; then nothing was heard.
        is_shown: The answer came without sound, and was shown when it came.
    """

    number: int
    began: float
    heard: str = ""
    typed: bool = False
    calls: tuple[DoneCall, ...] = ()
    spoken: str = ""
    outcome: str = "answered"
    trouble: str = ""
    ms: dict[str, int] = field(default_factory=dict)
    usage: tuple[Usage, ...] = ()
    transcribed: tuple[Transcribed, ...] = ()
    sent_ms: int = 0
    speech: bytes = field(default=b"", repr=False)
    news: str = ""
    is_shown: bool = False
