"""What is to be done: the imperatives that the conversation machine answers with.

They are carried out in order. None of them answers; whatever comes of one arrives as an event.
"""

from __future__ import annotations

from dataclasses import dataclass

from teamvoice.conversation.turn import Turn


@dataclass(frozen=True, slots=True)
class Command:
    """An imperative."""


# The microphone and the speaker ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenMicrophone(Command):
    """Capture; blocks arrive as ``AudioCaptured``, trouble as ``CaptureFailed``.

    ``again``: it broke in a hold that goes on. It is tried until it is there or the hold is over.
    """

    again: bool = False


@dataclass(frozen=True, slots=True)
class CloseMicrophone(Command):
    """Stop capturing; the last blocks arrive first, then ``CaptureEnded``."""


@dataclass(frozen=True, slots=True)
class Play(Command):
    """Queue a piece of an answer: mono PCM16 at 24 kHz."""

    item_id: str
    content_index: int
    pcm: bytes


@dataclass(frozen=True, slots=True)
class Silence(Command):
    """Stop the speaker now and drop what is queued; answered by ``SoundStopped``."""


@dataclass(frozen=True, slots=True)
class Chime(Command):
    """A small sound: ``listening``, ``sent``, ``cancelled``, ``trouble`` or ``confirm``."""

    kind: str


# The link --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AppendAudio(Command):
    """Send a block of the person's speech."""

    pcm: bytes


@dataclass(frozen=True, slots=True)
class CommitAudio(Command):
    """The speech that was appended is a turn."""


@dataclass(frozen=True, slots=True)
class ClearAudio(Command):
    """Forget the speech that was appended."""


@dataclass(frozen=True, slots=True)
class AddText(Command):
    """Add a typed message of the person's to the conversation."""

    text: str


@dataclass(frozen=True, slots=True)
class AddToolOutput(Command):
    """Add what a tool call came to."""

    call_id: str
    output: str


@dataclass(frozen=True, slots=True)
class AddNote(Command):
    """Add what the model must know, and has not asked for, to the conversation."""

    text: str


@dataclass(frozen=True, slots=True)
class CreateResponse(Command):
    """Ask the model to answer. Only the machine's one rule emits this."""


@dataclass(frozen=True, slots=True)
class Announce(Command):
    """Ask the model to say this aloud, outside the conversation and with no tools.

    Only the machine's one rule emits this; it is a response like any other.
    """

    text: str


@dataclass(frozen=True, slots=True)
class CancelResponse(Command):
    """Stop the response that is under way."""

    response_id: str


@dataclass(frozen=True, slots=True)
class TruncateItem(Command):
    """Tell the model how much of its answer was heard."""

    item_id: str
    content_index: int
    audio_end_ms: int


@dataclass(frozen=True, slots=True)
class DeleteItem(Command):
    """Remove an item of which nothing was heard."""

    item_id: str


# Tools, time, and telling ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BeginTurn(Command):
    """A turn begins: members are pinned to their panes now."""

    turn: int


@dataclass(frozen=True, slots=True)
class RunTool(Command):
    """Run a tool; its end arrives as ``ToolEnded``, or ``ToolAsked`` if it wants a confirmation.

    Args:
        confirmed: The person has confirmed it.
    """

    call_id: str
    name: str
    arguments: str
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class SetTimer(Command):
    """Ring after some seconds; setting a name again replaces it."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class StopTimer(Command):
    """Forget a timer."""

    name: str


@dataclass(frozen=True, slots=True)
class Tell(Command):
    """Show the person something that was not spoken.

    Args:
        kind: ``heard``, ``answer``, ``trouble``, ``notice``, ``news`` or ``confirm`` (what waits
            for a confirmation).
        text: One line.
    """

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class NoteWords(Command):
    """What was said in a turn that is not over is known so far: write it down.

    Args:
        turn: The turn's number.
        heard: The words; empty for speech of which they are not known yet.
        typed: The turn was typed.
        late: The turn was written down before, without these words.
    """

    turn: int
    heard: str
    typed: bool
    late: bool = False


@dataclass(frozen=True, slots=True)
class MarkTold(Command):
    """The person was told what became of these calls, and of whatever else has such a name."""

    call_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EndTurn(Command):
    """A turn is over; write it down."""

    turn: Turn


@dataclass(frozen=True, slots=True)
class FinishPlaying(Command):
    """The answer is complete: ``SoundEnded`` is due once the speaker has played it out."""


@dataclass(frozen=True, slots=True)
class ResetLink(Command):
    """The session no longer answers: drop it and open another."""
