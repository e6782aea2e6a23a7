"""The message buses of the desktop (D-Bus): calls with a deadline, signals, and the bus's end.

dbus-fast is imported on entering, so that a machine without it lacks what needs a bus and nothing
else. Whatever can go wrong is one error, :class:`teamvoice.errors.BusUnavailable`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from teamvoice.errors import BusUnavailable, install

if TYPE_CHECKING:
    from dbus_fast.aio import MessageBus
    from dbus_fast.message import Message

WITHIN_S = 5.0  # for a bus to let us in, and for a service to answer


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is on a bus: the service's name, the object's path, the interface."""

    service: str
    path: str
    interface: str


@dataclass(frozen=True, slots=True)
class Signal:
    """What a service told: from whom (a unique name), of which object, what, and its values."""

    sender: str
    path: str
    interface: str
    member: str
    body: list[Any]


THE_BUS = Place("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")


def session_address() -> str:
    """The bus of the user's session; empty when there is none."""
    address = os.environ.get("DBUS_SESSION_BUS_ADDRESS", "")
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    return address or (f"unix:path={runtime}/bus" if runtime else "")


def system_address() -> str:
    """The bus of the machine."""
    default = "unix:path=/var/run/dbus/system_bus_socket"
    return os.environ.get("DBUS_SYSTEM_BUS_ADDRESS", "") or default


class Bus:
    """A connection to a bus while its context lasts.

    Args:
        address: As D-Bus writes addresses; empty for a bus that is not there.
        on_signal: Takes every signal that was subscribed to.
        on_gone: The bus hung up; called once, and not for leaving.

    ``name`` is the connection's unique name.

    Raises:
        BusUnavailable: On entering, and by every call: the bus, the service or the object is not
            there, does not answer in time, or refuses; ``code`` has its name for the error.
    """

    def __init__(
        self,
        address: str,
        on_signal: Callable[[Signal], None] = lambda _: None,
        on_gone: Callable[[], None] = lambda: None,
    ) -> None:
        self._address = address
        self._on_signal = on_signal
        self._on_gone = on_gone
        self._tasks = asyncio.TaskGroup()
        self._is_left = False
        self.name = ""

    async def __aenter__(self) -> Self:
        self._bus = await _connected(self._address)
        self.name = self._bus.unique_name or ""
        self._bus.add_message_handler(self._received)
        await self._tasks.__aenter__()
        self._tasks.create_task(self._watch(), name="bus")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._is_left = True
        self._bus.disconnect()
        await self._tasks.__aexit__(None, None, None)  # what ended the body is not theirs

    async def call(self, at: Place, member: str, signature: str = "", *body: Any) -> list[Any]:
        """Call a method; the values of its reply, with every variant unpacked."""
        from dbus_fast.constants import MessageType
        from dbus_fast.message import Message
        from dbus_fast.unpack import unpack_variants

        message = Message(
            at.service, at.path, at.interface, member, signature=signature, body=list(body)
        )
        try:
            async with asyncio.timeout(WITHIN_S):
                reply = await self._bus.call(message)
        except TimeoutError:
            raise BusUnavailable(f"{at.service} does not answer") from None
        except (OSError, EOFError) as error:
            raise BusUnavailable(f"the bus hung up: {error}") from error
        if reply is None:
            raise BusUnavailable("the bus hung up")
        if reply.message_type is MessageType.ERROR:
            told = str(reply.body[0]) if reply.body else str(reply.error_name)
            raise BusUnavailable(told, code=str(reply.error_name))
        return list(unpack_variants(reply.body))

    async def property(self, at: Place, name: str) -> Any:
        """A property of an object."""
        properties = Place(at.service, at.path, "org.freedesktop.DBus.Properties")
        return (await self.call(properties, "Get", "ss", at.interface, name))[0]

    async def subscribe(self, **match: str) -> None:
        """Receive the signals that match, by ``sender``, ``interface``, ``path`` and so on."""
        rule = ",".join(f"{key}='{value}'" for key, value in {"type": "signal", **match}.items())
        await self.call(THE_BUS, "AddMatch", "s", rule)

    async def owner(self, service: str) -> str:
        """Who has the name of a service now, by the unique name; it is started if it can be."""
        if not (await self.call(THE_BUS, "NameHasOwner", "s", service))[0]:
            await self.call(THE_BUS, "StartServiceByName", "su", service, 0)
        return str((await self.call(THE_BUS, "GetNameOwner", "s", service))[0])

    async def subscribe_to_owner(self, service: str) -> None:
        """Receive ``NameOwnerChanged`` of a service: how its coming and going is told."""
        await self.subscribe(sender=THE_BUS.service, member="NameOwnerChanged", arg0=service)

    def _received(self, message: Message) -> None:
        from dbus_fast.constants import MessageType
        from dbus_fast.unpack import unpack_variants

        if message.message_type is MessageType.SIGNAL and not self._is_left:
            body = list(unpack_variants(message.body))
            place = (message.path or "", message.interface or "", message.member or "")
            self._on_signal(Signal(message.sender or "", *place, body))

    async def _watch(self) -> None:
        with contextlib.suppress(OSError, EOFError):  # however it ends
            await self._bus.wait_for_disconnect()  # type: ignore[no-untyped-call] # it has no types
        if not self._is_left:
            self._on_gone()


def variant(signature: str, value: Any) -> Any:
    """A value that tells its type as D-Bus writes it: ``s`` is a text, ``y`` a byte."""
    from dbus_fast.signature import Variant

    return Variant(signature, value)


async def _connected(address: str) -> MessageBus:
    if not address:
        raise BusUnavailable("there is no message bus in this session")
    try:
        from dbus_fast.aio import MessageBus
    except ImportError:
        raise BusUnavailable("the package dbus-fast is not installed", install("wayland")) from None
    try:
        bus = MessageBus(bus_address=address)
        async with asyncio.timeout(WITHIN_S):
            await bus.connect()
    except TimeoutError:
        raise BusUnavailable("the message bus does not answer") from None
    except Exception as error:
        # The library has an error of its own for each step; to us, they say the same.
        raise BusUnavailable(f"the message bus cannot be reached: {error}") from error
    return bus
