"""The offline server as another kind of server: in its shape, and able to do no more than that.

It stands before a real offline server and speaks as a profile says: the shape of the session, the
names of events, where the usage is, whether it greets, and answers by itself. What it is asked that
a server of that kind cannot do is an error, and is kept in ``broken``.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from teamvoice.realtime.profiles import Feature, Profile
from tests.support import frames

Frame = dict[str, Any]


@dataclass
class LimitedServer:
    """What it is, and what it met.

    Args:
        profile: Which kind of server it is.
        upstream: The offline server.
        token: What that wants.
        url: Where it listens.
        asked: Everything that its client sent.
        broken: What the client asked that it cannot do.
    """

    profile: Profile
    upstream: str
    token: str
    url: str = ""
    asked: list[Frame] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def kinds(self) -> list[str]:
        return [frame["type"] for frame in self.asked]

    async def handle(self, client: ServerConnection) -> None:
        assert client.request is not None
        shown = client.request.headers.get(self.profile.key_header, "")
        if shown != f"{self.profile.key_prefix}{self.token}":
            self.broken.append(f"the key was shown as {shown!r}")
        headers = {"Authorization": f"Bearer {self.token}"}
        async with connect(self.upstream, additional_headers=headers, max_size=None) as server:
            talk = _Talk(self, client, server)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(talk.ask())
                tasks.create_task(talk.tell())


class _Talk:
    def __init__(
        self, limits: LimitedServer, client: ServerConnection, server: ClientConnection
    ) -> None:
        self._limits, self._client, self._server = limits, client, server
        self._profile = limits.profile
        self._old = {name: old for old, name in self._profile.aliases.items()}
        self._is_answering = False  # by itself

    async def ask(self) -> None:
        try:
            async for text in self._client:
                frame = json.loads(text)
                self._limits.asked.append(frame)
                if fault := self._fault(frame):
                    self._limits.broken.append(fault)
                    await self._client.send(json.dumps(frames.error(fault, "x", frame["event_id"])))
                else:
                    await self._pass_on(frame)
        except ConnectionClosed:
            pass  # the client left without a word
        await self._server.close()

    def _fault(self, frame: Frame) -> str:
        can, options = self._profile.features, frame.get("response", {})
        lacking = {
            Feature.TRUNCATE: frame["type"] == "conversation.item.truncate",
            Feature.OUT_OF_BAND: options.get("conversation") == "none",
            Feature.TEXT_OUTPUT: "output_modalities" in options,
            Feature.MANUAL_RESPONSE: frame["type"] == "response.create" and self._is_answering,
        }
        faults = [
            feature.name for feature, asked in lacking.items() if asked and feature not in can
        ]
        session = frame.get("session", {})
        faults += [path for path in self._profile.leaves_out if _find(session, path) is not None]
        faults += [path for path in self._profile.moves if _find(session, path) is not None]
        return ", ".join(faults)

    async def _pass_on(self, frame: Frame) -> None:
        if frame["type"] == "session.update":
            kept = {name: frame["session"][name] for name in ("instructions", "tools")}
            heard = {"turn_detection": None, "transcription": {"model": "gpt-transcribe"}}
            frame["session"] = {"type": "realtime", **kept, "audio": {"input": heard}}
        await self._server.send(json.dumps(frame))
        by_itself = Feature.MANUAL_RESPONSE not in self._profile.features
        if by_itself and frame["type"] == "input_audio_buffer.commit":
            self._is_answering = True
            await self._server.send(json.dumps({"type": "response.create"}))

    async def tell(self) -> None:
        try:
            async for text in self._server:
                for frame in self._as_told(json.loads(text)):
                    await self._client.send(json.dumps(frame))
        except ConnectionClosed:
            pass  # the client left, and the server was told so
        await self._client.close()

    def _as_told(self, frame: Frame) -> list[Frame]:
        match frame["type"]:
            case "session.created" if not self._profile.greets:
                return []
            case "response.done":
                self._is_answering = False
                if self._profile.ignores:  # as xAI: the usage beside it, and pings
                    usage = frame["response"].pop("usage")
                    return [{**frame, "usage": usage}, {"type": "ping", "event_id": "p"}]
        return [{**frame, "type": self._old.get(frame["type"], frame["type"])}]


def _find(session: Frame, path: str) -> Any:
    *outer, last = path.split(".")
    for name in outer:
        session = session.get(name) or {}
    return session.get(last)


@asynccontextmanager
async def limited(upstream: str, profile: Profile, token: str) -> AsyncIterator[LimitedServer]:
    """A server of a kind, on a port of its own."""
    server = LimitedServer(profile, upstream, token)
    async with serve(server.handle, "127.0.0.1", 0, max_size=None) as listening:
        port = next(iter(listening.sockets)).getsockname()[1]
        server.url = f"ws://127.0.0.1:{port}/v1/realtime"
        yield server
