"""Delivery of a message as a machine without I/O: look, refuse or paste, look, Enter, look.

Events in, one command out. :meth:`Delivery.begin` gives the first command; whoever drives the
machine carries it out and tells it what came of it, until the command is ``Finish``::

    Look ─▶ Looked ─┬─▶ Finish(refused)             nothing was typed
                    ├─▶ LeaveMode ─▶ Look           copy mode is left first …
                    └─▶ Paste ─▶ Look … until the text stands in the prompt
                                  └─▶ Press ─▶ Look … until the prompt is empty again
                                                └─▶ Finish(submitted | queued)
                        (anything else by the deadline: Finish(unconfirmed))
    … and its view restored (RestoreView) before any Finish.

What it holds: Enter is pressed only while the prompt is seen to hold this message and nothing
else, and tmux itself checks at that moment that the row still stands there. Nothing is called
submitted that was not seen to leave the prompt. An Enter that the agent swallowed (the message
still stands there) is pressed again, three times at most.
"""

from __future__ import annotations

import enum
from dataclasses import replace

from teamvoice.team.profiles import found
from teamvoice.team.receipts import Outcome, Receipt
from teamvoice.team.screen import clean_message, compact, tail
from teamvoice.team.sight import Kind, View
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
    Still,
    still,
    unfit,
)

_HEAD = 32  # characters by which a text is known again
_TRIES = 20  # deeds that tmux may deny because the screen changed since the look
_EXACT_TRIES = 12  # … of which so many insist on the row of the prompt, however it is drawn
_QUEUE_S = 0.6  # for a busy agent to show that it queued the message


class Step(enum.Enum):
    """Where a delivery stands."""

    LOOKING = enum.auto()
    LEAVING = enum.auto()
    PASTING = enum.auto()
    APPEARING = enum.auto()
    PRESSING = enum.auto()
    ARRIVING = enum.auto()
    RESTORING = enum.auto()
    OVER = enum.auto()


class Delivery:
    """One message on its way.

    Args:
        order: The message and its pane.
        patience: How long each step may take.
        only_idle: Refuse it to an agent that works.
    """

    def __init__(
        self, order: Order, patience: Patience | None = None, *, only_idle: bool = False
    ) -> None:
        self._order = order
        self._text = clean_message(order.text)
        self._patience = patience or Patience()
        self._only_idle = only_idle
        self._step = Step.LOOKING
        self._since: float | None = None  # when the step that looks again and again began
        self._pressed_at = 0.0
        self._presses = 0
        self._denials = 0
        self._scrolled: Scrolled | None = None  # where the person was in copy mode
        self._before: View | None = None  # as it was when the text was pasted
        self._seen: View | None = None
        self._receipt: Receipt | None = None

    def begin(self) -> Command:
        """The first command."""
        return Look() if self._text else self._refuse("there is nothing to say in it")

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
                self._since = at if self._since is None else self._since
                return self._on_look(view, at - self._since, at)
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
            case Step.ARRIVING:
                return self._see_it_arrive(view, waited, at)
            case _:
                return self._see_whether_fit(view, waited)

    def _see_whether_fit(self, view: View, waited: float) -> Command:
        if reason := unfit(view, self._order) or self._misread(view):
            return self._refuse(reason)
        if view.pane is not None and view.pane.in_mode:
            return self._leave_mode()
        if view.draft is None or view.state.kind is Kind.UNKNOWN:
            late = waited >= self._patience.settle
            return self._refuse("its prompt is not to be seen") if late else Look(0.1)
        if view.draft:
            return self._refuse("there is a half-typed draft in the prompt")
        if self._only_idle and view.state.kind is not Kind.IDLE:
            return self._refuse("it is working")
        self._before = view
        return self._go(Step.PASTING, Paste(self._carried(view), self._as_it_stands(view)))

    def _see_it_appear(self, view: View, waited: float) -> Command:
        if reason := unfit(view, self._order):
            return self._doubt(f"{reason}, so Enter was not pressed")
        if view.draft is not None and self._is_mine(view):
            return self._press(view)
        if waited < self._patience.appear:
            return Look(_pause(waited))
        other = "something else stands in the prompt with it" if view.draft else "it did not appear"
        return self._doubt(f"{other}, so Enter was not pressed")

    def _see_it_arrive(self, view: View, waited: float, at: float) -> Command:
        if self._has_arrived(view):
            rested = at - self._pressed_at
            return Look(0.1) if self._may_yet_queue(view, rested) else self._arrive(view)
        reason = unfit(view, self._order)
        if reason and view.state.kind is not Kind.WAITING:
            return self._doubt(reason)
        if waited >= self._patience.arrive:
            return self._doubt(reason or "the message still seems to stand in the prompt")
        if not reason and self._may_press_again(view, at):
            return self._press(view)
        return Look(_pause(waited))

    def _on_denied(self) -> Command:
        """The screen changed since the look: nothing was typed by this, so look again."""
        self._denials += 1
        if self._step is Step.PRESSING:
            if self._denials >= _TRIES:
                return self._doubt("its screen keeps changing, so Enter was not pressed")
            self._presses -= 1
            self._step = Step.ARRIVING if self._presses else Step.APPEARING
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
                self._step = Step.ARRIVING
                self._since = at if first else self._since
                return Look()
            case _:
                return self._go(Step.LOOKING, Look())

    # Judgements --------------------------------------------------------------------------------

    def _commands(self, view: View) -> bool:
        """As it is, the agent would take the text for a command."""
        return view.profile is not None and self._text[0] in view.profile.sigils

    def _misread(self, view: View) -> str:
        if not self._commands(view) or (view.profile and view.profile.before_sigil):
            return ""
        return f'a message that begins with "{self._text[0]}" would be taken for a command'

    def _carried(self, view: View) -> str:
        """The text as it is pasted, so that it arrives as text."""
        before = view.profile.before_sigil if view.profile and self._commands(view) else ""
        return before + self._text

    def _as_it_stands(self, view: View) -> Still:
        """The rows of the prompt as they are now, unless tmux reads them otherwise than we do."""
        return still(view, _prompt_rows(view) if self._denials < _EXACT_TRIES else [])

    def _is_mine(self, view: View) -> bool:
        """The prompt holds this message and nothing else."""
        draft, text = compact(view.draft or ""), compact(self._text)
        if not draft or view.profile is None:
            return False
        if (
            draft[0] == "["
            and draft[-1] == "]"
            and found(view.profile.signs.pasted, view.draft or "")
        ):
            return True  # a long paste, shown as a stub
        if draft == text or (len(draft) >= _HEAD and draft in text):
            return True
        # Where an empty line ends the prompt, only the first paragraph is seen as the draft.
        paragraph = compact(self._text.partition("\n\n")[0])
        return draft == paragraph and text[-_HEAD:] in compact("\n".join(view.lines))

    def _has_arrived(self, view: View) -> bool:
        """The prompt let go of it: empty, or gone with the message in the conversation above."""
        same = view.pane is not None and view.pane.pid == self._order.pid
        if not same or view.profile is None:
            return False
        if view.state.kind is Kind.WAITING:
            return self._count(view) > (self._count(self._before) if self._before else 0)
        return view.draft == "" and view.state.kind in {Kind.IDLE, Kind.WORKING}

    def _may_yet_queue(self, view: View, rested: float) -> bool:
        """It worked and works: a moment more, and it may show that it holds the message."""
        worked = self._before is not None and self._before.state.kind is Kind.WORKING
        works = view.state.kind is Kind.WORKING and not view.queued
        return worked and works and rested < _QUEUE_S

    def _count(self, view: View) -> int:
        return compact("\n".join(view.body)).count(compact(self._text)[:_HEAD])

    def _may_press_again(self, view: View, at: float) -> bool:
        before = self._before.state.kind if self._before else None
        began = view.state.kind is Kind.WORKING and before is not Kind.WORKING
        rested = at - self._pressed_at >= self._patience.again
        stands = view.draft is not None and self._is_mine(view)
        return rested and stands and not began and self._presses < 3

    # Ends --------------------------------------------------------------------------------------

    def _arrive(self, view: View) -> Command:
        if view.queued:
            return self._finish(Outcome.QUEUED, "", "it shows that it holds messages")
        return self._finish(Outcome.SUBMITTED, "", f"{_what_is_left(view)}; {view.state.kind}")

    def _refuse(self, reason: str) -> Command:
        return self._finish(Outcome.REFUSED, reason, "")

    def _doubt(self, reason: str) -> Command:
        seen = tail(self._seen.lines, max_lines=3, max_chars=240) if self._seen else ""
        return self._finish(Outcome.UNCONFIRMED, reason, seen)

    def _break_off(self, reason: str) -> Command:
        untouched = self._step in {Step.LOOKING, Step.LEAVING}
        return self._refuse(reason) if untouched else self._doubt(reason)

    def _finish(self, outcome: Outcome, why: str, evidence: str) -> Command:
        self._receipt = Receipt(outcome, why, evidence, self._order.member, self._order.pane)
        if self._scrolled is None:
            self._step = Step.OVER
            return Finish(self._receipt)
        self._step = Step.RESTORING
        return RestoreView(self._scrolled)

    def _end(self, *, restored: bool) -> Finish:
        if self._receipt is None:
            raise ValueError("nothing was decided yet")
        self._step = Step.OVER
        left = "copy mode was left, and " + ("its view restored" if restored else "stays left")
        evidence = "; ".join(filter(None, (self._receipt.evidence, left)))
        return Finish(replace(self._receipt, evidence=evidence))

    def _leave_mode(self) -> Command:
        if self._scrolled is not None:
            return self._refuse("its pane went into copy mode again")
        return self._go(Step.LEAVING, LeaveMode())

    def _press(self, view: View) -> Press:
        self._presses += 1
        self._step = Step.PRESSING
        return Press(("Enter",), self._as_it_stands(view))

    def _go(self, step: Step, command: Command) -> Command:
        self._step = step
        self._since = None
        return command


def _prompt_rows(view: View) -> list[int]:
    """The numbers of the rows that the prompt takes: its first ones and its last."""
    if view.profile is None:
        return []
    prompt = view.profile.prompt
    starts = [number for number, row in enumerate(view.lines) if found(prompt.line, row)]
    rows: list[int] = []
    for number in range(starts[-1] if starts else len(view.lines), len(view.lines)):
        if rows and found(prompt.end, view.lines[number]):
            break
        rows.append(number)
    return [*rows[:3], *rows[3:][-3:]]


def _what_is_left(view: View) -> str:
    waits = view.state.kind is Kind.WAITING
    return "the message stands in the conversation" if waits else "the prompt is empty again"


def _pause(waited: float) -> float:
    """Look often at first, then less."""
    return 0.015 if waited < 0.15 else 0.05 if waited < 1 else 0.15
