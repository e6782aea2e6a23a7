"""The conversation over real sound: bridge, microphone and speaker, and a session that answers.

The session is in this process and answers at once, so that what is left of a turn is the sound.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from teamvoice.audio.capture import Capture, Microphone
from teamvoice.audio.pcm import milliseconds
from teamvoice.audio.playback import Playback, Speaker
from teamvoice.conversation import events as ev
from teamvoice.conversation.states import Rules
from teamvoice.conversation.turn import Turn
from teamvoice.daemon.bridge import Bridge, Rooms
from teamvoice.realtime import requests as ask
from teamvoice.realtime.requests import Request
from tests.support.wait import until

WARM = 15  # turns


class Session:
    """The wire: every commit is heard, every response is the same sound."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.heard = b""  # what the last commit was of
        self.cuts: list[Request] = []  # what it is to know of answers that were not heard whole
        self.bridge: Bridge | None = None
        self._appended = bytearray()
        self._count = 0

    @property
    def appended_ms(self) -> float:
        """How much of the hold that is on has come."""
        return milliseconds(bytes(self._appended))

    def forget(self) -> None:
        """Nothing of a hold has come yet."""
        self._appended.clear()

    def send(self, request: Request) -> bool:
        """See the bridge's ``Wire``."""
        match request:
            case ask.AppendAudio():
                self._appended += request.audio
            case ask.ClearAudio():
                self._appended.clear()
            case ask.CommitAudio():
                self.heard = bytes(self._appended)
                self._appended.clear()
                asyncio.get_running_loop().call_soon(self._take)
            case ask.CreateResponse():
                asyncio.get_running_loop().call_soon(self._answer)
            case ask.TruncateItem() | ask.DeleteItem():
                self.cuts.append(request)
            case ask.CancelResponse():
                raise AssertionError("an answer that is complete at once cannot be cancelled")
        return True

    def want(self) -> None:
        """It is always up."""

    def reconnect(self, reason: str) -> None:
        """See the bridge's ``Wire``."""
        raise AssertionError(f"the session was given up: {reason}")

    def _take(self) -> None:
        self._count += 1
        item = f"speech-{self._count}"
        self._tell(ev.SpeechCommitted(at=now(), item_id=item))
        self._tell(ev.SpeechTranscribed(at=now(), item_id=item, text="words"))

    def _answer(self) -> None:
        name = f"answer-{self._count}"
        self._tell(ev.ResponseBegan(at=now(), response_id=name))
        for start in range(0, len(self.answer), 4800):
            pcm = self.answer[start : start + 4800]
            self._tell(
                ev.AnswerAudio(at=now(), response_id=name, item_id=name, content_index=0, pcm=pcm)
            )
        self._tell(ev.ResponseEnded(at=now(), response_id=name, status="completed"))

    def _tell(self, event: ev.Event) -> None:
        assert self.bridge is not None
        self.bridge.tell(event)


@dataclass
class Talk:
    """A conversation to take part in."""

    bridge: Bridge
    session: Session
    told: list[str] = field(default_factory=list)  # trouble alone
    notices: list[str] = field(default_factory=list)
    last: Turn | None = None
    over: int = 0

    async def listen(self, ms: float = 20) -> None:
        """The key goes down; returns when so much was heard."""
        self.session.forget()
        self.bridge.tell(ev.HoldBegan(at=now()))
        await until(lambda: self.session.appended_ms >= ms, f"it listens for {ms} ms")

    def is_speaking(self) -> bool:
        """Something of the answer was heard."""
        draft = self.bridge.machine._ledger.current
        return draft is not None and "sound" in draft.ms

    def let_go(self) -> None:
        """The key comes up."""
        self.bridge.tell(ev.HoldEnded(at=now()))

    async def turn(self, ms: float = 100) -> Turn:
        """A whole turn; returns it when its answer was heard."""
        before = self.over
        await self.listen(ms)
        self.let_go()
        await until(lambda: self.over > before, "the turn is over", 10)
        assert self.last is not None
        return self.last

    def _end(self, turn: Turn) -> None:
        self.over, self.last = self.over + 1, turn

    def _tell(self, kind: str, text: str) -> None:
        if kind == "trouble":
            self.told.append(text)
        elif kind == "notice":
            self.notices.append(text)


@asynccontextmanager
async def talking(
    microphone: Capture, speaker: Playback, answer: bytes, rules: Rules | None = None
) -> AsyncIterator[Talk]:
    """A conversation with these, whose every answer is this sound."""

    async def pin() -> None: ...

    async def call_tool(_call: ev.ToolCall, _confirmed: bool) -> str:
        raise AssertionError("no tool is asked for")

    session = Session(answer)
    rooms = Rooms(
        capture=microphone,
        playback=speaker,
        wire=session,
        call_tool=call_tool,
        pin=pin,
        on_turn=lambda turn: talk._end(turn),  # noqa: PLW0108 - made below
        on_tell=lambda kind, text: talk._tell(kind, text),  # noqa: PLW0108 - made below
        chimes=False,
    )
    bridge = session.bridge = Bridge(rooms, rules or Rules(trims=False))  # its silence counts
    talk = Talk(bridge, session)
    async with speaker, microphone, bridge:
        bridge.link_up()
        yield talk


@dataclass(frozen=True)
class Held:
    """What this process holds: what must not grow with the turns."""

    tasks: int
    files: int
    threads: int
    memory: int  # bytes of Python's, as far as tracemalloc was told to count them
    resident: int  # bytes

    @classmethod
    def now(cls) -> Held:
        gc.collect()
        # A class pattern in a match looks its attributes up by a name made anew, and the cache of
        # such look-ups keeps up to 4,096 of them: what is in there is no turn's.
        sys._clear_type_cache()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return cls(
            tasks=len(asyncio.all_tasks()),
            files=_count("/proc/self/fd"),
            threads=_count("/proc/self/task"),
            memory=tracemalloc.get_traced_memory()[0],
            resident=pages * os.sysconf("SC_PAGE_SIZE"),
        )


async def soak(turns: int, lanes: int = 3) -> tuple[Held, Held]:
    """Take short turns, several at a time; what was held when they began to count, and at the end.

    Those that count come after some in which everything is loaded that is loaded once.
    """
    async with AsyncExitStack() as stack:
        talks = [
            await stack.enter_async_context(
                talking(
                    Microphone(),
                    Speaker(idle_s=600),
                    bytes(960),
                    Rules(shortest_ms=20, trims=False),
                )
            )
            for _ in range(lanes)
        ]
        await _take(talks, WARM)
        before = Held.now()
        await _take(talks, turns // lanes)
        assert not any(talk.told for talk in talks)
        return before, Held.now()


async def _take(talks: list[Talk], turns: int) -> None:
    async def lane(talk: Talk) -> None:
        for _ in range(turns):
            assert (await talk.turn(40)).outcome == "answered"

    async with asyncio.TaskGroup() as lanes:
        for talk in talks:
            lanes.create_task(lane(talk))


def _count(folder: str) -> int:
    return len(list(Path(folder).iterdir()))


def now() -> float:
    """The conversation's clock."""
    return asyncio.get_running_loop().time()
