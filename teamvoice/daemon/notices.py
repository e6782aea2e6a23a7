"""Which of what happens is shown on the screen, as ``notify.desktop`` wants it.

========= ==============================================================================
``off``   nothing
``quiet`` trouble; who waits for you, until they no longer do; what you have to confirm; answers
          that were not heard, because the voice is quiet or the speaker gone
``full``  that, who has finished, and each turn: what was heard, done and answered
========= ==============================================================================

Whatever tells of it never waits: what is to be shown stands in a few slots, in which the newest
counts, and one task shows it. What could not be shown in a minute is old.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence

from teamvoice import config
from teamvoice.conversation.turn import Turn
from teamvoice.daemon.notifier import Notice, Notifier, Shown
from teamvoice.errors import MissingPart
from teamvoice.team.newsdesk import News

AGAIN_S = 30.0  # between two tries to find a screen
OLD_S = 60.0
SLOTS = 16  # the oldest makes room
TEXT_LIMIT = 400  # characters

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
_TITLES = {"answered": "Answered", "interrupted": "Interrupted", "cancelled": "Cancelled"}


class Notices:
    """Shows notices while :meth:`run` runs.

    Args:
        settings: The section ``[notify]``.
        notifier: The screen; None where there is none.
        on_log: Takes why nothing can be shown, once.
        shown: What stands on the screen already.
        again_s: Seconds between two tries to find the screen.
    """

    def __init__(
        self,
        settings: config.Notify,
        notifier: Notifier | None,
        on_log: Callable[[str], None],
        shown: Shown | None = None,
        again_s: float = AGAIN_S,
    ) -> None:
        self._shown = shown or Shown()
        if notifier:
            notifier.shown = self._shown
        self._is_on = notifier is not None and settings.desktop != "off"
        self._is_full = settings.desktop == "full"
        self._notifier = notifier
        self._on_log = on_log
        self._again_s = again_s
        self._waiting: dict[str, tuple[Notice | None, float]] = {}  # None: withdraw it
        self._is_something = asyncio.Event()
        self._told = ""
        self.state = "starting" if self._is_on else "off"
        self.reason = ""

    def status(self) -> dict[str, str]:
        """For ``teamvoice status``."""
        return {"state": self.state, "reason": self.reason}

    # What happens ------------------------------------------------------------------------------

    def told(self, kind: str, text: str) -> None:
        """Something was told, of a kind of the conversation's: most is not for the screen."""
        if kind == "trouble":
            self._put(Notice("trouble", "teamvoice: trouble", text))
        elif kind == "confirm":
            self._put(Notice("confirm", "teamvoice waits for your word", text))
        elif kind == "answer" and not self._is_full:  # which shows each turn anyway
            self._put(Notice("answer", "Answered", text))
        elif kind == "heard" and self._is_full:
            self._put(Notice(self._turn_slot, "You said", text))

    def turn(self, turn: Turn) -> None:
        """A turn is over: what it came to takes the place of what was heard."""
        if self._is_full and not turn.news:
            lines = [f"“{turn.heard}”"] if turn.heard else []
            lines += [call.output for call in turn.calls] or [turn.spoken or turn.trouble]
            title = _TITLES.get(turn.outcome, "Failed")
            self._put(Notice(self._turn_slot, title, "\n".join(lines)))
        self._shown.turns += 1

    def news(self, news: Sequence[News], passed: Sequence[str]) -> None:
        """Something is new of members; of some, what was new is old."""
        for name in passed:
            self._withdraw(f"member {name}")
        for item in news:
            if item.kind != "finished" or self._is_full:
                title, _, rest = item.text.partition(": ")
                urgent = item.kind == "waiting"
                self._put(Notice(f"member {item.about}", title, rest, urgent))

    # Showing it --------------------------------------------------------------------------------

    async def run(self) -> None:
        """Show what comes, until cancelled; at once over when nothing is to be shown."""
        while self._is_on and self._notifier:
            try:
                async with self._notifier as screen:
                    self._know("")
                    while True:
                        await self._show_next(screen)
            except MissingPart as error:
                self._know(f"nothing can be shown on the screen: {error}")
            await asyncio.sleep(self._again_s)

    @property
    def _turn_slot(self) -> str:
        return f"turn {self._shown.turns}"

    def _put(self, notice: Notice) -> None:
        title, text = (_plain(part) for part in (notice.title, notice.text))
        self._set(notice.slot, Notice(notice.slot, title, text, notice.urgent))

    def _withdraw(self, slot: str) -> None:
        self._set(slot, None)

    def _set(self, slot: str, notice: Notice | None) -> None:
        if self._is_on:
            self._waiting.pop(slot, None)  # the newest is the last
            self._waiting[slot] = (notice, asyncio.get_running_loop().time())
            if len(self._waiting) > SLOTS:
                del self._waiting[next(iter(self._waiting))]
            self._is_something.set()

    async def _show_next(self, screen: Notifier) -> None:
        """Show what waits longest; what cannot be shown goes on waiting."""
        while not self._waiting:
            self._is_something.clear()
            await self._is_something.wait()
        slot, put = next(iter(self._waiting.items()))
        notice, at = put
        if notice is None:
            await screen.withdraw(slot)
        elif asyncio.get_running_loop().time() - at < OLD_S:
            await screen.show(notice)
        if self._waiting.get(slot) is put:  # nothing newer came meanwhile
            del self._waiting[slot]

    def _know(self, reason: str) -> None:
        self.state, self.reason = ("unavailable", reason) if reason else ("ready", "")
        if reason and reason != self._told:
            self._on_log(reason)
        self._told = reason


def _plain(text: str) -> str:
    """Without control characters, and short."""
    short = _CONTROL.sub("", text).strip()
    return short if len(short) <= TEXT_LIMIT else f"{short[: TEXT_LIMIT - 1]}…"
