"""What a face is told in tests, and what is seen of it."""

from __future__ import annotations

import asyncio
import copy
import html
import re
from typing import Any

from textual.widgets import Static

from teamvoice.errors import NoDaemon
from teamvoice.ui.face import Face, Messages

MEMBERS = [
    {"name": "developer", "state": "working", "detail": "told: write the login feature"},
    {"name": "pm", "state": "idle", "detail": ""},
    {"name": "reviewer", "state": "missing", "detail": "no pane is named reviewer"},
]
STATUS: dict[str, Any] = {
    "link": {"state": "up", "provider": "openai", "reason": ""},
    "microphone": {"state": "closed", "muted": False},
    "cost": {"day_usd": 0.42},
    "members": MEMBERS,
    "turn": None,
}
QUESTION = {
    "text": "Do you want to proceed?",
    "subject": "rm -r build",
    "options": [{"label": "Yes"}, {"label": "No, and tell me what to do differently"}],
}
MANY: list[dict[str, Any]] = [
    *(
        {"name": f"agent-{n}", "state": "working", "detail": f"told: part {n}"}
        for n in range(1, 11)
    ),
    {"name": "pm", "state": "waiting", "question": QUESTION},
]
SEND = {"event": "call", "id": "c1", "name": "send_message"}
TOLD = "tell the developer to write the login feature, with tests, and to say when it is done"
TURN = {
    "heard": TOLD,
    "spoken": "Submitted to the developer.",
    "outcome": "answered",
    "ms": {"sound": 612},
    "cost_usd": 0.0041,
}
STATES: dict[str, list[dict[str, Any]]] = {
    "idle": [{"status": STATUS}],
    "question": [
        {
            "status": {
                **STATUS,
                "members": [{**MEMBERS[1], "state": "waiting", "question": QUESTION}],
            }
        },
        {"event": "news", "text": "The PM waits: do you want to proceed?"},
        {"event": "confirm", "text": "tap the key to send message: pm: go on"},
    ],
    "turn": [
        {"status": STATUS},
        {"event": "microphone", "state": "open"},
        {"event": "level", "of": "microphone", "db": -18},
        {"event": "heard", "text": TOLD},
        {**SEND, "arguments": '{"member": "developer", "text": "write the login feature"}'},
        {"event": "called", "id": "c1", "result": "Submitted to the developer."},
        {"event": "turn", "turn": TURN},
        {"event": "heard", "text": "und was macht die Prüferin, 你好?"},
        {"event": "level", "of": "voice", "db": -9},
        {"event": "saying", "text": "The reviewer has no pane: "},
    ],
    "muted": [
        {"status": STATUS},
        {"event": "notice", "text": "the microphone is muted"},
        {"event": "silence", "muted": True, "quiet": False},
    ],
    "down": [
        {"status": STATUS},
        {"event": "link", "state": "down", "reason": "the key is refused: write another into env"},
        {"event": "trouble", "text": "the key is refused"},
    ],
    "many": [{"status": {**STATUS, "members": MANY}}],
    "nobody": [],
}


class Told:
    """What a daemon tells, and then it goes on without a word; where it tells nothing, none is."""

    def __init__(self, messages: list[dict[str, Any]]) -> None:
        self._messages = copy.deepcopy(messages)  # a face keeps up to date what it was told
        self.is_over = asyncio.Event()

    async def watch(self) -> Messages:
        for message in self._messages:
            yield message
        self.is_over.set()
        if not self._messages:
            raise NoDaemon("no daemon answers")
        await asyncio.Event().wait()


def words_of(svg: str) -> str:
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", svg)).split())


def keys_of(face: Face) -> str:
    return str(face.query_one("#keys", Static).render())


def screen_of(face: Face) -> list[str]:
    return [line.text.rstrip() for line in face.screen._compositor.render_strips()]


def is_whole(face: Face, rows: int) -> bool:
    """In so many rows there is something of everything, and the keys are the last."""
    shown = screen_of(face)
    return (
        len(shown) == rows
        and "quit" in shown[-1]
        and shown[0].startswith("link up · microphone closed")
        and shown[1].startswith("pm             waiting  rm -r build")
        and shown[-2].startswith("microphone [")
        and any("more · waiting: pm" in row for row in shown)
    )


def name_of_selected(face: Face) -> str | None:
    member = face._selected()
    return str(member["name"]) if member else None
