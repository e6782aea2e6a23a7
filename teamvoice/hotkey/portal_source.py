"""The key by the desktop's portal for global shortcuts, where Wayland lets no program see keys.

The talk, over the session bus, with ``org.freedesktop.portal``:

1. ``Registry.Register``: who we are. Portals before 1.20 know no registry, later ones grant nothing
   to the nameless; from 1.22 on the name must be that of an installed ``.desktop`` file.
2. ``GlobalShortcuts.CreateSession``, then ``BindShortcuts``: the desktop may ask the person, for as
   long as they like. Either answer comes as the signal ``Response`` of a request.
3. ``Activated`` and ``Deactivated``: the edges.
4. ``Closed``, or an owner or a bus that goes: the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
from typing import Any, Self

from teamvoice.bus import Bus, Place, Signal, session_address, variant
from teamvoice.errors import BusUnavailable, HotkeyRefused, HotkeyUnavailable
from teamvoice.hotkey.chords import parse, trigger
from teamvoice.hotkey.source import OnEdge, OnLost

APP_ID = "io.teamvoice.Teamvoice"
SHORTCUT = "talk"
REPEATS_S = 2.5  # longer than any delay before auto-repeat that a desktop lets one set
CLOCKS_AGREE_S = 1.0  # a time stamp that is not older than this is of our own clock

_SERVICE = "org.freedesktop.portal.Desktop"
_PATH = "/org/freedesktop/portal/desktop"
_SHORTCUTS = Place(_SERVICE, _PATH, "org.freedesktop.portal.GlobalShortcuts")
_REGISTRY = Place(_SERVICE, _PATH, "org.freedesktop.host.portal.Registry")
_REQUEST = "org.freedesktop.portal.Request"
_SESSION = "org.freedesktop.portal.Session"

_NO_REGISTRY = frozenset(
    f"org.freedesktop.DBus.Error.{name}" for name in ("UnknownMethod", "UnknownInterface")
)
_MEND_NAME = "teamvoice keys bind portal installs the .desktop file that the portal looks for"
_MEND_NO = "restart teamvoice to be asked again"

_tokens = itertools.count(1)


class PortalSource:
    """See :class:`teamvoice.hotkey.source.KeySource`.

    Args:
        key: The key or chord.
        on_edge: As there.
        on_lost: As there.
        repeats_s: A press that comes later than this after the one before is no auto-repeat.
    """

    def __init__(
        self, key: str, on_edge: OnEdge, on_lost: OnLost, *, repeats_s: float = REPEATS_S
    ) -> None:
        self._key = key
        self._trigger = trigger(parse(key))
        self._on_edge = on_edge
        self._on_lost = on_lost
        self._bus = Bus(session_address(), self._told, lambda: self._lose("the bus hung up"))
        self._stack = contextlib.AsyncExitStack()
        self._portal = ""  # its unique name
        self._session = ""
        self._answers: dict[str, asyncio.Future[list[Any]]] = {}
        self._bound: str | None = None  # the key as the desktop describes it
        self._is_down = False
        self._pressed_at = float("-inf")
        self._repeats_s = repeats_s
        self._is_over = False
        self._last_at = float("-inf")

    async def __aenter__(self) -> Self:
        try:
            await self._stack.enter_async_context(self._bus)
            await self._begin()
        except BaseException as error:
            await self._leave()
            if isinstance(error, BusUnavailable):
                raise HotkeyUnavailable(f"no portal: {error.message}", error.mend) from error
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session and not self._is_over:
            self._is_over = True
            with contextlib.suppress(BusUnavailable):  # then the session is gone already
                await self._bus.call(Place(_SERVICE, self._session, _SESSION), "Close")
        await self._leave()

    def describe(self) -> str:
        """See :class:`teamvoice.hotkey.source.KeySource`."""
        if self._bound is None:
            return f"{self._key} by the desktop's portal; if your desktop asks, allow it"
        if not self._bound:
            return (
                "the desktop has given no key to it yet: set one in its keyboard settings "
                f"(Hyprland: bind = , F9, global, {APP_ID}:{SHORTCUT})"
            )
        return f"{self._bound} by the desktop's portal"

    def is_alive(self) -> bool:
        """See :class:`teamvoice.hotkey.source.KeySource`."""
        return self._bound is not None and not self._is_over

    async def _leave(self) -> None:
        self._is_over = True
        for answer in self._answers.values():
            answer.cancel()
        await self._stack.aclose()

    # The talk ----------------------------------------------------------------------------------

    async def _begin(self) -> None:
        bus = self._bus
        await bus.subscribe_to_owner(_SERVICE)
        self._portal, unknown = await _greet(bus)
        for interface in (_SHORTCUTS.interface, _REQUEST, _SESSION):
            await bus.subscribe(sender=_SERVICE, interface=interface)
        try:
            created = await self._ask("CreateSession", "a{sv}", session=True)
            self._session = str(created["session_handle"])
            bound = await self._ask(
                "BindShortcuts", "oa(sa{sv})sa{sv}", self._session, [self._shortcut()], ""
            )
        except BusUnavailable as error:
            raise _refusal("the portal refused", error, unknown) from error
        self._take_bound(bound.get("shortcuts", []))
        if self._bound is None:
            raise HotkeyRefused("the desktop bound no key", _MEND_NO)

    async def _ask(
        self, member: str, signature: str, *body: Any, session: bool = False
    ) -> dict[str, Any]:
        """Make a request of the portal; its results, when the person has answered."""
        token = f"teamvoice{next(_tokens)}"
        options = {"handle_token": variant("s", token)}
        if session:
            options["session_handle_token"] = variant("s", token)
        sender = self._bus.name.removeprefix(":").replace(".", "_")
        path = f"{_PATH}/request/{sender}/{token}"
        answer: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        self._answers[path] = answer  # before the call: the answer may come before the reply
        await self._bus.call(_SHORTCUTS, member, signature, *body, options)
        code, results = await answer
        if code:
            what = "you declined" if code == 1 else "the desktop did not say why"
            raise HotkeyRefused(f"the key was not bound: {what}", _MEND_NO)
        return dict(results)

    def _shortcut(self) -> list[Any]:
        about = {
            "description": variant("s", "Talk to the team (hold)"),
            "preferred_trigger": variant("s", self._trigger),
        }
        return [SHORTCUT, about]

    # What is told ------------------------------------------------------------------------------

    def _told(self, signal: Signal) -> None:
        if signal.member == "NameOwnerChanged":
            if self._portal and signal.body[0] == _SERVICE:
                self._lose("the portal went away")
            return
        if signal.sender != self._portal:
            return  # somebody else's, sent to us
        match signal.member:
            case "Response":
                answer = self._answers.pop(signal.path, None)
                if answer and not answer.done():
                    answer.set_result(signal.body)
            case "Closed" if signal.path == self._session:
                self._lose("the desktop ended the binding of the key")
            case "Activated" | "Deactivated":
                self._edge(signal.member == "Activated", signal.body)
            case "ShortcutsChanged" if signal.body[0] == self._session:
                self._take_bound(signal.body[1])

    def _edge(self, down: bool, body: list[Any]) -> None:
        session, shortcut, stamp = body[0], body[1], body[2]
        if self._is_over or session != self._session or shortcut != SHORTCUT:
            return
        at, now = self._time(float(stamp) / 1000), asyncio.get_running_loop().time()
        if down and self._is_down and now - self._pressed_at > self._repeats_s:
            self._on_edge(False, at)  # its release was lost, as on a screen that was locked
            self._is_down = False
        if down:
            self._pressed_at = now
        if down is not self._is_down:  # else it is auto-repeat
            self._is_down = down
            self._on_edge(down, at)

    def _time(self, stamp: float) -> float:
        """When it happened. The portal leaves open what its times count from.

        Where it plainly is this machine's monotonic clock, the time is the event's own; else it is
        that of its arrival.
        """
        now = asyncio.get_running_loop().time()
        at = stamp if now - CLOCKS_AGREE_S <= stamp <= now else now
        self._last_at = max(self._last_at, at)
        return self._last_at

    def _take_bound(self, shortcuts: list[Any]) -> None:
        for name, about in shortcuts:
            if name == SHORTCUT:
                described = str(about.get("trigger_description", ""))
                self._bound = re.sub(r"^press\s+", "", described, flags=re.IGNORECASE)

    def _lose(self, reason: str) -> None:
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(BusUnavailable(reason))
        if self._bound is not None and not self._is_over:
            self._is_over = True
            self._on_lost(f"the key is no longer seen: {reason}")


async def look() -> None:
    """Find out whether the portal offers shortcuts, without asking anybody for one.

    Raises:
        HotkeyUnavailable: It does not; why, and the mend.
    """
    try:
        async with Bus(session_address()) as bus:
            await _greet(bus)
    except BusUnavailable as error:
        raise HotkeyUnavailable(f"no portal: {error.message}", error.mend) from error


async def _greet(bus: Bus) -> tuple[str, str]:
    """Say who we are, and see that there are shortcuts to be had.

    Returns:
        The portal's unique name, and why it does not know us; empty when it does, or does not ask.
    """
    portal, unknown = await bus.owner(_SERVICE), ""
    try:
        await bus.call(_REGISTRY, "Register", "sa{sv}", APP_ID, {})
    except BusUnavailable as error:
        unknown = "" if error.code in _NO_REGISTRY else error.message
    try:
        await bus.property(_SHORTCUTS, "version")
    except BusUnavailable as error:
        raise _refusal("this desktop's portal offers no shortcuts", error, unknown) from error
    return portal, unknown


def _refusal(what: str, error: BusUnavailable, unknown: str) -> HotkeyUnavailable:
    """What the portal refuses to those whom it does not know is not for ever."""
    if unknown:
        return HotkeyUnavailable(f"the portal does not know teamvoice: {unknown}", _MEND_NAME)
    return HotkeyUnavailable(f"{what}: {error.message}")
