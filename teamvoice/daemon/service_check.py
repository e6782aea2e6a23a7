"""The doctor's look at the service, and at the daemon that runs, which it asks.

What a terminal sees is not what the daemon sees: see :mod:`teamvoice.daemon.selfcheck`.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from teamvoice import config
from teamvoice.daemon.control import LINE_LIMIT
from teamvoice.daemon.finding import Finding
from teamvoice.daemon.paths import control_socket
from teamvoice.daemon.peer import peer_uid
from teamvoice.daemon.selfcheck import environment
from teamvoice.errors import NoDaemon, TeamvoiceError
from teamvoice.service import manager_here
from teamvoice.service.manager import Manager, State

_ANSWER_S = 15.0  # for the daemon to try its sound, and to look at its team
_SOON_S = 5.0  # for its key and its link to come up, or to say why not
_LOOK_S = 0.2
_KEY_ILL = frozenset({"lost", "unavailable", "refused"})
_LINK_ILL = frozenset({"waiting", "stopped"})
_NOBODY = frozenset({"missing", "dead", "shell"})
_PASSING = frozenset({"activating", "reloading", "deactivating"})
_DISPLAY = frozenset({"DISPLAY", "WAYLAND_DISPLAY"})

Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Trouble:
    """What keeps the daemon from serving a turn, and the mend where it has one of its own."""

    part: str
    why: str
    mend: str = ""


async def service(_settings: config.Config) -> Finding:
    """The service as its manager sees it."""
    try:
        manager = manager_here(os.environ)
        state = await _steady(manager)
        unseen = await asyncio.to_thread(manager.unseen)
    except TeamvoiceError as error:
        return Finding("service", "ok", f"not to be had: {error.message}", "teamvoice run")
    if not state.installed:
        mend = "teamvoice service install starts it at login"
        return Finding("service", "ok", "not installed", mend)
    if state.state != "running":
        return _idle(manager, state)
    if state.waits_for:
        return _waiting(state.waits_for)
    if unseen:
        words = f"systemd does not know this session's {', '.join(unseen)}"
        return Finding("service", "warn", words, manager.lead(unseen))
    return Finding("service", "ok", state.line or f"running (pid {state.pid})")


async def _steady(manager: Manager) -> State:
    """Its state, once it neither starts, stops nor takes on new settings just now."""
    state = await asyncio.to_thread(manager.state)
    try:
        async with asyncio.timeout(_SOON_S):
            while state.state in _PASSING and not state.reason:
                await asyncio.sleep(_LOOK_S)
                state = await asyncio.to_thread(manager.state)
    except TimeoutError:
        pass  # what it was last is told
    return state


def _idle(manager: Manager, state: State) -> Finding:
    """Of a service that does not run; with another daemon there, a turn works."""
    why = f": {state.reason}" if state.reason else ""
    told, mend = f"{state.state}{why}", manager.begin(state)
    if _is_served():
        return Finding("service", "warn", f"{told}; another daemon serves", mend)
    return Finding("service", "fail", told, mend)


def _waiting(reason: str) -> Finding:
    """Of a service that runs and has not begun; with another daemon there, a turn works."""
    told = f"it runs, and waits: {reason}"
    if _is_served():
        return Finding("service", "warn", told, "end the other one, and it begins by itself")
    mend = "mend that (teamvoice config check looks again), and it begins by itself"
    return Finding("service", "fail", told, mend)


def _is_served() -> bool:
    """Some daemon listens."""
    with socket.socket(socket.AF_UNIX) as daemon:
        try:
            daemon.connect(control_socket())
        except OSError:
            return False
    return True


async def daemon(_settings: config.Config) -> Finding:
    """The daemon that runs, by what it says of itself: its key, its sound, its link, its team."""
    manager, state = await asyncio.to_thread(_of_the_manager)
    try:
        said = await _settled()
    except NoDaemon:
        if state.state == "running" and not state.waits_for:
            words = f"the service runs (pid {state.pid}), and does not answer on {control_socket()}"
            return Finding("daemon", "fail", words, manager.lead(()) if manager else "")
        return Finding("daemon", "ok", "none runs")
    except TeamvoiceError as error:
        mend = error.mend or _again(manager, state, state.pid, ())
        return Finding("daemon", "fail", error.message, mend)
    return _judged(said, manager, state)


def _of_the_manager() -> tuple[Manager | None, State]:
    """Who keeps the service, and its state; nobody where there is no such manager."""
    try:
        manager = manager_here(os.environ)
        return manager, manager.state()
    except TeamvoiceError:  # the check of the service says so
        return None, State("")


def _judged(said: Answer, manager: Manager | None, state: State) -> Finding:
    here, there = environment(), said.get("environment", {})
    strange = [name for name in {**here, **there} if _value(here, name) != _value(there, name)]
    troubles = list(_troubles(said))
    if not troubles:  # over ssh there is no display, and none is missed
        strange = [n for n in strange if n != "XAUTHORITY" and (n in here or n not in _DISPLAY)]
    other = ", ".join(f"{n}={there.get(n, '')} (here: {here.get(n, 'none')})" for n in strange)
    again = _again(manager, state, said.get("pid", 0), strange)
    if troubles:
        words = "; ".join(f"its {trouble.part}: {trouble.why}" for trouble in troubles)
        own = "; ".join(trouble.mend for trouble in troubles if trouble.mend)
        told = f"{words}; it has {other}" if other else words
        return Finding("daemon", "fail", told, again if strange else own or again)
    if strange:
        return Finding("daemon", "warn", f"it has {other}", again)
    return Finding("daemon", "ok", str(said.get("line", "")))


def _value(variables: Mapping[str, str], name: str) -> str:
    value = variables.get(name, "")
    return value.removesuffix(".0") if name == "DISPLAY" else value


def _troubles(said: Answer) -> Iterator[_Trouble]:
    key, link, microphone = (said.get(part, {}) for part in ("hotkey", "link", "microphone"))
    if key.get("state") in _KEY_ILL:
        yield _Trouble("key", key.get("reason") or key["state"])
    if microphone.get("muted"):
        yield _Trouble("microphone", "it is muted", "teamvoice ptt mute")
    else:
        yield from (_Trouble(**trouble) for trouble in said.get("troubles", ()))
    if link.get("state") in _LINK_ILL:
        yield _Trouble("link", link.get("reason") or link["state"], "teamvoice doctor --online")
    if said.get("cost", {}).get("state") == "spent":
        yield _Trouble("day", "its limit is reached", "raise cost.cap_usd, or wait for tomorrow")
    members = said.get("members", ())
    if members and all(_is_gone(member) for member in members):
        told = ", ".join(f"{member.get('name')} {member.get('state')}" for member in members)
        yield _Trouble("team", " ".join(filter(None, (told, members[0].get("detail", "")))))


def _is_gone(member: Answer) -> bool:
    unseen = member.get("source") == "tmux" and member.get("state") == "unknown"
    return unseen or member.get("state") in _NOBODY


def _again(manager: Manager | None, state: State, pid: int, strange: Sequence[str]) -> str:
    """How to start it again, led as this session is."""
    if manager and pid and pid == state.pid:
        return manager.lead(strange)
    return f"kill {pid}, and start it in this session: teamvoice run" if pid else ""


async def _settled() -> Answer:
    """What the daemon says, once it knows of its key and its link."""
    said = await _asked()
    try:
        async with asyncio.timeout(_SOON_S):
            while said["hotkey"]["state"] == "starting" or said["link"]["state"] == "connecting":
                await asyncio.sleep(_LOOK_S)
                said = await _asked()
    except TimeoutError:
        pass  # the desktop may be asking the person; what it said last holds
    return said


async def _asked() -> Answer:
    """What the daemon says of itself now.

    Raises:
        NoDaemon: Nobody listens.
        TeamvoiceError: It does not answer, or refuses.
    """
    path = control_socket()
    try:
        reader, writer = await asyncio.open_unix_connection(path, limit=LINE_LIMIT)
    except OSError as error:
        raise NoDaemon(f"no daemon answers on {path}") from error
    try:
        if peer_uid(writer.get_extra_info("socket")) != os.getuid():
            raise NoDaemon(f"{path} belongs to another user's process")
        writer.write(b'{"do": "check"}\n')
        line = await asyncio.wait_for(reader.readline(), _ANSWER_S)
    except (TimeoutError, ConnectionError) as error:
        raise TeamvoiceError(f"it does not answer on {path}") from error
    finally:
        writer.transport.abort()
    return _read(line)


def _read(line: bytes) -> Answer:
    try:
        reply = msgspec.json.decode(line, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise TeamvoiceError("it hung up without an answer") from error
    if "check" not in reply:
        raise TeamvoiceError(f"it refuses to be looked at: {reply.get('error')}")
    answer: Answer = reply["check"]
    return answer
