"""logind as far as a lock and a sleep go: one user, one session, on a private bus."""

from __future__ import annotations

import os

from dbus_fast.message import Message
from dbus_fast.signature import Variant

from tests.support.bus import Answer, PrivateBus, Refusal, Service

MANAGER_PATH = "/org/freedesktop/login1"
MANAGER = "org.freedesktop.login1.Manager"
SESSION = f"{MANAGER_PATH}/session/_32"
USER = f"{MANAGER_PATH}/user/_self"
PROPERTIES = "org.freedesktop.DBus.Properties"


class Logind(Service):
    """Its session is there, or not yet; locked, or not."""

    name = "org.freedesktop.login1"

    def __init__(self, bus: PrivateBus, *, display: bool = True, locked: bool = False) -> None:
        super().__init__(bus)
        self.display = display
        self.locked = locked
        self.methods = {
            (MANAGER, "GetUser"): ("u", self._user),
            (PROPERTIES, "Get"): ("ss", self._get),
        }

    async def lock(self, *, locked: bool) -> None:
        self.locked = locked
        changed = {"LockedHint": Variant("b", locked)}
        await self.emit(
            SESSION, PROPERTIES, "PropertiesChanged", "sa{sv}as",
            "org.freedesktop.login1.Session", changed, [],
        )  # fmt: skip

    async def sleep(self, *, asleep: bool) -> None:
        """Without the property: as seen when nobody delays the sleep."""
        await self.emit(MANAGER_PATH, MANAGER, "PrepareForSleep", "b", asleep)

    async def log_in(self) -> None:
        self.display = True
        await self.emit(MANAGER_PATH, MANAGER, "SessionNew", "so", "2", SESSION)

    def _user(self, message: Message) -> Answer:
        if message.body != [os.getuid()]:
            raise Refusal("InvalidArgs", str(message.body))
        return "o", [USER]

    def _get(self, message: Message) -> Answer:
        known = {
            (MANAGER_PATH, MANAGER, "PreparingForSleep"): Variant("b", False),
            (USER, "org.freedesktop.login1.User", "Display"): Variant(
                "(so)", ["2", SESSION] if self.display else ["", "/"]
            ),
            (SESSION, "org.freedesktop.login1.Session", "LockedHint"): Variant("b", self.locked),
        }
        asked = (message.path or "", *message.body)
        if asked not in known:
            raise Refusal("UnknownProperty", str(asked))
        return "v", [known[asked]]
