"""What the person said and no complete response has answered: kept, sent, and sent again.

A part of the conversation machine. An utterance is kept from its first block until a response that
was asked for after it is complete. When a session dies, everything that is kept goes to the next
one, from the first block on, in the order of speaking; unless it has become too old meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from teamvoice.conversation import commands as do
from teamvoice.conversation.commands import Command
from teamvoice.conversation.states import Rules
from teamvoice.conversation.trim import Trim

_LOSSES = 3  # sessions that may die with an utterance before it is given up
_BYTES_PER_MS = 48  # mono PCM16 at 24 kHz
_AT_ONCE = 50  # blocks in one append, when much is waiting: a second of speech


@dataclass(slots=True, eq=False)
class Utterance:
    """What was said between a key going down and coming up, or typed.

    Args:
        turn: The number of the turn that it belongs to.
        text: The words, when it was typed; None when it is spoken.
        blocks: The audio that is to be sent, so far: mono PCM16 at 24 kHz.
        captured: Bytes of audio that were captured.
        trim: Holds back what is quiet at either end; None when everything is sent.
        sent: How many blocks the session that is up was given.
        committed: The session that is up was told that this is all.
        lost: How many sessions died with it.
        since: When it was whole, in seconds on the machine's clock; None until it is.
        told: The person was told that it is kept.
    """

    turn: int
    text: str | None = None
    blocks: list[bytes] = field(default_factory=list)
    captured: int = 0
    trim: Trim | None = None
    sent: int = 0
    committed: bool = False
    lost: int = 0
    since: float | None = None
    told: bool = False

    @property
    def captured_ms(self) -> int:
        """How much audio was captured."""
        return self.captured // _BYTES_PER_MS

    def take(self, pcm: bytes) -> None:
        """A block was captured."""
        self.captured += len(pcm)
        self.blocks += self.trim.feed(pcm) if self.trim else [pcm]

    def end(self, at: float) -> None:
        """All of it was captured."""
        self.blocks += self.trim.end() if self.trim else []
        self.since = at


class Said:
    """The utterances that wait for their answer, oldest first."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._kept: list[Utterance] = []
        self.recording: Utterance | None = None

    def record(self, turn: int) -> None:
        """Start an utterance."""
        self.recording = Utterance(turn, trim=Trim() if self._rules.trims else None)
        self._kept.append(self.recording)

    def type(self, turn: int, text: str, at: float) -> None:
        """Take in a typed utterance."""
        self._kept.append(Utterance(turn, text, since=at))

    def make_room(self) -> list[Command]:
        """Drop the oldest when too many wait; what the person is told of that.

        Only what is whole counts: what is being recorded may turn out to be a tap.
        """
        whole = [utterance for utterance in self._kept if utterance.since is not None]
        if len(whole) <= self._rules.backlog:
            return []
        self.answered(whole[:1])
        return [do.Tell("trouble", "more was said than can wait: the oldest of it is dropped")]

    @property
    def is_long_enough(self) -> bool:
        """What was recorded so far may be speech."""
        recording = self.recording
        return recording is not None and recording.captured_ms >= self._rules.shortest_ms

    def drop_recording(self) -> None:
        """Forget the utterance that is being recorded."""
        self._kept = [utterance for utterance in self._kept if utterance is not self.recording]
        self.recording = None

    def end_recording(self, at: float) -> bytes:
        """The utterance that is being recorded is whole; the audio of it that is sent."""
        recording, self.recording = self.recording, None
        if recording is None:
            return b""
        recording.end(at)
        return b"".join(recording.blocks)

    def waits(self, turn: int) -> bool:
        """Something that was said in this turn has no complete answer."""
        return any(utterance.turn == turn for utterance in self._kept)

    def committed(self) -> list[Utterance]:
        """What the session that is up was given whole: the next response will answer these."""
        return [utterance for utterance in self._kept if utterance.committed]

    def answered(self, utterances: list[Utterance]) -> None:
        """These need not be kept any longer."""
        self._kept = [utterance for utterance in self._kept if utterance not in utterances]

    def leave(self) -> tuple[Utterance, ...]:
        """Give away all that is whole, for another conversation to :meth:`take_over`."""
        words = tuple(utterance for utterance in self._kept if utterance.since is not None)
        self.answered(list(words))
        return words

    def take_over(self, words: tuple[Utterance, ...]) -> None:
        """Keep what was said to another conversation."""
        self._kept += words

    def cancel(self) -> bool:
        """Forget all that is whole; whether that was anything. The rest goes with its hold."""
        return bool(self.leave())

    def session_lost(self) -> list[Utterance]:
        """Whatever the session had is gone with it.

        Returns:
            What is given up: it has seen so many sessions die that it may be what kills them.
        """
        for utterance in self._kept:
            utterance.lost += utterance.committed
            utterance.sent, utterance.committed = 0, False
        given_up = [utterance for utterance in self._kept if utterance.lost >= _LOSSES]
        self.answered(given_up)
        return given_up

    def tell_kept(self) -> bool:
        """Whether something is kept that the person was not told of yet; now they are."""
        untold = [u for u in self._kept if u.since is not None and not u.told]
        for utterance in untold:
            utterance.told = True
        return bool(untold)

    def slept(self, seconds: float) -> None:
        """The machine slept, and its clock with it: what is kept is older by so much."""
        for utterance in self._kept:
            if utterance.since is not None:
                utterance.since -= seconds

    def drop_before(self, at: float) -> list[Utterance]:
        """Give up what was said before a time; what that was."""
        old = [u for u in self._kept if u.since is not None and u.since < at]
        self.answered(old)
        return old

    @property
    def oldest(self) -> float | None:
        """When the oldest that is kept was whole; None when nothing is."""
        return min((u.since for u in self._kept if u.since is not None), default=None)

    def send(self) -> tuple[list[Command], list[Utterance]]:
        """What the session that is up must be given, and which utterances that completes."""
        commands: list[Command] = []
        completed: list[Utterance] = []
        for utterance in self._kept:
            if utterance.committed:
                continue
            for start in range(utterance.sent, len(utterance.blocks), _AT_ONCE):
                piece = b"".join(utterance.blocks[start : start + _AT_ONCE])
                commands.append(do.AppendAudio(piece))
            utterance.sent = len(utterance.blocks)
            if utterance.since is not None:
                commands.append(
                    do.CommitAudio() if utterance.text is None else do.AddText(utterance.text)
                )
                utterance.committed = True
                completed.append(utterance)
        return commands, completed
