"""Shows notices on the screen: the port ``Notifier``, for the free desktops and for macOS."""

from __future__ import annotations

import asyncio
import html
from dataclasses import dataclass, field
from typing import Protocol, Self

from teamvoice.bus import Bus, Place, Signal, session_address, variant
from teamvoice.errors import BusUnavailable, MissingPart
from teamvoice.hotkey.portal_source import APP_ID

WITHIN_S = 5.0  # for a program that shows a notice to end
IDS = 64  # of notices that may still be replaced; the oldest is forgotten

_SERVICE = "org.freedesktop.Notifications"
_SERVER = Place(_SERVICE, "/org/freedesktop/Notifications", "org.freedesktop.Notifications")


@dataclass(frozen=True, slots=True)
class Notice:
    """What to show.

    Args:
        slot: What it is about; a later notice of the same slot takes its place on the screen.
        title: A few words.
        text: Plain text, whoever wrote it.
        urgent: It should stay until it was seen.
    """

    slot: str
    title: str
    text: str
    urgent: bool = False


@dataclass(slots=True)
class Shown:
    """What stands on the screen: it outlives who has shown it.

    Args:
        server: Whose numbers these are, by its unique name on the bus.
        numbers: The number of what each slot shows.
        turns: How many turns were shown; each has a slot of its own.
    """

    server: str = ""
    numbers: dict[str, int] = field(default_factory=dict)
    turns: int = 0


class Notifier(Protocol):
    """A screen that shows notices, while its context lasts.

    ``shown`` is what stands there; it may be that of the notifier before.

    Raises:
        MissingPart: On entering and by its methods: nothing can be shown now; why.
    """

    shown: Shown

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_: object) -> None: ...

    async def show(self, notice: Notice) -> None:
        """Show it, in the place of what its slot showed before."""

    async def withdraw(self, slot: str) -> None:
        """Take away what a slot shows, if it still does."""


class BusNotifier:
    """See :class:`Notifier`; by the notification server of the desktop, on the session bus.

    The text of a notice may be markup to a server, which then is told so: nothing that a pane or a
    model wrote becomes a link, an image or a tag.
    """

    def __init__(self) -> None:
        self.shown = Shown()
        self._is_markup = False
        self._is_new = False

    async def __aenter__(self) -> Self:
        self._bus = Bus(session_address(), self._told, self._server_changed)
        await self._bus.__aenter__()
        try:
            await self._bus.subscribe_to_owner(_SERVICE)
            await self._bus.subscribe(sender=_SERVICE, member="NotificationClosed")
            await self._ask_server()
        except BaseException:
            await self._bus.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._bus.__aexit__()

    async def show(self, notice: Notice) -> None:
        """See :class:`Notifier`."""
        if self._is_new:
            await self._ask_server()
        text = html.escape(notice.text, quote=False) if self._is_markup else notice.text
        hints = {
            "urgency": variant("y", 2 if notice.urgent else 1),
            "desktop-entry": variant("s", APP_ID),
        }
        (shown,) = await self._bus.call(
            _SERVER, "Notify", "susssasa{sv}i",
            "teamvoice", self.shown.numbers.get(notice.slot, 0), "audio-input-microphone",
            notice.title, text, [], hints, -1,
        )  # fmt: skip
        numbers = self.shown.numbers
        numbers[notice.slot] = shown
        if len(numbers) > IDS:
            del numbers[next(iter(numbers))]

    async def withdraw(self, slot: str) -> None:
        """See :class:`Notifier`."""
        if self._is_new:
            await self._ask_server()
        shown = self.shown.numbers.pop(slot, 0)
        if not shown:
            return
        try:
            await self._bus.call(_SERVER, "CloseNotification", "u", shown)
        except BusUnavailable as error:
            if not error.code:
                raise
            # Else the server says that it is closed already: the person was quicker.

    async def _ask_server(self) -> None:
        self._is_new = False
        server = await self._bus.owner(_SERVICE)
        if server != self.shown.server:
            self.shown.server = server
            self.shown.numbers.clear()  # of another one: this one counts anew
        (capabilities,) = await self._bus.call(_SERVER, "GetCapabilities")
        self._is_markup = "body-markup" in capabilities

    def _told(self, signal: Signal) -> None:
        if signal.member == "NameOwnerChanged":
            self._server_changed()
        elif signal.sender == self.shown.server:
            closed, numbers = signal.body[0], self.shown.numbers
            for slot in [slot for slot, number in numbers.items() if number == closed]:
                del numbers[slot]

    def _server_changed(self) -> None:
        self._is_new = True


class ScriptNotifier:
    """See :class:`Notifier`; by ``osascript`` on macOS, which can neither replace nor withdraw.

    Untried: no Mac was at hand.
    """

    def __init__(self) -> None:
        self.shown = Shown()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def show(self, notice: Notice) -> None:
        """See :class:`Notifier`. The texts are arguments: nothing in them is run."""
        script = (
            "on run argv",
            "display notification (item 2 of argv) with title (item 1 of argv)",
            "end run",
        )
        words = [word for line in script for word in ("-e", line)]
        try:
            process = await asyncio.create_subprocess_exec(
                "osascript", *words, notice.title, notice.text,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
        except OSError as error:
            raise MissingPart(f"osascript cannot be run: {error}") from error
        try:
            async with asyncio.timeout(WITHIN_S):
                code = await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
            raise MissingPart("osascript does not end") from None
        if code:
            raise MissingPart(f"osascript ended with {code}")

    async def withdraw(self, slot: str) -> None:
        """See :class:`Notifier`."""
