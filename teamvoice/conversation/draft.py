"""A turn while it is still being written: what is known so far, and what is still awaited."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from teamvoice.conversation import commands as do
from teamvoice.conversation.commands import Command
from teamvoice.conversation.events import ToolCall, Transcribed, Usage
from teamvoice.conversation.turn import NOT_FINISHED, DoneCall, Turn

_BYTES_PER_MS = 48  # mono PCM16 at 24 kHz


@dataclass(slots=True)
class Draft:
    """The turn so far.

    ``awaits`` names what a finished turn still waits for before it is written down: the ids of
    responses and calls, and a mark for each transcript. ``tainted`` is set once text from a pane
    may have come before what the model asks for. ``items`` are those that its speech
    became, ``speech`` the audio of each hold. ``news`` is what a turn of our own is about,
    ``shown`` what of the answer was shown, since it came without sound.
    """

    number: int
    began: float
    typed: bool = False
    key_up: float = 0.0
    heard: list[str] = field(default_factory=list)
    places: list[int] = field(default_factory=list)  # in it, of speech without words so far
    spoken: list[str] = field(default_factory=list)
    asked: dict[str, tuple[ToolCall, float]] = field(default_factory=dict)
    done: dict[str, DoneCall] = field(default_factory=dict)
    usage: list[Usage] = field(default_factory=list)
    transcribed: list[Transcribed] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    speech: list[bytes] = field(default_factory=list)
    ms: dict[str, int] = field(default_factory=dict)
    outcome: str = ""
    trouble: str = ""
    awaits: set[str] = field(default_factory=set)
    tainted: bool = False
    news: str = ""
    shown: list[str] = field(default_factory=list)

    def clock(self, step: str, at: float) -> None:
        """Note how long after the key came up a step was reached, the first time that it is."""
        if self.key_up:
            self.ms.setdefault(step, round((at - self.key_up) * 1000))

    def call_began(self, call: ToolCall, at: float) -> None:
        """A tool is about to run."""
        self.asked[call.call_id] = (call, at)
        self.awaits.add(call.call_id)

    def call_ended(self, call_id: str, output: str, at: float) -> None:
        """A tool is done."""
        call, began = self.asked[call_id]
        self.done[call_id] = DoneCall(call, output, round((at - began) * 1000))
        self.awaits.discard(call_id)

    def hear(self, *, text: str = "", speech: bytes = b"") -> Command:
        """Words came in, or speech of which they are not known yet: their place is kept."""
        self.heard += [text] if text else []
        if speech:
            self.speech.append(speech)
            self.places.append(len(self.heard))
            self.heard.append("")
        return self._words()

    def understood(self, text: str) -> Command:
        """The words of the oldest speech of which they were not known; empty when none are."""
        self.heard += [] if self.places else [""]
        self.heard[self.places.pop(0) if self.places else -1] = text
        return self._words()

    def _words(self) -> Command:
        return do.NoteWords(self.number, " ".join(filter(None, self.heard)), self.typed)

    def turn_down(self, asked: Iterable[tuple[ToolCall, str]], at: float) -> list[Command]:
        """These calls cannot wait for a confirmation, though each must have one; and why."""
        told: list[Command] = []
        for call, why in asked:
            output = f"Not done: it must be confirmed, as {why}, and something else came first."
            self.call_ended(call.call_id, output, at)
            told.append(do.AddToolOutput(call.call_id, output))
        return told

    @property
    def outputs(self) -> list[str]:
        """What came of its calls."""
        return [call.output for call in self.done.values()]

    def fail(self, outcome: str, trouble: str) -> None:
        """Note how the turn ended, unless that is known already."""
        self.outcome = self.outcome or outcome
        self.trouble = self.trouble or trouble

    def show(self, text: str) -> list[Command]:
        """Words of the answer came without sound: they are shown instead."""
        self.shown += [text] if text else []
        return [do.Tell("answer", text)] if text else []

    def give_up(self, trouble: str) -> list[Command]:
        """It failed, and no answer will tell of what was done: so that is shown."""
        self.fail("failed", trouble)
        shown = [do.Tell("answer", output) for output in self.outputs]
        return [*shown, do.Chime("trouble"), do.Tell("trouble", trouble)]

    def finished(self, at: float) -> Turn:
        """The turn as the journal keeps it."""
        calls = tuple(
            self.done.get(call_id) or DoneCall(call, NOT_FINISHED, round((at - began) * 1000))
            for call_id, (call, began) in self.asked.items()
        )
        speech = b"".join(self.speech)
        return Turn(
            number=self.number,
            began=self.began,
            heard=" ".join(filter(None, self.heard)),
            typed=self.typed,
            calls=calls,
            spoken="".join(self.spoken).strip(),
            outcome=self.outcome or "answered",
            trouble=self.trouble,
            ms={**self.ms, "total": round((at - self.began) * 1000)},
            usage=tuple(self.usage),
            transcribed=tuple(self.transcribed),
            sent_ms=len(speech) // _BYTES_PER_MS,
            speech=speech,
            news=self.news,
            is_shown=" ".join(self.shown).split() == "".join(self.spoken).split(),
        )
