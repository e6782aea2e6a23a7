"""What happens within a turn, as events for whoever watches.

::

    {"event": "microphone", "state": "open"}      {"event": "level", "of": "voice", "db": -12}
    {"event": "heard", "text": "who is idle", "typed": true}
    {"event": "hearing", "id": "item_1", "text": "who is"}
    {"event": "saying", "text": "The dev"}                {"event": "said"}
    {"event": "call", "id": "c1", "name": "team_status", "arguments": "{}"}
    {"event": "called", "id": "c1", "result": "The developer is idle."}
    {"event": "confirmed"}

``db`` is the loudest sample of a block in decibels below full scale, -60 for silence; it is told
ten times a second at most. ``hearing`` is a piece of what will be ``heard``. ``confirmed`` is the
end of what a ``confirm`` asked for, whether it is done or not.

Beside these there are ``link``, ``members``, ``silence``, ``turn`` (one is over: its record) and
``news_over`` (news that nobody asked for was told: the same). What a person does by hand from a
face is told as ``call`` and ``called`` too.

A microphone that is open all the time is told with ``"between": true`` where no hold begins, and is
``lost``, with a ``reason``, while it cannot be opened.
"""

from __future__ import annotations

import asyncio
import math
from array import array
from collections import deque
from collections.abc import Callable, Sequence

from teamvoice.audio.pcm import BYTES_PER_SECOND
from teamvoice.conversation import commands as do
from teamvoice.conversation import events as ev
from teamvoice.conversation.commands import Command
from teamvoice.conversation.consent import TIMER as CONFIRM
from teamvoice.daemon.desk import Ear

FLOOR_DB = -60
EVERY_S = 0.1  # between two levels of the same side
_PIECE = round(EVERY_S * BYTES_PER_SECOND) // 2 * 2
_FULL_SCALE = 32_767


class Observer:
    """Translates what passes the bridge.

    Args:
        publish: Takes an event's name and what it is about.
        is_watched: Somebody takes them; levels are computed for nobody else.
        hears: How it stands with a microphone that is open between two holds, too; None where it is
            closed then.
        call_at: Calls at a time, of the clock that events have; the loop's own when not given.
    """

    def __init__(
        self,
        publish: Callable[..., None],
        is_watched: Callable[[], bool] = lambda: True,
        hears: Callable[[], Ear] | None = None,
        call_at: Callable[..., asyncio.TimerHandle] | None = None,
    ) -> None:
        self._publish = publish
        self._hears = hears
        self._is_watched = is_watched
        self._call_at = call_at
        self._level_at = {"microphone": 0.0}
        self._is_sounding = False
        self._due: list[bytes] = []  # came, and does not sound yet
        self._sounds_until = 0.0
        self._sounding: deque[asyncio.TimerHandle] = deque()

    def saw(self, event: ev.Event, commands: Sequence[Command]) -> None:
        """An event was taken in, and led to these commands."""
        if not self._is_watched():
            return
        self._see_event(event)
        self._see_sound(event)
        for command in commands:
            self._see_command(command, event.at)

    def _see_event(self, event: ev.Event) -> None:
        match event:
            case ev.TextAsked(text=text):
                self._publish("heard", text=text, typed=True)
            case ev.AudioCaptured(pcm=pcm, at=at):
                self._level("microphone", pcm, at)
            case ev.CaptureEnded() | ev.CaptureFailed() if self._hears:
                self._publish("microphone", **self._hears()._asdict(), between=True)
            case ev.CaptureEnded() | ev.CaptureFailed():
                self._publish("microphone", state="closed")
            case ev.SpeechPart(item_id=item, text=text):
                self._publish("hearing", id=item, text=text)
            case ev.AnswerText(text=text):
                self._publish("saying", text=text)
            case ev.ResponseEnded():
                self._publish("said")
            case ev.ToolEnded(call_id=call_id, output=output):
                self._publish("called", id=call_id, result=output)
            case ev.ToolAsked(call_id=call_id, why=why):
                self._publish("called", id=call_id, result=f"waits for you: {why}")

    def _see_sound(self, event: ev.Event) -> None:
        match event:
            case ev.SoundBegan(at=at):
                self._begin_to_sound(at)
            case ev.SoundEnded() | ev.SoundStopped() | ev.SoundLost():
                self._fall_silent()

    def _see_command(self, command: Command, at: float) -> None:
        match command:
            case do.OpenMicrophone():
                self._publish("microphone", state="open")
            case do.RunTool(call_id=call_id, name=name, arguments=arguments):
                self._publish("call", id=call_id, name=name, arguments=arguments)
            case do.StopTimer(name) if name == CONFIRM:
                self._publish("confirmed")
            case do.Play(pcm=pcm) if self._is_sounding:
                self._will_sound(pcm, at)
            case do.Play(pcm=pcm):
                self._due.append(pcm)
            case do.Silence():
                self._fall_silent()

    def _begin_to_sound(self, at: float) -> None:
        self._is_sounding = True
        for pcm in self._due:
            self._will_sound(pcm, at)
        self._due.clear()

    def _will_sound(self, pcm: bytes, at: float) -> None:
        """Tell how loud the voice is while it is: an answer comes faster than it is spoken."""
        begins = max(at, self._sounds_until)
        starts = range(0, len(pcm), _PIECE)
        call_at = self._call_at or asyncio.get_running_loop().call_at
        levels = [decibels(pcm[start : start + _PIECE]) for start in starts]
        self._sounds_until = begins + len(pcm) / BYTES_PER_SECOND
        whens = [begins + start / BYTES_PER_SECOND for start in starts]
        for when, db in zip((*whens, self._sounds_until), (*levels, FLOOR_DB), strict=True):
            self._sounding.append(call_at(when, self._tell_voice, db))

    def _tell_voice(self, db: int) -> None:
        self._sounding.popleft()
        self._publish("level", of="voice", db=db)

    def _fall_silent(self) -> None:
        self._is_sounding = False
        self._due.clear()
        self._sounds_until = 0.0
        while self._sounding:
            self._sounding.popleft().cancel()
        self._publish("level", of="voice", db=FLOOR_DB)

    def _level(self, of: str, pcm: bytes, at: float) -> None:
        if at - self._level_at[of] >= EVERY_S:
            self._level_at[of] = at
            self._publish("level", of=of, db=decibels(pcm))


def decibels(pcm: bytes) -> int:
    """The loudest sample of PCM16, in whole decibels below full scale; -60 for silence."""
    samples = array("h", pcm[: len(pcm) // 2 * 2])
    peak = max(map(abs, samples), default=0)
    return max(FLOOR_DB, round(20 * math.log10(peak / _FULL_SCALE))) if peak else FLOOR_DB
