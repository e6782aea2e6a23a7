"""Tells the person news of the team: aloud, by a small sound, or by showing it only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from teamvoice import config
from teamvoice.conversation.events import Event, NewsCame, NewsPassed
from teamvoice.conversation.sentence import sentence
from teamvoice.conversation.turn import Turn
from teamvoice.team.held import HeldMessage
from teamvoice.team.newsdesk import News
from teamvoice.team.receipts import Outcome, Receipt, say_sent

_CHIMES = {"waiting": "confirm", "finished": "sent"}  # what matters most is the first


class Herald:
    """Passes on what is new, as the section ``[notify]`` wants it.

    Args:
        settings: That section.
        on_event: The conversation, which says it aloud at a quiet moment.
        on_tell: Shows something: kind and text.
        chime: Makes a small sound; ``False`` when somebody speaks: it is made after that turn.

    ``heard`` has what marks the question that the person was told last, by member.
    """

    def __init__(
        self,
        settings: config.Notify,
        on_event: Callable[[Event], None],
        on_tell: Callable[[str, str], None],
        chime: Callable[[str], bool],
    ) -> None:
        self._settings = settings
        self._on_event = on_event
        self._on_tell = on_tell
        self._chime = chime
        self._unsaid: dict[str, News] = {}
        self._unrung: dict[str, str] = {}  # the chimes that did not sound yet, by member
        self.heard: dict[str, str] = {}

    def news(self, news: Sequence[News], passed: Sequence[str]) -> None:
        """Something is new; of some members, what was new is old."""
        for name in passed:
            self.passed(name)
        for item in news:
            how = {"waiting": self._settings.waiting, "finished": self._settings.finished}
            self._tell(item, how.get(item.kind, "speak"))
        self._ring()

    def passed(self, name: str) -> None:
        """What was news about a member is none any more."""
        self._unsaid.pop(name, None)
        self._unrung.pop(name, None)
        self._on_event(NewsPassed(at=self._now(), about=name))

    def said(self, turn: Turn) -> None:
        """A turn is over: the questions that it told of as news were heard, if it was not cut."""
        for item in list(self._unsaid.values()):
            if item.text[1:] in turn.news:  # its first letter may be a capital there
                del self._unsaid[item.about]
                self.heard[item.about] = item.question if turn.outcome == "answered" else ""
        self._ring()

    def held_ended(self, message: HeldMessage, receipt: Receipt) -> None:
        """A message that was held was delivered, or not."""
        sentence = say_sent(receipt)
        if receipt.outcome is Outcome.REFUSED:
            sentence = f"A message is still held. {sentence}"
        self._on_event(NewsCame(at=self._now(), about=message.ticket, text=sentence))

    def fails(self, why: str) -> None:
        """Nothing that is held can be delivered."""
        self._on_tell("trouble", why)

    def _tell(self, item: News, how: config.Telling) -> None:
        if how == "speak":
            self._unsaid |= {item.about: item} if item.question else {}
            self._on_event(
                NewsCame(
                    at=self._now(),
                    about=item.about,
                    text=item.text,
                    fenced=item.fenced,
                    who=item.who,
                    all_do=item.all_do,
                )
            )
            return
        self._on_tell("news", sentence(item.text))
        if how == "chime":
            self._unrung[item.about] = _CHIMES[item.kind]

    def _ring(self) -> None:
        """One chime for all that is new, however much it is."""
        kinds = [kind for kind in _CHIMES.values() if kind in self._unrung.values()]
        if kinds and self._chime(kinds[0]):
            self._unrung.clear()

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
