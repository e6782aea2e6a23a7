from __future__ import annotations

from teamvoice.config import Notify
from teamvoice.conversation.turn import Turn
from teamvoice.daemon.herald import Herald
from teamvoice.team.newsdesk import News


class Ears:
    """What sounds, while nobody speaks."""

    def __init__(self) -> None:
        self.chimes: list[str] = []
        self.somebody_speaks = False
        settings = Notify(waiting="chime", finished="chime")
        self.herald = Herald(settings, lambda _: None, lambda _kind, _text: None, self._hear)

    def _hear(self, chime: str) -> bool:
        self.chimes += [] if self.somebody_speaks else [chime]
        return not self.somebody_speaks


WAITS = News("dev", "waiting", "the dev is waiting for your answer", question="q")
DONE = [News(name, "finished", f"the {name} has finished") for name in ("pm", "qa")]


async def test_many_at_once_are_one_chime_and_it_tells_what_matters_most() -> None:
    ears = Ears()
    ears.herald.news([WAITS, *DONE], [])
    ears.herald.news(DONE, [])
    assert ears.chimes == ["confirm", "sent"]


async def test_a_chime_that_would_be_spoken_over_sounds_after_the_turn_once() -> None:
    ears = Ears()
    ears.somebody_speaks = True
    ears.herald.news([WAITS, *DONE], [])
    ears.herald.said(Turn(1, 0.0))
    assert ears.chimes == []
    ears.somebody_speaks = False
    ears.herald.said(Turn(2, 0.0))
    ears.herald.said(Turn(3, 0.0))
    assert ears.chimes == ["confirm"]


async def test_a_chime_for_what_is_over_by_then_does_not_sound() -> None:
    ears = Ears()
    ears.somebody_speaks = True
    ears.herald.news([WAITS], [])
    ears.herald.passed("dev")
    ears.somebody_speaks = False
    ears.herald.said(Turn(1, 0.0))
    assert ears.chimes == []
