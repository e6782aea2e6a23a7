"""The daemon: the one place that knows every room and wires them together.

Who acquires what, in this order, and releases it in the reverse one:

============ ============================================================================
journal      the file in the state directory
socket       the control socket; a second daemon ends here and says who runs already
team         the worker that speaks to tmux
watcher      the user options in tmux
speaker      PortAudio, and a stream while something sounds
microphone   PortAudio; a stream only while a hold is on
tasks        the link, the key's source, the offline server's process, the watcher's looks
bridge       the conversation
============ ============================================================================

A task that fails ends the daemon; whatever may fail in the course of a day is dealt with below.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import structlog

from teamvoice import __version__, config
from teamvoice.conversation.events import Event
from teamvoice.conversation.machine import Rules
from teamvoice.conversation.turn import Turn
from teamvoice.daemon.bridge import Bridge, Rooms
from teamvoice.daemon.control import Control
from teamvoice.daemon.cost import Tariff
from teamvoice.daemon.desk import Desk
from teamvoice.daemon.herald import Herald
from teamvoice.daemon.journal import Journal, journal_path
from teamvoice.daemon.keys import Keys, policy_for
from teamvoice.daemon.keywatch import KeyWatch
from teamvoice.daemon.news import Newsroom
from teamvoice.daemon.observer import Observer
from teamvoice.daemon.paths import control_socket
from teamvoice.daemon.provider_link import ProviderLink
from teamvoice.daemon.records import turn_record
from teamvoice.daemon.spending import Spending
from teamvoice.daemon.thrift import CacheWatch
from teamvoice.errors import RealtimeError, TeamvoiceError
from teamvoice.team.glimpses import Status
from teamvoice.team.held import Held
from teamvoice.team.team import Team
from teamvoice.team.watcher import Watcher
from teamvoice.tools.registry import Toolbox
from teamvoice.tools.team_tools import House, team_tools

_log = structlog.get_logger(__name__)

ASK_S = 60.0  # for a typed turn to be answered


class App:
    """The daemon while its context lasts; what the control socket offers is in its methods.

    Args:
        settings: The configuration.
        desk: Where the person sits.

    ``link`` is its link to the provider.
    """

    def __init__(self, settings: config.Config, desk: Desk) -> None:
        self._settings = settings
        self._desk = desk
        self._stack = contextlib.AsyncExitStack()
        self._news = Newsroom()
        self._began = time.monotonic()
        held = Held(config.state_dir() / "held.json")
        self._herald = Herald(
            settings.notify,
            lambda event: self._bridge.tell(event),  # noqa: PLW0108 - made below
            self._tell,
            lambda kind: self._bridge.chime(kind),  # noqa: PLW0108 - made below
        )
        self._team = Team(settings.team, held=held, on_held=self._herald.held_ended)
        self._watcher = Watcher(self._team, self._herald.news)
        self._policy = policy_for(settings)
        self._toolbox = Toolbox(team_tools(self._team, self._house()))
        self.link = ProviderLink(settings, self._toolbox.schemas, self._news)
        self._tariff = Tariff(settings, self.link.provider)
        self._spending = Spending(self._tariff, journal_path())
        self._cache_watch = CacheWatch()
        rules = Rules(trims=settings.audio.trim, cap_usd=settings.cost.cap_usd)
        self._bridge = Bridge(self._rooms(), rules, self._policy)
        self.link.connect(self._bridge)
        self._keys = Keys(settings.hotkey, self._by_hand, self._tell)
        self._key_watch = KeyWatch(desk.key_source, self._keys, self._tell)
        self._journal = Journal(
            journal_path(), settings.journal, lambda trouble: self._tell("trouble", trouble)
        )
        self._tasks = asyncio.TaskGroup()
        self._last: dict[str, Any] | None = None

    async def __aenter__(self) -> Self:
        try:
            await self._enter()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self.link.leave()
        await self._stack.aclose()  # what ended the body is told by it, not by the tasks

    async def _enter(self) -> None:
        enter = self._stack.enter_async_context
        await enter(self._journal)
        await enter(Control(Path(control_socket()), self))
        await enter(self._team)
        await enter(self._watcher)
        await enter(self._desk.playback)
        await enter(self._tasks)
        await self._read_spending()
        tasks = [self._tasks.create_task(self.link.run(), name="link")]
        tasks.append(self._tasks.create_task(self._key_watch.run(), name="key"))
        tasks.append(self._tasks.create_task(self._watcher.run(), name="watcher"))
        self._stack.callback(lambda: [task.cancel() for task in tasks])
        self._stack.callback(self._keys.close)
        await enter(self._bridge)

    # What the control socket offers ------------------------------------------------------------

    def key(self, action: str, at: float) -> None:
        """The key, by other means."""
        self._keys.act(action, at)

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
        hotkey = self._settings.hotkey
        self._look_at_the_day()
        return {
            "version": __version__,
            "pid": os.getpid(),
            "uptime_s": round(time.monotonic() - self._began),
            "link": self.link.status(),
            "hotkey": {"state": self._key_watch.state, "backend": hotkey.backend, "key": hotkey.key,
                       "mode": hotkey.mode, "reason": self._key_watch.reason},
            "microphone": self._microphone_status(),
            "speaker": {"device": self._desk.playback.describe()},
            "members": await self._members(),
            "cost": self._cost_status(),
            "confirm": list(self._bridge.machine.waits),
            "turn": self._last,
        }  # fmt: skip

    def watch(self) -> AsyncIterator[dict[str, Any]]:
        """Events from now on: link, heard, answer, notice, trouble, turn."""
        return self._news.watch()

    # Wiring ------------------------------------------------------------------------------------

    def _rooms(self) -> Rooms:
        return Rooms(
            capture=self._desk.capture,
            playback=self._desk.playback,
            wire=self.link,
            call_tool=self._toolbox.call,
            pin=self._team.pin,
            on_turn=self._turn_over,
            on_tell=self._tell,
            spent=self._spending.of,
            chimes=self._settings.audio.chimes,
            observe=Observer(self._news.publish, lambda: self._news.is_watched).saw,
        )

    def _house(self) -> House:
        return House(
            keys=self._settings.policy.keys,
            is_dangerous=self._policy.is_dangerous,
            notify_when=self._watcher.notify_when,
            told=self._told,
            heard=self._herald.heard,
        )

    def _told(self, statuses: Sequence[Status]) -> None:
        self._watcher.told(statuses)
        for status in statuses:
            self._herald.passed(status.member.name)

    # Spending ----------------------------------------------------------------------------------

    async def _read_spending(self) -> None:
        now = asyncio.get_running_loop().time()
        self._bridge.tell(await asyncio.to_thread(self._spending.read, now))
        if self._settings.cost.cap_usd and not self._tariff.is_known:
            text = f"cost.cap_usd cannot be kept: the prices of {self._tariff.model} are not known"
            self._tell("trouble", f"{text}; write them into cost.prices (docs/costs.md)")

    def _by_hand(self, event: Event) -> None:
        self._look_at_the_day()
        self._bridge.tell(event)

    def _look_at_the_day(self) -> None:
        if began := self._spending.look(asyncio.get_running_loop().time()):
            self._bridge.tell(began)

    def _cost_status(self) -> dict[str, Any]:
        budget = self._bridge.machine.budget
        return {
            "state": "spent" if budget.is_spent else "",
            "day": budget.day,
            "day_usd": round(budget.spent_usd, 6),
            "cap_usd": budget.cap_usd,
            "prices_known": self._tariff.is_known,
        }

    # Telling -----------------------------------------------------------------------------------

    def _turn_over(self, turn: Turn) -> None:
        if turn.outcome == "dropped" and not turn.trouble:
            return  # a tap
        self._herald.said(turn)
        record = self._record(turn)
        _log.info("turn", number=turn.number, outcome=turn.outcome, **turn.ms)
        self._tasks.create_task(self._write_down(record))
        if self._tariff.saves_by_caching and (warning := self._cache_watch.turn(turn.usage)):
            self._tell("notice", warning)
        if not turn.news:
            self._last = record
            self._news.publish("turn", turn=record)

    async def _write_down(self, record: dict[str, Any]) -> None:
        await self._journal.append(record)

    def _record(self, turn: Turn) -> dict[str, Any]:
        return turn_record(turn, datetime.now(UTC), self._tariff)

    def _tell(self, kind: str, text: str) -> None:
        log = _log.warning if kind == "trouble" else _log.info
        log(text, kind=kind)
        self._news.publish(kind, text=text)

    def _microphone_status(self) -> dict[str, Any]:
        mic = self._bridge.machine.mic.value
        device = self._desk.capture.describe()
        return {"state": mic, "device": device, "muted": self._keys.muted, "reason": ""}

    async def _members(self) -> list[dict[str, Any]]:
        now = asyncio.get_running_loop().time()
        try:
            return [status.as_json(now) for status in await self._team.status()]
        except TeamvoiceError as error:
            away = {"state": "unknown", "source": "tmux", "detail": str(error)}
            return [{"name": member.name, **away} for member in self._team.members]
