"""A person who sits at a tmux session: a client that is attached to it, with a keyboard."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import termios
from collections.abc import AsyncIterator, Callable

from libtmux import Server

from tests.support.panes import name_of
from tests.support.wait import until

Types = Callable[[str], object]


@contextlib.asynccontextmanager
async def person_at(server: Server, session: str) -> AsyncIterator[Types]:
    """Attach to a session; what is yielded types there, in the pane that is the current one."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (31, 100))
    loop = asyncio.get_running_loop()
    loop.add_reader(ours, lambda: os.read(ours, 65536))  # nobody looks at this screen
    process = await asyncio.create_subprocess_exec(
        "tmux", "-L", name_of(server), "attach-session", "-t", f"={session}",
        stdin=theirs, stdout=theirs, stderr=theirs,
        env={"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8"},
    )  # fmt: skip
    try:
        await until(lambda: is_attached(server, session), f"somebody sits at {session}", 15)
        yield lambda keys: os.write(ours, keys.encode())
    finally:
        loop.remove_reader(ours)
        with contextlib.suppress(ProcessLookupError):  # the server has ended
            process.terminate()
        await process.wait()
        os.close(ours)
        os.close(theirs)


def is_attached(server: Server, session: str) -> bool:
    """Whether somebody sits there."""
    shown = server.cmd("display-message", "-p", "-t", f"={session}:", "#{session_attached}").stdout
    return shown == ["1"]
