"""Delivery of a message as a machine without I/O: look, refuse or paste, look, Enter, look.

Events in, one command out::

    Look ─▶ Looked ─┬─▶ Finish(refused)             nothing was typed
                    ├─▶ LeaveMode ─▶ Look           copy mode is left first …
                    └─▶ Paste ─▶ Look … until the text stands in the prompt
                                  └─▶ Press ─▶ Look … until it is seen to be taken
                                                └─▶ Finish(submitted | queued)
                        (anything else by the deadline: Finish(unconfirmed))
    … and its view restored (RestoreView) before any Finish.

What it holds: Enter is pressed only while the prompt is seen to hold this message and nothing
else, and tmux itself checks at that moment that the row still stands there. An Enter that the agent
swallowed (the message still stands there) is pressed again, three times at most.

What counts as taken, always by the very process that the text was pasted to:

- the agent's own record has this message, newly; or
- the prompt is empty again. Where the agent keeps a record and does not seem to work, the record or
  the conversation on its screen must have something new as well; or
- a question has taken the prompt's place, and above it the message is the last that a person said.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace

from teamvoice.team.native import Heard, text_mark
from teamvoice.team.profiles import found
from teamvoice.team.receipts import Outcome, Receipt
from teamvoice.team.screen import clean_message, compact, tail
from teamvoice.team.sight import Kind, View
from teamvoice.team.write import Step, Write, in_mode
from teamvoice.team.writing import (
    Command,
    Denied,
    Done,
    Event,
    Failed,
    Finish,
    LeaveMode,
    Left,
    Look,
    Looked,
    Order,
    Paste,
    Patience,
    Press,
    RestoreView,
    Scrolled,
)

_HEAD = 32  # characters by which a text is known again
_TRIES = 20  # deeds that tmux may deny because the screen changed since the look
_EXACT_TRIES = 12  # … of which so many insist on the row of the prompt, however it is drawn
_STANDS = "the message stands in the conversation"
_QUEUE_S = 0.6  # for a busy agent to show that it queued the message


class Delivery(Write):
    """One message on its way.

    Args:
        order: The message and its pane.
        patience: How long each step may take.
        only_idle: Refuse it to an agent that works.
    """

    def __init__(
        self, order: Order, patience: Patience | None = None, *, only_idle: bool = False
    ) -> None:
        super().__init__(order, patience)
        self._text = clean_message(order.text)
        self._mark = text_mark(self._text)
        self._only_idle = only_idle
        self._pressed_at = 0.0
        self._presses = 0
        self._scrolled: Scrolled | None = None  # where the person was in copy mode
        self._before: View | None = None  # as it was when the text was pasted
        self._stood = ""  # how it stood in the prompt when Enter was pressed
        self._seen: View | None = None
        self._decided: Receipt | None = None

    def begin(self) -> Command:
        """The first command."""
        return super().begin() if self._text else self._refuse("there is nothing to say in it")

    def handle(self, event: Event) -> Command:
        """What is to be done next, now that this happened."""
        if self._step is Step.OVER:
            raise ValueError("the delivery is over")
        if self._step is Step.RESTORING:
            return self._end(restored=isinstance(event, Done))
        match event:
            case Failed(reason=reason):
                return self._break_off(reason)
            case Looked(at=at, view=view):
                self._seen = view
                return self._on_look(view, self._waited(at), at)
            case Left(scrolled=scrolled):
                self._scrolled = self._scrolled or scrolled
                return self._go(Step.LOOKING, Look())
            case Denied():
                return self._on_denied()
            case Done(at=at):
                return self._on_done(at)

    # Each step ---------------------------------------------------------------------------------

    def _on_look(self, view: View, waited: float, at: float) -> Command:
        match self._step:
            case Step.APPEARING:
                return self._see_it_appear(view, waited)
            case Step.SEEING:
                return self._see_it_arrive(view, waited, at)
            case _:
                return self._see_whether_fit(view, waited)

    def _see_whether_fit(self, view: View, waited: float) -> Command:
        if reason := self._unfit(view) or self._misread(view):
            return self._refuse(reason)
        if in_mode(view):
            return self._leave_mode()
        if view.draft is None or view.state.kind is Kind.UNKNOWN:
            late = waited >= self._patience.settle
            return self._refuse("its prompt is not to be seen") if late else Look(0.1)
        if view.draft:
            return self._refuse("there is a half-typed draft in the prompt")
        if self._only_idle and view.state.kind is not Kind.IDLE:
            return self._refuse("it is working")
        self._before = view
        return self._go(
            Step.PASTING, Paste(self._carried(view), self._prompt_stands(view, _EXACT_TRIES))
        )

    def _see_it_appear(self, view: View, waited: float) -> Command:
        if reason := self._unfit(view):
            return self._doubt(f"{reason}, so Enter was not pressed")
        if view.draft is not None and self._is_mine(view):
            return self._enter(view)
        if waited < self._patience.appear:
            return Look(_pause(waited))
        other = "something else stands in the prompt with it" if view.draft else "it did not appear"
        return self._doubt(f"{other}, so Enter was not pressed")

    def _see_it_arrive(self, view: View, waited: float, at: float) -> Command:
        if shown := self._what_shows_it(view):
            rested = at - self._pressed_at
            return Look(0.1) if self._may_yet_queue(view, rested) else self._arrive(view, shown)
        if reason := self._barred(view):
            return self._doubt(reason)
        reason = self._unfit(view)
        if waited >= (self._patience.start if _is_starting(view) else self._patience.arrive):
            return self._doubt(reason or _what_is_amiss(view))
        if not reason and self._may_press_again(view, at):
            return self._enter(view)
        return Look(_pause(waited))

    def _on_denied(self) -> Command:
        """The screen changed since the look: nothing was typed by this, so look again."""
        self._denials += 1
        if self._step is Step.PRESSING:
            if self._denials >= _TRIES:
                return self._doubt("its screen keeps changing, so Enter was not pressed")
            self._presses -= 1
            self._step = Step.SEEING if self._presses else Step.APPEARING
            return Look(0.03)
        if self._denials >= _TRIES:
            return self._refuse("its screen keeps changing")
        return self._go(Step.LOOKING, Look(0.03))

    def _on_done(self, at: float) -> Command:
        match self._step:
            case Step.PASTING:
                return self._go(Step.APPEARING, Look())
            case Step.PRESSING:
                self._pressed_at = at
                first = self._presses == 1
                self._step = Step.SEEING
                self._since = at if first else self._since
                return Look()
            case _:
                return self._go(Step.LOOKING, Look())

    # Judgements --------------------------------------------------------------------------------

    def _misread(self, view: View) -> str:
        if view.profile is None or self._text[0] not in view.profile.sigils or self._escape(view):
            return ""
        return f'a message that begins with "{self._text[0]}" would be taken for a command'

    def _escape(self, view: View) -> str:
        """What goes before the text so that it arrives as text."""
        profile = view.profile
        commands = profile is not None and self._text[0] in profile.sigils
        return profile.escapes.get(self._text[0], "") if profile and commands else ""

    def _carried(self, view: View) -> str:
        """The text as it is pasted."""
        return self._escape(view) + self._text

    def _is_mine(self, view: View) -> bool:
        """The prompt holds this message and nothing else."""
        draft, text = compact(view.draft or ""), compact(self._text)
        if not draft or view.profile is None:
            return False
        alone = draft[0] == "[" and draft[-1] == "]" and not {"[", "]"} & set(draft[1:-1])
        if alone and found(view.profile.signs.pasted, view.draft or ""):
            return True  # a long paste, shown as one stub
        if "\n" in self._escape(view):
            return False  # only as a stub it is surely text
        if draft == text or (len(draft) >= _HEAD and draft in text):
            return True
        # Where an empty line ends the prompt, only the first paragraph is seen as the draft.
        paragraph = compact(self._text.partition("\n\n")[0])
        return draft == paragraph and text[-_HEAD:] in compact("\n".join(view.lines))

    def _what_shows_it(self, view: View) -> str:
        """What shows that the agent took the message, as a clause; empty when nothing does."""
        if self._barred(view):
            return ""
        if self._is_recorded(view):
            return "the agent's own record has the message"
        if view.state.kind is Kind.WAITING:
            return _STANDS if self._stands_there(view) else ""
        if view.draft != "" or view.state.kind not in {Kind.IDLE, Kind.WORKING}:
            return ""
        keeps_record = self._before is not None and self._before.heard is not None
        if view.state.kind is Kind.WORKING or not keeps_record or self._news(view):
            return f"the prompt is empty again; {view.state.kind}"
        return _STANDS if self._stands_there(view) else ""

    def _news(self, view: View) -> list[Heard]:
        """What the agent's own record has of its person since the text was pasted."""
        before = self._before.heard if self._before else None
        if before is None:
            return []
        last = before[-1].stamp if before else ""
        return [heard for heard in view.heard or () if heard.stamp > last]

    def _is_recorded(self, view: View) -> bool:
        """It is in the record, and cannot be an older one that had been held there till now."""
        before = self._before
        held = before is None or before.queued or before.state.kind is not Kind.IDLE
        return any(h.mark == self._mark and (h.held or not held) for h in self._news(view))

    def _stands_there(self, view: View) -> bool:
        """It is the last thing that a person said in the conversation, and was not before."""
        said = self._said(view)
        before = self._said(self._before) if self._before else []
        return bool(said) and said[-1] and sum(said) > sum(before)

    def _said(self, view: View) -> list[bool]:
        """For each message of a person in the conversation, whether it is this one."""
        if view.profile is None:
            return []
        signs, rows = view.profile.signs, _conversation(view)
        stub = self._stood if found(signs.pasted, self._stood) else ""
        mine = {compact(text) for text in (self._text, stub) if text}
        return [
            _reads((match["text"], *rows[number + 1 :]), mine)
            for number, row in enumerate(rows)
            if (match := found(signs.said, row))
        ]

    def _may_yet_queue(self, view: View, rested: float) -> bool:
        """It worked and works: a moment more, and it may show that it holds the message."""
        worked = self._before is not None and self._before.state.kind is Kind.WORKING
        works = view.state.kind is Kind.WORKING and not self._is_held(view)
        return worked and works and rested < _QUEUE_S

    def _is_held(self, view: View) -> bool:
        """The agent shows, or says itself, that it holds messages until its work is done."""
        held = any(heard.held and heard.mark == self._mark for heard in self._news(view))
        return view.queued or (held and view.state.kind is Kind.WORKING)

    def _may_press_again(self, view: View, at: float) -> bool:
        before = self._before.state.kind if self._before else None
        began = view.state.kind is Kind.WORKING and before is not Kind.WORKING
        rested = at - self._pressed_at >= self._patience.again
        stands = view.draft is not None and self._is_mine(view)
        return rested and stands and not began and self._presses < 3

    # Ends --------------------------------------------------------------------------------------

    def _arrive(self, view: View, shown: str) -> Command:
        if self._is_held(view):
            return self._finish(Outcome.QUEUED, "", "it shows that it holds messages")
        return self._finish(Outcome.SUBMITTED, "", shown)

    def _doubt(self, reason: str) -> Command:
        seen = tail(self._seen.lines, max_lines=3, max_chars=240) if self._seen else ""
        return self._finish(Outcome.UNCONFIRMED, reason, seen)

    def _finish(self, outcome: Outcome, why: str = "", evidence: str = "") -> Command:
        if self._scrolled is None:
            return super()._finish(outcome, why, evidence)
        self._decided = self._receipt(outcome, why, evidence)
        self._step = Step.RESTORING
        return RestoreView(self._scrolled)

    def _end(self, *, restored: bool) -> Finish:
        if self._decided is None:
            raise ValueError("nothing was decided yet")
        self._step = Step.OVER
        left = "copy mode was left, and " + ("its view restored" if restored else "stays left")
        evidence = "; ".join(filter(None, (self._decided.evidence, left)))
        return Finish(replace(self._decided, evidence=evidence))

    def _leave_mode(self) -> Command:
        if self._scrolled is not None:
            return self._refuse("its pane went into copy mode again")
        return self._go(Step.LEAVING, LeaveMode())

    def _enter(self, view: View) -> Press:
        self._presses += 1
        self._step, self._stood = Step.PRESSING, view.draft or ""
        return Press(("Enter",), self._prompt_stands(view, _EXACT_TRIES))

    def _go(self, step: Step, command: Command) -> Command:
        self._step = step
        self._since = None
        return command


def _conversation(view: View) -> tuple[str, ...]:
    """What surely stands above an open question, or above the prompt."""
    if view.state.kind is not Kind.WAITING or view.profile is None:
        return view.body
    begins = view.profile.question.begins
    first = next((n for n, row in enumerate(view.lines) if found(begins, row)), 0)
    return view.lines[:first]


def _reads(rows: Sequence[str], texts: Set[str]) -> bool:
    """One of the texts ends where one of the rows does, and begins where they do."""
    read, longest = "", max(map(len, texts), default=0)
    for row in rows:
        read += compact(row)
        if read in texts or len(read) > longest:
            return read in texts
    return False


def _is_starting(view: View) -> bool:
    starting = view.profile.signs.starting if view.profile else ""
    return any(found(starting, row) for row in view.lines)


def _what_is_amiss(view: View) -> str:
    if view.draft == "":
        return "the prompt is empty, but nothing shows that the message was taken"
    return "the message still seems to stand in the prompt"


def _pause(waited: float) -> float:
    """Look often at first, then less."""
    return 0.015 if waited < 0.15 else 0.05 if waited < 1 else 0.15
