"""The smallest whole voice: keeps the keys, answers what it was asked, tells what happens."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from teamvoice import config
from teamvoice.conversation.events import ToolCall, Usage
from teamvoice.conversation.turn import DoneCall, Turn
from teamvoice.daemon.backlog import Backlog
from teamvoice.daemon.by_hand import Seen
from teamvoice.daemon.cost import Tariff
from teamvoice.daemon.records import turn_record
from teamvoice.errors import UnknownMember

TARIFF = Tariff(config.Config(), "openai")


class SmallTeam:
    """Keeps what was done by hand."""

    def __init__(self) -> None:
        self.done: list[tuple[Any, ...]] = []

    async def look(self, name: str) -> str:
        self.done.append(("look", name))
        return f"{name}: idle"

    async def answer(self, name: str, choice: str, seen: Seen) -> str:
        self.done.append(("answer", name, choice, *seen))
        return f"Answered the {name}."


class SmallVoice:
    """``daemon.control.Voice`` without a house behind it.

    A turn that asks for ``nobody`` is refused, one that asks to ``break`` meets a fault of ours,
    one that asks to ``wait`` never ends, and one that asks to ``fail`` is not answered.
    """

    def __init__(self) -> None:
        self.keys: list[tuple[str, float]] = []
        self.turns: list[dict[str, Any]] = []
        self.watchers: set[Backlog] = set()
        self.waiting = False
        self.clients: list[int] = []
        self.away = ""  # why it takes no key
        self.by_hand = SmallTeam()

    def key(self, action: str, at: float, by: int = 0) -> str:
        self.keys.append((action, at))
        self.clients.append(by)
        self.tell({"event": "key", "action": action})
        return self.away

    async def ask(self, text: str) -> dict[str, Any]:
        if text == "nobody":
            raise UnknownMember("there is no nobody", "teamvoice team lists the members")
        if text == "wait":
            self.waiting = True
            await asyncio.Event().wait()
        if text == "break":
            raise RuntimeError("a fault")
        arguments = '{"member": "developer", "text": "rest"}'
        call = ToolCall(call_id="c1", name="send_message", arguments=arguments)
        turn = Turn(
            number=len(self.turns) + 1,
            began=0.0,
            heard=text,
            typed=True,
            calls=(DoneCall(call=call, output="Submitted to the developer.", ms=21),),
            spoken="Submitted to the developer.",
            outcome="failed" if text == "fail" else "answered",
            ms={"answer": 510, "sound": 540},
            usage=(Usage(audio_out=64),),
        )
        self.turns.append(turn_record(turn, datetime(2026, 1, 31, 9, 30, tzinfo=UTC), TARIFF))
        return self.turns[-1]

    async def status(self) -> dict[str, Any]:
        return {
            "version": "0.1.0",
            "pid": os.getpid(),
            "line": "link up · key lost · 1 working, 1 waiting",
            "link": {"state": "up", "provider": "offline", "reason": ""},
            "hotkey": {
                "state": "lost",
                "backend": "pynput",
                "why": "chosen for an X11 session",
                "source": "",
                "key": "<f9>",
                "reason": "no X",
            },
            "session": {"state": "away", "reason": "the session is locked"},
            "notices": {"state": "ready", "reason": ""},
            "microphone": {"state": "closed", "device": "pulse", "muted": False},
            "members": [
                {"name": "developer", "state": "working", "age_s": 2.5, "pane": "%3"},
                {"name": "pm", "state": "waiting", "detail": "Run \x1b[31mls?"},
            ],
            "turn": self.turns[-1] if self.turns else None,
        }

    async def check(self) -> dict[str, Any]:
        return await self.status()

    async def watch(self) -> AsyncIterator[dict[str, Any]]:
        backlog = Backlog(limit=100_000)
        self.watchers.add(backlog)
        try:
            async for event in backlog:
                yield event
        finally:
            self.watchers.discard(backlog)

    def tell(self, event: dict[str, Any]) -> None:
        for watcher in self.watchers:
            watcher.put(event)

    def stop_telling(self) -> None:
        for watcher in self.watchers:
            watcher.close()
