"""The daemon is killed between any two steps of a write: never twice, and what is told is true.

Each step is made to stall from outside: tmux is stopped, or the agent, or the agent draws no more,
or the journal cannot be written. Then the daemon's real process gets SIGKILL, and another starts.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import shlex
import shutil
import signal
import struct
import sys
import termios
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest
from libtmux import Pane, Server

from teamvoice.daemon.journal import read_last
from teamvoice.daemon.records import worth_showing
from teamvoice.offline.server import Settings, serve
from tests.support import worst_agent
from tests.support.offline_parts import ExactEars, LiteralMind, ToneVoice
from tests.support.panes import ROOT, name_of, open_pane, own_server, screen_of
from tests.support.processes import running
from tests.support.relay import Event, Relay, relay_to
from tests.support.wait import until
from tests.support.worst_agent import Script

pytestmark = [pytest.mark.needs("tmux"), pytest.mark.timeout(120)]

TOKEN = "a-token-of-the-test"
NOTE = '"role": "system"'  # what came before is told in such an item
STEPS = ("begun", "pasted", "entered", "seen", "ended")
CONFIG = """\
[provider]
url = "{url}"

[hotkey]
backend = "socket"

[team]
socket = "{socket}"
{members}
"""


@dataclass
class Stage:
    """A home, agents in panes, and a provider whose answers can be held up."""

    home: Path
    server: Server
    relay: Relay
    panes: dict[str, Pane]
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    call_id: str = ""  # what the next call's id is changed to
    session: str = ""

    async def gate(self, event: Event) -> Event:
        """Let a response that asks for a call wait, and pass for an earlier one.

        To whoever comes back this is a server that takes the first session up again.
        """
        if session := event.get("session"):
            self.session = self.session or session["id"]
            session["id"] = self.session
        calls = event.get("response", {}).get("output", []) if is_done(event) else []
        for item in calls:
            if item["type"] == "function_call":
                item["call_id"] = self.call_id or item["call_id"]
                await self.may_answer.wait()
        return event

    @property
    def journal(self) -> Path:
        return self.home / "state" / "journal.jsonl"

    def calls(self) -> list[dict[str, Any]]:
        return [r for r in read_last(self.journal, 99) if r["kind"] == "call"]

    def said(self, part: str) -> bool:
        """Something that the daemon sent the provider has these words."""
        return any(part in json.dumps(event) for event in self.relay.sent)

    def record(self, member: str) -> list[dict[str, Any]]:
        """What truly came to an agent."""
        return worst_agent.read_record(self.home / f"{member}.jsonl")

    def got(self, member: str) -> list[str]:
        return [r["got"] for r in self.record(member) if "got" in r]

    def pastes(self, member: str) -> int:
        return sum("\x1b[200~" in r.get("typed", "") for r in self.record(member))


def is_held(stage: Stage) -> bool:
    last = stage.relay.received[-1:]
    return bool(last) and "function_call" in json.dumps(last) and is_done(last[0])


def is_done(event: Event) -> bool:
    return bool(event["type"] == "response.done")


@asynccontextmanager
async def staged(home: Path) -> AsyncIterator[Stage]:
    shutil.copy(worst_agent.__file__, home / "claude.py")  # by which it is recognised
    with own_server() as server:
        panes = {member: open_pane(server, member, agent(home, member)) for member in STEPS}
        settings = Settings(token=TOKEN, port=0)
        async with (
            serve(settings, ExactEars, LiteralMind(), ToneVoice()) as url,
            relay_to(url) as relay,
        ):
            (home / "config").mkdir()
            members = "".join(f'[[team.members]]\nname = "{m}"\n' for m in STEPS)
            text = CONFIG.format(url=relay.url, socket=name_of(server), members=members)
            (home / "config" / "config.toml").write_text(text)
            stage = Stage(home, server, relay, panes)
            relay.gate = stage.gate
            yield stage


def agent(home: Path, member: str) -> str:
    script = Script(str(home / f"{member}.jsonl"), still=member == "entered")
    command = [sys.executable, str(home / "claude.py"), json.dumps(asdict(script))]
    return f"{shlex.join(command)}; exit"  # no child of tmux, which wakes its own when they stop


@asynccontextmanager
async def daemon(stage: Stage) -> AsyncIterator[int]:
    """A daemon that is linked; its process id. It may be killed meanwhile."""
    places = {"CONFIG_DIR": "config", "STATE_DIR": "state", "SOCKET": "control.sock"}
    environment = {
        **{f"TEAMVOICE_{name}": str(stage.home / place) for name, place in places.items()},
        "HOME": str(stage.home),
        "PYTHONPATH": str(ROOT),
        "OPENAI_API_KEY": TOKEN,
        **dict.fromkeys(("DISPLAY", "WAYLAND_DISPLAY", "NOTIFY_SOCKET", "TEAMVOICE_API_KEY"), ""),
    }
    stage.relay.sent.clear()
    stage.relay.received.clear()
    command = (sys.executable, "-m", "teamvoice", "run")
    with running(command, environment, stage.home / "daemon.log") as process:
        await until(lambda: "session.updated" in kinds(stage), "the link is up", 40)
        yield process.pid


def kinds(stage: Stage) -> list[str]:
    return [event["type"] for event in stage.relay.received]


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """A process that does nothing."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def request(stage: Stage, **message: Any) -> dict[str, Any]:
    reader, writer = await asyncio.open_unix_connection(str(stage.home / "control.sock"))
    try:
        writer.write(json.dumps(message).encode() + b"\n")
        return dict(json.loads(await reader.readline() or b"{}"))
    finally:
        writer.close()


async def ask_for_a_write(stage: Stage, member: str, asking: asyncio.TaskGroup) -> None:
    """A typed turn whose response asks for the write, and is held up; panes are pinned by now."""
    arguments = json.dumps({"member": member, "text": f"work on {member}"})
    text = f"call send_message {arguments}"
    asking.create_task(request(stage, do="ask", text=text))
    await until(lambda: is_held(stage), "the response came", 20)
    assert (await request(stage, do="status"))["ok"]  # tmux has answered all that came before it


async def stall_and_kill(stage: Stage, step: str, pid: int) -> None:
    """Hold up the write after one of its steps, see that it is there, and kill the daemon."""
    pane = stage.panes[step]
    with contextlib.ExitStack() as stack:
        if step == "begun":
            stack.enter_context(stopped(server_pid(stage.server)))
        if step in {"pasted", "seen"}:
            stack.enter_context(stopped(stage.record(step)[0]["pid"]))
        stage.may_answer.set()
        await until(lambda: len(begun(stage, step)) == 1, "it is in the journal", 20)
        match step:
            case "pasted":
                await until(lambda: unread(pane) > 0, "it is pasted", 20)
            case "entered":
                await until(lambda: stage.got(step), "Enter is pressed", 20)
            case "seen":
                stage.journal.rename(stage.home / "journal.aside")
                stage.journal.mkdir()
                stack.close()  # the agent goes on, now that what came of it cannot be written
                await until(lambda: stage.said("Submitted to the seen"), "it is seen", 20)
            case "ended":
                await until(lambda: stage.calls()[-1]["state"] == "ended", "it is ended", 20)
        os.kill(pid, signal.SIGKILL)
        await until(lambda: is_dead(pid), "it is dead")
    stage.may_answer.clear()
    if step == "seen":
        stage.journal.rmdir()
        (stage.home / "journal.aside").rename(stage.journal)


def is_ready(pane: Pane) -> bool:
    return "? for shortcuts" in screen_of(pane)


def is_dead(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat").read_text()
    return status.rpartition(")")[2].split()[0] == "Z"


def begun(stage: Stage, member: str) -> list[dict[str, Any]]:
    calls = stage.calls()
    return [c for c in calls if c["state"] == "begun" and c["arguments"]["member"] == member]


def server_pid(server: Server) -> int:
    return int(server.cmd("display-message", "-p", "#{pid}").stdout[0])


def unread(pane: Pane) -> int:
    """Bytes that wait in a pane's terminal for its program."""
    (tty,) = pane.cmd("display-message", "-p", "#{pane_tty}").stdout
    terminal = os.open(tty, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        return int(struct.unpack("i", fcntl.ioctl(terminal, termios.FIONREAD, bytes(4)))[0])
    finally:
        os.close(terminal)


async def see_what_is_told(stage: Stage, step: str) -> None:
    """The daemon that came after it knows of the write, and says the truth."""
    last = next(worth_showing(reversed(stage.calls())))
    await until(lambda: stage.said(NOTE), "the session is told", 20)
    note = json.dumps(stage.relay.sent)
    if step == "ended":
        assert (last["state"], last["result"]) == ("ended", "Submitted to the ended.")
        assert "send message: ended: work on ended: Submitted to the ended." in note
        return
    assert last["state"] == "unconfirmed"
    assert f"work on {step}: unconfirmed. It is not known whether it was done." in note
    news = "It is not known whether this was done"
    await until(lambda: stage.said(news), "the person is told", 20)


async def see_that_it_is_never_repeated(stage: Stage, step: str) -> None:
    """The provider asks for the same call once more, under its old id."""
    (call,) = begun(stage, step)
    stage.call_id = call["call_id"].removesuffix(f"@{stage.session}")
    stage.may_answer.set()
    async with asyncio.TaskGroup() as asking:
        await until(lambda: is_quiet(stage), "nothing is being said", 20)
        turn = asking.create_task(request(stage, do="ask", text=as_before(call)))
        await until(lambda: stage.said("Not done again"), "it is refused", 20)
        await request(stage, do="ptt", action="cancel", at=0.0)
        await turn
    stage.call_id = ""
    stage.may_answer.clear()
    assert len(begun(stage, step)) == 1
    assert stage.got(step) == ([f"work on {step}"] if step in {"entered", "seen", "ended"} else [])
    assert stage.pastes(step) == (0 if step == "begun" else 1)


def is_quiet(stage: Stage) -> bool:
    counts = [kinds(stage).count(kind) for kind in ("response.created", "response.done")]
    return counts[0] == counts[1]


def as_before(call: dict[str, Any]) -> str:
    return f"call {call['name']} {json.dumps(call['arguments'])}"


async def test_killed_after_any_step_nothing_is_done_twice_and_the_truth_is_told(
    tmp_path: Path,
) -> None:
    async with staged(tmp_path) as stage:
        await until(lambda: all(map(is_ready, stage.panes.values())), "all are ready", 30)
        previous = ""
        for step in (*STEPS, ""):
            async with daemon(stage) as pid:
                if previous:
                    await see_what_is_told(stage, previous)
                    await see_that_it_is_never_repeated(stage, previous)
                stage.relay.received.clear()
                if step:
                    async with asyncio.TaskGroup() as asking:
                        await ask_for_a_write(stage, step, asking)
                        await stall_and_kill(stage, step, pid)
            previous = step
        assert "Traceback" not in (tmp_path / "daemon.log").read_text()
