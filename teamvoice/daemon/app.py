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
import signal
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import structlog

from teamvoice import __version__, config
from teamvoice.audio.capture import Capture, Microphone
from teamvoice.audio.playback import Playback, Speaker
from teamvoice.audio.virtual import SilentSpeaker, SpokenMicrophone
from teamvoice.conversation.turn import Turn
from teamvoice.daemon.bridge import Bridge, Rooms
from teamvoice.daemon.control import Control
from teamvoice.daemon.cost import cost_usd
from teamvoice.daemon.herald import Herald
from teamvoice.daemon.journal import Journal, journal_path
from teamvoice.daemon.keys import Keys, policy_for
from teamvoice.daemon.keywatch import KeyWatch
from teamvoice.daemon.news import Newsroom
from teamvoice.daemon.notify import notify
from teamvoice.daemon.offline_process import OfflineProcess
from teamvoice.daemon.paths import control_socket
from teamvoice.daemon.records import turn_record
from teamvoice.errors import LinkRefused, RealtimeError, TeamvoiceError
from teamvoice.hotkey import chords
from teamvoice.hotkey.pynput_source import PynputSource
from teamvoice.hotkey.source import KeySource, OnEdge, OnLost
from teamvoice.realtime import providers
from teamvoice.realtime.client import Session
from teamvoice.realtime.instructions import instructions
from teamvoice.realtime.link import Link, LinkState
from teamvoice.realtime.session import SessionSpec
from teamvoice.realtime.upkeep import Upkeep
from teamvoice.team.glimpses import Status
from teamvoice.team.held import Held
from teamvoice.team.team import Team
from teamvoice.team.watcher import Watcher
from teamvoice.tools.registry import Toolbox
from teamvoice.tools.team_tools import House, team_tools

_log = structlog.get_logger(__name__)

ASK_S = 60.0  # for a typed turn to be answered
HUNG_S = 5.0  # for a session with the offline server to come about again
STOP_S = 2.0  # for everything to be released
OFFLINE_S = 30.0  # for the offline server to come up before the link says that it does not


@dataclass(frozen=True, slots=True)
class Desk:
    """What the person sits at: a microphone, a speaker, and a key.

    Args:
        capture: The microphone, as an async context manager.
        playback: The speaker.
        key_source: Makes the key's source; None when only the socket serves as the key.
    """

    capture: Capture
    playback: Playback
    key_source: Callable[[OnEdge, OnLost], KeySource] | None = None


def real_desk(settings: config.Config) -> Desk:
    """The devices and the key that the configuration names."""
    audio, hotkey = settings.audio, settings.hotkey
    chords.parse(hotkey.key)  # a key that does not exist is told before anything is started

    def source(on_edge: OnEdge, on_lost: OnLost) -> KeySource:
        return PynputSource(hotkey.key, on_edge, on_lost)

    return Desk(
        Microphone(audio.input),
        Speaker(audio.output, volume=audio.volume),
        None if hotkey.backend == "socket" else source,
    )


def spoken_desk() -> tuple[Desk, SpokenMicrophone]:
    """A desk for a machine with none: a microphone to put speech into, and a silent speaker."""
    microphone = SpokenMicrophone()
    return Desk(microphone, SilentSpeaker()), microphone


class App:
    """The daemon while its context lasts; what the control socket offers is in its methods.

    Args:
        settings: The configuration.
        desk: Where the person sits.

    ``link_is_up`` is set while a session is there, configured and confirmed.
    """

    def __init__(self, settings: config.Config, desk: Desk) -> None:
        self._settings = settings
        self._desk = desk
        self._stack = contextlib.AsyncExitStack()
        self._news = Newsroom()
        self._began = time.monotonic()
        self.provider = providers.choose(settings.provider, config.api_key())
        self._offline = OfflineProcess(settings, self._offline_changed)
        self._offline_told = asyncio.Event()
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
        self._link = Link(
            self._dial,
            on_up=self._link_up,
            on_down=self._link_down,
            on_event=lambda event: self._bridge.received(event),  # noqa: PLW0108 - made below
            upkeep=self._upkeep(),
        )
        self._bridge = Bridge(self._rooms(), policy=self._policy)
        self._keys = Keys(settings.hotkey, self._bridge.tell, self._tell)
        self._key_watch = KeyWatch(desk.key_source, self._keys, self._tell)
        self._journal = Journal(
            journal_path(), settings.journal, lambda trouble: self._tell("trouble", trouble)
        )
        self._tasks = asyncio.TaskGroup()
        self._link_reason = "starting"
        self.link_is_up = asyncio.Event()
        self._is_ending = False
        self._last: dict[str, Any] | None = None

    async def __aenter__(self) -> Self:
        try:
            await self._enter()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self._is_ending = True
        await self._stack.aclose()  # what ended the body is told by it, not by the tasks

    async def _enter(self) -> None:
        enter = self._stack.enter_async_context
        await enter(self._journal)
        await enter(Control(Path(control_socket()), self))
        await enter(self._team)
        await enter(self._watcher)
        await enter(self._desk.playback)
        await enter(self._tasks)
        tasks = [self._tasks.create_task(self._keep_link(), name="link")]
        tasks.append(self._tasks.create_task(self._key_watch.run(), name="key"))
        tasks.append(self._tasks.create_task(self._watcher.run(), name="watcher"))
        if self.provider == "offline":
            tasks.append(self._tasks.create_task(self._offline.run(), name="offline server"))
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
        try:
            return self._record(await asyncio.wait_for(self._bridge.ask(text), ASK_S))
        except TimeoutError:
            why = self._link_reason or "the answer takes its time"
            raise RealtimeError(f"no answer in {ASK_S:.0f} s: {why}", "it is still asked") from None

    async def status(self) -> dict[str, Any]:
        """Everything worth showing; ``cli.status_view`` tells the shape."""
        hotkey = self._settings.hotkey
        return {
            "version": __version__,
            "pid": os.getpid(),
            "uptime_s": round(time.monotonic() - self._began),
            "link": self._link_status(),
            "hotkey": {"state": self._key_watch.state, "backend": hotkey.backend, "key": hotkey.key,
                       "mode": hotkey.mode, "reason": self._key_watch.reason},
            "microphone": self._microphone_status(),
            "speaker": {"device": self._desk.playback.describe()},
            "members": await self._members(),
            "confirm": list(self._bridge.machine.waits),
            "turn": self._last,
        }  # fmt: skip

    @property
    def link_state(self) -> str:
        """``up``, or in which way it is not."""
        return "up" if self.link_is_up.is_set() else self._link.state.name.lower()

    def watch(self) -> AsyncIterator[dict[str, Any]]:
        """Events from now on: link, heard, answer, notice, trouble, turn."""
        return self._news.watch()

    # Wiring ------------------------------------------------------------------------------------

    def _rooms(self) -> Rooms:
        return Rooms(
            capture=self._desk.capture,
            playback=self._desk.playback,
            wire=self._link,
            call_tool=self._toolbox.call,
            pin=self._team.pin,
            on_turn=self._turn_over,
            on_tell=self._tell,
            chimes=self._settings.audio.chimes,
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

    def _upkeep(self) -> Upkeep:
        wish = self._settings.provider
        return Upkeep(
            may_rotate=lambda: self._bridge.machine.is_at_rest,
            idle_s=None if wish.connect == "start" else 60 * wish.idle_min,
            on_idle=self._link_idle,
        )

    def _spec(self) -> SessionSpec:
        wish = self._settings.provider
        return SessionSpec(
            instructions=instructions(wish.language, wish.instructions),
            tools=tuple(self._toolbox.schemas),
            model=wish.model,
            voice=wish.voice,
            transcription=wish.transcription,
            language=wish.language,
        )

    def _dial(self) -> Session:
        if self.provider == "offline" and not self._offline.url:
            raise LinkRefused(self._offline.trouble)
        provider = providers.resolve(
            self._settings.provider,
            config.api_key(),
            offline_url=self._offline.url,
            offline_token=self._offline.token,
        )
        return Session(provider, self._spec())

    async def _keep_link(self) -> None:
        if self.provider == "offline":
            _log.info("no API key: talking to the offline server, which makes no conversation")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._offline_told.wait(), OFFLINE_S)
        await self._link.run()

    def _offline_changed(self) -> None:
        self._offline_told.set()
        self._link.retry_now()

    def _link_up(self) -> None:
        self._link_reason = ""
        self.link_is_up.set()
        _log.info("the link is up", provider=self.provider)
        self._news.publish("link", state="up")
        self._bridge.link_up()

    def _link_down(self, reason: str, fatal: bool) -> None:
        self._link_reason = reason
        self.link_is_up.clear()
        if self._is_ending:
            return
        _log.warning("the link is down", reason=reason, tries_again=not fatal)
        self._news.publish("link", state="down", reason=reason, fatal=fatal)
        self._bridge.link_down(reason)
        if self.provider == "offline":
            asyncio.get_running_loop().call_later(HUNG_S, self._restart_if_hung)

    def _link_idle(self) -> None:
        self._link_reason = "resting until the next press"
        self.link_is_up.clear()
        self._news.publish("link", state="idle")
        self._bridge.link_down(self._link_reason)

    def _restart_if_hung(self) -> None:
        """An offline server that runs, and with which no session comes about, is of no use."""
        is_wanted = self._link.state not in {LinkState.UP, LinkState.IDLE}
        if self._offline.url and is_wanted and not self._is_ending:
            self._offline.restart()

    # Telling -----------------------------------------------------------------------------------

    def _turn_over(self, turn: Turn) -> None:
        if turn.outcome == "dropped" and not turn.trouble:
            return  # a tap
        self._herald.said(turn)
        record = self._record(turn)
        _log.info("turn", number=turn.number, outcome=turn.outcome, **turn.ms)
        self._tasks.create_task(self._write_down(record))
        if not turn.news:
            self._last = record
            self._news.publish("turn", turn=record)

    async def _write_down(self, record: dict[str, Any]) -> None:
        await self._journal.append(record)

    def _record(self, turn: Turn) -> dict[str, Any]:
        cost = cost_usd(turn.usage, self.provider, self._settings.provider.model)
        return turn_record(turn, datetime.now(UTC), cost)

    def _tell(self, kind: str, text: str) -> None:
        log = _log.warning if kind == "trouble" else _log.info
        log(text, kind=kind)
        self._news.publish(kind, text=text)

    def _link_status(self) -> dict[str, str]:
        model = "" if self.provider == "offline" else self._settings.provider.model
        return {
            "state": self.link_state,
            "provider": self.provider,
            "model": model,
            "reason": self._link_reason,
        }

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


def run(settings: config.Config) -> int:
    """Be the daemon until a signal says to stop; the exit code."""
    return asyncio.run(serve(settings))


async def serve(settings: config.Config) -> int:
    """The daemon at the real desk, until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    app = App(settings, real_desk(settings))
    await app.__aenter__()
    try:
        notify(READY="1", STATUS=f"provider {app.provider}")
        await stop.wait()
        notify(STOPPING="1")
    finally:
        async with asyncio.timeout(STOP_S):
            await app.__aexit__(None, None, None)
    return 0
