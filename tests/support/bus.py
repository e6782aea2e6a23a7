"""A message bus of a test's own, and services on it that are strict about what they are asked.

The bus is the real dbus-daemon, with a configuration that starts no service of the machine. A
:class:`Service` answers methods by hand, so that a test sees who asked what, in which order.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import pytest
from dbus_fast.aio import MessageBus
from dbus_fast.constants import MessageType
from dbus_fast.message import Message

from tests.support.processes import running

NEEDS_BUS = ("dbus-daemon", "python:dbus_fast")

CONFIG = """\
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
  </policy>
</busconfig>
"""

BUS = "org.freedesktop.DBus"
Answer = tuple[str, list[Any]]
NOTHING: Answer = ("", [])


class Refusal(Exception):
    """What a service answers instead: the name of an error, and a text."""


class PrivateBus:
    """A bus that can be ended and begun again; ``address`` stays the same."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.socket = home / "bus"
        self.address = f"unix:path={self.socket}"

    @contextmanager
    def serving(self) -> Iterator[None]:
        self.socket.unlink(missing_ok=True)
        file = self._home / "bus.conf"
        file.write_text(CONFIG.format(socket=self.socket))
        read_end, write_end = os.pipe()
        command = (
            "dbus-daemon",
            f"--config-file={file}",
            "--nofork",
            f"--print-address={write_end}",
        )
        with running(command, {}, self._home / "bus.log", (write_end,)):
            os.close(write_end)
            with os.fdopen(read_end, "rb") as pipe:
                assert pipe.readline(), self._home.joinpath("bus.log").read_text()
            yield


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[PrivateBus]:
    """A bus for this test alone."""
    private = PrivateBus(tmp_path)
    with private.serving():
        yield private


class Service:
    """A service while its context lasts.

    A subclass fills ``methods``: by interface and member, the signature that is demanded and what
    answers. Whatever else is asked is refused, and kept in ``faults``.
    """

    name = ""

    def __init__(self, bus: PrivateBus) -> None:
        self._address = bus.address
        self.methods: dict[tuple[str, str], tuple[str, Callable[[Message], Answer]]] = {}
        self.asked: list[str] = []
        self.faults: list[str] = []

    async def __aenter__(self) -> Self:
        self._bus = await MessageBus(bus_address=self._address).connect()
        self._bus.add_message_handler(self._handle)
        await self._bus.request_name(self.name)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._bus.disconnect()
        await self._bus.wait_for_disconnect()  # type: ignore[no-untyped-call] # it has no types

    async def emit(  # a signal has that many parts
        self, path: str, interface: str, member: str, signature: str, *body: Any, to: str = ""
    ) -> None:
        """Send a signal, to one or to all, and wait until the bus has it.

        Without the waiting dbus-fast takes a full socket for a dead one, and hangs up.
        """
        await self._bus.send(
            Message(
                to or None, path, interface, member, MessageType.SIGNAL,
                signature=signature, body=list(body),
            )
        )  # fmt: skip
        await self._bus.call(Message(BUS, "/org/freedesktop/DBus", BUS, "GetId"))

    def _handle(self, message: Message) -> Message | None:
        if message.message_type is not MessageType.METHOD_CALL or message.destination not in {
            self.name,
            self._bus.unique_name,
        }:
            return None
        self.asked.append(str(message.member))
        key = (message.interface or "", message.member or "")
        if key not in self.methods or self.methods[key][0] != message.signature:
            return self._refuse(message, "UnknownMethod", f"{key} with {message.signature!r}")
        try:
            signature, body = self.methods[key][1](message)
        except Refusal as refusal:
            return self._refuse(message, *refusal.args)
        return Message.new_method_return(message, signature, body)

    def _refuse(self, message: Message, name: str, text: str) -> Message:
        self.faults.append(f"{message.member}: {name}: {text}")
        return Message.new_error(message, f"org.freedesktop.DBus.Error.{name}", text)
