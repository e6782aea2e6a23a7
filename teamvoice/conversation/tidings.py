"""What is to be said aloud without having been asked about: news, and what became of writes.

A part of the conversation machine. From the most to the least urgent:

- a *receipt*: what became of a write that the person confirmed. It is said within its turn.
- an *end*: what became of any other write. The session is given it as the call's output, and the
  answer tells it. It is kept until a response that was asked for after it is complete; when its
  turn is over and nothing comes for a while, it becomes news.
- *news*, by whom or what it is about, is said between turns, into silence, as much at once as
  :mod:`teamvoice.conversation.bulletin` lets into one sentence. News that *lasts* is kept until it
  was heard; other news is worth nothing when the session dies, for it was shown.

A response has told when it was heard, not when it is complete: what it knew of is held until the
speaker has sounded it, or is put back when it was silenced before the first sample of it.

What the person was told is collected by the id of its call (:meth:`Tidings.take_told`), so that
whoever comes after this process need not tell it again; news that does not last has no such id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from teamvoice.conversation.bulletin import Item, bulletin
from teamvoice.conversation.events import NewsCame
from teamvoice.conversation.sentence import sentence
from teamvoice.conversation.states import Sound

TIMER = "untold"
BROKE = "before the connection broke: "
_TRIES = 3  # responses that may fail to say what lasts


@dataclass(slots=True)
class _Telling:
    """What a response tells.

    Args:
        about: The ends that it knows of, while it lives.
        ends: Those of them that it tells, once it is over.
        news: What it announces.
        items: Of it the speaker was given these.
    """

    about: set[str] = field(default_factory=set)
    ends: dict[str, str] = field(default_factory=dict)
    news: dict[str, Item] = field(default_factory=dict)
    items: set[str] = field(default_factory=set)


class Tidings:
    """What nobody was told aloud yet."""

    def __init__(self) -> None:
        self._receipts: dict[str, str] = {}
        self._ends: dict[str, str] = {}
        self._news: dict[str, Item] = {}
        self._living = _Telling()
        self._sounding: list[_Telling] = []  # of responses that are over
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
        self._news[call_id] = _lasting(text, is_shown=False)

    def untold(self, call_id: str) -> None:
        """The session was not given the end of a write after all: no answer can tell it."""
        if call_id in self._ends:
            self.ended_alone(call_id, self._ends.pop(call_id))

    @property
    def have_ends(self) -> bool:
        """The next answer is to tell what became of a write."""
        return bool(self._ends)

    def left(self) -> None:
        """The session is to leave what it has not told: no answer will tell these ends."""
        for call_id in list(self._ends):
            self.untold(call_id)

    def came(self, news: NewsCame) -> None:
        """News; it takes the place of older news about the same."""
        tries = _TRIES if news.lasts else 0
        self._news[news.about] = Item(
            news.text, news.fenced, news.who, news.all_do, lasts=news.lasts, tries=tries
        )

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
        self._tell([*self._receipts, *self._ends, *_ids(self._news)])
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
            if call_id not in self._living.about:
                self.ended_alone(call_id, self._ends.pop(call_id))

    def session_lost(self, sound: Sound) -> None:
        """What the session had and did not tell is told by the next one."""
        self.over(completed=False, sound=sound)
        for call_id, output in self._receipts.items():
            self._news[call_id] = _lasting(BROKE + output)
        for call_id in list(self._ends):
            self.ended_alone(call_id, BROKE + self._ends.pop(call_id))
        self._news = {about: news for about, news in self._news.items() if news.tries}
        self._receipts.clear()
        self._ends.clear()

    # The living response -------------------------------------------------------------------------

    def asked(self) -> None:
        """A response is asked for, which knows of all ends so far."""
        self._living = _Telling(set(self._ends))

    def receipts(self) -> str:
        """The receipts, to be said now."""
        receipts = {i: _lasting(text) for i, text in self._receipts.items()}
        self._living = _Telling(news=receipts)
        self.announcing = " ".join(self._receipts.values())
        self._receipts.clear()
        return self.announcing

    def news(self) -> tuple[str, str]:
        """News as one sentence, to be said now, and how a model is told it; empty when none.

        What does not fit into it is the news of the next one.
        """
        if not self._news:
            return "", ""
        said = bulletin(self._news)
        news = {about: self._news.pop(about) for clause in said for about in clause.about}
        self._living = _Telling(news=news)
        self.announcing = sentence(*(clause.fenced for clause in said))
        return sentence(*(clause.text for clause in said)), self.announcing

    def given(self, item_id: str) -> None:
        """The speaker was given a piece of what the living response says."""
        self._living.items.add(item_id)

    def again(self) -> bool:
        """What was to be announced met another response: it is announced after that, as it was.

        Returns:
            Whether anything was to be announced.
        """
        if not self.announcing:
            return False
        self._receipts = {" ".join(_ids(self._living.news)): self.announcing, **self._receipts}
        self._living, self.announcing = _Telling(), ""
        return True

    def over(self, *, completed: bool, sound: Sound, shown: bool = False) -> None:
        """The living response is over.

        Args:
            completed: It told all that it knew of.
            sound: What the speaker does; it is stopped when the person wants to hear no more.
            shown: It came as text alone, which was shown.
        """
        telling = self._leave(tells_ends=completed or sound is Sound.STOPPING)
        self.announcing = ""
        if telling.items and sound is not Sound.SILENT:
            self._sounding.append(telling)
        else:
            self._settle(telling, told=bool(telling.items) or shown)

    def played_out(self) -> None:
        """All that the speaker was given was heard, or is shown since it could not be."""
        for telling in self._sounding:
            self._settle(telling, told=True)
        self._sounding = []

    def stopped(self, heard: set[str]) -> None:
        """The person cut short what was told: of these items they heard something.

        That is all that they wanted to hear of it. What did not sound at all is still to be told.
        """
        for telling in [*self._sounding, self._leave(tells_ends=True)]:
            self._settle(telling, told=not heard.isdisjoint(telling.items))
        self._sounding = []

    def _leave(self, *, tells_ends: bool) -> _Telling:
        """The living response tells nothing more; what it told, if it was heard."""
        telling, self._living = self._living, _Telling()
        known = telling.about & self._ends.keys() if tells_ends else ()
        telling.ends = {call_id: self._ends.pop(call_id) for call_id in known}
        return telling

    def _settle(self, telling: _Telling, *, told: bool) -> None:
        """It is known whether a telling was heard; if not, what it told is to be told again."""
        if told:
            self._tell([*telling.ends, *_ids(telling.news)])
            return
        lasting = {about: news for about, news in telling.news.items() if news.tries}
        kept = {about: replace(news, tries=news.tries - 1) for about, news in lasting.items()}
        self._news = {**kept, **self._news}
        self._ends = {**telling.ends, **self._ends}

    def take_told(self) -> tuple[str, ...]:
        """What the person was told since this was asked last, each once."""
        told, self._told = self._told, []
        return tuple(dict.fromkeys(told))

    def _tell(self, ids: Iterable[str]) -> None:
        self._told += " ".join(ids).split()  # what is said again has all its ids as one

    @property
    def are_urgent(self) -> bool:
        """There are receipts to be said."""
        return bool(self._receipts)


def _lasting(text: str, *, is_shown: bool = True) -> Item:
    return Item(text, lasts=True, tries=_TRIES, is_shown=is_shown)


def _ids(news: Mapping[str, Item]) -> list[str]:
    """What marks as told that of it which lasts."""
    return [about for about, item in news.items() if item.lasts]
