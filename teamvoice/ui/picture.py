"""What a face shows, out of what the daemon tells: pure.

A :class:`Picture` takes the lines of the control socket's ``watch`` as they come, and knows at any
moment what is to be seen. It draws nothing.
"""

from __future__ import annotations

import enum
import json
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from teamvoice.cli.output import plain

LINES = 500  # of the conversation that are kept
SILENT_DB = -60.0
_DOWN = {"waiting", "stopped", "down"}  # a link in any other state is on its way, or rests
RECENT = 6  # lines, among which the same trouble is not told twice

Message = dict[str, Any]


class Reach(enum.Enum):
    """Whether the daemon can be reached."""

    GONE = enum.auto()  # none runs, as far as is known
    SILENT = enum.auto()  # one is there, and does not answer
    ANSWERS = enum.auto()


@dataclass(slots=True)
class Line:
    """A line of the conversation.

    Args:
        kind: ``you``, ``voice``, ``call``, ``receipt``, ``news``, ``confirm``, ``notice``,
            ``settled``, ``trouble`` or ``figures``.
        text: Without control characters.
    """

    kind: str
    text: str


@dataclass(slots=True)
class Picture:
    """Everything that a face shows.

    Args:
        status: The daemon's status, kept up to date by what it tells since.
        lines: The conversation, oldest first.
        hearing: What is being understood of what was said, as far as it has come.
        saying: What is being answered, as far as it has come.
        levels: Decibels below full scale, of ``microphone`` and ``voice``.
        reach: Whether the daemon can be reached.
    """

    status: Message = field(default_factory=dict)
    lines: deque[Line] = field(default_factory=lambda: deque(maxlen=LINES))
    hearing: str = ""
    saying: str = ""
    levels: dict[str, float] = field(
        default_factory=lambda: {"microphone": SILENT_DB, "voice": SILENT_DB}
    )
    reach: Reach = Reach.GONE
    _last: Message = field(default_factory=dict, init=False, repr=False)  # turn that was shown
    _has_joined: bool = field(default=False, init=False, repr=False)  # in the middle of a turn
    _shown: str = field(default="", init=False, repr=False)  # of the answer, as a line
    _heard_of: str = field(default="", init=False, repr=False)  # the item that is understood
    _is_said: bool = field(default=False, init=False, repr=False)  # what is told next is another

    @property
    def members(self) -> list[Message]:
        """The team, with states: first those who wait for an answer."""
        found: list[Message] = self.status.get("members") or []
        return sorted(found, key=lambda member: member.get("state") != "waiting")

    @property
    def has_nobody(self) -> bool:
        """There is a daemon, and no team."""
        return self.reach is Reach.ANSWERS and self.status.get("members") == []

    @property
    def microphone(self) -> str:
        """``open``, ``closed``, ``muted`` or what else it is."""
        part = self.status.get("microphone") or {}
        return "muted" if part.get("muted") else str(part.get("state", "unknown"))

    @property
    def _waiting(self) -> list[str]:
        return [_one_line(what) for what in self.status.get("confirm") or ()]

    def gone(self) -> None:
        """The daemon is there no more."""
        self.reach = Reach.GONE
        self.saying = self.hearing = ""
        for member in self.status.get("members") or ():
            member.update(state="unknown", detail="", question=None)
        self._no_sound()

    def begin_with(self, turns: Iterable[Message]) -> list[Line]:
        """What was said before, as the journal keeps it; oldest first."""
        added = [line for turn in turns for line in self._turn(turn)]
        self.lines.extend(added)
        return added

    def take(self, message: Message) -> list[Line]:
        """Take in a line from the socket; the lines of the conversation that came with it."""
        if message.get("event") == "silent":
            self.reach = Reach.SILENT
            self._no_sound()
            return []
        added: list[Line] = []
        self.reach = Reach.ANSWERS
        if "status" in message:
            self.status = message["status"]
            self._has_joined = True
            turn = self.status.get("turn")
            added = self._turn(turn) if turn and not self._is_last(turn) else []
            by = plain(self.status.get("confirm_by", ""))
            added += self._why_down()
            added += [Line("confirm", f"{by} to {what}") for what in self._waiting]
        else:
            added = self._event(message)
        self.lines.extend(added)
        return added

    def _why_down(self) -> list[Line]:
        """Why there is no link, whole: the head has not always the room for it."""
        link = self.status.get("link") or {}
        reason = _one_line(link.get("reason", "")) if link.get("state") in _DOWN else ""
        return [Line("trouble", reason)] if reason and not self._is_told(reason) else []

    def _is_told(self, trouble: str) -> bool:
        newest = list(self.lines)[-RECENT:]
        return any(line.kind == "trouble" and trouble in line.text for line in newest)

    def _no_sound(self) -> None:
        self.levels = dict.fromkeys(self.levels, SILENT_DB)

    def _event(self, message: Message) -> list[Line]:
        match message.get("event"):
            case "link":
                link = self.status.setdefault("link", {})
                link |= {"reason": ""} | {k: v for k, v in message.items() if k != "event"}
            case "microphone":
                self.status.setdefault("microphone", {})["state"] = message.get("state")
                self.levels["microphone"] = SILENT_DB
                begins = message.get("state") == "open" and not message.get("between")
                self._has_joined = self._has_joined and not begins
                return self._cut_short() if begins else []
            case "silence":
                self.status.setdefault("microphone", {})["muted"] = message.get("muted")
                self.status.setdefault("speaker", {})["quiet"] = message.get("quiet")
            case "members":
                self.status["members"] = message.get("members", [])
            case "level":
                self.levels[str(message.get("of"))] = float(message.get("db", SILENT_DB))
            case "saying":
                self._say(plain(message.get("text", "")))
            case "said":
                self._is_said = True
            case "turn" | "news_over":
                if "day_usd" in message:
                    self.status.setdefault("cost", {})["day_usd"] = message["day_usd"]
                return self._over(message["turn"])
            case _:
                return self._told(message)
        return []

    def _hear(self, item: str, text: str) -> None:
        self.hearing = self.hearing + text if item == self._heard_of else text
        self._heard_of = item

    def _cut_short(self) -> list[Line]:
        """A new turn begins: what is being answered stands before it, as far as it has come."""
        said, self.saying = _one_line(self.saying), ""
        self._shown = f"{self._shown} {said}".strip()
        return [Line("voice", f"{said} …")] if said else []

    def _say(self, text: str) -> None:
        if self._is_said and self.saying:  # the next answer of the turn
            self.saying, text = f"{self.saying.rstrip()} ", text.lstrip()
        self._is_said = False
        self.saying += text

    def _told(self, message: Message) -> list[Line]:
        text = _one_line(message.get("text", ""))
        if message.get("event") in {"heard", "call"}:
            self._has_joined = False
        match message.get("event"):
            case "hearing":
                self._hear(str(message.get("id")), plain(message.get("text", "")))
            case "heard":
                self.hearing = ""
                before = self._cut_short() if message.get("typed") else []
                return [*before, Line("you", text)]
            case "call":
                return [Line("call", f"{message.get('name')}{_arguments(message)}")]
            case "called":
                return [Line("receipt", _one_line(message.get("result", "")))]
            case "dropped":
                return [Line("trouble", f"{message.get('count')} events were missed here")]
            case "news" | "confirm" | "notice" | "trouble" as kind:
                return [Line(kind, text)]
        return []  # "answer" among them: a receipt that was shown

    def _over(self, turn: Message) -> list[Line]:
        """A turn or news is over; whole, where nothing was seen of it before its answer."""
        if turn.get("kind") == "news":
            return self._end(turn)
        has_joined, self._has_joined = self._has_joined, False
        return [*(_asked(turn) if has_joined else ()), *self._end(turn)]

    def _end(self, turn: Message) -> list[Line]:
        shown, self._shown = self._shown, ""
        rest = _one_line(turn.get("spoken", "")).removeprefix(shown).strip()
        if shown and rest == _one_line(turn.get("spoken", "")):
            rest = ""  # less of it was heard: what is being said now is another turn's
        if rest or not shown:
            self.saying = ""
        self.levels["voice"] = SILENT_DB
        if turn.get("kind") != "news":
            self.status["turn"] = self._last = turn
        spoken = [Line("voice", rest)] if rest else []
        trouble = _one_line(turn.get("trouble") or "")
        if trouble and not self._is_told(trouble):
            spoken.append(Line("trouble", trouble))
        is_late = shown and not rest and bool(self.lines) and self.lines[-1].kind != "voice"
        return [*spoken, Line("figures", ("before: " if is_late else "") + _figures(turn))]

    def _turn(self, turn: Message) -> list[Line]:
        """A turn that is over, as a face that comes later shows it: with its time."""
        *said, figures = self._end(turn)
        figures.text += _when(turn)
        return [*_asked(turn), *said, figures]

    def _is_last(self, turn: Message) -> bool:
        same = (turn.get(name) == self._last.get(name) for name in ("time", "number"))
        return bool(self._last) and all(same)


def _asked(turn: Message) -> list[Line]:
    """What was said or is new, and what was done."""
    calls = turn.get("calls", ())
    done = [
        line
        for call in calls
        for line in (
            Line("call", f"{call.get('name')}{_arguments(call)}"),
            Line("receipt", _one_line(call.get("result", ""))),
        )
    ]
    asked = [
        Line(kind, _one_line(turn[name]))
        for kind, name in (("you", "heard"), ("news", "news"))
        if turn.get(name)
    ]
    return [*asked, *done]


def _arguments(call: Message) -> str:
    arguments = call.get("arguments")
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except ValueError:
            return f"({_one_line(arguments)})"
    if not isinstance(arguments, dict):
        return "()"
    pairs = (f"{name}: {_one_line(value)}" for name, value in arguments.items())
    return f"({', '.join(pairs)})"


def _figures(turn: Message) -> str:
    ms = turn.get("ms", {})
    parts = [str(turn.get("outcome", "?"))]
    parts += [f"first sound {ms['sound']} ms"] if "sound" in ms else []
    parts += [f"${turn['cost_usd']:.4f}"] if turn.get("cost_usd") else []
    return ", ".join(parts)


def _when(turn: Message) -> str:
    try:
        return f", {datetime.fromisoformat(turn.get('time', '')).astimezone():%a %d %b %H:%M}"
    except (ValueError, OverflowError):
        return ""


def _one_line(text: object) -> str:
    return " ".join(plain(text).split())
