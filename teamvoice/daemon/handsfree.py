"""A conversation with no key: the provider hears when the person speaks, and that is the hold.

::

    microphone ──▶ OpenEar ──every block──▶ the provider, which detects speech
                      │                           │ speech_started / speech_stopped
                      └──while "held"──▶ machine ◀┘ as the key's press and release

So everything that a hold is, it is here too: it interrupts and cuts the answer to what was heard,
it begins a turn, and the machine alone asks for responses. The provider is told to detect, and
neither to answer nor to interrupt by itself. It has the sound already and commits it itself: of
what the machine says of the utterance, nothing is sent.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal, Self

from teamvoice.audio.capture import Capture, OnBlock, OnLost
from teamvoice.daemon.desk import Ear
from teamvoice.daemon.provider_link import ProviderLink
from teamvoice.errors import AudioUnavailable
from teamvoice.realtime import events as wire
from teamvoice.realtime import requests as ask
from teamvoice.realtime.events import Event
from teamvoice.realtime.requests import Request
from teamvoice.realtime.session import SessionSpec

Vad = Literal["server", "semantic"]

AGAIN_S = 1.0  # between two tries to open a microphone that was lost
BEFORE = 40  # blocks of 20 ms: speech is told to have begun when it has been heard for a while


class OpenEar:
    """A capture that is open as long as its context; what is "opened" is who else is told.

    Entering it raises ``AudioUnavailable``. ``on_sound`` is told every block; who opens it, also
    what came just before; ``is_deaf`` makes
    silence of what must not be heard, and the clock of the provider's detection goes on;
    ``on_trouble`` is told why the microphone was lost. It is opened again when it is back.
    ``on_change`` is told how it stands with it, when that is something else.
    """

    def __init__(self, microphone: Capture) -> None:
        self.on_sound: Callable[[bytes], object] = lambda _pcm: None
        self.is_deaf: Callable[[], bool] = lambda: False
        self.on_trouble: Callable[[str], object] = lambda _reason: None
        self.on_change: Callable[[Ear], object] = lambda _ear: None
        self._microphone = microphone
        self._holder: tuple[OnBlock, OnLost] | None = None
        self._before: deque[tuple[bytes, float]] = deque(maxlen=BEFORE)
        self._trouble = ""
        self._told = Ear("open")  # on_change was, last
        self._lost = asyncio.Event()
        self._group = asyncio.TaskGroup()
        self._keeper: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._microphone.__aenter__()
        try:
            await self._microphone.open(self._take, self._lose)
        except BaseException:
            await self._microphone.__aexit__(None, None, None)
            raise
        await self._group.__aenter__()
        self._keeper = self._group.create_task(self._keep(), name="open ear")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._keeper:
            self._keeper.cancel()
        await self._group.__aexit__(None, None, None)  # what ended the body is not its
        await self._microphone.__aexit__(None, None, None)

    async def open(self, on_block: OnBlock, on_lost: OnLost) -> None:
        """See :class:`Capture`."""
        if self._trouble:
            raise AudioUnavailable(self._trouble)
        self._holder = (on_block, on_lost)
        before = list(self._before)
        self._before.clear()
        for pcm, at in before:
            on_block(pcm, at)

    async def close(self, *, at_once: bool = False) -> str:  # noqa: ARG002 - the port's name
        """See :class:`Capture`."""
        self._holder = None
        return ""

    @property
    def rests(self) -> bool:
        """See :class:`Capture`."""
        return False

    def describe(self) -> str:
        """See :class:`Capture`."""
        return self._microphone.describe()

    @property
    def hears(self) -> Ear:
        """Whether what is said goes on to the provider."""
        if self._trouble:
            return Ear("lost", self._trouble)
        return Ear("closed" if self.is_deaf() else "open")

    def _take(self, pcm: bytes, at: float) -> None:
        self._tell_change()
        heard = bytes(len(pcm)) if self.is_deaf() else pcm
        self.on_sound(heard)
        if self._holder:
            self._holder[0](heard, at)
        else:
            self._before.append((heard, at))

    def _tell_change(self) -> None:
        if (now := self.hears) != self._told:
            self._told = now
            self.on_change(now)

    def _lose(self, reason: str) -> None:
        self._trouble = reason
        self._tell_change()
        holder, self._holder = self._holder, None
        if holder:
            holder[1](reason)
        self.on_trouble(reason)
        self._lost.set()

    async def _keep(self) -> None:
        while True:
            await self._lost.wait()
            await asyncio.sleep(AGAIN_S)
            self._lost.clear()  # before it is open: it may be lost again at once
            try:
                await self._microphone.open(self._take, self._lose)
            except AudioUnavailable:
                self._lost.set()  # which was told
            if not self._lost.is_set():
                self._trouble = ""
                self._tell_change()


class HandsFreeLink(ProviderLink):
    """A link whose provider detects speech; ``key`` is pressed and released as it does.

    What the provider tells may come late, and much at once, and the end of a hold takes the
    machine a moment. So what is told after that end waits until the machine has made an utterance
    of the hold, or nothing. ``is_holding`` tells whether it has not.
    """

    def __init__(self, *about: Any, vad: Vad) -> None:
        super().__init__(*about)
        self.key: Callable[[str], object] = lambda _action: None
        self.is_holding: Callable[[], bool] = lambda: False
        self._detection = {
            "type": f"{vad}_vad",
            "create_response": False,
            "interrupt_response": False,
        }
        self._is_expected = False  # the machine has committed, and the provider not yet
        self._is_ending_hold = False
        self._later: deque[Event] = deque()  # what was told meanwhile

    def hear(self, pcm: bytes) -> None:
        """Send a block; nobody keeps it when the link is not up."""
        super().send(ask.AppendAudio(audio=pcm))

    def tell_hearing(self, ear: Ear) -> None:
        """Tell who watches how it stands with the microphone now."""
        self._news.publish("microphone", **ear._asdict(), between=True)

    def send(self, request: Request) -> bool:
        """Take a request; the provider needs none that is about the sound."""
        match request:
            case ask.AppendAudio():
                return True
            case ask.ClearAudio():
                self._hold_is_over()
                return True
            case ask.CommitAudio():
                self._is_expected = True
                self._hold_is_over()
                return True
        return super().send(request)

    def _spec(self) -> SessionSpec:
        return replace(super()._spec(), turn_detection=dict(self._detection))

    def _received(self, event: Event) -> None:
        if self._is_ending_hold or self._later:
            self._later.append(event)
        else:
            self._take(event)

    def _take(self, event: Event) -> None:
        match event:
            case wire.SpeechStarted():
                self._is_expected = False
                self.key("press")
            case wire.SpeechStopped():
                self.key("release")
                self._is_ending_hold = self.is_holding()
            case wire.AudioCommitted(item_id=item) if not self._is_expected:
                super().send(ask.DeleteItem(item_id=item))  # the machine has given it up
            case wire.AudioCommitted():
                self._is_expected = False
                super()._received(event)
            case _:
                super()._received(event)

    def _hold_is_over(self) -> None:
        if self._is_ending_hold:
            self._is_ending_hold = False
            asyncio.get_running_loop().call_soon(self._take_later)

    def _take_later(self) -> None:
        while self._later and not self._is_ending_hold:
            self._take(self._later.popleft())

    def _down(self, reason: str, fatal: bool) -> None:
        self._is_expected = self._is_ending_hold = False
        self._later.clear()
        if self._listener and not self._listener.is_at_rest and not self._is_ending:
            self.key("cancel")  # the next session has not heard it: it must be said again
        super()._down(reason, fatal)
