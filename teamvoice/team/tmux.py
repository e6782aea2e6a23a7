"""tmux, through libtmux, from asyncio: batched, checked, and never waited for past a deadline.

One invocation of tmux costs some 3 ms however little it does, so every method here is one
invocation that may hold many commands. Every answer's return code and standard error are checked:
tmux and libtmux are both silent about much that fails.

What is written goes to a pane's ``%id`` alone, and only if the pane still is what it was: the
condition is part of the same invocation, so nothing can change between the check and the deed. A
paste into a dead pane would take the whole server down with tmux 3.3a.
"""

from __future__ import annotations

import functools
import os
import re
import secrets
import shlex
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

from libtmux.common import tmux_cmd
from libtmux.exc import TmuxCommandNotFound

from teamvoice.errors import TmuxFailed, TmuxUnasked, TmuxUnavailable
from teamvoice.team.panes import HANDS, Pane, pane_format, parse_panes, with_hands
from teamvoice.team.ssh import Errand
from teamvoice.team.worker import Quick, Worker
from teamvoice.team.writing import Scrolled, Still

T = TypeVar("T")
Command = Sequence[str]

_ANY = Still()  # nothing more than that it is the same pane

_FAR = ("no server running", "error connecting", "server exited", "lost server")
_NO_PANE = ("can't find pane", "no such pane")


class _Invocation(tmux_cmd):
    """One run of tmux that can be ended from another thread."""

    def __init__(self, flags: Sequence[str], commands: Sequence[Command]) -> None:
        self._arguments = [*flags, *_joined(commands)]
        self._program = _typed(flags)

    def run(self) -> list[str]:
        """Run it; the lines that it printed."""
        try:
            super().__init__(*self._arguments)
        except TmuxCommandNotFound:
            raise TmuxUnavailable("tmux is not installed", "install tmux") from None
        if self.returncode != 0 or self.stderr:
            reason = " ".join(self.stderr) or f"tmux ended with {self.returncode}"
            raise _failure(reason, program=self._program)
        return self.stdout

    def end(self) -> None:
        """Kill the tmux client, if it runs; the server goes on."""
        process = getattr(self, "process", None)
        if process is not None and process.poll() is None:
            process.kill()


@dataclass(slots=True)
class Beside:
    """A program that is run on the server's host in the same call, when tmux has answered.

    Args:
        words: The program and its arguments.
        lines: What it printed; None before.
    """

    words: Sequence[str]
    lines: list[str] | None = None


class Tmux:
    """One tmux server, as an async context manager.

    Args:
        socket: A socket's name (``tmux -L``), or its path when it has a slash (``-S``); empty for
            the server that ``$TMUX`` names, else the default one.
        deadline_s: Seconds after which a call has failed.
        options: The user options that are read with every pane.
        host: The machine on which it is, as ssh takes it; empty for this one.

    ``program`` is what a person types to reach that server: ``tmux``, ``tmux -L name``.
    """

    def __init__(
        self, socket: str = "", deadline_s: float = 5.0, options: Sequence[str] = (), host: str = ""
    ) -> None:
        # -u: without it a client in a plain locale gets every character beyond ASCII as "_".
        where = ("-S" if "/" in socket else "-L", socket) if socket else ()
        self._flags = ("-u", *where)
        self.program = _typed(self._flags)
        self._options = tuple(options)
        self._host = host
        self._worker = Worker(f"tmux on {host}" if host else "tmux", deadline_s)

    async def __aenter__(self) -> Self:
        await self._worker.__aenter__()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._worker.__aexit__(*exception)

    async def run(self, *commands: Command) -> list[str]:
        """Run commands in one invocation; the lines that they printed.

        Raises:
            TmuxUnavailable: There is no tmux, no server, or its host cannot be reached.
            TmuxFailed: A command failed (the ones after it were not run), or time ran out.
        """
        return await self._run(commands)

    async def _run(
        self, commands: Sequence[Command], given: str = "", beside: Beside | None = None
    ) -> list[str]:
        if not self._host:
            return await self._worker.call(_Invocation(self._flags, commands))
        words = ("tmux", *self._flags, *_joined(commands))
        if beside is None:
            return await self.errand(*words, given=given)
        fence = f"beside-{secrets.token_hex(8)}"
        script = f"{shlex.join(words)} && echo {fence} && exec {shlex.join(beside.words)}"
        lines = await self.errand("sh", "-c", script)
        end = lines.index(fence)
        beside.lines = lines[end + 1 :]
        return lines[:end]

    async def errand(self, *words: str, given: str = "") -> list[str]:
        """Run a program on the server's host, which is another machine; the lines it printed.

        Args:
            words: The program and its arguments.
            given: Its standard input.

        Raises:
            TmuxUnavailable: The host cannot be reached, or lacks the program.
            TmuxFailed: It failed, or time ran out.
        """
        done = await self._worker.call(Errand(self._host, words, given))
        if done.code != 0:
            raise _failure(done.complaint or f"{words[0]} ended with {done.code}", self._host)
        return done.lines

    async def aside(self, function: Callable[[], T]) -> T:
        """Run a short function that blocks (reading files, say) on the same thread."""
        return await self._worker.call(Quick(function))

    async def panes(self) -> list[Pane]:
        """Every pane of the server, each once, in one invocation."""
        mark = secrets.token_hex(8)
        return self._parse(await self.run(self._listing(mark)), mark)[0]

    def _listing(self, mark: str) -> Command:
        return ("list-panes", "-a", "-F", pane_format(self._options, mark))

    def _parse(self, lines: Sequence[str], mark: str) -> tuple[list[Pane], str]:
        return parse_panes("\n".join(lines), self._options, mark)

    async def look(self, pane_id: str, beside: Beside | None = None) -> tuple[Pane, str] | None:
        """A pane with its screen (with SGR codes), in one invocation; ``None`` if it is gone."""
        mark = secrets.token_hex(8)
        commands: Sequence[Command] = (
            ("display-message", "-p", "-t", pane_id, pane_format(self._options, mark)),
            ("display-message", "-p", "-t", pane_id, HANDS),
            ("capture-pane", "-p", "-e", "-t", pane_id),
        )
        try:
            panes, rest = self._parse(await self._run(commands, beside=beside), mark)
        except TmuxFailed as error:
            if _is_gone(error):
                return None
            raise
        hands, _, screen = rest.partition("\n")
        return (with_hands(panes[0], hands), screen) if panes else None

    async def screens(
        self, pane_ids: Sequence[str], beside: Beside | None = None
    ) -> dict[str, str]:
        """The screens of many panes in one invocation; a pane that is gone is left out."""
        if not pane_ids:
            return {}
        fence = f"screen-{secrets.token_hex(8)}"  # no screen can know it
        try:
            lines = await self._run(_captures(pane_ids, fence), beside=beside)
        except TmuxFailed as error:
            if not _is_gone(error):
                raise
            looks = {pane_id: await self.look(pane_id) for pane_id in pane_ids}
            return {pane_id: look[1] for pane_id, look in looks.items() if look}
        return _split_screens(lines, fence)

    async def snapshot(self, pane_ids: Sequence[str]) -> tuple[list[Pane], dict[str, str]]:
        """Every pane and some screens, in one invocation; no screens if one of them is gone."""
        if not pane_ids:
            return await self.panes(), {}
        mark = secrets.token_hex(8)
        fence = f"screen-{mark}"
        try:
            lines = await self.run(self._listing(mark), *_captures(pane_ids, fence))
        except TmuxFailed as error:
            if not _is_gone(error):
                raise
            return await self.panes(), {}
        first = next(n for n, line in enumerate(lines) if line.startswith(fence))
        return self._parse(lines[:first], mark)[0], _split_screens(lines[first:], fence)

    async def scrollback(self, pane_id: str, lines: int) -> str | None:
        """The last lines of history with the screen, as plain text; ``None`` if it is gone."""
        try:
            return "\n".join(
                await self.run(("capture-pane", "-p", "-J", "-S", f"-{lines}", "-t", pane_id))
            )
        except TmuxFailed as error:
            if _is_gone(error):
                return None
            raise

    async def paste(self, pane_id: str, pid: int, text: str, still: Still = _ANY) -> bool:
        """Paste a text, bracketed and byte for byte, if the pane takes input and is the same.

        Returns:
            Whether it was pasted; if not, nothing reached the pane.
        """
        name = f"teamvoice-{secrets.token_hex(8)}"
        paste = f"paste-buffer -p -r -d -b {name} -t {pane_id}"
        checked = _if(pane_id, _fit(pid, still), paste, f"delete-buffer -b {name}")
        if self._host:
            return await self._run([("load-buffer", "-b", name, "-"), checked], text) == ["done"]
        file = await self.aside(lambda: _private_file(text))
        try:
            lines = await self.run(("load-buffer", "-b", name, str(file)), checked)
        finally:
            await self.aside(lambda: file.unlink(missing_ok=True))
        return lines == ["done"]

    async def press(self, pane_id: str, pid: int, keys: Sequence[str], still: Still = _ANY) -> bool:
        """Press named keys (``Enter``, ``Escape``), if the pane takes input and is the same.

        Returns:
            Whether they were pressed.
        """
        named = " ".join(_quoted(key) for key in keys)
        press = f"send-keys -t {pane_id} {named}"
        return await self.run(_if(pane_id, _fit(pid, still), press)) == ["done"]

    async def leave_mode(self, pane_id: str) -> Scrolled:
        """Leave copy mode (and any other), so that the program gets its input again.

        Returns:
            Where the person was.
        """
        facts = "#{pane_mode} #{?scroll_position,#{scroll_position},0} #{history_size}"
        (line,) = await self.run(
            ("display-message", "-p", "-t", pane_id, facts),
            ("copy-mode", "-q", "-t", pane_id),
        )
        mode, position, history = line.rsplit(" ", 2)
        return Scrolled(mode, int(position), int(history))

    async def restore_view(self, pane_id: str, scrolled: Scrolled) -> bool:
        """Enter copy mode again, at the same lines.

        Returns:
            Whether that was possible: the person entered no mode meanwhile, the lines are still
            in the history, and tmux says that they are shown.
        """
        if scrolled.mode != "copy-mode":
            return False
        (size,) = await self.run(("display-message", "-p", "-t", pane_id, "#{history_size}"))
        line = scrolled.position + max(0, int(size) - scrolled.history)
        show = f"copy-mode -t {pane_id} ; send-keys -X -t {pane_id} goto-line {line}"
        facts = ("display-message", "-p", "-t", pane_id, "#{pane_in_mode} #{scroll_position}")
        *done, shown = await self.run(_if(pane_id, "#{==:#{pane_in_mode},0}", show), facts)
        return done == ["done"] and shown == f"1 {line}"


def _joined(commands: Sequence[Command]) -> list[str]:
    words: list[str] = []
    for command in commands:
        words.extend([";"] if words else [])
        words.extend(command)
    return words


def _fit(pid: int, still: Still) -> str:
    """A condition: the very program, alive, taking input itself, and all that must still hold."""
    facts = "#{pane_pid} #{pane_dead} #{pane_in_mode} #{pane_input_off} #{pane_synchronized}"
    conditions = [f"#{{==:{facts},{pid} 0 0 0 0}}"]
    if still.command:
        conditions.append(f"#{{==:#{{pane_current_command}},{_escaped(still.command)}}}")
    if still.touched:
        conditions.append(f"#{{==:#{{session_activity}},{still.touched}}}")
    conditions += [f"#{{==:#{{C/r:{pattern}}},{number}}}" for number, pattern in still.rows]
    return functools.reduce(lambda both, one: f"#{{&&:{both},{one}}}", conditions)


def _if(pane_id: str, condition: str, deed: str, otherwise: str = "") -> Command:
    """A command that does the deed only if the condition holds, and says whether it did."""
    refusal = f"{otherwise} ; display-message -p refused".removeprefix(" ; ")
    return (
        "if-shell", "-F", "-t", pane_id, condition,
        f"{deed} ; display-message -p done", refusal,
    )  # fmt: skip


def _escaped(text: str) -> str:
    """A text as it stands in a format."""
    return re.sub(r"[#,}]", r"#\g<0>", text)


def _quoted(key: str) -> str:
    """A key's name as tmux's parser takes it."""
    return "'" + key.replace("'", "'\\''") + "'"


def _captures(pane_ids: Sequence[str], fence: str) -> list[Command]:
    commands: list[Command] = []
    for pane_id in pane_ids:
        commands.append(("display-message", "-p", f"{fence} {pane_id}"))
        commands.append(("capture-pane", "-p", "-e", "-t", pane_id))
    return commands


def _split_screens(lines: Sequence[str], fence: str) -> dict[str, str]:
    screens: dict[str, list[str]] = {}
    for line in lines:
        if line.startswith(fence):
            screens[line.split()[-1]] = []
        else:
            screens[next(reversed(screens))].append(line)
    return {pane_id: "\n".join(screen) for pane_id, screen in screens.items()}


def _private_file(text: str) -> Path:
    """A file that only this user can read. tmux's client reads it, so any size goes through.

    Raises:
        TmuxUnasked: There is no room for it.
    """
    name = ""
    try:
        handle, name = tempfile.mkstemp(prefix="teamvoice-", dir=_private_dir())
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8", "replace"))
    except OSError as error:
        if name:
            Path(name).unlink(missing_ok=True)
        raise TmuxUnasked(f"the message cannot be written down for tmux: {error}") from error
    return Path(name)


def _private_dir() -> str | None:
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    return runtime if runtime and os.access(runtime, os.W_OK) else None


def _typed(flags: Sequence[str]) -> str:
    """What reaches the server; ``-u`` is ours."""
    return shlex.join(("tmux", *(flag for flag in flags if flag != "-u")))


def _failure(reason: str, host: str = "", program: str = "tmux") -> TmuxFailed | TmuxUnavailable:
    where = f" on {host}" if host else ""
    if any(sign in reason for sign in _FAR):
        return TmuxUnavailable(
            f"no tmux server answers{where}: {reason}", f"start one: {program} new -s work"
        )
    return TmuxFailed(f"tmux{where}: {reason}")


def _is_gone(error: TmuxFailed) -> bool:
    return any(sign in error.message for sign in _NO_PANE)
