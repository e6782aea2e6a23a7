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
else, and tmux itself checks at that moment that the rows still stand there, and that no person has
pressed a key since. An Enter that the agent swallowed (the message still stands there) is pressed
again, three times at most.

What counts as taken, always by the very process that the text was pasted to:

- the agent's own record has this message, newly; or
- the prompt is empty again, and neither the record nor the conversation on the screen has other
  words instead. Where the agent keeps a record, it is given time to write; and if it does not seem
  to work then, the conversation must have the message; or
- a question has taken the prompt's place, and above it the message is the last that a person said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set

from teamvoice.team.drafts import in_the_way, reads_as
from teamvoice.team.native import Heard, text_mark
from teamvoice.team.profiles import found
from teamvoice.team.receipts import Outcome
from teamvoice.team.screen import clean_message, compact, seen_of, tail
from teamvoice.team.sight import Kind, View, prompt_span, typed_in
from teamvoice.team.write import Step, Write, in_mode, is_touched
from teamvoice.team.writing import Command, Look, Order, Paste, Patience, Press

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
        self._before: View | None = None  # as it was when the text was pasted
        self._stood = ""  # how it stood in the prompt when Enter was pressed
        self._seen: View | None = None

    def begin(self) -> Command:
        """The first command."""
        if not self._text:
            return self._refuse("there is nothing to say in it")
        if not compact(self._text):
            return self._refuse("in a prompt it would look like a part of the frame")
        return super().begin()

    # Each step ---------------------------------------------------------------------------------

    def _on_look(self, view: View, at: float) -> Command:
        self._seen, waited = view, self._waited(at)
        match self._step:
            case Step.APPEARING:
                return self._see_it_appear(view, waited)
            case Step.SEEING:
                return self._see_it_arrive(view, waited, at)
            case _:
                return self._see_whether_fit(view, waited)

    def _see_whether_fit(self, view: View, waited: float) -> Command:
        hidden = view.draft is None or view.state.kind is Kind.UNKNOWN
        late = waited >= self._patience.settle
        if reason := self._unfit(view) or self._misread(view):
            return self._refuse(reason)
        if hidden:
            return self._refuse("its prompt is not to be seen") if late else Look(0.1)
        if reason := self._occupied(view):
            if view.draft and waited < self._patience.draft:
                return Look(0.1)
            return self._finish(
                Outcome.REFUSED, reason, tail((view.draft or "").split("\n"), 3, 240)
            )
        return self._hands(view, waited) or self._paste(view)

    def _occupied(self, view: View) -> str:
        """Why the prompt is not free for this message, as a clause; empty when it is."""
        if view.draft:
            return self._in_the_way(view)
        works = self._only_idle and view.state.kind is not Kind.IDLE
        return "it is working" if works else ""

    def _in_the_way(self, view: View) -> str:
        draft, left = view.draft or "", self._order.left
        return in_the_way(draft, view.profile, self._text, left) if view.profile else "a draft"

    def _paste(self, view: View) -> Command:
        if in_mode(view):
            return self._leave_mode()
        self._before = view
        stands = self._prompt_stands(view, _EXACT_TRIES)
        return self._go(Step.PASTING, Paste(self._carried(view), stands))

    def _see_it_appear(self, view: View, waited: float) -> Command:
        if reason := self._unfit(view):
            return self._doubt(f"{reason}, so Enter was not pressed")
        mine, touched = view.draft is not None and self._is_mine(view), is_touched(view)
        if mine and not touched:
            return self._enter(view)
        if waited < self._patience.appear + (self._patience.hands if mine else 0):
            return Look(0.1 if touched else _pause(waited))
        other = "something else stands in the prompt with it" if view.draft else "it did not appear"
        amiss = "somebody is typing in its pane" if mine else other
        return self._doubt(f"{amiss}, so Enter was not pressed")

    def _see_it_arrive(self, view: View, waited: float, at: float) -> Command:
        rested = at - self._pressed_at
        if shown := self._what_shows_it(view, rested):
            return Look(0.1) if self._may_yet_queue(view, rested) else self._arrive(view, shown)
        if reason := self._barred(view):
            return self._doubt(reason)
        reason = self._unfit(view)
        starts = self._may_be_starting(view)
        if waited >= (self._patience.start if starts else self._patience.arrive):
            return self._doubt(reason or self._what_is_amiss(view))
        if not reason and self._may_press_again(view, at):
            return self._enter(view)
        return Look(_pause(waited))

    def _on_denied(self) -> Command:
        """The screen changed since the look: nothing was typed by this, so look again."""
        self._denials += 1
        if self._step is Step.PRESSING:
            if self._denials >= _TRIES:
                scrolled = self._seen is not None and in_mode(self._seen)
                why = "its pane went into copy mode" if scrolled else "its screen keeps changing"
                return self._doubt(f"{why}, so Enter was not pressed")
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

    def _enter(self, view: View) -> Press:
        self._presses += 1
        self._step, self._stood = Step.PRESSING, view.draft or ""
        return Press(("Enter",), self._prompt_stands(view, _EXACT_TRIES))

    def _go(self, step: Step, command: Command) -> Command:
        self._step = step
        self._since = None
        return command

    # Judgements --------------------------------------------------------------------------------

    def _misread(self, view: View) -> str:
        command = self._command(view)
        if not command or self._escape(view):
            return ""
        begins = "is only" if len(command) > 1 else "begins with"
        return f'a message that {begins} "{command}" would be taken for a command'

    def _command(self, view: View) -> str:
        """By which the agent would take the text for a command; empty when it would not."""
        if view.profile is None:
            return ""
        seen = seen_of(self._text)
        if (word := seen.casefold()) in view.profile.words:
            return word
        return seen[0] if seen and seen[0] in view.profile.sigils else ""

    def _escape(self, view: View) -> str:
        """What goes before the text so that it arrives as text."""
        command = self._command(view)
        return view.profile.escapes.get(command, "") if view.profile and command else ""

    def _carried(self, view: View) -> str:
        """The text as it is pasted."""
        open_ended = view.profile and found(view.profile.unfinished, self._text)
        return self._escape(view) + self._text + (" " if open_ended else "")

    def _is_mine(self, view: View) -> bool:
        """The prompt holds this message and nothing else."""
        draft, text = compact(view.draft or ""), compact(self._text)
        if not draft or view.profile is None:
            return False
        if found(view.profile.signs.pasted, view.draft or ""):  # a long paste, shown as one stub
            alone = draft[0] == "[" and draft[-1] == "]" and not {"[", "]"} & set(draft[1:-1])
            return alone and _is_stub_of(view.draft or "", self._carried(view))
        if "\n" in self._escape(view):
            return False  # only as a stub it is surely text
        if reads_as(draft, text):
            return True
        # Where an empty line ends the prompt, only the first paragraph is seen as the draft.
        paragraph = compact(self._text.partition("\n\n")[0])
        return draft == paragraph and self._stands_whole(view)

    def _stands_whole(self, view: View) -> bool:
        """From the prompt's first row on stands this message, and nothing right below it."""
        span = prompt_span(view.lines, view.profile) if view.profile else None
        if span is None or view.profile is None:
            return False
        first, *rest = view.lines[span[0] :]
        end = _end_of((typed_in(first, view.profile), *rest), {compact(self._text)})
        below = rest[end - 1 : end] if end else ["?"]
        return not any(row.strip() and not found(view.profile.prompt.end, row) for row in below)

    def _what_shows_it(self, view: View, rested: float) -> str:
        """What shows that the agent took the message, as a clause; empty when nothing does."""
        if self._barred(view):
            return ""
        if self._is_recorded(view):
            return "the agent's own record has the message"
        if view.state.kind is Kind.WAITING:
            return _STANDS if self._stands_there(view) else ""
        keeps_record = self._before is not None and self._before.heard is not None
        yet = keeps_record and self._was_free and rested < self._patience.record
        is_empty = view.draft == "" and view.state.kind in {Kind.IDLE, Kind.WORKING}
        if yet or not is_empty or self._other_words(view):
            return ""
        if keeps_record and view.state.kind is Kind.IDLE:
            return _STANDS if self._stands_there(view) else ""
        return f"the prompt is empty again; {view.state.kind}"

    @property
    def _was_free(self) -> bool:
        """What a person says newly since the paste was not held till then."""
        before = self._before
        return before is not None and not before.queued and before.state.kind is Kind.IDLE

    def _other_words(self, view: View) -> bool:
        """A person said something newly, and it is not this message: it went with more, say."""
        news = self._news(view)
        if any(heard.mark == self._mark for heard in news):
            return False
        if any(heard.held or self._was_free for heard in news):
            return True
        said, before = self._said(view), self._said(self._before) if self._before else []
        return self._was_free and len(said) > len(before) and sum(said) <= sum(before)

    def _news(self, view: View) -> list[Heard]:
        """What the agent's own record has of its person since the text was pasted."""
        before = self._before.heard if self._before else None
        if before is None:
            return []
        last = before[-1].stamp if before else ""
        return [heard for heard in view.heard or () if heard.stamp > last]

    def _is_recorded(self, view: View) -> bool:
        """It is in the record, and cannot be an older one that had been held there till now."""
        news = self._news(view)
        return any(h.mark == self._mark and (h.held or self._was_free) for h in news)

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
        rested = at - self._pressed_at >= self._patience.again and not is_touched(view)
        # Where a message that was taken still looks like a draft, a second Enter could answer
        # what is asked next.
        sole = view.profile is not None and view.profile.prompt.sole
        stands = view.draft is not None and self._is_mine(view) and not sole
        return rested and stands and not began and self._presses < 3

    def _may_be_starting(self, view: View) -> bool:
        """It says that it still starts, or has no room to say so: the draft fills the screen."""
        starting = view.profile.signs.starting if view.profile else ""
        if not starting or any(found(starting, row) for row in view.lines):
            return bool(starting)
        span = prompt_span(view.lines, view.profile) if view.profile else None
        return bool(view.draft) and span is not None and span[1] == len(view.lines)

    def _what_is_amiss(self, view: View) -> str:
        if view.draft:
            return self._in_the_way(view)
        if view.draft is None:
            return "the message still seems to stand in the prompt"
        if self._other_words(view):
            return "other words than these were taken, maybe these among them"
        return "the prompt is empty, but nothing shows that the message was taken"

    # Ends --------------------------------------------------------------------------------------

    def _arrive(self, view: View, shown: str) -> Command:
        if self._is_held(view):
            return self._finish(Outcome.QUEUED, "", "it shows that it holds messages")
        return self._finish(Outcome.SUBMITTED, "", shown)

    def _doubt(self, reason: str) -> Command:
        seen = tail(self._seen.lines, max_lines=3, max_chars=240) if self._seen else ""
        return self._finish(Outcome.UNCONFIRMED, reason, seen)


def _conversation(view: View) -> tuple[str, ...]:
    """What surely stands above an open question, or above the prompt."""
    if view.state.kind is not Kind.WAITING or view.profile is None:
        return view.body
    begins = view.profile.question.begins
    first = next((n for n, row in enumerate(view.lines) if found(begins, row)), 0)
    return view.lines[:first]


def _reads(rows: Sequence[str], texts: Set[str]) -> bool:
    """One of the texts ends where one of the rows does, and begins where they do."""
    return _end_of(rows, texts) > 0


def _end_of(rows: Sequence[str], texts: Set[str]) -> int:
    """How many of the rows one of the texts takes, from their beginning; 0 when none does."""
    read, longest = "", max(map(len, texts), default=0)
    for number, row in enumerate(rows, 1):
        read += compact(row)
        if read in texts or len(read) > longest:
            return number if read in texts else 0
    return 0


def _is_stub_of(stub: str, text: str) -> bool:
    """No number in it tells of another text: how many lines, or characters."""
    lines = text.count("\n")
    sizes = {lines, lines + 1, len(text), len(text.encode("utf-16-le", "replace")) // 2}
    told = [int(number) for number in re.findall(r"(?<![#\d])\d+", stub)]
    return not told or any(number in sizes for number in told)


def _pause(waited: float) -> float:
    """Look often at first, then less."""
    return 0.015 if waited < 0.15 else 0.05 if waited < 1 else 0.15
