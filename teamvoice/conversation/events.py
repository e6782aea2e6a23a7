"""What happened: the past facts that the conversation machine is told.

Every event carries ``at``, seconds on the caller's monotonic clock: the machine's only time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from teamvoice.conversation.said import Utterance  # which knows the events itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A past fact."""

    at: float


# What the person did ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldBegan(Event):
    """The key went down: listen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldEnded(Event):
    """The key came up, or the hold was ended for the person.

    Args:
        why: What ended it for the person, as after "because"; empty when the key came up.
    """

    why: str = ""

    @property
    def told(self) -> str:
        """What the person is told of it; empty when they ended it themselves."""
        told = f"the hold was ended, because {self.why}; what was said until then counts"
        return told if self.why else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldDropped(Event):
    """The hold was not meant to be sent: nothing that was said on it counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tapped(Event):
    """The hold was too short to be speech: its audio is dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAsked(Event):
    """Stop speaking, forget all that was said and is not answered, sent or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed(Event):
    """The person confirmed what waits, by other means than a tap of the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextAsked(Event):
    """A turn that was typed instead of spoken."""

    text: str


# The microphone and the speaker ----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioCaptured(Event):
    """One block from the microphone: mono PCM16 little-endian at 24 kHz."""

    pcm: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureEnded(Event):
    """The microphone is closed and its last block was delivered before this.

    Args:
        deaf: Why it cannot have heard anything, and the mend; empty when it may have.
    """

    deaf: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureFailed(Event):
    """The microphone cannot be opened, or died while it was open (``broke``): it may come back."""

    reason: str
    broke: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundBegan(Event):
    """The speaker plays the first frame of an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundEnded(Event):
    """The speaker has played everything that it was given."""


@dataclass(frozen=True, slots=True)
class Heard:
    """How much of one audio part of an answer really came out of the speaker.

    Args:
        item_id: The conversation item.
        content_index: The part within the item.
        ms: Milliseconds that were played.
        complete: Everything that was received of it was played.
    """

    item_id: str
    content_index: int
    ms: int
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundStopped(Event):
    """The speaker was silenced; what was heard of each part that was queued or playing."""

    heard: tuple[Heard, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundLost(SoundStopped):
    """The speaker went by itself, or could not be opened; nothing of what it had will sound."""

    reason: str

    @property
    def is_heard(self) -> bool:
        """Something of what it had did sound."""
        return any(part.ms for part in self.heard)


@dataclass(frozen=True, slots=True, kw_only=True)
class WordsLeft(Event):
    """What was said to a conversation that made way for this one, before there was a link."""

    words: tuple[Utterance, ...]


# The link --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkUp(Event):
    """The session is configured and confirmed: audio may be sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkDown(Event):
    """The session is gone, and everything that it had in flight; or none comes up.

    It is told once per outage, and once more when the outage turns out to be fatal.

    Args:
        reason: Why, in one line.
        fatal: No other session will come up before the person has done something.
    """

    reason: str
    fatal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRested(Event):
    """The session was closed, since nothing was wanted of it; the next press brings another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseBegan(Event):
    """The model started a response."""

    response_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerAudio(Event):
    """A piece of spoken answer: mono PCM16 little-endian at 24 kHz."""

    response_id: str
    item_id: str
    content_index: int
    pcm: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerText(Event):
    """A piece of the answer's transcript (or of a text answer)."""

    response_id: str
    item_id: str
    text: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A function call that a completed response asked for. ``arguments`` is JSON, as it came."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one response. Cached tokens are a part of the input."""

    text_in: int = 0
    audio_in: int = 0
    cached_text_in: int = 0
    cached_audio_in: int = 0
    text_out: int = 0
    audio_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseEnded(Event):
    """The model ended a response.

    Args:
        status: ``completed``, ``cancelled``, ``failed`` or ``incomplete``.
        calls: The function calls that it asks for; run only when the status is ``completed``.
        reason: Why it failed or stopped early, when it did.
        is_empty: The provider says that it came to nothing: no words, no sound, no call.
    """

    response_id: str
    status: str
    calls: tuple[ToolCall, ...] = ()
    usage: Usage = field(default_factory=Usage)
    reason: str = ""
    is_empty: bool = False


@dataclass(frozen=True, slots=True)
class Transcribed:
    """What one transcription, which is billed apart, took: tokens, or seconds of audio."""

    text_in: int = 0
    audio_in: int = 0
    text_out: int = 0
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechPart(Event):
    """More of what the provider hears the person say; to look at, for the whole of it follows."""

    item_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechTranscribed(Event):
    """What the provider heard the person say; what that took, when it tells."""

    item_id: str
    text: str
    usage: Transcribed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechCommitted(Event):
    """The provider took the audio that was committed, as this conversation item."""

    item_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRefused(Event):
    """The provider answered one of our own requests with an error.

    Args:
        request: The kind of event that caused it (``response.create``, …); empty when unknown.
        code: The provider's error code.
        message: The provider's words.
        about: Of an item that was not taken: ``user`` for the person's words, or the id of the call
            whose output it was; empty for a note of ours.
    """

    request: str
    code: str
    message: str
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent(Event):
    """So many dollars were spent; 0 only tells that a day has begun.

    Args:
        day: The person's own date, as ``2026-01-31``.
    """

    day: str
    usd: float


# Tools and time --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolEnded(Event):
    """A tool call is done; ``output`` is the text for the model."""

    call_id: str
    output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolAsked(Event):
    """A tool found that it must not act before the person confirms it; it has done nothing.

    Args:
        why: The reason, as a clause.
    """

    call_id: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsCame(Event):
    """Something that the person wants to know of happened to a member.

    Args:
        about: Whom; newer news about the same one takes the place of older.
        text: A clause that can be read and spoken.
        fenced: The same for a model, where it has text from a pane: that stands in its fence.
        who: Of whom it tells, as a sentence names them; several who do the same are one clause.
        all_do: What all of these do, as the end of that clause; empty when it is told by itself.
        lasts: It is kept until it can be said aloud; other news is shown, and said only while there
            is a link.
    """

    about: str
    text: str
    fenced: str = ""
    who: str = ""
    all_do: str = ""
    lasts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsPassed(Event):
    """What was news about a member is none any more: it is over, or the person was told."""

    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Slept(Event):
    """The machine slept, and the clock of ``at`` stood still for so many seconds of it."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerRang(Event):
    """A timer that was set has come due."""

    name: str


OF_A_SESSION = (
    ResponseBegan,
    AnswerAudio,
    AnswerText,
    ResponseEnded,
    SpeechCommitted,
    SpeechPart,
    SpeechTranscribed,
    RequestRefused,
)
"""What only a session tells; none of it means anything once the session was given up."""
