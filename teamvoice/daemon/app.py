"""The daemon: the one place that knows every room and wires them together.

Who acquires what, in this order, and releases it in the reverse one:

============ ============================================================================
standing     the control socket, where a second daemon ends; the watch of the key
journal      the file in the state directory
deeds        what was begun by an earlier daemon; the writes that are under way
team         the worker that speaks to tmux
watcher      the user options in tmux
tape         PortAudio, and a stream while something sounds; the files of sound that is kept
microphone   PortAudio; a stream only while a hold is on, and its grace
others       nothing but a task; what it has ducked is given back
tasks        the link, the session's lock, the notices on the screen, the
             offline server's process, the watcher's looks
bridge       the conversation
============ ============================================================================

A task that fails ends the daemon; whatever may fail in the course of a day is dealt with below.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Self

import structlog

from teamvoice import __version__, config
from teamvoice.conversation.consent import NOTHING_WAITS
from teamvoice.conversation.events import Event
from teamvoice.conversation.machine import Conversation
from teamvoice.conversation.turn import Turn
from teamvoice.daemon import report
from teamvoice.daemon.bridge import Bridge, Rooms
from teamvoice.daemon.by_hand import ByHand
from teamvoice.daemon.cost import Tariff
from teamvoice.daemon.deeds import Deeds
from teamvoice.daemon.desk import Desk
from teamvoice.daemon.herald import Herald
from teamvoice.daemon.journal import Journal, journal_path
from teamvoice.daemon.keys import Keys, policy_for
from teamvoice.daemon.left import Left
from teamvoice.daemon.memory import Memory, remembered, untold
from teamvoice.daemon.notices import Notices
from teamvoice.daemon.observer import Observer
from teamvoice.daemon.pace import Pace
from teamvoice.daemon.presence import Presence
from teamvoice.daemon.provider_link import ProviderLink
from teamvoice.daemon.recordings import Recordings, audio_dir
from teamvoice.daemon.records import turn_record
from teamvoice.daemon.selfcheck import selfcheck
from teamvoice.daemon.spending import Spending
from teamvoice.daemon.standing import Standing
from teamvoice.daemon.status_line import status_line
from teamvoice.daemon.tape import Tape
from teamvoice.daemon.thrift import CacheWatch
from teamvoice.daemon.words import Words
from teamvoice.errors import RealtimeError
from teamvoice.team.glimpses import Status
from teamvoice.team.held import Held
from teamvoice.team.newsdesk import News
from teamvoice.team.team import Team
from teamvoice.team.watcher import Watcher
from teamvoice.tools.registry import Toolbox
from teamvoice.tools.team_tools import House, team_tools

_log = structlog.get_logger(__name__)

ASK_S = 60.0  # for a typed turn to be answered
UNSAFE = "what is done now would not be remembered after a crash"


class App:
    """The daemon while its context lasts; what the control socket offers is in its methods.

    Args:
        settings: The configuration.
        desk: Where the person sits.
        standing: What outlives it, already entered; it has one of its own when none is given.
        pace: How patient it is.
        team: What makes its team.
        link: What makes its link to the provider.

    ``link`` is its link to the provider, ``by_hand`` what a face does with its members.
    """

    def __init__(
        self,
        settings: config.Config,
        desk: Desk,
        standing: Standing | None = None,
        *,
        pace: Pace | None = None,
        team: Callable[..., Team] = Team,
        link: Callable[..., ProviderLink] = ProviderLink,
    ) -> None:
        self._settings, self._desk, self._stack = settings, desk, contextlib.AsyncExitStack()
        self._owns_standing, self._standing = standing is None, standing or Standing()
        self._news, self._herald = self._standing.news, self._new_herald()
        self._notices = Notices(settings.notify, desk.notifier, _log.warning, self._standing.shown)
        held, herald = Held(config.state_dir() / "held.json"), self._herald
        self._team = team(settings.team, held=held, on_held=herald.held_ended, on_fail=herald.fails)
        self._watcher = Watcher(
            self._team, self._news_came, seen=self._standing.seen, on_change=self._team_changed
        )
        self._policy = policy_for(settings, desk.confirm_by)
        self._watcher.trouble = lambda: report.trouble(desk)
        self._toolbox = Toolbox(team_tools(self._team, self._house()))
        self._journal = Journal(
            journal_path(), settings.journal, lambda why: self._tell("trouble", f"{why}; {UNSAFE}")
        )
        self.by_hand = ByHand(self._team, self._journal.put, self._news.publish)
        memory = self._memory = Memory(self._journal, journal_path())
        self._deeds = Deeds(self._toolbox.call, memory.write)
        self._words = Words(self._journal.put, memory.write)
        recordings = Recordings(audio_dir(), settings.journal, lambda w: self._tell("trouble", w))
        self._tape = Tape(desk.playback, recordings, lambda: self._bridge.machine.turn)
        pace, tools = pace or Pace(), self._toolbox.schemas
        self.link = link(settings, tools, self._news, self._recap, pace)
        self._tariff, self._cache_watch = Tariff(settings, self.link.provider), CacheWatch()
        self._spending = Spending(self._tariff, journal_path(), self._journal.put)
        self._bridge = Bridge(self._rooms(), pace.rules_of(settings), self._policy)
        self.link.connect(self._bridge)
        self._keys = Keys(settings.hotkey, self._by_hand, self._tell, listens=bool(desk.hears))
        self._presence = Presence(desk.session, self._keys, desk.capture, self._standing.away)
        self._tasks = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        try:
            await self._enter()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self.link.leave()
        self._standing.away = self._keys.away
        await self._stack.aclose()  # what ended the body is told by it, not by the tasks

    async def _enter(self) -> None:
        enter = self._stack.enter_async_context
        if self._owns_standing:
            await enter(self._standing)
        self._keys.muted, self._bridge.is_quiet = self._standing.silence.as_left
        await enter(self._journal)
        await enter(self._deeds)
        never_told = await remembered(self._memory, self._deeds, self._words, self._tell)
        await enter(self._team)
        await enter(self._watcher)
        await enter(self._tape)
        await enter(self._desk.capture)
        if self._desk.others:
            await enter(self._desk.others)
        await enter(self._tasks)
        await self._read_spending()
        tasks = [self._tasks.create_task(self.link.run(), name="link")]
        tasks.append(self._tasks.create_task(self._watcher.run(), name="watcher"))
        tasks.append(self._tasks.create_task(self._notices.run(), name="notices"))
        tasks.append(self._tasks.create_task(self._presence.run(), name="session"))
        self._stack.callback(lambda: [task.cancel() for task in tasks])
        self._stack.callback(self._keys.close)
        await enter(self._bridge)
        # Again, and first: what the link still hears must not reach a bridge that is gone.
        self._stack.callback(lambda: [task.cancel() for task in tasks])
        self._bridge.take_over(self._standing.left)
        self._standing.left = Left()
        for record in never_told:
            self._bridge.tell(untold(record, asyncio.get_running_loop().time(), datetime.now(UTC)))
        self._key_watch = await self._standing.key.watch(self._settings.hotkey, self._desk.key)
        self._stack.enter_context(self._standing.control.answering(self))
        self._key_watch.serve(self._keys, self._tell)
        self._stack.callback(self._key_watch.serve_nobody)

    # What the process asks ---------------------------------------------------------------------

    @property
    def is_at_rest(self) -> bool:
        """Nothing is under way: it may make way for another."""
        return self._bridge.is_at_rest

    @property
    def machine(self) -> Conversation:
        """The conversation, to look at."""
        return self._bridge.machine

    @property
    def is_deaf(self) -> bool:
        """Nobody is to be heard: muted, or nobody is there."""
        return self._keys.muted or bool(self._keys.away)

    @property
    def is_movable(self) -> bool:
        """It may make way for another that gets the words which wait for a link, if any do."""
        return self._bridge.is_movable

    def hand_over(self) -> None:
        """Leave the words that wait for a link to the next one."""
        self._standing.left = left = self._bridge.hand_over()
        if left.turn:
            self._words.leave(left.turn)

    def line(self) -> str:
        """How it is, in one line."""
        return status_line(
            self.link.state,
            self._key_watch.state,
            "muted" if self._keys.muted else report.hearing(self._desk, self._bridge.machine.mic),
            [str(status.state.kind) for status in self._watcher.statuses],
            (*report.unheard(self._desk, self._bridge),
             "confirm?" if self._bridge.machine.waits else "",
             "the day's limit is reached" if self._bridge.machine.budget.is_spent else "",
             "voice quiet" if self._bridge.is_quiet else "",
             "new settings cannot be used" if self._standing.trouble else ""),
        )  # fmt: skip

    def checks(self) -> Mapping[str, Callable[[], Awaitable[bool]]]:
        """What has to hold for it to be well, by what is wrong when it does not."""
        return {
            "the key's thread is dead": self._key_watch.is_well,
            "the sound library does not answer": self._desk.sound_answers,
        }

    # What the control socket offers ------------------------------------------------------------

    def key(self, action: str, at: float, by: int = 0) -> str:
        """The key, by other means; ``quiet`` is the voice's."""
        if action == "confirm" and not self._bridge.machine.waits:
            return NOTHING_WAITS
        why_not = "" if action == "quiet" else self._keys.act(action, at, by)
        if action == "quiet":
            self._be_quiet(not self._bridge.is_quiet)
        if action in {"mute", "quiet"}:
            self._tasks.create_task(self._keep_silence())
        if self._keys.muted:  # nor does its device stay open for a grace
            self._tasks.create_task(self._desk.capture.close(at_once=True))
        return why_not

    async def ask(self, text: str) -> dict[str, Any]:
        """Take a typed turn; its record when it is over.

        Raises:
            RealtimeError: It is not over in a minute, most likely because the link is down.
        """
        self._look_at_the_day()
        try:
            return self._record(await asyncio.wait_for(self._bridge.ask(text), ASK_S))
        except TimeoutError:
            why = self.link.reason or "the answer takes its time"
            raise RealtimeError(f"no answer in {ASK_S:.0f} s: {why}", "it is still asked") from None

    async def status(self) -> dict[str, Any]:
        """Everything worth showing; ``cli.status_view`` tells the shape."""
        hotkey, machine = self._settings.hotkey, self._bridge.machine
        self._look_at_the_day()
        return {
            "version": __version__,
            "pid": os.getpid(),
            "uptime_s": round(time.monotonic() - self._standing.began),
            "line": self.line(),
            "settings": report.settings(self._standing.trouble),
            "link": self.link.status(),
            "hotkey": {**self._key_watch.status(), "key": hotkey.key, "mode": hotkey.mode},
            "session": self._presence.status(), "notices": self._notices.status(),
            "microphone": report.microphone(self._desk, self._bridge, muted=self._keys.muted),
            "speaker": report.speaker(self._desk.playback, self._bridge),
            "members": await report.members(self._team, asyncio.get_running_loop().time()),
            "cost": report.cost(machine.budget, prices_known=self._tariff.is_known),
            "confirm": list(machine.waits), "confirm_by": self._policy.confirm_by,
            "turn": self._standing.last,
        }  # fmt: skip

    async def check(self) -> dict[str, Any]:
        """The status, and what else a doctor asks; sound is tried while nothing is under way."""
        return await self.status() | await selfcheck(self._settings, with_sound=self.is_at_rest)

    def watch(self) -> AsyncIterator[dict[str, Any]]:
        """Events from now on: link, heard, answer, notice, trouble, silence, turn."""
        return self._news.watch()

    # Wiring ------------------------------------------------------------------------------------

    def _new_herald(self) -> Herald:
        return Herald(
            self._settings.notify,
            lambda event: self._bridge.tell(event),  # noqa: PLW0108 - made later
            self._tell,
            lambda kind: self._bridge.chime(kind),  # noqa: PLW0108 - made later
        )

    def _rooms(self) -> Rooms:
        return Rooms(
            capture=self._desk.capture,
            playback=self._tape,
            wire=self.link,
            call_tool=self._deeds.call,
            pin=self._team.pin,
            on_turn=self._turn_over,
            on_tell=self._tell,
            spent=self._spending.of,
            chimes=self._settings.audio.chimes,
            on_talk=self._desk.others.talk if self._desk.others else lambda _talks: None,
            session=lambda: self.link.session,
            on_told=self._person_told,
            on_words=self._words.note,
            observe=Observer(
                self._news.publish, lambda: self._news.is_watched, self._desk.hears
            ).saw,
        )

    def _house(self) -> House:
        return House(
            keys=self._settings.policy.keys,
            is_dangerous=self._policy.is_dangerous,
            notify_when=self._watcher.notify_when,
            told=self._told,
            heard=self._herald.heard,
        )

    def _news_came(self, news: Sequence[News], passed: Sequence[str]) -> None:
        self._herald.news(news, passed)
        self._notices.news(news, passed)

    def _team_changed(self, statuses: Sequence[Status]) -> None:
        now = asyncio.get_running_loop().time()
        self._news.publish("members", members=[status.as_json(now) for status in statuses])

    def _told(self, statuses: Sequence[Status]) -> None:
        self._watcher.told(statuses)
        for status in statuses:
            self._herald.passed(status.member.name)

    # Spending ----------------------------------------------------------------------------------

    async def _read_spending(self) -> None:
        now = asyncio.get_running_loop().time()
        self._bridge.tell(await asyncio.to_thread(self._spending.read, now))
        if self._settings.cost.cap_usd and (why := self._tariff.gap):
            self._tell("trouble", f"cost.cap_usd cannot be kept: {why}")

    def _by_hand(self, event: Event) -> None:
        self._look_at_the_day()
        self._bridge.tell(event)

    def _look_at_the_day(self) -> None:
        if began := self._spending.look(asyncio.get_running_loop().time()):
            self._bridge.tell(began)

    # Telling -----------------------------------------------------------------------------------

    def _turn_over(self, turn: Turn) -> None:
        self._herald.said(turn)
        if turn.outcome == "dropped" and not (turn.trouble or turn.heard or turn.speech):
            return  # a tap
        self._notices.turn(turn)
        if self._bridge.shows_answers and turn.spoken and not turn.is_shown:
            self._tell("answer", turn.spoken)
        record = self._record(turn)
        _log.info("turn", number=turn.number, outcome=turn.outcome, **turn.ms)
        self._memory.keep(record)  # before the next session is told of it
        self._tasks.create_task(self._journal.append(record))
        self._tape.turn_over(record, turn.speech)
        if self._tariff.saves_by_caching and (warning := self._cache_watch.turn(turn.usage)):
            self._tell("notice", warning)
        self._standing.last = self._standing.last if turn.news else record
        spent_usd = self._bridge.machine.budget.spent_usd
        self._news.publish("news_over" if turn.news else "turn", turn=record, day_usd=spent_usd)

    def _person_told(self, ids: Sequence[str]) -> None:
        self._words.told(ids)
        self._tasks.create_task(self._deeds.told(ids))

    def _recap(self) -> str:
        """What a new session is told: also of a turn whose answer still sounds."""
        return self._memory.recap(map(self._record, self._bridge.unwritten()))

    def _record(self, turn: Turn) -> dict[str, Any]:
        return turn_record(turn, datetime.now(UTC), self._tariff)

    def _tell(self, kind: str, text: str) -> None:
        log = _log.warning if kind == "trouble" else _log.info
        log(text, kind=kind)
        self._news.publish(kind, text=text)
        self._notices.told(kind, text)

    async def _keep_silence(self) -> None:
        now = {"muted": self._keys.muted, "quiet": self._bridge.is_quiet}
        self._news.publish("silence", **now)
        if why := await self._standing.silence.change(**now):
            self._tell("trouble", why)

    def _be_quiet(self, quiet: bool) -> None:
        self._bridge.be_quiet(quiet)
        self._tell("notice", "the voice is quiet; answers are shown" if quiet else "it talks again")
