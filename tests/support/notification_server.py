"""A notification server of the free desktops on a private bus: strict, and open to view."""

from __future__ import annotations

from typing import NamedTuple

from dbus_fast.message import Message
from dbus_fast.unpack import unpack_variants

from tests.support.bus import NOTHING, Answer, PrivateBus, Refusal, Service

INTERFACE = "org.freedesktop.Notifications"


class Shown(NamedTuple):
    """What stands on the screen."""

    title: str
    text: str
    urgency: int


class NotificationServer(Service):
    """Shows notices, by their numbers in the order in which they came first."""

    name = INTERFACE

    def __init__(self, bus: PrivateBus, capabilities: list[str] | None = None) -> None:
        super().__init__(bus)
        self._capabilities = ["body", "body-markup"] if capabilities is None else capabilities
        self.shown: dict[int, Shown] = {}
        self.replaced: list[int] = []
        self._last = 100
        self.methods = {
            (INTERFACE, "GetCapabilities"): ("", lambda _: ("as", [self._capabilities])),
            (INTERFACE, "Notify"): ("susssasa{sv}i", self._notify),
            (INTERFACE, "CloseNotification"): ("u", self._close),
        }

    def _notify(self, message: Message) -> Answer:
        name, replaces, _, title, text, actions, hints, expires = unpack_variants(message.body)
        if name != "teamvoice" or actions or expires != -1 or not title:
            raise Refusal("InvalidArgs", str(message.body))
        if replaces and replaces not in self.shown:
            raise Refusal("InvalidArgs", f"there is no {replaces}")
        number = replaces or self._last + 1
        self._last = max(self._last, number)
        self.replaced += [replaces] if replaces else []
        self.shown[number] = Shown(title, text, hints["urgency"])
        return "u", [number]

    async def dismiss(self, number: int, *, silently: bool = False) -> None:
        """The person closes a notice; silently: what tells of it is still on its way."""
        del self.shown[number]
        if not silently:
            path = "/org/freedesktop/Notifications"
            await self.emit(path, INTERFACE, "NotificationClosed", "uu", number, 2)

    def _close(self, message: Message) -> Answer:
        (number,) = message.body
        if number not in self.shown:
            raise Refusal("InvalidArgs", f"there is no {number}")
        del self.shown[number]
        return NOTHING
