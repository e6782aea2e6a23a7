"""What agents say of themselves in files of their own: better than any screen, where it is there.

Claude Code keeps ``~/.claude/sessions/<pid>.json`` (its state, as it changes) and a transcript;
Codex keeps a rollout file. None of them is documented, so each is checked before it is believed,
and whatever does not look as expected is as if it were not there. A file belongs to a pane when it
is that of a process of the pane: by process id and start time (Claude), or by directory (Codex),
below the home that this very process has.

Linux alone, where ``/proc`` tells of a process; elsewhere the screen speaks.
"""

from __future__ import annotations

import collections
import functools
import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from teamvoice.team.processes import Tree
from teamvoice.team.profiles import Profile
from teamvoice.team.screen import compact
from teamvoice.team.states import Kind

_PROC = Path("/proc")
_TAIL_BYTES = 256 * 1024  # of a transcript; the last message is nearly always in it
_HEAD_BYTES = 16 * 1024
_ROLLOUTS = 40  # the newest files of Codex that are looked at
_STATES = {
    "idle": Kind.IDLE,
    "busy": Kind.WORKING,
    "waiting": Kind.WAITING,
}
_HEARD = 8  # messages of the person that are kept
# What Claude Code puts around a longer paste.
_PASTED = re.compile(r'</?pasted_content id="\w+">')


@dataclass(frozen=True, slots=True)
class Heard:
    """A message of the person in the agent's record.

    Args:
        stamp: When it was written down, as the record has it; later ones compare as greater.
        mark: The ``text_mark`` of it.
        held: It was put aside until the work is done; another entry follows when it is its turn.
    """

    stamp: str
    mark: str
    held: bool = False


@dataclass(frozen=True, slots=True)
class Native:
    """What an agent's own files say.

    Args:
        kind: Its state; ``None`` when they tell none.
        age_s: Seconds since that state began.
        waits_for: What it waits for, in its own words ("permission prompt").
        last_message: The last thing it said; empty when it is not known.
        subject: The command or file of the tool call that is still open; empty when there is none.
        heard: The last messages of the person, oldest first; ``None`` when no record is there.
    """

    kind: Kind | None = None
    age_s: float = 0.0
    waits_for: str = ""
    last_message: str = ""
    subject: str = ""
    heard: tuple[Heard, ...] | None = None


def text_mark(text: str) -> str:
    """By which a text is known again, however it is spaced."""
    return hashlib.sha256(compact(text).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def read_native(profile: Profile | None, tree: Tree, now: float) -> Native | None:
    """What the agent in a pane says of itself; ``None`` when nothing is to be had. Reads files.

    Args:
        profile: The agent that was recognised.
        tree: The pane's processes.
        now: Seconds since the epoch.
    """
    read = {"claude": _read_claude, "codex": _read_codex}.get(profile.native if profile else "")
    if read is None:
        return None
    for process in tree.reachable:
        try:
            if found := read(process.pid, now):
                return found
        except (OSError, ValueError, TypeError, KeyError, AttributeError, LookupError):
            continue  # not this process's, not readable, or not as it was known: the screen speaks
    return None


# Claude Code ------------------------------------------------------------------------------------


def _read_claude(pid: int, now: float) -> Native | None:
    home = _directory(pid, "CLAUDE_CONFIG_DIR", ".claude")
    session = json.loads((home / "sessions" / f"{pid}.json").read_text("utf-8"))
    if session["pid"] != pid or str(session["procStart"]) != _start_ticks(pid):
        return None  # an older process had this number
    kind = _STATES.get(session["status"])
    age = max(0.0, now - session["statusUpdatedAt"] / 1000)
    waits_for = str(session.get("waitingFor") or "") if kind is Kind.WAITING else ""
    said = _claude_said(home, session["sessionId"])
    subject = said.subject if kind is Kind.WAITING else ""
    return Native(kind, age, waits_for, said.message, subject, said.heard)


class _Said(NamedTuple):
    """The last message, what the one tool call without a result is about, what was heard."""

    message: str = ""
    subject: str = ""
    heard: tuple[Heard, ...] | None = None


def _claude_said(home: Path, session_id: str) -> _Said:
    files = list((home / "projects").glob(f"*/{_plain(session_id)}.jsonl"))
    if not files:  # it begins with the first message
        return _Said(heard=())
    return _said_there(files[0], *_version(files[0])) if len(files) == 1 else _Said()


@functools.lru_cache(maxsize=64)
def _said_there(file: Path, _modified_ns: int, _size: int) -> _Said:
    message, calls = "", dict[str, str]()
    heard = collections.deque[tuple[str, str, bool]](maxlen=_HEARD)
    for record in _tail(file):
        if record.get("type") == "queue-operation" and record.get("operation") == "enqueue":
            heard.append((record["timestamp"], record["content"], True))
        if record.get("isSidechain") or record.get("type") not in {"assistant", "user"}:
            continue
        if record["type"] == "user" and not record.get("isMeta") and (said := _texts(record)):
            heard.append((record["timestamp"], said, False))
        for part in _parts(record["message"]["content"]):
            if part.get("type") == "text" and record["type"] == "assistant":
                message = part["text"].strip() or message
            elif part.get("type") == "tool_use":
                calls[part["id"]] = _about(part["input"])
            elif part.get("type") == "tool_result":
                calls.pop(part["tool_use_id"], None)
    # Of several, any may be the one that is asked about.
    subject = next(iter(calls.values())) if len(calls) == 1 else ""
    return _Said(message, subject, _marked(heard))


def _texts(record: dict[str, Any]) -> str:
    """What a person wrote in it; empty when it only has results of tools."""
    parts = _parts(record["message"]["content"])
    return "\n".join(part["text"] for part in parts if part.get("type") == "text")


def _marked(heard: Iterable[tuple[str, str, bool]]) -> tuple[Heard, ...]:
    return tuple(Heard(at, text_mark(_PASTED.sub("", text)), held) for at, text, held in heard)


def _about(arguments: dict[str, Any]) -> str:
    for name in ("command", "file_path", "notebook_path", "url"):
        if isinstance(value := arguments.get(name), str):
            return value
    return ""


# Codex ------------------------------------------------------------------------------------------


def _read_codex(pid: int, now: float) -> Native | None:
    home = _directory(pid, "CODEX_HOME", ".codex")
    where = str((_PROC / str(pid) / "cwd").readlink())
    began = _start_time(pid)
    own = []
    for file in _newest(home / "sessions"):
        about = file.stat()
        if about.st_mtime >= began:
            its_place, its_start = _head_of(file, min(about.st_size, _HEAD_BYTES))
            own += [file] if its_place == where and its_start >= began else []
    # Two that run in one directory cannot be told apart: then none is believed. One that has said
    # nothing yet has no file, and the older file of another is not its own.
    if len(own) != 1:
        return None
    kind, since, message, heard = _rolled_out(own[0], *_version(own[0]))
    return Native(kind, max(0.0, now - since), "", message, "", heard)


@functools.lru_cache(maxsize=64)
def _rolled_out(
    file: Path, _modified_ns: int, _size: int
) -> tuple[Kind | None, float, str, tuple[Heard, ...]]:
    kind: Kind | None = None
    since, message = 0.0, ""
    heard = collections.deque[tuple[str, str, bool]](maxlen=_HEARD)
    for record in _tail(file):
        payload = record.get("payload") or {}
        match payload.get("type"):
            case "task_started":
                kind, since = Kind.WORKING, _moment(record)
            case "task_complete" | "turn_aborted":
                kind, since = Kind.IDLE, _moment(record)
                message = payload.get("last_agent_message") or message
            case "message" if payload.get("role") == "assistant":
                texts = (part.get("text", "") for part in payload["content"])
                message = "".join(texts).strip() or message
            case "message" if payload.get("role") == "user":
                texts = (part.get("text", "") for part in payload["content"])
                heard.append((record["timestamp"], "\n".join(texts), False))
    return kind, since, message, _marked(heard)


def _newest(sessions: Path) -> list[Path]:
    files: list[Path] = []
    for day in sorted(sessions.glob("*/*/*"), reverse=True):
        files.extend(sorted(day.glob("rollout-*.jsonl"), reverse=True))
        if len(files) >= _ROLLOUTS:
            break
    return files[:_ROLLOUTS]


@functools.lru_cache(maxsize=256)
def _head_of(file: Path, _bytes_of_head: int) -> tuple[str, float]:
    """The directory of a rollout file's session, and when it began; empty and 0 when not told."""
    with file.open("rb") as lines:
        head = lines.readline(_HEAD_BYTES).decode("utf-8", "replace")
    # The line goes on with long instructions; both stand before them.
    began = re.match(r'\{"timestamp":\s*"([^"]+)"', head)
    _, _, rest = head.partition('"cwd":')
    where = str(json.JSONDecoder().raw_decode(rest.lstrip())[0]) if rest else ""
    return where, datetime.fromisoformat(began[1]).timestamp() if began else 0.0


def _moment(record: dict[str, Any]) -> float:
    return datetime.fromisoformat(record["timestamp"]).astimezone(UTC).timestamp()


# A process and its files ------------------------------------------------------------------------


def _directory(pid: int, variable: str, below_home: str) -> Path:
    """Where this process keeps its files: its own variable, else below its own home."""
    pairs = (_PROC / str(pid) / "environ").read_bytes().decode("utf-8", "replace").split("\0")
    environment = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    own = environment.get(variable)
    return Path(own) if own else Path(environment["HOME"]) / below_home


def _start_ticks(pid: int) -> str:
    stat = (_PROC / str(pid) / "stat").read_text("utf-8", "replace")
    return stat.rpartition(")")[2].split()[19]


def _start_time(pid: int) -> float:
    """Seconds since the epoch at which a process began."""
    boot = next(
        int(line.split()[1])
        for line in (_PROC / "stat").read_text("ascii").splitlines()
        if line.startswith("btime ")
    )
    return boot + int(_start_ticks(pid)) / os.sysconf("SC_CLK_TCK") - 1.0


def _plain(name: str) -> str:
    """A name that cannot lead out of a directory, nor match another file."""
    if not name.replace("-", "").isalnum():
        raise ValueError(name)
    return name


def _version(file: Path) -> tuple[int, int]:
    about = file.stat()
    return about.st_mtime_ns, about.st_size


def _tail(file: Path) -> Iterator[dict[str, Any]]:
    """The last records of a file of JSON lines; a line that is not whole is left out."""
    with file.open("rb") as source:
        size = source.seek(0, os.SEEK_END)
        source.seek(max(0, size - _TAIL_BYTES))
        lines = source.read().split(b"\n")
    for line in lines[1:] if size > _TAIL_BYTES else lines:
        try:
            record = json.loads(line)
        except ValueError:
            continue  # cut off at the front, or still being written
        if isinstance(record, dict):
            yield record


def _parts(content: str | Sequence[Any]) -> Iterator[dict[str, Any]]:
    if isinstance(content, str):
        yield {"type": "text", "text": content}
        return
    yield from (part for part in content if isinstance(part, dict))
