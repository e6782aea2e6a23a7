"""Answering an agent's open question, as a machine without I/O: look, bind, press once, look.

It speaks the commands and events of ``writing``. The answer is bound to the fingerprint of the
question as it stands at the first look, or to the one that the caller has read (``expected``), and
tmux itself checks that the question still stands there when the keys are pressed. If it changed,
nothing is pressed. The keys are pressed once: a second time might answer the next question. Copy
mode is left only when it is sure what will be pressed.
"""

from __future__ import annotations

from dataclasses import replace

from teamvoice.team.questions import Meaning, Option, Question
from teamvoice.team.receipts import Outcome, Receipt
from teamvoice.team.screen import compact
from teamvoice.team.sight import Kind, View
from teamvoice.team.write import Step, Write, in_mode
from teamvoice.team.writing import Command, Look, Order, Patience, Press, Still, still

_ROWS = 24  # rows of a question that are checked together with the deed
_PARTLY = "what it asks about cannot be read whole: look at the pane"
_CHANGED = "the question changed before it could be answered"


class Answer(Write):
    """One answer on its way.

    Args:
        order: The pane; its text is the choice: ``yes``, ``no``, an option's number or its label.
        patience: How long each step may take.
        expected: The fingerprint of the question that is meant; empty: the one that stands there.
    """

    def __init__(
        self, order: Order, patience: Patience | None = None, *, expected: str = ""
    ) -> None:
        super().__init__(order, patience)
        self._expected = expected
        self._question: Question | None = None
        self._option: Option | None = None
        self._touched = 0  # the second in which a person last used the pane, when we pressed

    def _on_look(self, view: View, at: float) -> Command:
        waited = self._waited(at)
        if self._step is Step.SEEING:
            return self._see_it_go(view, waited)
        return self._see_whether_fit(view, waited)

    def _on_done(self, at: float) -> Command:
        self._step, self._since = Step.SEEING, at
        return Look(0.03)

    def _see_whether_fit(self, view: View, waited: float) -> Command:
        if reason := self._barred(view):
            return self._refuse(reason)
        if view.question is None or view.profile is None:
            return self._see_no_question(view, waited)
        if self._expected and view.question.fingerprint != self._expected:
            return self._refuse(_CHANGED)
        self._expected, self._question = view.question.fingerprint, view.question
        self._option = choose(view.question, self._order.text)
        if waited < view.profile.question.settle_s and self._option is not None:
            return Look(0.1)  # an agent may ignore keys for a moment after it asked
        return self._choose(view.question, self._option, view, waited)

    def _choose(
        self, question: Question, option: Option | None, view: View, waited: float
    ) -> Command:
        if option is None:
            return self._refuse(_unclear(question, self._order.text))
        if not question.may_be(option):
            return self._refuse(_PARTLY)
        if not option.keys:
            return self._refuse("which keys choose that option is not known")
        if wait := self._hands(view, waited):
            return wait
        if in_mode(view):
            return self._leave_mode()
        self._step, self._touched = Step.PRESSING, _touched(view)
        return Press(option.keys, _as_it_stands(question, view))

    def _see_no_question(self, view: View, waited: float) -> Command:
        if self._question is not None:
            return self._refuse(_CHANGED)
        if view.state.kind in {Kind.UNKNOWN, Kind.WAITING} and waited < self._patience.settle:
            return Look(0.1)
        if view.state.kind is Kind.WAITING:
            return self._refuse("its question could not be read")
        return self._refuse("it asks nothing")

    def _see_it_go(self, view: View, waited: float) -> Command:
        if reason := self._barred(view):
            return self._doubt(reason)
        if view.question and self._question and not self._question.may_be_still(view.question):
            return self._doubt("another question stands there now")
        if view.question is None and view.state.kind in {Kind.IDLE, Kind.WORKING}:
            if _touched(view) > self._touched:
                return self._doubt("somebody pressed a key in its pane at the same time")
            return self._finish(Outcome.SUBMITTED, "", f"the question is gone; {view.state.kind}")
        if waited >= self._patience.arrive:
            return self._doubt("the question still seems to stand there")
        return Look(0.1)

    def _receipt(self, outcome: Outcome, why: str, evidence: str) -> Receipt:
        option, question = self._option, self._question
        return replace(
            super()._receipt(outcome, why, evidence),
            option=option.label if option else "",
            subject=(question.subject or question.text) if question else "",
        )


def choose(question: Question, choice: str) -> Option | None:
    """The option that a choice means: the plainest yes or no, a number from 1, or a label.

    A plain yes never takes an option that allows more than this once. ``None`` when no option, or
    more than one, is meant.
    """
    wanted = compact(choice).casefold()
    options = question.options
    if wanted.isdecimal():
        return options[int(wanted) - 1] if 1 <= int(wanted) <= len(options) else None
    if wanted in {"yes", "no"}:
        return question.approval if wanted == "yes" else question.denial
    if not wanted:
        return None
    for fits in (str.__eq__, str.startswith):
        found = [o for o in options if fits(compact(o.label).casefold(), wanted)]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _touched(view: View) -> int:
    """The second in which a person last used the pane; 0 when none can."""
    return view.pane.touched if view.pane and view.pane.untouched_s is not None else 0


def _unclear(question: Question, choice: str) -> str:
    """Why no option is taken for a choice."""
    word = compact(choice).casefold()
    meaning = {"yes": Meaning.APPROVE, "no": Meaning.DENY}.get(word)
    if any(option.meaning is meaning for option in question.options):
        return f'several of its options may be "{word}"'
    return f'none of its options is "{choice}"'


def _as_it_stands(question: Question, view: View) -> Still:
    """Every row of the question to its last option, with the mark of the highlighted."""
    first, after = (max(0, len(view.lines) + edge) for edge in question.span)
    return still(view, [n for n in range(first, after) if view.lines[n].strip()][-_ROWS:])
