"""Delivery of a message as a machine without I/O: look, refuse or paste, look, Enter, look.

Events in, one command out. :meth:`Delivery.begin` gives the first command; whoever drives the
machine carries it out and tells it what came of it, until the command is ``Finish``::

    Look ─▶ Looked ─┬─▶ Finish(refused)             nothing was typed
                    ├─▶ LeaveMode ─▶ Look           copy mode is left first
                    └─▶ Paste ─▶ Look … until the text stands in the prompt
                                  └─▶ Press ─▶ Look … until the prompt is empty again
                                                └─▶ Finish(submitted | queued)
                        (anything else by the deadline: Finish(unconfirmed))

What it holds: Enter is pressed only while the prompt is seen to hold this message and nothing
else. Nothing is called submitted that was not seen to leave the prompt. An Enter that the agent
swallowed (the message still stands there) is pressed again, three times at most.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from teamvoice.team.profiles import Profile, found
from teamvoice.team.receipts import Outcome, Receipt
from teamvoice.team.screen import clean_message, compact, tail
from teamvoice.team.sight import Kind, View

_HEAD = 32  # characters by which a text is known again


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done: this text to this very pane (its id and its first program)."""

    member: str
    pane: str
    pid: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that each step may take."""

    settle: float = 1.0  # for a prompt to show itself
    appear: float = 4.0  # for the pasted text to stand in it
    arrive: float = 6.0  # for the prompt to be empty after Enter
    again: float = 1.5  # between one Enter and the next: longer than any redraw takes, so that
    # no second Enter meets a question that the first one led to


# Commands --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Look:
    """Look at the pane, after so many seconds; answered by ``Looked``."""

    after: float = 0.0


@dataclass(frozen=True, slots=True)
class LeaveMode:
    """Leave copy mode; answered by ``Done``."""


@dataclass(frozen=True, slots=True)
class Paste:
    """Paste a text if the pane still takes it; answered by ``Done`` or ``Denied``."""

    text: str


@dataclass(frozen=True, slots=True)
class Press:
    """Press keys if the pane still takes them; answered by ``Done`` or ``Denied``."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finish:
    """It is over."""

    receipt: Receipt


Command = Look | LeaveMode | Paste | Press | Finish

# Events ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Looked:
    """What was seen."""

    at: float
    view: View


@dataclass(frozen=True, slots=True)
class Done:
    """The command was carried out."""

    at: float


@dataclass(frozen=True, slots=True)
class Denied:
    """The pane was not fit for it any more: nothing was typed by this command."""

    at: float


@dataclass(frozen=True, slots=True)
class Failed:
    """tmux failed in the midst of the command: it may or may not have been carried out."""

    at: float
    reason: str


Event = Looked | Done | Denied | Failed


class Step(enum.Enum):
    """Where a delivery stands."""

    LOOKING = enum.auto()
    LEAVING = enum.auto()
    PASTING = enum.auto()
    APPEARING = enum.auto()
    PRESSING = enum.auto()
    ARRIVING = enum.auto()
    OVER = enum.auto()


class Delivery:
    """One message on its way."""

    def __init__(self, order: Order, patience: Patience | None = None) -> None:
        self._order = order
        self._text = clean_message(order.text)
        self._patience = patience or Patience()
        self._step = Step.LOOKING
        self._since: float | None = None  # when the step that looks again and again began
        self._pressed_at = 0.0
        self._presses = 0
        self._leaves = 0
        self._denials = 0
        self._was_working = False
        self._seen: View | None = None

    def begin(self) -> Command:
        """The first command."""
        return Look() if self._text else self._refuse("there is nothing to say in it")

    def handle(self, event: Event) -> Command:
        """What is to be done next, now that this happened."""
        if self._step is Step.OVER:
            raise ValueError("the delivery is over")
        match event:
            case Failed(reason=reason):
                return self._break_off(reason)
            case Looked(at=at, view=view):
                self._seen = view
                self._since = at if self._since is None else self._since
                return self._on_look(view, at - self._since, at)
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
        if reason := unfit(view, self._order) or _misread(self._text, view.profile):
            return self._refuse(reason)
        if view.pane is not None and view.pane.in_mode:
            return self._leave_mode()
        if view.draft is None or view.state.kind is Kind.UNKNOWN:
            if waited < self._patience.settle:
                return Look(0.1)
            return self._refuse("its prompt is not to be seen")
        if view.draft:
            return self._refuse("there is a half-typed draft in the prompt")
        self._was_working = view.state.kind is Kind.WORKING
        return self._go(Step.PASTING, Paste(self._text))

    def _see_it_appear(self, view: View, waited: float) -> Command:
        if reason := unfit(view, self._order):
            return self._doubt(f"{reason}, so Enter was not pressed")
        if view.draft is not None and self._is_mine(view):
            return self._press()
        if waited < self._patience.appear:
            return Look(_pause(waited))
        other = "something else stands in the prompt with it" if view.draft else "it did not appear"
        return self._doubt(f"{other}, so Enter was not pressed")

    def _see_it_arrive(self, view: View, waited: float, at: float) -> Command:
        if self._has_arrived(view):
            return self._arrive(view)
        reason = unfit(view, self._order)
        if reason and view.state.kind is not Kind.WAITING:
            return self._doubt(reason)
        if waited >= self._patience.arrive:
            return self._doubt(reason or "the message still seems to stand in the prompt")
        if not reason and self._may_press_again(view, at):
            return self._press()
        return Look(_pause(waited))

    def _on_denied(self) -> Command:
        if self._step is Step.PRESSING:
            return self._doubt("the pane changed before Enter could be pressed")
        self._denials += 1
        if self._denials > 2:
            return self._refuse("the pane keeps changing")
        return self._go(Step.LOOKING, Look())

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
            return compact(self._text)[:_HEAD] in compact("\n".join(view.body))
        return view.draft == "" and view.state.kind in {Kind.IDLE, Kind.WORKING}

    def _may_press_again(self, view: View, at: float) -> bool:
        rested = at - self._pressed_at >= self._patience.again
        return rested and self._presses < 3 and view.draft is not None and self._is_mine(view)

    # Ends --------------------------------------------------------------------------------------

    def _arrive(self, view: View) -> Finish:
        held = view.queued or (self._was_working and view.state.kind is Kind.WORKING)
        outcome = Outcome.QUEUED if held else Outcome.SUBMITTED
        return self._finish(outcome, "", f"the prompt is empty again; {view.state.kind}")

    def _refuse(self, reason: str) -> Finish:
        return self._finish(Outcome.REFUSED, reason, "")

    def _doubt(self, reason: str) -> Finish:
        seen = tail(self._seen.lines, max_lines=3, max_chars=240) if self._seen else ""
        return self._finish(Outcome.UNCONFIRMED, reason, seen)

    def _break_off(self, reason: str) -> Finish:
        untouched = self._step in {Step.LOOKING, Step.LEAVING}
        return self._refuse(reason) if untouched else self._doubt(reason)

    def _finish(self, outcome: Outcome, why: str, evidence: str) -> Finish:
        self._step = Step.OVER
        return Finish(Receipt(outcome, why, evidence, self._order.member, self._order.pane))

    def _leave_mode(self) -> Command:
        self._leaves += 1
        if self._leaves > 2:
            return self._refuse("its pane stays in copy mode")
        return self._go(Step.LEAVING, LeaveMode())

    def _press(self) -> Press:
        self._presses += 1
        self._step = Step.PRESSING
        return Press(("Enter",))

    def _go(self, step: Step, command: Command) -> Command:
        self._step = step
        self._since = None
        return command


def unfit(view: View, order: Order) -> str:
    """Why nothing may be typed into the pane, as a clause; empty when it may."""
    if view.pane is None:
        return "its pane is gone"
    reasons = (
        (view.pane.dead, "the program in its pane has ended"),
        (view.pane.pid != order.pid, "another program was started in its pane"),
        (view.pane.input_off, "input to its pane is switched off"),
        (view.pane.synchronized, "its pane is synchronised with others, which would get the keys"),
        (view.state.kind is Kind.SHELL, "only a shell is running there"),
        (view.state.kind is Kind.WAITING, "it waits for an answer to a question"),
        (view.profile is None, f"an unknown program runs there{_named(view)}"),
    )
    return next((reason for holds, reason in reasons if holds), "")


def _named(view: View) -> str:
    return f", {view.state.detail}" if view.state.detail else ""


def _misread(text: str, profile: Profile | None) -> str:
    if profile and text[0] in profile.sigils:
        return f'a message that begins with "{text[0]}" would be taken for a command'
    return ""


def _pause(waited: float) -> float:
    """Look often at first, then less."""
    return 0.015 if waited < 0.15 else 0.05 if waited < 1 else 0.15
