"""A desktop portal for global shortcuts: real messages on a private bus, and strict.

It demands the order of the talk (register, create, bind once), tokens and paths as the portal's
documentation has them, and a ``preferred_trigger`` that the shortcuts specification allows.
"""

from __future__ import annotations

import re
from typing import Any

from dbus_fast.constants import MessageType
from dbus_fast.message import Message
from dbus_fast.signature import Variant
from dbus_fast.unpack import unpack_variants

from tests.support.bus import NOTHING, Answer, PrivateBus, Refusal, Service

PATH = "/org/freedesktop/portal/desktop"
SHORTCUTS = "org.freedesktop.portal.GlobalShortcuts"
REQUEST = "org.freedesktop.portal.Request"
SESSION = "org.freedesktop.portal.Session"
TRIGGER = re.compile(r"((CTRL|ALT|SHIFT|NUM|LOGO)\+)*[A-Za-z0-9_]+")


class Portal(Service):
    """The portal and its person.

    Args:
        answer: What the person answers: 0 yes, 1 no, 2 something else; None lets them think.
        registry: None for a portal of old, which knows no registry; else the only name it grants
            anything to, empty for whoever registers.
        shortcuts: Whether it offers them at all.
        key: How it describes the key that it bound; empty when none is set yet.
    """

    name = "org.freedesktop.portal.Desktop"

    def __init__(
        self,
        bus: PrivateBus,
        *,
        answer: int | None = 0,
        registry: str | None = "",
        shortcuts: bool = True,
        key: str = "Press F9",
    ) -> None:
        super().__init__(bus)
        self._answer = answer
        self._registry = registry
        self._key = key
        self.registered: dict[str, str] = {}
        self._spoke: set[str | None] = set()
        self.client = ""
        self.session = ""
        self.trigger = ""
        self.is_bound = False
        self.binding = ""  # the request that the person thinks about
        self._clock = 0
        if registry is not None:
            register = ("org.freedesktop.host.portal.Registry", "Register")
            self.methods[register] = ("sa{sv}", self._register)
        if shortcuts:
            self.methods |= {
                ("org.freedesktop.DBus.Properties", "Get"): ("ss", self._get),
                (SHORTCUTS, "CreateSession"): ("a{sv}", self._create),
                (SHORTCUTS, "BindShortcuts"): ("oa(sa{sv})sa{sv}", self._bind),
                (SESSION, "Close"): ("", self._close),
            }

    # What the person and their desktop do ------------------------------------------------------

    async def press(self, stamp: int | None = None) -> None:
        await self._activate("Activated", stamp)

    async def release(self, stamp: int | None = None) -> None:
        await self._activate("Deactivated", stamp)

    async def end_session(self) -> None:
        """As some desktops do when the person takes the key away."""
        await self.emit(self.session, SESSION, "Closed", "a{sv}", {}, to=self.client)
        self.is_bound = False

    async def set_key(self, key: str) -> None:
        shortcuts = [["talk", {"trigger_description": Variant("s", key)}]]
        await self.emit(
            PATH, SHORTCUTS, "ShortcutsChanged", "oa(sa{sv})", self.session, shortcuts,
            to=self.client,
        )  # fmt: skip

    async def _activate(self, member: str, stamp: int | None) -> None:
        assert self.is_bound, "no key is bound"
        self._clock += 1
        at = self._clock if stamp is None else stamp  # its base is nobody's business
        await self.emit(
            PATH, SHORTCUTS, member, "osta{sv}", self.session, "talk", at, {}, to=self.client
        )

    # What it is asked --------------------------------------------------------------------------

    def _register(self, message: Message) -> Answer:
        app_id, options = message.body
        if message.sender in self._spoke or message.sender in self.registered:
            raise Refusal("Failed", "registered too late, or twice")
        if app_id.count(".") < 2 or options:
            raise Refusal("InvalidArgs", f"not the name of an application: {app_id}")
        if self._registry and app_id != self._registry:
            raise Refusal("Failed", f"no .desktop file for {app_id}")
        self.registered[message.sender or ""] = app_id
        return NOTHING

    def _get(self, message: Message) -> Answer:
        self._check_name(message)
        if message.body != [SHORTCUTS, "version"]:
            raise Refusal("InvalidArgs", str(message.body))
        return "v", [Variant("u", 1)]

    def _create(self, message: Message) -> Answer:
        self._check_name(message)
        options = unpack_variants(message.body[0])
        if set(options) != {"handle_token", "session_handle_token"}:
            raise Refusal("InvalidArgs", str(options))
        self.client, self.is_bound = message.sender or "", False
        self.session = f"{PATH}/session/{self._sender(message)}/{options['session_handle_token']}"
        request = self._request(message, options["handle_token"])
        self._respond(request, 0, {"session_handle": Variant("s", self.session)})
        return "o", [request]

    def _bind(self, message: Message) -> Answer:
        session, shortcuts, window, options = unpack_variants(message.body)
        if session != self.session or message.sender != self.client:
            raise Refusal("InvalidArgs", f"no session {session}")
        if self.is_bound or self.binding:
            raise Refusal("Failed", "a session is bound once")
        ((name, about),) = shortcuts
        if not TRIGGER.fullmatch(about["preferred_trigger"]) or not about["description"] or window:
            raise Refusal("InvalidArgs", str(about))
        assert name == "talk"
        self.trigger = about["preferred_trigger"]
        self.binding = self._request(message, options["handle_token"])
        request = self.binding
        if self._answer is not None:
            self.decide(self._answer)
        return "o", [request]

    def decide(self, answer: int) -> None:
        """The person answers what they were asked."""
        described = {"trigger_description": Variant("s", self._key)}
        results = {} if answer else {"shortcuts": Variant("a(sa{sv})", [["talk", described]])}
        self.is_bound = answer == 0
        self._respond(self.binding, answer, results)
        self.binding = ""

    def _close(self, message: Message) -> Answer:
        if message.path != self.session or message.sender != self.client:
            raise Refusal("InvalidArgs", f"no session {message.path}")
        self.is_bound = False
        self.session = ""
        return NOTHING

    def _check_name(self, message: Message) -> None:
        self._spoke.add(message.sender)
        if self._registry is not None and message.sender not in self.registered:
            raise Refusal("AccessDenied", "an app id is required")

    def _respond(self, request: str, code: int, results: dict[str, Any]) -> None:
        """Before the reply, as may happen: who asks must be listening already."""
        signal = Message(
            self.client, request, REQUEST, "Response", MessageType.SIGNAL,
            signature="ua{sv}", body=[code, results],
        )  # fmt: skip
        self._bus.send(signal)

    def _request(self, message: Message, token: str) -> str:
        return f"{PATH}/request/{self._sender(message)}/{token}"

    @staticmethod
    def _sender(message: Message) -> str:
        return (message.sender or "").removeprefix(":").replace(".", "_")
