"""The agents' own files are believed when they are those of the process, and only then."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from teamvoice.team.native import Native, read_native, text_mark
from teamvoice.team.processes import Process, Tree
from teamvoice.team.profiles import load_profiles
from teamvoice.team.states import Kind
from tests.support.processes import end

PROFILES = load_profiles()
SESSION = "12f3fba9-f885"
pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Tree]:
    """A process whose home and directory are the test's."""
    command = [sys.executable, "-c", "print(flush=True); input()"]
    process = subprocess.Popen(
        command, env={"HOME": str(tmp_path)}, cwd=tmp_path,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        yield Tree((Process(process.pid, 0, process.pid, process.pid, tuple(command)),))
        end(process)


def read(tree: Tree, agent: str) -> Native | None:
    return read_native(PROFILES[agent], tree, time.time())


def session(home: Path, tree: Tree, **changes: Any) -> None:
    pid = tree.processes[0].pid
    start = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[19]
    facts = {"pid": pid, "procStart": start, "sessionId": SESSION, "status": "idle"}
    facts |= {"statusUpdatedAt": (time.time() - 30) * 1000, **changes}
    file = home / ".claude" / "sessions" / f"{pid}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(facts), "utf-8")


def lines(file: Path, *records: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")


def said(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "assistant", "message": {"content": [{"type": "text", "text": text}]}, **more}


def uses(name: str, command: str) -> dict[str, Any]:
    part = {"type": "tool_use", "id": name, "name": "Bash", "input": {"command": command}}
    return {"type": "assistant", "message": {"content": [part]}}


def result(name: str) -> dict[str, Any]:
    part = {"type": "tool_result", "tool_use_id": name}
    return {"type": "user", "message": {"content": [part]}}


def test_claude_tells_its_state_and_its_last_message(tmp_path: Path, tree: Tree) -> None:
    transcript = tmp_path / ".claude" / "projects" / "-x" / f"{SESSION}.jsonl"
    lines(transcript, said("First."), said("Last."), said("An aside.", isSidechain=True), "odd")
    session(tmp_path, tree)
    native = read(tree, "claude")
    assert native is not None
    assert (native.kind, native.last_message) == (Kind.IDLE, "Last.")
    assert 29 < native.age_s < 60


def test_claude_tells_the_command_that_it_waits_for(tmp_path: Path, tree: Tree) -> None:
    transcript = tmp_path / ".claude" / "projects" / "-x" / f"{SESSION}.jsonl"
    lines(transcript, uses("a", "ls"), result("a"), uses("b", "rm -rf build"))
    session(tmp_path, tree, status="waiting", waitingFor="permission prompt")
    native = read(tree, "claude")
    assert native is not None
    assert (native.kind, native.waits_for) == (Kind.WAITING, "permission prompt")
    assert native.subject == "rm -rf build"
    lines(transcript, uses("b", "rm -rf build"), uses("c", "rm -rf dist"))
    several = read(tree, "claude")
    assert several is not None
    assert several.subject == ""


def wrote(text: str | list[dict[str, str]], second: int, **more: Any) -> dict[str, Any]:
    stamp = f"2026-01-01T00:00:0{second}.000Z"
    return {"type": "user", "message": {"content": text}, "timestamp": stamp, **more}


def test_claude_tells_what_its_person_wrote(tmp_path: Path, tree: Tree) -> None:
    session(tmp_path, tree)
    native = read(tree, "claude")
    assert native is not None
    assert native.heard == ()  # nothing was said yet, so nothing is written
    transcript = tmp_path / ".claude" / "projects" / "-x" / f"{SESSION}.jsonl"
    long = '\n<pasted_content id="7d32">\n\n/login is broken\n</pasted_content id="7d32">\n'
    held = {"type": "queue-operation", "operation": "enqueue", "content": "later"}
    lines(
        transcript, wrote("go on", 1), said("Yes."), result("a"), wrote("odd", 2, isMeta=True),
        wrote("aside", 3, isSidechain=True), wrote([{"type": "text", "text": long}], 4),
        {**held, "timestamp": "2026-01-01T00:00:05.000Z"},
    )  # fmt: skip
    native = read(tree, "claude")
    assert native is not None
    assert native.heard is not None
    told = [(heard.mark, heard.held) for heard in native.heard]
    texts = [("go on", False), ("/login is broken", False), ("later", True)]
    assert told == [(text_mark(text), held) for text, held in texts]
    assert [heard.stamp for heard in native.heard] == sorted(h.stamp for h in native.heard)


@pytest.mark.parametrize(
    "changes", [{"procStart": "1"}, {"pid": 1}, {"sessionId": "../../x"}, {"statusUpdatedAt": "?"}]
)
def test_a_file_that_is_not_this_process_or_not_as_known_is_not_believed(
    tmp_path: Path, tree: Tree, changes: dict[str, Any]
) -> None:
    session(tmp_path, tree, **changes)
    assert read(tree, "claude") is None


def test_a_state_that_is_not_known_is_no_state(tmp_path: Path, tree: Tree) -> None:
    session(tmp_path, tree, status="dreaming")
    native = read(tree, "claude")
    assert native is not None
    assert native.kind is None


def rollout(home: Path, number: int, where: Path, *events: dict[str, Any]) -> None:
    stamp = {"timestamp": "2026-01-01T00:00:00.000Z"}
    file = home / ".codex/sessions/2026/01/01" / f"rollout-2026-01-01T00-00-0{number}-x.jsonl"
    head = {"timestamp": datetime.now(UTC).isoformat()}
    meta = {
        **head,
        "type": "session_meta",
        "payload": {"id": "x", "cwd": str(where), "base": "long"},
    }
    lines(file, meta, *({**stamp, "type": "event_msg", "payload": event} for event in events))


def test_codex_tells_its_state_and_its_last_message(tmp_path: Path, tree: Tree) -> None:
    done = {"type": "task_complete", "last_agent_message": "All done."}
    rollout(tmp_path, 1, tmp_path, {"type": "task_started"}, done)
    rollout(tmp_path, 2, tmp_path / "elsewhere", {"type": "task_started"})
    native = read(tree, "codex")
    assert native is not None
    assert (native.kind, native.last_message) == (Kind.IDLE, "All done.")


def test_codex_tells_what_its_person_wrote(tmp_path: Path, tree: Tree) -> None:
    parts = [{"type": "input_text", "text": "/login is\nbroken"}]
    wrote = {"type": "message", "role": "user", "content": parts}
    rollout(tmp_path, 1, tmp_path, {"type": "task_started"}, wrote)
    native = read(tree, "codex")
    assert native is not None
    assert native.heard is not None
    assert [heard.mark for heard in native.heard] == [text_mark("/login is broken")]


def test_two_codex_in_one_directory_are_not_told_apart(tmp_path: Path, tree: Tree) -> None:
    for number in (1, 2):
        rollout(tmp_path, number, tmp_path, {"type": "task_started"})
    assert read(tree, "codex") is None


def test_a_rollout_whose_head_is_not_written_yet_is_looked_at_again(
    tmp_path: Path, tree: Tree
) -> None:
    rollout(tmp_path, 1, tmp_path, {"type": "task_started"})
    (file,) = tmp_path.glob(".codex/sessions/*/*/*/*.jsonl")
    whole = file.read_text()
    file.write_text("")
    assert read(tree, "codex") is None
    file.write_text(whole)
    assert read(tree, "codex") is not None


def test_a_session_that_began_before_the_process_is_another_ones(
    tmp_path: Path, tree: Tree
) -> None:
    rollout(tmp_path, 1, tmp_path, {"type": "task_started"})
    (file,) = tmp_path.glob(".codex/sessions/*/*/*/*.jsonl")
    head, _, rest = file.read_text().partition("\n")
    earlier = datetime.fromtimestamp(time.time() - 3600, UTC).isoformat()
    file.write_text(json.dumps({**json.loads(head), "timestamp": earlier}) + "\n" + rest)
    assert read(tree, "codex") is None


def test_a_rollout_from_before_the_process_is_another_ones(tmp_path: Path, tree: Tree) -> None:
    rollout(tmp_path, 1, tmp_path, {"type": "task_started"})
    (file,) = tmp_path.glob(".codex/sessions/*/*/*/*.jsonl")
    os.utime(file, (time.time() - 3600, time.time() - 3600))
    assert read(tree, "codex") is None


def test_other_agents_have_no_files_of_their_own(tree: Tree) -> None:
    assert read(tree, "aider") is None
    assert read_native(None, tree, time.time()) is None
