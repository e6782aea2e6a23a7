"""A media player on a private bus, as MPRIS has them: it plays, pauses and tells of it."""

from __future__ import annotations

from typing import Any

from dbus_fast.constants import MessageType
from dbus_fast.message import Message
from dbus_fast.signature import Variant

from tests.support.bus import NOTHING, Answer, PrivateBus, Refusal, Service

PLAYER = "org.mpris.MediaPlayer2.Player"
PROPERTIES = "org.freedesktop.DBus.Properties"
PATH = "/org/mpris/MediaPlayer2"


class Player(Service):
    """A player with a song in it.

    Args:
        bus: Where it is.
        name: The last part of its name.
        status: ``Playing``, ``Paused`` or ``Stopped``.
    """

    def __init__(self, bus: PrivateBus, name: str = "song", status: str = "Playing") -> None:
        super().__init__(bus)
        self.name = f"org.mpris.MediaPlayer2.{name}"
        self.status = status
        self.methods = {
            (PROPERTIES, "Get"): ("ss", self._get),
            (PLAYER, "Pause"): ("", lambda message: self._set(message, "Paused")),
            (PLAYER, "Play"): ("", lambda message: self._set(message, "Playing")),
        }

    async def click(self, status: str) -> None:
        """The person presses a button of the player."""
        self.status = status
        await self.emit(PATH, PROPERTIES, "PropertiesChanged", "sa{sv}as", *self._told())

    def _get(self, message: Message) -> Answer:
        if message.path != PATH or message.body != [PLAYER, "PlaybackStatus"]:
            raise Refusal("UnknownProperty", str(message.body))
        return "v", [Variant("s", self.status)]

    def _set(self, message: Message, status: str) -> Answer:
        if message.path != PATH:
            raise Refusal("UnknownObject", str(message.path))
        self.status = status
        self._bus.send(
            Message(
                None, PATH, PROPERTIES, "PropertiesChanged", MessageType.SIGNAL,
                signature="sa{sv}as", body=self._told(),
            )
        )  # fmt: skip
        return NOTHING

    def _told(self) -> list[Any]:
        return [PLAYER, {"PlaybackStatus": Variant("s", self.status)}, []]
