"""What is to be said aloud without having been asked about: news, and what became of writes.

A part of the conversation machine. From the most to the least urgent:

- a *receipt*: what became of a write that the person confirmed. It is said within its turn.
- an *end*: what became of any other write. The session is given it as the call's output, and the
  answer tells it. It is kept until a response that was asked for after it is complete; when its
  turn is over and nothing comes for a while, it becomes news.
- *news*, by whom or what it is about, is said between turns, into silence. News that *lasts* is
  kept until it was heard; other news is worth nothing when the session dies, for it was shown.

What the person was told is collected by the id of its call (:meth:`Tidings.take_told`), so that
whoever comes after this process need not tell it again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from teamvoice.conversation.sentence import sentence

TIMER = "untold"
BROKE = "before the connection broke: "
_TRIES = 3  # responses that may fail to say what lasts


@dataclass(frozen=True, slots=True)
class _News:
    text: str
    fenced: str = ""
    tries: int = 0  # how often it is still put back when it could not be said
    is_shown: bool = True


class Tidings:
    """What nobody was told aloud yet."""

    def __init__(self) -> None:
        self._receipts: dict[str, str] = {}
        self._ends: dict[str, str] = {}
        self._asked_about: set[str] = set()  # ends that the living response was asked about
        self._news: dict[str, _News] = {}
        self._saying: dict[str, _News] = {}  # what the living response says; empty once it sounds
        self._announced: tuple[str, ...] = ()  # what the living response says, by its ids
        self._told: list[str] = []
        self._is_timed = False
        self.announcing = ""
        """What the living response says for us; empty when it answers the person."""

    def confirmed(self, call_id: str, output: str) -> None:
        """A write that the person confirmed is over."""
        self._receipts[call_id] = output

    def ended(self, call_id: str, output: str) -> None:
        """A write is over, and the session was given its output."""
        self._ends[call_id] = output

    def ended_alone(self, call_id: str, text: str) -> None:
        """A write is over, and no answer will tell it: it is news, which nobody was shown yet."""
        self._news[call_id] = _News(text, tries=_TRIES, is_shown=False)

    def untold(self, call_id: str) -> None:
        """The session was not given the end of a write after all: no answer can tell it."""
        if call_id in self._ends:
            self.ended_alone(call_id, self._ends.pop(call_id))

    def came(self, about: str, text: str, fenced: str = "", *, lasts: bool = False) -> None:
        """News, and how a model is told it; it takes the place of older news about the same."""
        self._news[about] = _News(text, fenced, _TRIES if lasts else 0)

    def passed(self, about: str) -> None:
        """It is no news any more."""
        self._news.pop(about, None)

    def shown(self) -> None:
        """The person interrupts: receipts were shown, and are not said after other words."""
        self._tell(self._receipts)
        self._receipts.clear()

    def all_shown(self) -> list[str]:
        """Nothing more can be said aloud today: the ends, which are to be shown instead.

        Receipts and other news were shown when they came.
        """
        unseen = [news.text for news in self._news.values() if not news.is_shown]
        ends = [*unseen, *self._ends.values()]
        self._tell([*self._receipts, *self._ends, *self._news])
        self._receipts.clear()
        self._ends.clear()
        self._news.clear()
        return ends

    def needs_timer(self) -> bool:
        """Between turns: whether :data:`TIMER` is to be set now, for ends that nobody told."""
        needed = bool(self._ends) and not self._is_timed
        self._is_timed = self._is_timed or needed
        return needed

    def rang(self, *, between_turns: bool) -> None:
        """The timer rang: between turns, what nobody told by now is news."""
        self._is_timed = False
        for call_id in list(self._ends) if between_turns else ():
            if call_id not in self._asked_about:
                self.ended_alone(call_id, self._ends.pop(call_id))

    def session_lost(self) -> None:
        """What the session had and did not tell is told by the next one."""
        for call_id, output in self._receipts.items():
            self.came(call_id, BROKE + output, lasts=True)
        for call_id in list(self._ends):
            self.ended_alone(call_id, BROKE + self._ends.pop(call_id))
        self.over(completed=False)
        self._news = {about: news for about, news in self._news.items() if news.tries}
        self._receipts.clear()
        self._ends.clear()

    # The living response -------------------------------------------------------------------------

    def asked(self) -> None:
        """A response is asked for, which knows of all ends so far."""
        self._asked_about = set(self._ends)

    def receipts(self) -> str:
        """The receipts, to be said now."""
        self._saying = {
            call_id: _News(text, tries=_TRIES) for call_id, text in self._receipts.items()
        }
        self._announced = tuple(self._receipts)
        self.announcing = " ".join(self._receipts.values())
        self._receipts.clear()
        return self.announcing

    def news(self) -> tuple[str, str]:
        """All news as one sentence, to be said now, and how a model is told it; empty when none."""
        if not self._news:
            return "", ""
        self._saying, self._news = self._news, {}
        self._announced = tuple(self._saying)
        said = self._saying.values()
        self.announcing = sentence(*(news.fenced or news.text for news in said))
        return sentence(*(news.text for news in said)), self.announcing

    def sounds(self) -> None:
        """What is announced is heard."""
        self._saying = {}

    def heard_in_part(self) -> None:
        """The person cut an answer short: that is all that they wanted to hear of it."""
        self._forget_ends(self._asked_about)
        self._tell(self._announced)

    def again(self) -> None:
        """What was to be announced met another response: it is announced after that, as it was."""
        self._receipts = {" ".join(self._announced): self.announcing, **self._receipts}
        self._saying, self._announced, self.announcing = {}, (), ""

    def over(self, *, completed: bool) -> None:
        """The living response is over."""
        if completed:
            self._forget_ends(self._asked_about)
            self._tell(self._announced)
        else:
            self._tell(
                about for about in self._announced if about not in self._saying
            )  # it sounded
            lasting = {about: n for about, n in self._saying.items() if n.tries}
            kept = {about: replace(n, tries=n.tries - 1) for about, n in lasting.items()}
            self._news = {**kept, **self._news}
        self._asked_about = set()
        self._saying, self._announced, self.announcing = {}, (), ""

    def take_told(self) -> tuple[str, ...]:
        """What the person was told since this was asked last, each once."""
        told, self._told = self._told, []
        return tuple(dict.fromkeys(told))

    def _tell(self, ids: Iterable[str]) -> None:
        self._told += " ".join(ids).split()  # what is said again has all its ids as one

    def _forget_ends(self, call_ids: set[str]) -> None:
        self._tell(call_id for call_id in self._ends if call_id in call_ids)
        self._ends = {i: end for i, end in self._ends.items() if i not in call_ids}

    @property
    def are_urgent(self) -> bool:
        """There are receipts to be said."""
        return bool(self._receipts)
