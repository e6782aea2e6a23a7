"""The conversation: what happened goes in, what is to be done comes out.

A machine without I/O, without a clock and without a thread. The caller hands every event to
:meth:`Conversation.handle` and carries out the commands, in order, before the next event. It is
told of time by the events and asks for it with ``SetTimer``.

Independent concerns, each with its own named state:

============ =============================================== ==================================
concern      states                                          moved by
============ =============================================== ==================================
the link     down, up                                        LinkUp, LinkDown, LinkRested
microphone   closed, open, draining, discarding              gestures, CaptureEnded/Failed
the response see :mod:`teamvoice.conversation.living`        CreateResponse, Response*, barge-in
the speaker  silent, due, playing, stopping                  AnswerAudio, Sound*
open calls   the calls that run now, and whose               ResponseEnded, ToolEnded, LinkDown
what is owed whether the person is due an answer             commits, the end of all open calls
the budget   left, spent                                     Spent
============ =============================================== ==================================

The rest has parts of its own, which only this machine calls: what was *said* and has no complete
response; the *consent* that writes wait for; the *ledger* of turns; the *tidings* that are to be
said aloud without being asked for; the *taint* of what comes from panes; the *hearing*, which tells
the session what was not heard of its answers.

One rule, :meth:`Conversation._respond`, decides every ``CreateResponse``: something is owed, the
link is up, no response lives, the microphone is closed, no call is open, the speaker is not being
stopped, and the day's money is not spent. It is asked after every event. When nothing is owed, it
decides in the same place whether something is announced: the receipt of what was confirmed, or,
between turns and into silence only, news. The end of a write that no answer told, since the person
spoke or the link broke, is news.

A write runs at once only if :mod:`teamvoice.conversation.policy` finds nothing against it. Else it
waits, and its turn with it: when the key goes down, the turn goes on until it is known whether
that was a tap, which confirms, or a hold, which is new words. Only a key that went down after the
write was asked for confirms it.

Nothing that was said is lost in silence: an utterance is kept until a response to it is complete,
and what a session took with it when it died is sent again to the next one. It is given up, and the
person told, when the third has died with it, or when there was no link for so long that it may not
be meant any more. A response that was completed has been acted upon, so it is never asked for
again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from teamvoice.conversation import commands as do
from teamvoice.conversation import events as ev
from teamvoice.conversation.budget import Budget
from teamvoice.conversation.calls import Calls
from teamvoice.conversation.commands import Command
from teamvoice.conversation.consent import NOTHING_WAITS, TIMER, Consent
from teamvoice.conversation.draft import Draft
from teamvoice.conversation.hearing import Hearing
from teamvoice.conversation.ledger import Ledger
from teamvoice.conversation.living import DROPPED, SOON, Living
from teamvoice.conversation.living import TIMER as ANSWER
from teamvoice.conversation.outage import CANCELLED, Outage
from teamvoice.conversation.policy import Policy, describe
from teamvoice.conversation.refusals import Refusal, sort
from teamvoice.conversation.said import Said, Utterance
from teamvoice.conversation.sentence import sentence
from teamvoice.conversation.states import Link, Mic, Response, Rules, Sound
from teamvoice.conversation.taint import Taint
from teamvoice.conversation.tidings import TIMER as UNTOLD
from teamvoice.conversation.tidings import Tidings
from teamvoice.conversation.turn import Turn

_PARTED = "teamvoice was ended"
_NOTHING = "nothing was recorded"


class Conversation:
    """The turn-taking between a person, a model, and the tools."""

    def __init__(self, rules: Rules | None = None, policy: Policy | None = None) -> None:
        self._rules = rules or Rules()
        self._consent = Consent(policy or Policy())
        self.link = Link.DOWN
        self.mic = Mic.CLOSED
        self.sound = Sound.SILENT
        self._living = Living(self._rules)
        self._owed = False
        self._next_hold: ev.HoldBegan | None = None  # came while the microphone was draining
        self._held_at = float("-inf")  # when the key last went down
        self._taint = Taint()
        self._tidings = Tidings()
        self._hearing = Hearing()
        self._calls = Calls(self._tidings, self._taint)
        self._said = Said(self._rules)
        self._outage = Outage(self._said, self._tidings, self._rules)
        self.budget = Budget(self._rules.cap_usd)
        self._ledger = Ledger(self._rules.linger_s)
        self._out: list[Command] = []
        self._handlers = self._table()

    @property
    def response(self) -> Response:
        """How it stands with the one response that may live."""
        return self._living.state

    @property
    def turn(self) -> int:
        """The number of the turn that is on; 0 between turns."""
        return self._ledger.current.number if self._ledger.current else 0

    @property
    def waits(self) -> tuple[str, ...]:
        """What waits for a confirmation, each in words."""
        waiting = self._consent.waiting
        return tuple(map(describe, waiting.calls)) if waiting else ()

    def handle(self, event: ev.Event) -> list[Command]:
        """Take in one event; what is to be done about it, in order."""
        if isinstance(event, ev.OF_A_SESSION) and self.link is Link.DOWN:
            return []  # the last words of a session that was given up
        self._handlers[type(event)](event)
        self._respond(event.at)
        self._settle(event.at)
        self._respond(event.at)  # news waits for the end of a turn
        if told := self._tidings.take_told():
            self._do(do.MarkTold(told))
        out, self._out = self._out, []
        return out

    def part(self, at: float) -> list[Command]:
        """This is the end: write down every turn, and say what gets no answer any more."""
        self._do(*self._consent.drop(_PARTED, at))
        if draft := self._ledger.current:
            is_lost = self._said.waits(draft.number) or self._owed
            draft.fail("dropped" if is_lost else "interrupted", _PARTED)
            if is_lost:
                self._do(do.Tell("trouble", f"{_PARTED}, and what you said is not answered"))
        self._do(*self._ledger.part(at))
        out, self._out = self._out, []
        return out

    def hand_over(self) -> tuple[Utterance, ...]:
        """Before :meth:`part`: what was said and waits for a link, for the next conversation."""
        if words := self._said.leave():
            self._ledger.leave("the settings changed")
        return words

    def unwritten(self, at: float) -> list[Turn]:
        """What was answered, at least in part, and is not written down yet; as it stands."""
        drafts = self._ledger.unwritten()
        return [d.finished(at) for d in drafts if self._is_answered(d) and not d.news]

    def _table(self) -> dict[type[ev.Event], Callable[[Any], object]]:
        """Who handles which event."""
        return {
            ev.HoldBegan: self._hold_began,
            ev.HoldEnded: self._hold_ended,
            ev.HoldDropped: self._hold_dropped,
            ev.Tapped: self._tapped,
            ev.CancelAsked: self._cancel_asked,
            ev.Confirmed: self._confirmed,
            ev.TextAsked: self._text_asked,
            ev.WordsLeft: self._words_left,
            ev.AudioCaptured: self._audio_captured,
            ev.CaptureEnded: self._capture_ended,
            ev.CaptureFailed: self._capture_failed,
            ev.SoundBegan: self._sound_began,
            ev.SoundEnded: self._sound_ended,
            ev.SoundStopped: self._sound_stopped,
            ev.SoundLost: self._sound_lost,
            ev.LinkUp: self._link_up,
            ev.LinkDown: self._link_down,
            ev.LinkRested: lambda _: self._end_session(),
            ev.ResponseBegan: self._response_began,
            ev.AnswerAudio: self._answer_audio,
            ev.AnswerText: self._answer_text,
            ev.ResponseEnded: self._response_ended,
            ev.SpeechCommitted: lambda event: self._ledger.speech_taken(event.item_id),
            ev.SpeechTranscribed: self._speech_transcribed,
            ev.SpeechPart: lambda _part: None,  # who looks on sees it
            ev.RequestRefused: self._request_refused,
            ev.Spent: lambda event: self._do(*self.budget.spend(event.day, event.usd)),
            ev.ToolEnded: self._tool_ended,
            ev.ToolAsked: self._tool_asked,
            ev.NewsCame: self._news_came,
            ev.NewsPassed: lambda event: self._tidings.passed(event.about),
            ev.Slept: self._slept,
            ev.TimerRang: self._timer_rang,
        }

    # The person ------------------------------------------------------------------------------

    def _hold_began(self, event: ev.HoldBegan) -> None:
        if self.mic is not Mic.CLOSED:
            self._next_hold = event
            return
        self._held_at = event.at
        draft = self._turn_of_what_waits() or self._turn_for_more(event.at, typed=False)
        self._said.record(draft.number)
        self.mic = Mic.OPEN
        if self.link is Link.UP:
            self._do(do.ClearAudio())
        self._do(do.OpenMicrophone())

    def _hold_ended(self, event: ev.HoldEnded) -> None:
        draft = self._ledger.current
        if self._next_hold:
            self._next_hold = None  # over before the microphone was free
        elif self.mic is Mic.OPEN and draft:
            if self._consent.waiting:
                draft = self._leave_what_waits(event.at)
            draft.key_up = event.at
            draft.ms["held"] = round((event.at - draft.began) * 1000)
            self.mic = Mic.DRAINING
            self._do(do.CloseMicrophone())
            if event.told:
                self._do(do.Tell("trouble", event.told))

    def _hold_dropped(self, _: ev.HoldDropped) -> None:
        if self._next_hold:
            self._next_hold = None
        else:
            self._discard_hold()

    def _tapped(self, _: ev.Tapped) -> None:
        if self._next_hold:
            self._next_hold = None
        else:
            self._discard_hold()
            self._confirm(self._held_at)

    def _confirmed(self, event: ev.Confirmed) -> None:
        if not self._confirm(event.at):
            self._do(do.Tell("notice", NOTHING_WAITS))

    def _cancel_asked(self, event: ev.CancelAsked) -> None:
        self._next_hold = None
        self._drop_what_waits("it was cancelled", event.at)
        speaks = self.mic in {Mic.OPEN, Mic.DRAINING} and self._said.is_long_enough
        self._discard_hold()
        self._do(*self._living.void())
        if self._ledger.current:
            self._ledger.await_speech(self._ledger.current)
        self._interrupt("cancelled")
        if told := self._outage.cancelled(linked=self.link is Link.UP):
            self._tidings.left()
        elif speaks:
            told = [do.Tell("notice", CANCELLED)]
        self._do(*told)
        self._owed = False

    def _text_asked(self, event: ev.TextAsked) -> None:
        if self.mic is not Mic.CLOSED:
            self._do(*self._ledger.turn_away(event, "the key is held; let go of it and ask again"))
            return
        if self.budget.is_spent:
            self._do(*self._ledger.turn_away(event, self.budget.why))
            return
        self._drop_what_waits("other words came first", event.at)
        draft = self._turn_for_more(event.at, typed=True)
        draft.key_up = event.at
        self._do(draft.hear(text=event.text))
        self._said.type(draft.number, event.text, event.at)
        self._do(*self._said.make_room())
        self._send_said(event.at)
        self._do(*self._outage.spoke(event.at))

    def _words_left(self, event: ev.WordsLeft) -> None:
        self._do(*self._ledger.take_over(event.words))
        self._said.take_over(event.words)
        self._send_said(event.at)
        self._do(*self._outage.spoke(event.at))

    def _turn_for_more(self, at: float, *, typed: bool) -> Draft:
        """The turn that new words belong to.

        Words that follow before anything of an answer was heard join the turn that is on, so that
        both are answered. Otherwise they interrupt it, and a new one begins.
        """
        draft = self._ledger.current
        if draft and self._said.waits(draft.number) and self.sound in {Sound.SILENT, Sound.DUE}:
            self._owed = self._owed or self.response is not Response.FREE
            self._stop_answering()
        else:
            self._interrupt("interrupted")
            draft = self._ledger.current = self._ledger.new(at, typed=typed)
        self._do(do.BeginTurn(draft.number))
        return draft

    # What waits for a confirmation -----------------------------------------------------------

    def _turn_of_what_waits(self) -> Draft | None:
        """The turn that goes on while a key is down that may only be tapped, to confirm."""
        if self._consent.waiting is None:
            return None
        self._stop_answering()
        return self._consent.waiting.draft

    def _leave_what_waits(self, at: float) -> Draft:
        """The key was held: what was said meanwhile are the words of a new turn."""
        self._drop_what_waits("other words came first", at)
        self._interrupt("interrupted")
        draft = self._ledger.current = self._ledger.new(self._held_at, typed=False)
        if self._said.recording:
            self._said.recording.turn = draft.number
        self._do(do.BeginTurn(draft.number))
        return draft

    def _confirm(self, at: float) -> bool:
        """Run what waits, if it was asked for before ``at``; whether anything was."""
        waiting = self._consent.waiting
        if waiting is None or at <= waiting.since:
            return False
        self._consent.confirm()
        self._do(do.StopTimer(TIMER))
        self._do(*(self._calls.run(c, waiting.draft, confirmed=True) for c in waiting.calls))
        return True

    def _drop_what_waits(self, why: str, at: float) -> None:
        told = self._consent.drop(why, at)
        if told and self.link is Link.UP:
            self._do(do.AddNote(f"What waited for a confirmation was not done: {why}."))
        self._do(*told)

    def _ask_person(self, asked: list[tuple[ev.ToolCall, str]], draft: Draft, at: float) -> None:
        """Let calls wait for a confirmation, if the person is there to hear of it."""
        if not asked:
            return
        if draft is self._ledger.current:
            self._owed = True
        is_on = draft is self._ledger.current and self.mic is Mic.CLOSED
        if is_on and self._consent.waiting is None:
            self._do(*self._consent.ask(asked, draft, at))
        else:
            self._do(*draft.turn_down(asked, at))

    # The microphone --------------------------------------------------------------------------

    def _audio_captured(self, event: ev.AudioCaptured) -> None:
        utterance = self._said.recording
        if utterance is None or self.mic not in {Mic.OPEN, Mic.DRAINING}:
            return
        if not utterance.captured:
            self._do(do.Chime("listening"))
        utterance.take(event.pcm)
        self._send_said(event.at)

    def _capture_ended(self, event: ev.CaptureEnded, *, told: bool = False) -> None:
        was, self.mic = self.mic, Mic.CLOSED
        if was is Mic.DRAINING and self._said.is_long_enough and not event.deaf:
            speech = self._said.end_recording(event.at)
            self._do(*self._said.make_room())
            if self._ledger.current:
                self._do(self._ledger.current.hear(speech=speech))
            self._send_said(event.at)
            self._do(*self._outage.spoke(event.at))
        elif was is not Mic.CLOSED:
            self._drop_hold("dropped", "" if was is Mic.DISCARDING else event.deaf or _NOTHING)
            if was is Mic.DRAINING and not told:
                trouble = f"{event.deaf or _NOTHING}; say it again"
                self._do(do.Chime("trouble"), do.Tell("trouble", trouble))
        if self._next_hold:
            held, self._next_hold = self._next_hold, None
            self._hold_began(held)

    def _capture_failed(self, event: ev.CaptureFailed) -> None:
        if self.mic is Mic.CLOSED:
            return
        if event.broke and self.mic is Mic.OPEN and self._said.is_long_enough:
            self._do(*self._ledger.miss(event.reason), do.OpenMicrophone(again=True))
            return
        self._do(do.Chime("trouble"), do.Tell("trouble", event.reason))
        if self.mic is Mic.DRAINING:
            self._capture_ended(ev.CaptureEnded(at=event.at), told=True)  # all was spoken before
        else:
            self.mic = Mic.CLOSED
            self._next_hold = None
            self._drop_hold("failed", event.reason)

    def _discard_hold(self) -> None:
        if self.mic is Mic.OPEN:
            self._do(do.CloseMicrophone())
        if self.mic is not Mic.CLOSED:
            self.mic = Mic.DISCARDING

    def _drop_hold(self, outcome: str, trouble: str) -> None:
        """Forget the audio of the hold that is over; its turn too, if that was all of it."""
        self._said.drop_recording()
        if self.link is Link.UP:
            self._do(do.ClearAudio())
        draft = self._ledger.current
        if draft and not self._said.waits(draft.number) and not draft.asked:
            draft.fail(outcome, trouble)

    # The speaker -----------------------------------------------------------------------------

    def _sound_began(self, event: ev.SoundBegan) -> None:
        if self.sound is Sound.DUE:
            self.sound = Sound.PLAYING
        if self._ledger.current:
            self._ledger.current.clock("sound", event.at)

    def _sound_ended(self, _: ev.Event) -> None:
        if self.sound in {Sound.DUE, Sound.PLAYING}:
            self.sound = Sound.SILENT
            self._hearing.silent()
            self._tidings.played_out()

    def _sound_stopped(self, event: ev.SoundStopped) -> None:
        if self.sound is not Sound.STOPPING:
            return
        self.sound = Sound.SILENT
        self._tidings.stopped({part.item_id for part in event.heard if part.ms})
        is_taken = not (self._said.committed() or self._tidings.have_ends)
        corrections = self._hearing.stopped(event.heard, is_taken=is_taken)
        if self.link is Link.UP:
            self._do(*corrections)

    def _sound_lost(self, event: ev.SoundLost) -> None:
        """An answer ends where it was heard; one that never sounded is shown whole."""
        if self.sound not in {Sound.DUE, Sound.PLAYING}:
            return
        self._ledger.cut(event.reason, heard=event.is_heard)
        if not event.is_heard:
            self._sound_ended(event)
            return
        self._do(do.FinishPlaying())
        self.sound = Sound.STOPPING
        self._hearing.lost(lives=self.response is not Response.FREE)
        self._sound_stopped(event)

    # The link --------------------------------------------------------------------------------

    def _link_up(self, event: ev.LinkUp) -> None:
        self.link = Link.UP
        self._do(*self._outage.drop_old(event.at, self._ledger.current))
        self._outage.over()
        self._send_said(event.at)

    def _link_down(self, event: ev.LinkDown) -> None:
        if self.link is Link.UP:
            self._lose_session(event)
        else:
            self._do(*self._outage.told(event))

    def _lose_session(self, event: ev.LinkDown) -> None:
        """Whatever the session had under way is gone; what was said is kept for the next one."""
        draft = self._ledger.current
        was_busy = self.response is not Response.FREE or self._owed or self._calls.are_open
        was_busy = was_busy or self._consent.waiting is not None
        self._do(*self._consent.drop("the link went down", event.at))
        given_up = bool(self._end_session())
        self._do(*self._outage.began(event, draft, given_up=given_up, was_busy=was_busy))
        self._do(*self._outage.spoke(event.at))

    def _end_session(self) -> list[Utterance]:
        """The session is no more; what was said so often in vain that it is given up."""
        if self.sound in {Sound.DUE, Sound.PLAYING} and self.response is not Response.FREE:
            self._do(do.FinishPlaying())
        self.link, self._owed = Link.DOWN, False
        self._do(*self._living.over())
        self._calls.session_lost()
        self._tidings.session_lost(self.sound)
        self._hearing.session_lost()
        self._ledger.link_lost()
        self.budget.session_lost()
        return self._said.session_lost()

    def _slept(self, event: ev.Slept) -> None:
        self._said.slept(event.seconds)
        if self.link is Link.DOWN:
            self._do(*self._outage.drop_old(event.at, self._ledger.current))

    # The answer --------------------------------------------------------------------------------

    def _response_began(self, event: ev.ResponseBegan) -> None:
        was = self.response
        self._ledger.response_began(event.response_id)
        self._do(*self._living.began(event.response_id))
        if was is Response.FREE:
            self._answer_what_is_there()  # the provider began it by itself
            self._owed = False
            if self.budget.is_spent:
                self._do(do.Tell("trouble", self.budget.why), *self._living.void())
        if self.mic is Mic.OPEN:
            self._do(*self._living.cancel())

    def _answer_audio(self, event: ev.AnswerAudio) -> None:
        announced = bool(self._tidings.announcing)
        if self._hearing.is_over or not self._living.is_wanted(event.response_id):
            if not announced:
                self._hearing.dropped(event.item_id)
            return
        self.sound = Sound.DUE if self.sound is Sound.SILENT else self.sound
        self._living.has_sound = True
        self._tidings.given(event.item_id)
        self._hearing.played(event.item_id, aside=announced)
        if draft := self._ledger.of_response(event.response_id):
            draft.clock("answer", event.at)
        play = do.Play(event.item_id, event.content_index, event.pcm)
        self._do(self._living.wait(), play)

    def _answer_text(self, event: ev.AnswerText) -> None:
        draft = self._ledger.of_response(event.response_id)
        if draft and self._living.is_wanted(event.response_id):
            self._do(self._living.said(event.text))
            draft.spoken.append(event.text)

    def _response_ended(self, event: ev.ResponseEnded) -> None:
        is_ours = event.response_id == self._living.id
        if not is_ours and self.response is not Response.BLOCKED:
            return  # it never began, or its end was told before
        draft = self._ledger.response_ended(event)
        was, announced = self._living.state, bool(self._tidings.announcing)
        is_mute = event.is_empty and was is Response.ACTIVE and not self._living.said_something
        is_complete = event.status == "completed" and is_ours and not is_mute
        was_whole = is_complete and was is Response.ACTIVE
        shown = draft.show(self._living.text_alone) if draft and was_whole else []
        self._tidings.over(completed=was_whole, sound=self.sound, shown=bool(shown))
        self._do(*shown)
        self._do(*self._living.over(), *self._hearing.response_over())
        if self.sound in {Sound.DUE, Sound.PLAYING}:
            self._do(do.FinishPlaying())
        if is_complete:
            self._said.answered(self._living.about)
            self._run_calls(None if announced or was is Response.VOID else draft, event)
        elif was not in {Response.CANCELLING, Response.VOID} and draft:
            why = "the model said nothing" if is_mute else f"the answer was {event.status}"
            self._give_up(draft, event.reason or why, self._living.loss)

    def _speech_transcribed(self, event: ev.SpeechTranscribed) -> None:
        self._do(*self._ledger.speech_heard(event))

    def _request_refused(self, event: ev.RequestRefused) -> None:
        living = self._living
        match sort(event, is_leaving=living.is_leaving, has_begun=bool(living.id)):
            case Refusal.CANCELLED:
                self._response_gone()  # which is what was wanted
            case Refusal.ANOTHER if self.response is not Response.FREE:
                self._living.block()
                self._owed |= not self._tidings.again()  # once the other one has ended
            case Refusal.RESPONSE:
                self._response_gone()
                self._give_up(self._ledger.current, event.message)
            case Refusal.COMMIT:
                self._ledger.speech_refused()
                self._input_refused(event.message)
            case Refusal.ITEM:
                self._tidings.untold(event.about)
                self._input_refused(event.message)
            case Refusal.BLOCK:
                self._block_refused(event.message)
            case Refusal.UNKNOWN | Refusal.OTHER as refusal:
                self._do(do.Tell("trouble", event.message))
                if refusal is Refusal.UNKNOWN:
                    self._do(*self._living.doubt(event.message, self._rules.soon_s))

    def _input_refused(self, trouble: str) -> None:
        """The session lacks what was said, or what a tool told: an answer would be to less."""
        self._owed = False
        if void := self._living.void():
            self._do(*void, self._living.wait(self._rules.soon_s))  # it may never begin
        self._give_up(self._ledger.current, trouble)

    def _block_refused(self, trouble: str) -> None:
        """Some of the speech is missing, so it may mean something else: nothing of it counts."""
        if self._ledger.is_behind or self.mic is Mic.CLOSED:  # it is of what was said before
            if self._said.committed():
                self._input_refused(trouble)
        elif self.mic in {Mic.OPEN, Mic.DRAINING}:
            self._discard_hold()
            if self._ledger.current:
                why = f"{trouble}; what you say does not count, so say it again"
                self._do(*self._ledger.current.give_up(why))

    # Tools and time --------------------------------------------------------------------------

    def _run_calls(self, draft: Draft | None, event: ev.ResponseEnded) -> None:
        """Run what a completed response asks for, or let it wait."""
        commands, asked = self._calls.begin(event, draft, self._consent.policy)
        self._do(*commands)
        if draft:
            self._ask_person(asked, draft, event.at)

    def _tool_ended(self, event: ev.ToolEnded) -> None:
        confirmed = self._consent.ended(event.call_id)
        current = self._ledger.current
        if not confirmed and current and self._calls.open_in(current, event.call_id):
            self._owed = True
        linked = self.link is Link.UP
        self._do(*self._calls.ended(event, current, confirmed=confirmed, linked=linked))

    def _tool_asked(self, event: ev.ToolAsked) -> None:
        call, draft, is_orphan = self._calls.withdraw(event.call_id)
        if draft and is_orphan:
            draft.call_ended(event.call_id, "Not done: the link went down.", event.at)
            self._do(do.Tell("notice", f"not done, since {event.why} and the link went down"))
        elif call and draft:
            self._ask_person([(call, event.why)], draft, event.at)

    def _news_came(self, event: ev.NewsCame) -> None:
        self._do(do.Tell("news", sentence(event.text)))
        if event.lasts or self.link is Link.UP:
            self._tidings.came(event)

    def _timer_rang(self, event: ev.TimerRang) -> None:
        match event.name:
            case name if name == ANSWER:
                self._answer_is_late(event)
            case "old" if self.link is Link.DOWN:
                self._do(*self._outage.drop_old(event.at, self._ledger.current))
                self._do(*self._outage.time_old(event.at))
            case name if name == SOON and self.link is Link.DOWN:
                self._do(*self._outage.tell_kept())
            case name if name == SOON:
                if self._waits_in_silence():
                    self._do(*self._outage.tell_silent())
            case name if name == UNTOLD:
                self._tidings.rang(between_turns=self._ledger.current is None)
            case name if name == TIMER:
                self._do(do.Chime("cancelled"))
                self._drop_what_waits("nobody confirmed it", event.at)
            case name:
                self._ledger.rang(name)

    def _waits_in_silence(self) -> bool:
        """The person waits for the provider, and hears nothing meanwhile."""
        if not self._living.is_awaited or self.mic is not Mic.CLOSED:
            return False
        asked = self.response is Response.REQUESTED and not self._tidings.announcing
        return self.sound is Sound.SILENT and (asked or self._owed or bool(self._said.committed()))

    def _answer_is_late(self, event: ev.TimerRang) -> None:
        if self.response is Response.ACTIVE:
            self._give_up(self._ledger.current, self._living.late)
            self._do(*self._living.void())
        elif self.response is not Response.FREE:
            if not self._living.is_leaving:
                self._give_up(self._ledger.current, self._living.late)
            self._lose_session(ev.LinkDown(at=event.at, reason="the session no longer answers"))
            self._do(do.ResetLink())

    # What they share -------------------------------------------------------------------------

    def _respond(self, at: float) -> None:
        """The one rule: whether a response is asked for now, and which."""
        if (
            self.link is not Link.UP
            or self.response is not Response.FREE
            or self.mic is not Mic.CLOSED
            or self._calls.are_open
            or self.sound is Sound.STOPPING
        ):
            return
        if self.budget.is_spent:
            self._leave_unanswered()
        elif self._owed:
            self._owed = False
            self._do(*self.budget.make_forget())
            self._answer_what_is_there()
            if self._ledger.current:
                self._ledger.current.clock("asked", at)
            self._do(*self._living.request(do.CreateResponse()))
        elif text := self._next_announcement(at):
            self._living.about = []
            self._do(*self._living.request(do.Announce(text)))

    def _leave_unanswered(self) -> None:
        """The day's money is spent: what was done is shown, and no response is asked for."""
        shown = self._tidings.all_shown()
        draft = self._ledger.current if self._owed else None
        if draft:
            self.budget.refuse(draft)
            self._ledger.await_speech(draft)
            shown = [text for text in shown if text not in draft.outputs]  # shown below
        self._do(*(do.Tell("answer", output) for output in shown))
        if not self._owed:
            return
        self._owed = False
        self._give_up(self._ledger.current, self.budget.why)

    def _answer_what_is_there(self) -> None:
        """The response that begins answers what was said, and knows of all that came in."""
        self._living.about = self._said.committed()
        self._tidings.asked()
        self._taint.asked(self._ledger.current)

    def _next_announcement(self, at: float) -> str:
        """What is to be said aloud now; news only between turns, and as a turn of its own."""
        if self._tidings.are_urgent:
            return self._tidings.receipts()
        if self._ledger.current or self.sound is not Sound.SILENT:
            return ""
        plain, fenced = self._tidings.news()
        if plain:
            self._ledger.current = self._ledger.new(at, typed=False)
            self._ledger.current.news = plain
        return fenced

    def _settle(self, at: float) -> None:
        """End the turn when nothing more will come of it; write down what is complete."""
        draft = self._ledger.current
        if draft and self._is_quiet() and (draft.outcome or self._is_answered(draft)):
            self._do(*self._ledger.close(draft))
        self._do(*self._ledger.settle(at))
        if self._ledger.current is None and self._tidings.needs_timer():
            self._do(do.SetTimer(UNTOLD, self._rules.soon_s))

    def _is_answered(self, draft: Draft) -> bool:
        return bool(draft.usage) and not self._said.waits(draft.number)

    @property
    def is_at_rest(self) -> bool:
        """No turn is on, and nothing is under way: the session may be changed for another."""
        return self._ledger.current is None and self.is_movable

    @property
    def is_movable(self) -> bool:
        """Nothing is under way but words that wait for a link: see :meth:`hand_over`."""
        waits = self._ledger.current is None or self.link is Link.DOWN
        runs = self._calls.have_orphans or self._said.recording
        return waits and not runs and self._is_quiet()

    @property
    def is_written_down(self) -> bool:
        """It is at rest, and no turn waits to be written down: another session may be told all."""
        return self.is_at_rest and not self._ledger.lingers

    def _is_quiet(self) -> bool:
        return (
            self.mic is Mic.CLOSED
            and self.response is Response.FREE
            and self.sound is Sound.SILENT
            and not self._calls.are_open
            and not self._owed
            and not self._tidings.are_urgent
            and self._consent.waiting is None
        )

    def _interrupt(self, outcome: str) -> None:
        """Silence the speaker, stop the response, and end the turn that was on."""
        self._stop_answering()
        self._tidings.shown()
        if draft := self._ledger.current:
            draft.fail(outcome, "")
            self._do(*self._ledger.close(draft))

    def _stop_answering(self) -> None:
        self._hush()
        self._do(*self._living.cancel())
        self._owed = self._owed or bool(self._said.committed())  # of which nothing was heard

    def _hush(self) -> None:
        if self.sound is Sound.PLAYING:
            self._said.answered(self._living.about)  # what is heard in part is answered
        if self.sound in {Sound.DUE, Sound.PLAYING}:
            self.sound = Sound.STOPPING
            self._do(do.Silence())

    def _response_gone(self) -> None:
        self._ledger.response_gone(self._living.id)
        self._tidings.over(completed=False, sound=self.sound)
        self._do(*self._living.over(), *self._hearing.response_over())

    def _give_up(self, draft: Draft | None, trouble: str, note: str = DROPPED) -> None:
        """No answer will come to what was said; the person is told."""
        gone = self._said.committed()
        self._said.answered(gone)
        if gone and self.link is Link.UP and not self.budget.is_spent:  # which forgets them itself
            self._do(do.AddNote(note))
            self._tidings.left()
        if draft:
            has_older = any(utterance.turn != draft.number for utterance in gone)
            older = "; what you said before it is given up too" if has_older else ""
            self._do(*draft.give_up(trouble + older))
        elif gone:
            self._do(do.Chime("trouble"), do.Tell("trouble", trouble))

    def _send_said(self, at: float) -> None:
        """Give the session that is up what it does not have yet."""
        if self.link is Link.DOWN:
            return
        commands, completed = self._said.send()
        self._do(*commands)
        for utterance in completed:
            self._owed = True
            self._do(*self._ledger.give_turn(utterance, at))
            if utterance.text is None:
                self._ledger.speech_sent()
                self._do(do.Chime("sent"))
            if self._ledger.current:
                self._ledger.current.clock("commit", at)

    def _do(self, *commands: Command) -> None:
        self._out.extend(commands)
