"""A conversation with the offline server's session, without a network: event in, events out."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from teamvoice.errors import TeamvoiceError
from teamvoice.offline.commands import Command, Conclude, Feed, Listen, Send, Speak
from teamvoice.offline.ports import Ears, Mind
from teamvoice.offline.protocol import Limits, Session
from teamvoice.offline.script import Names
from tests.support.offline_parts import ExactEars, LiteralMind, tone
from tests.support.realtime_spec import check_server_event

Event = dict[str, Any]
TOOL = {"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}}


class Talk:
    """Sends events to a session and carries out its commands.

    Every event that comes back is checked against the specification and kept in ``all``. With
    ``at_once`` the ears and the voice answer immediately; else when ``hear`` and ``speak`` say so.
    """

    def __init__(
        self,
        *,
        at_once: bool = True,
        limits: Limits | None = None,
        ears: Ears | None = None,
        voice: Callable[[str], Iterator[bytes]] = tone,
        mind: Mind | None = None,
        model: str = "",
    ) -> None:
        chosen = limits or Limits()
        self.session = Session(mind or LiteralMind(), chosen, Names(7), model, 1000.0)
        self._ears = ears or ExactEars()
        self._voice = voice
        self._at_once = at_once
        self.utterances: list[tuple[str, str]] = []
        self.speeches: list[tuple[str, list[bytes]]] = []
        self.all: list[Event] = []
        self.greeting = self._take(self.session.begin())

    def send(self, kind: str, **fields: Any) -> list[Event]:
        """Send an event; what came back."""
        return self._take(self.session.receive(json.dumps({"type": kind, **fields})))

    def raw(self, frame: str | bytes) -> list[Event]:
        return self._take(self.session.receive(frame))

    def update(self, **fields: Any) -> list[Event]:
        return self.send("session.update", session={"type": "realtime", **fields})

    def manual(self, **fields: Any) -> None:
        """Configure as push-to-talk does."""
        heard = {"turn_detection": None, "transcription": {"model": "gpt-transcribe"}}
        self.update(audio={"input": heard}, **fields)

    def append(self, pcm: bytes) -> list[Event]:
        return self.send("input_audio_buffer.append", audio=base64.b64encode(pcm).decode())

    def write(self, text: str, **fields: Any) -> list[Event]:
        """Add a message of the user."""
        content = [{"type": "input_text", "text": text}]
        item = {"type": "message", "role": "user", "content": content, **fields}
        return self.send("conversation.item.create", item=item)

    def output(self, call_id: str, output: str) -> list[Event]:
        item = {"type": "function_call_output", "call_id": call_id, "output": output}
        return self.send("conversation.item.create", item=item)

    def respond(self, **fields: Any) -> list[Event]:
        return self.send("response.create", **({"response": fields} if fields else {}))

    def hear(self) -> list[Event]:
        """Let the ears be done with the oldest utterance."""
        utterance, text = self.utterances.pop(0)
        return self._take(self.session.heard(utterance, text))

    def speak(self, pieces: int = 1) -> list[Event]:
        """Let the voice say some pieces of the oldest speech; it ends when none is left."""
        response_id, left = self.speeches[0]
        events: list[Event] = []
        for _ in range(min(pieces, len(left))):
            events += self._take(self.session.spoke(response_id, left.pop(0)))
        if not left:
            self.speeches.pop(0)
            events += self._take(self.session.spoken(response_id))
        return events

    def expire(self) -> list[Event]:
        return self._take(self.session.expire())

    def _take(self, commands: list[Command]) -> list[Event]:
        events: list[Event] = []
        for command in commands:
            events += self._perform(command)
        return events

    def _perform(self, command: Command) -> list[Event]:
        match command:
            case Send(event):
                check_server_event(event)
                self.all.append(event)
                return [event]
            case Listen():
                self._ears.begin()
            case Feed(pcm):
                self._ears.feed(pcm)
            case Conclude(utterance):
                self.utterances.append((utterance, self._ears.end().text))
                return self.hear() if self._at_once else []
            case Speak(response_id, text):
                return self._speak(response_id, text)
        return []

    def _speak(self, response_id: str, text: str) -> list[Event]:
        try:
            self.speeches.append((response_id, list(self._voice(text))))
        except TeamvoiceError as error:
            return self._take(self.session.spoken(response_id, str(error)))
        return self.speak(10_000) if self._at_once else []


def kinds(events: Iterable[Event]) -> list[str]:
    """The types, a run of the same kind of delta as one."""
    found: list[str] = []
    for event in events:
        if not (event["type"].endswith(".delta") and found and found[-1] == event["type"]):
            found.append(event["type"])
    return found


def only(events: Iterable[Event], kind: str) -> Event:
    """The one event of a type."""
    (event,) = [event for event in events if event["type"] == kind]
    return event


def refusal(events: list[Event]) -> Event:
    """The one event, which is an error; its inner error."""
    (event,) = events
    assert event["type"] == "error", event
    error: Event = event["error"]
    return error
