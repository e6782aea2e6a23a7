"""The bridge: carries out what the conversation says, and tells it what comes of it.

The machine decides; here its commands become calls of the rooms, and whatever the rooms report
becomes its events. Everything happens on the event loop's thread. Who does what:

================== ==================================== ===================================
command            carried out by                       comes back as
================== ==================================== ===================================
the microphone's   its switch, one after the other      AudioCaptured, CaptureEnded/Failed
the speaker's      the playback; silence in a task      SoundBegan/Ended/Stopped/Lost
the wire's         the link, at once                    what the provider sends
RunTool            a task each, after the pinning       ToolEnded, ToolAsked
SetTimer           the loop                             TimerRang
BeginTurn          a task that pins members to panes    nothing
================== ==================================== ===================================
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import structlog

from teamvoice.audio.capture import Capture
from teamvoice.audio.playback import Playback, Played
from teamvoice.conversation import commands as do
from teamvoice.conversation import events as ev
from teamvoice.conversation.commands import Command
from teamvoice.conversation.machine import Conversation
from teamvoice.conversation.policy import Policy
from teamvoice.conversation.states import Mic, Rules, Sound
from teamvoice.conversation.turn import Turn
from teamvoice.daemon.left import Left
from teamvoice.daemon.microphone import MicrophoneSwitch
from teamvoice.daemon.translate import event_from, request_for
from teamvoice.errors import NeedsConfirmation
from teamvoice.realtime import events as wire
from teamvoice.realtime.endings import ends_session
from teamvoice.realtime.requests import Request

_log = structlog.get_logger(__name__)
# The loop's clock stands still while a Linux machine sleeps, and this one goes on. macOS has no
# clock of that name, but there the plain one goes on.
_THROUGH_SLEEP = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_NAP_S = 1.0  # a sleep that was shorter is nothing to tell


class Wire(Protocol):
    """What the bridge needs of the link."""

    def send(self, request: Request) -> bool:
        """Take a request; False when the link is not up."""

    def want(self) -> None:
        """Be up soon: something will be sent."""

    def reconnect(self, reason: str) -> None:
        """Drop the session and begin another."""


@dataclass(frozen=True, slots=True)
class Rooms:
    """Whom the bridge calls.

    Args:
        capture: The microphone.
        playback: The speaker.
        wire: The link.
        call_tool: Runs a call, and whether the person has confirmed it; its text for the model.
            Raises ``NeedsConfirmation`` for what must be confirmed.
        pin: Fixes every member to its pane for the turn that begins.
        on_turn: A turn is over.
        on_tell: Something to show: kind and text.
        spent: What an event of the provider's cost, as an event to be told before it.
        chimes: Whether the small sounds are wanted.
        asleep: For how many seconds this machine has slept, from any zero.
        on_talk: Somebody talks, the person or the voice, or nobody does any more.
        observe: Told each event, and the commands that it led to.
        on_told: The person was told what became of these calls.
        on_words: What was said is known, before its turn is over.
        session: Which session is up.
    """

    capture: Capture
    playback: Playback
    wire: Wire
    call_tool: Callable[[ev.ToolCall, bool], Awaitable[str]]
    pin: Callable[[], Awaitable[None]]
    on_turn: Callable[[Turn], None]
    on_tell: Callable[[str, str], None]
    spent: Callable[[ev.Event], ev.Event | None] = lambda _: None
    chimes: bool = True
    asleep: Callable[[], float] = lambda: time.clock_gettime(_THROUGH_SLEEP) - time.monotonic()
    on_talk: Callable[[bool], None] = lambda _talks: None
    observe: Callable[[ev.Event, Sequence[Command]], None] = lambda _event, _commands: None
    on_told: Callable[[Sequence[str]], object] = lambda _call_ids: None
    on_words: Callable[[do.NoteWords], object] = lambda _words: None
    session: Callable[[], str] = str


class Bridge:
    """Runs the conversation while its context lasts."""

    def __init__(
        self, rooms: Rooms, rules: Rules | None = None, policy: Policy | None = None
    ) -> None:
        self.machine = Conversation(rules, policy)
        self._rooms = rooms
        self._inbox: deque[ev.Event] = deque()
        self._busy = False
        self._tasks = asyncio.TaskGroup()
        self.microphone = MicrophoneSwitch(rooms.capture, self._do, self.tell)
        self._pinning: asyncio.Task[None] | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._asked: dict[int, list[asyncio.Future[Turn]]] = {}
        self.speaker_trouble = ""
        self.is_quiet = False
        self._talks = False
        self._running: list[asyncio.Task[None]] = []
        self._asleep = rooms.asleep()

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        self._rooms.playback.connect(
            self._sound_began,
            lambda at: self.tell(ev.SoundEnded(at=at)),
            self._speaker_lost,
        )
        self._running = [self._tasks.create_task(self.microphone.run(), name="microphone")]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._obey(self.machine.part(self._now()))
        for timer in self._timers.values():
            timer.cancel()
        for task in self._running:
            task.cancel()
        for future in itertools.chain.from_iterable(self._asked.values()):
            future.cancel()
        await self._tasks.__aexit__(None, None, None)  # what ended the body is not theirs
        await self._rooms.capture.close()

    # Events in -------------------------------------------------------------------------------

    def tell(self, event: ev.Event) -> None:
        """Something happened. Never blocks; what it leads to is begun before this returns."""
        self._take_in(*self._sleep(), event)

    def _take_in(self, *events: ev.Event) -> None:
        self._inbox.extend(events)
        if self._busy:
            return  # told while a command is carried out: its turn comes
        self._busy = True
        try:
            while self._inbox:
                event = self._inbox.popleft()
                commands = self.machine.handle(event)
                self._rooms.observe(event, commands)
                self._obey(commands)
        finally:
            self._busy = False
        talks = self.machine.mic is Mic.OPEN or self._has_to_sound
        if talks is not self._talks:
            self._talks = talks
            self._rooms.on_talk(talks)

    def _sleep(self) -> list[ev.Event]:
        """The sleep of this machine since the last look, if any."""
        slept = self._rooms.asleep() - self._asleep
        if slept < _NAP_S:
            return []
        self._asleep += slept
        return [ev.Slept(at=self._now(), seconds=slept)]

    async def ask(self, text: str) -> Turn:
        """Take a typed turn; returns it when it is over."""
        self._take_in(*self._sleep())
        event = ev.TextAsked(at=self._now(), text=text)
        commands = self.machine.handle(event)
        self._rooms.observe(event, commands)
        over: asyncio.Future[Turn] = asyncio.get_running_loop().create_future()
        self._asked.setdefault(_turn_of(commands), []).append(over)  # words may join a turn
        self._obey(commands)
        return await asyncio.shield(over)

    def hand_over(self) -> Left:
        """What was said and waits for a link, for another bridge to :meth:`take_over`."""
        number = self.machine.turn
        words = self.machine.hand_over()
        if self.machine.turn == number:  # the turn ends here, and so do its askers
            return Left(words)
        return Left(words, self._asked.pop(number, []), number)

    def take_over(self, left: Left) -> None:
        """What was said to another one is sent by this one."""
        if left.words:
            commands = self.machine.handle(ev.WordsLeft(at=self._now(), words=left.words))
            self._asked[_turn_of(commands)] = left.asked
            self._obey(commands)

    def chime(self, kind: str) -> bool:
        """A small sound, if it is wanted; ``False``: not now, for somebody speaks."""
        quiet = self.machine.mic is Mic.CLOSED and self.machine.sound is Sound.SILENT
        if quiet and self._rooms.chimes:
            self._rooms.playback.chime(kind)
        return quiet

    def be_quiet(self, quiet: bool) -> None:
        """Speak no more, or again. What is not spoken counts as heard: it is shown."""
        self.is_quiet = quiet
        if quiet and self._has_to_sound:
            self._start(self._fall_quiet())

    @property
    def _has_to_sound(self) -> bool:
        return self.machine.sound in {Sound.DUE, Sound.PLAYING}

    @property
    def shows_answers(self) -> bool:
        """Answers are not heard, because the voice is quiet or the speaker is gone."""
        return self.is_quiet or bool(self.speaker_trouble)

    @property
    def is_at_rest(self) -> bool:
        """Nothing is under way: the session may be changed for another."""
        return self.machine.is_at_rest

    @property
    def is_movable(self) -> bool:
        """The same, but for words that wait for a link: see :meth:`hand_over`."""
        return self.machine.is_movable

    @property
    def is_written_down(self) -> bool:
        """The same, and nothing waits to be written down."""
        return self.machine.is_written_down

    def unwritten(self) -> list[Turn]:
        """What was answered and is not written down yet, as it stands."""
        return self.machine.unwritten(self._now())

    def link_up(self) -> None:
        """The session is confirmed."""
        self.tell(ev.LinkUp(at=self._now()))

    def link_down(self, reason: str, fatal: bool) -> None:
        """The session is gone, or none comes up."""
        self.tell(ev.LinkDown(at=self._now(), reason=reason, fatal=fatal))

    def link_rests(self) -> None:
        """The session was closed until something is wanted."""
        self.tell(ev.LinkRested(at=self._now()))

    def received(self, event: wire.Event) -> None:
        """The provider sent something."""
        if isinstance(event, wire.Malformed):
            _log.warning("not the protocol", reason=event.reason, start=event.start)
        meaning = event_from(event, self._now(), self._rooms.session())
        if meaning is not None:
            if spent := self._rooms.spent(meaning):
                self.tell(spent)
            if not ends_session(event):  # else the link goes down, and says so
                self.tell(meaning)

    def _sound_began(self, at: float) -> None:
        self.speaker_trouble = ""
        self.tell(ev.SoundBegan(at=at))

    def _speaker_lost(self, reason: str, played: Sequence[Played]) -> None:
        if reason != self.speaker_trouble:
            self.speaker_trouble = reason  # told once, until something sounds again
            self._rooms.on_tell("trouble", reason)
        self.tell(ev.SoundLost(at=self._now(), reason=reason, heard=_heard(played)))

    # Commands out ----------------------------------------------------------------------------

    def _obey(self, commands: list[Command]) -> None:
        for command in commands:
            request = request_for(command)
            if request is not None:
                self._rooms.wire.send(request)  # when it is not taken, LinkDown is on its way
            else:
                self._do(command)

    def _do(self, command: Command) -> None:
        match command:
            case do.BeginTurn():
                self._rooms.wire.want()
                self._pinning = self._start(self._rooms.pin())
            case do.OpenMicrophone() | do.CloseMicrophone():
                self.microphone.switch(command)
            case do.RunTool():
                self._start(self._run_tool(command))
            case do.SetTimer(name, seconds):
                self._set_timer(name, seconds)
            case do.StopTimer(name):
                self._stop_timer(name)
            case do.EndTurn(turn):
                self._end_turn(turn)
            case do.ResetLink():
                self._rooms.wire.reconnect("the session no longer answered")
            case do.NoteWords() | do.MarkTold() | do.Tell():
                self._report(command)
            case _:
                self._do_sound(command)

    def _report(self, command: do.NoteWords | do.MarkTold | do.Tell) -> None:
        match command:
            case do.NoteWords():
                self._rooms.on_words(command)
            case do.MarkTold(call_ids):
                self._rooms.on_told(call_ids)
            case do.Tell(kind, text):
                self._rooms.on_tell(kind, text)

    def _do_sound(self, command: Command) -> None:
        match command:
            case do.Play(item_id, content_index, pcm) if not self.is_quiet:
                self._rooms.playback.play(item_id, content_index, pcm)
            case do.FinishPlaying():
                self._rooms.playback.end_of_answer()
            case do.Silence():
                self._start(self._silence())
            case do.Chime(kind) if self._rooms.chimes:
                self._rooms.playback.chime(kind)

    async def _silence(self) -> None:
        played = await self._rooms.playback.silence()
        self.tell(ev.SoundStopped(at=self._now(), heard=_heard(played)))

    async def _fall_quiet(self) -> None:
        await self._rooms.playback.silence()
        self.tell(ev.SoundEnded(at=self._now()))

    async def _run_tool(self, command: do.RunTool) -> None:
        if self._pinning:
            await asyncio.shield(self._pinning)
        call = ev.ToolCall(command.call_id, command.name, command.arguments)
        try:
            output = await self._rooms.call_tool(call, command.confirmed)
        except NeedsConfirmation as ask:
            self.tell(ev.ToolAsked(at=self._now(), call_id=command.call_id, why=ask.message))
            return
        except Exception:  # noqa: BLE001 - a faulty tool must be answered like any other
            _log.exception("a tool failed", tool=command.name)
            output = "The tool failed, and it is not known whether anything was done."
        self.tell(ev.ToolEnded(at=self._now(), call_id=command.call_id, output=output))

    def _end_turn(self, turn: Turn) -> None:
        for asked in self._asked.pop(turn.number, []):
            if not asked.done():
                asked.set_result(turn)
        self._rooms.on_turn(turn)

    def _set_timer(self, name: str, seconds: float) -> None:
        self._stop_timer(name)
        self._timers[name] = asyncio.get_running_loop().call_later(seconds, self._ring, name)

    def _stop_timer(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer:
            timer.cancel()

    def _ring(self, name: str) -> None:
        del self._timers[name]
        self.tell(ev.TimerRang(at=self._now(), name=name))

    def _start(self, work: Any) -> asyncio.Task[None]:
        """Begin a piece of work that ends by itself; the context waits for it, or cancels it."""
        task: asyncio.Task[None] = self._tasks.create_task(work)
        self._running.append(task)
        task.add_done_callback(self._running.remove)
        return task

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _heard(played: Sequence[Played]) -> tuple[ev.Heard, ...]:
    return tuple(ev.Heard(p.item_id, p.content_index, p.ms, p.complete) for p in played)


def _turn_of(commands: list[Command]) -> int:
    """The number of the turn that typed words began, joined, or were refused in."""
    for command in commands:
        match command:
            case do.BeginTurn(number):
                return number
            case do.EndTurn(turn) if turn.typed and turn.outcome == "dropped":
                return turn.number
    raise AssertionError("typed words always belong to a turn")
