"""The daemon's side of the link: whom it dials, the offline server behind it, and who is told.

:class:`ProviderLink` is what the bridge sends to. While :meth:`ProviderLink.run` runs, it keeps the
link up and, when that is whom we talk to, the offline server's process as well.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import structlog

from teamvoice import config
from teamvoice.daemon.news import Newsroom
from teamvoice.daemon.offline_process import OfflineProcess
from teamvoice.daemon.pace import Pace
from teamvoice.errors import LinkRefused
from teamvoice.realtime import providers
from teamvoice.realtime.client import Session
from teamvoice.realtime.events import Event
from teamvoice.realtime.instructions import instructions
from teamvoice.realtime.link import Link, LinkState
from teamvoice.realtime.parts import SessionInfo
from teamvoice.realtime.requests import CreateItem, Request, message
from teamvoice.realtime.session import SessionSpec
from teamvoice.realtime.upkeep import Upkeep

_log = structlog.get_logger(__name__)

HUNG_S = 5.0  # for a session with the offline server to come about again
OFFLINE_S = 30.0  # for the offline server to come up before the link says that it does not


class Listener(Protocol):
    """Who is told of the link: the bridge."""

    @property
    def is_at_rest(self) -> bool:
        """Nothing is under way."""

    @property
    def is_written_down(self) -> bool:
        """The same, and the next session can be told all: it may take over."""

    def link_up(self) -> None:
        """The session is confirmed."""

    def link_down(self, reason: str, fatal: bool) -> None:
        """The session is gone, or none comes up; fatal: not before a person does something."""

    def link_rests(self) -> None:
        """The session was closed until something is wanted."""

    def received(self, event: Event) -> None:
        """The provider sent something."""


class ProviderLink:
    """Keeps the daemon talking to its provider.

    Args:
        settings: The configuration.
        tools: What the session declares; the same for its whole life.
        news: Where the state of the link is published.
        recap: What a new session is told of what came before it; empty for nothing.
        pace: How patient it is.

    ``is_up`` is set while a session is there, configured and confirmed; ``reason`` says why not.
    """

    def __init__(
        self,
        settings: config.Config,
        tools: Sequence[dict[str, Any]],
        news: Newsroom,
        recap: Callable[[], str] = lambda: "",
        pace: Pace | None = None,
    ) -> None:
        self._settings = settings
        self._tools = tuple(tools)
        self._news = news
        self._recap = recap
        self._pace = pace or Pace()
        self._listener: Listener | None = None
        self.provider = providers.choose(settings.provider, config.api_key())
        self._offline = OfflineProcess(settings, self._offline_changed)
        self._offline_told = asyncio.Event()
        self._link = Link(
            self._dial,
            on_up=self._up,
            on_down=self._down,
            on_event=self._received,
            backoff=self._pace.backoff,
            upkeep=self._upkeep(),
        )
        self._nameless = SessionInfo(), ""
        self.is_up = asyncio.Event()
        self.reason = "starting"
        self._is_ending = False

    def connect(self, listener: Listener) -> None:
        """Say whom to tell; before :meth:`run`."""
        self._listener = listener

    # What the bridge needs ---------------------------------------------------------------------

    def send(self, request: Request) -> bool:
        """Take a request; False when the link is not up."""
        return self._link.send(request)

    def want(self) -> None:
        """Be up soon: something will be sent. After something fatal it is worth a try again."""
        if self._link.state is LinkState.STOPPED:
            self._link.retry_now()
        self._link.want()

    def reconnect(self, reason: str) -> None:
        """Drop the session and begin another."""
        self._link.reconnect(reason)

    def try_again(self) -> None:
        """Something changed that may have kept it down: dial at once, if it is not up."""
        self._link.retry_now()

    # What the daemon needs ---------------------------------------------------------------------

    def retry_now(self) -> None:
        """Try at once, with the key as it is now: something was done about the trouble."""
        self._link.retry_now()

    async def run(self) -> None:
        """Keep the link up until cancelled."""
        self._news.publish("link", **self.status())  # who watches may know that of another one
        try:
            async with asyncio.TaskGroup() as tasks:
                if self.provider == "offline":
                    tasks.create_task(self._offline.run(), name="offline server")
                tasks.create_task(self._keep(), name="link")
        finally:
            self._is_ending = True

    def leave(self) -> None:
        """The daemon ends: what happens to the link from now on is no news."""
        self._is_ending = True

    @property
    def session(self) -> str:
        """Which session is up: as the provider names it, or as we do where it does not."""
        info = self._link.info
        if info.id:
            return info.id.replace("@", "")
        if info is not self._nameless[0]:
            self._nameless = info, uuid.uuid4().hex
        return self._nameless[1]

    @property
    def state(self) -> str:
        """``up``, or in which way it is not."""
        if self.is_up.is_set():
            return "up"
        is_starting = self._link.state is LinkState.OFF
        return "connecting" if is_starting else self._link.state.name.lower()

    def status(self) -> dict[str, str]:
        """For ``status``: state, provider, model, and the reason when it is not up."""
        model = "" if self.provider == "offline" else self._settings.provider.model
        return {
            "state": self.state,
            "provider": self.provider,
            "model": model,
            "reason": self.reason,
        }

    # The session -------------------------------------------------------------------------------

    def _upkeep(self) -> Upkeep:
        wish = self._settings.provider
        return Upkeep(
            seed=self._seed,
            on_rotated=lambda: _log.info("the session made way for the next"),
            may_rotate=lambda: self._listener is None or self._listener.is_written_down,
            idle_s=None if wish.connect == "start" else 60 * wish.idle_min,
            on_idle=self._idle,
            schedule=self._pace.schedule,
        )

    def _seed(self) -> Sequence[Request]:
        """The note on what came before, as the system's: as the person's it would be a request."""
        note = self._recap()
        return [CreateItem(item=message(note, role="system"))] if note else []

    def _spec(self) -> SessionSpec:
        wish = self._settings.provider
        return SessionSpec(
            instructions=instructions(wish.language, wish.instructions),
            tools=self._tools,
            model=wish.model,
            voice=wish.voice,
            speed=wish.speed,
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
        return Session(provider, self._spec(), self._pace.limits)

    async def _keep(self) -> None:
        if self.provider == "offline":
            _log.info("no API key: talking to the offline server, which makes no conversation")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(OFFLINE_S):
                    await self._offline_told.wait()
        await self._link.run()

    # What happens to it ------------------------------------------------------------------------

    def _received(self, event: Event) -> None:
        if self._listener:
            self._listener.received(event)

    def _up(self) -> None:
        self.reason = ""
        self.is_up.set()
        _log.info("the link is up", provider=self.provider)
        self._news.publish("link", state="up")
        if self._listener:
            self._listener.link_up()

    def _down(self, reason: str, fatal: bool) -> None:
        self.reason = reason
        self.is_up.clear()
        if self._is_ending:
            return
        _log.warning("the link is down", reason=reason, tries_again=not fatal)
        self._news.publish("link", state="down", reason=reason, fatal=fatal)
        if self._listener:
            self._listener.link_down(reason, fatal)
        if self.provider == "offline":
            asyncio.get_running_loop().call_later(HUNG_S, self._restart_if_hung)

    def _idle(self) -> None:
        self.reason = "resting until the next press"
        self.is_up.clear()
        self._news.publish("link", state="idle")
        if self._listener:
            self._listener.link_rests()

    def _offline_changed(self) -> None:
        self._offline_told.set()
        self._link.retry_now()

    def _restart_if_hung(self) -> None:
        """An offline server that runs, and with which no session comes about, is of no use."""
        is_wanted = self._link.state not in {LinkState.UP, LinkState.IDLE}
        if self._offline.url and is_wanted and not self._is_ending:
            self._offline.restart()
