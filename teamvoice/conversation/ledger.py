"""The books of the conversation: which turn is on, which wait for a last fact, what belongs where.

A part of the conversation machine. A turn that is over is written down when everything that it
awaits is in (transcripts, the end of its responses and calls), or after a while without.
"""

from __future__ import annotations

from collections import deque

from teamvoice.conversation import commands as do
from teamvoice.conversation.commands import Command
from teamvoice.conversation.draft import Draft
from teamvoice.conversation.events import ResponseEnded, SpeechTranscribed, TextAsked
from teamvoice.conversation.said import Utterance

_COMMIT = "commit"  # what a turn awaits until the provider has taken its speech


class Ledger:
    """Turns that are not written down yet."""

    def __init__(self, linger_s: float) -> None:
        self._linger_s = linger_s
        self.current: Draft | None = None
        self._closing: list[Draft] = []
        self._by_response: dict[str, Draft] = {}
        self._uncommitted: deque[Draft] = deque()  # commits that the provider did not confirm yet
        self._by_item: dict[str, Draft] = {}
        self._numbers = 0
        self.is_behind = False
        """The provider has not come to the last commit yet: what it tells is of before that."""

    def new(self, at: float, *, typed: bool) -> Draft:
        """A turn with the next number; the caller says whether it becomes the current one."""
        self._numbers += 1
        return Draft(self._numbers, at, typed=typed)

    def close(self, draft: Draft) -> list[Command]:
        """The turn is over; it is written down by :meth:`settle` when it awaits nothing."""
        if draft is self.current:
            self.current = None
        self._closing.append(draft)
        return [do.SetTimer(self._timer(draft), self._linger_s)] if draft.awaits else []

    def turn_away(self, event: TextAsked, trouble: str) -> list[Command]:
        """Typed words get no answer, and the session does not see them."""
        draft = self.new(event.at, typed=True)
        draft.heard.append(event.text)
        draft.fail("dropped", trouble)
        return self.close(draft)

    def cut(self, trouble: str, *, heard: bool) -> None:
        """The speaker went; of an answer that was not heard at all nothing is cut: it is shown."""
        if self.current:
            self.current.fail("interrupted" if heard else "", trouble)

    def miss(self, why: str) -> list[Command]:
        """A piece of its speech is lost, and it goes on."""
        trouble = f"{why}; what you say is lost until it is back, and what you said before counts"
        if self.current:
            self.current.fail("", f"{why}: a piece of what was said is lost")
        return [do.Chime("trouble"), do.Tell("trouble", trouble)]

    def leave(self, why: str) -> None:
        """The words of the turn that is on go to another conversation: so does it, if they are all.

        Of a turn in which more happened that is written down, and why it ends with it.
        """
        if self.current and not (self.current.asked or self.current.usage):
            self.current = None
        elif self.current:
            self.current.fail("interrupted", why)

    def take_over(self, words: tuple[Utterance, ...]) -> list[Command]:
        """A turn begins with words that were said to another conversation."""
        draft = self.current = self.new(words[0].since or 0.0, typed=words[-1].text is not None)
        draft.key_up = words[-1].since or 0.0
        draft.speech = [b"".join(utterance.blocks) for utterance in words]
        return self._begin(draft, *words)

    def give_turn(self, utterance: Utterance, at: float) -> list[Command]:
        """Words outlive their turn when that failed; the answer to them needs another."""
        if self.current:
            return []
        self.current = self.new(at, typed=utterance.text is not None)
        return self._begin(self.current, utterance)

    @staticmethod
    def _begin(draft: Draft, *words: Utterance) -> list[Command]:
        for utterance in words:
            utterance.turn = draft.number
        noted = [draft.hear(text=utterance.text or "") for utterance in words]
        return [do.BeginTurn(draft.number), *noted[-1:]]

    def settle(self, at: float) -> list[Command]:
        """Write down the turns that are over and await nothing."""
        ready = [draft for draft in self._closing if not draft.awaits]
        self._closing = [draft for draft in self._closing if draft.awaits]
        commands: list[Command] = []
        for draft in ready:
            commands += [do.StopTimer(self._timer(draft)), do.EndTurn(draft.finished(at))]
        return commands

    def rang(self, timer: str) -> None:
        """A turn has waited for long enough."""
        for draft in self._closing:
            if self._timer(draft) == timer:
                draft.awaits.clear()

    def unwritten(self) -> list[Draft]:
        """The turns that are not written down, oldest first; the one that is on is the last."""
        return [*self._closing, *([self.current] if self.current else [])]

    @property
    def lingers(self) -> bool:
        """A turn that is over waits for a last fact."""
        return bool(self._closing)

    def part(self, at: float) -> list[Command]:
        """Nothing more will come: write down everything."""
        self.link_lost()
        for draft in self.unwritten():
            draft.awaits.clear()
        closed = self.close(self.current) if self.current else []
        return [*closed, *self.settle(at)]

    def response_began(self, response_id: str) -> None:
        """A response belongs to the turn that is on."""
        self.is_behind = False
        if self.current:
            self._by_response[response_id] = self.current
            self.current.awaits.add(response_id)

    def response_ended(self, event: ResponseEnded) -> Draft | None:
        """A response is over; the turn that it belongs to."""
        draft = self.response_gone(event.response_id)
        if draft:
            draft.usage.append(event.usage)
            draft.spoken.append(" ")
        return draft

    def response_gone(self, response_id: str) -> Draft | None:
        """A response will never be heard of again; the turn that it belonged to."""
        draft = self._by_response.pop(response_id, None)
        if draft:
            draft.awaits.discard(response_id)
        return draft

    def of_response(self, response_id: str) -> Draft | None:
        """The turn that a response belongs to."""
        return self._by_response.get(response_id)

    def speech_sent(self) -> None:
        """Speech of the turn that is on was committed: its item and transcript will be told."""
        if self.current:
            self._uncommitted.append(self.current)
            self.is_behind = True

    def await_speech(self, draft: Draft) -> None:
        """A turn is to wait for the transcripts even of speech that was committed just now."""
        if draft in self._uncommitted:
            draft.awaits.add(_COMMIT)

    def speech_refused(self) -> None:
        """The provider did not take the oldest commit that it had not confirmed."""
        self._commit_told()

    def speech_taken(self, item_id: str) -> None:
        """The provider made an item of the oldest commit that it had not confirmed."""
        if draft := self._commit_told():
            self._by_item[item_id] = draft
            draft.items.append(item_id)
            draft.awaits.add(item_id)

    def speech_heard(self, event: SpeechTranscribed) -> list[Command]:
        """The transcript of an item; empty when the provider could not make one."""
        told: list[Command] = [do.Tell("heard", event.text)] if event.text else []
        draft = self._transcript_over(event.item_id)
        if draft is None:
            return told
        draft.transcribed += [event.usage] if event.usage else []
        is_late = draft is not self.current and draft not in self._closing
        words = draft.understood(event.text)
        if is_late:
            words = do.NoteWords(draft.number, event.text, draft.typed, late=True)
        return [words, *told] if event.text else told

    def link_lost(self) -> None:
        """No response and no transcript that was under way will come."""
        for response_id in list(self._by_response):
            self.response_gone(response_id)
        for item_id in list(self._by_item):
            self._transcript_over(item_id)
        while self._commit_told():
            pass

    def _commit_told(self) -> Draft | None:
        """The provider took or refused the oldest commit; the turn that it belongs to."""
        if not self._uncommitted:
            return None
        draft = self._uncommitted.popleft()
        self.is_behind = bool(self._uncommitted)
        if draft not in self._uncommitted:
            draft.awaits.discard(_COMMIT)
        return draft

    def _transcript_over(self, item_id: str) -> Draft | None:
        draft = self._by_item.pop(item_id, None)
        if draft:
            draft.awaits.discard(item_id)
        return draft

    @staticmethod
    def _timer(draft: Draft) -> str:
        return f"turn-{draft.number}"
