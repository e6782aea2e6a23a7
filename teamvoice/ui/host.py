"""A daemon of a face's own, for as long as the face: where none runs already."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from teamvoice import logfile
from teamvoice.errors import NoDaemon, TeamvoiceError
from teamvoice.ui import wire

START_S = 30.0  # for the daemon to answer
STOP_S = 3.0  # for it to end
_LOOK_S = 0.1


@contextlib.asynccontextmanager
async def a_daemon() -> AsyncIterator[str]:
    """See that a daemon runs; what to tell the person of it, empty when one ran already.

    One that is started here has no key but the face's, and ends with the face, however that ends.

    Raises:
        TeamvoiceError: It does not come up; why, from its log.
    """
    if await _is_there():
        yield ""
        return
    with await asyncio.to_thread(logfile.opened, "talk.log") as output:
        log, begins = Path(output.name), output.tell()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "teamvoice", "run", "--with-stdin"),
            env={**os.environ, "TEAMVOICE_HOTKEY_BACKEND": "socket"},
            stdin=asyncio.subprocess.PIPE,  # it ends with us, however we do
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C in this terminal is the face's
        )
    try:
        is_ours = await _until_it_answers(process, log, begins)
        yield "no daemon ran: this one ends when you quit" if is_ours else ""
    finally:
        await _end(process)


async def _is_there() -> bool:
    try:
        async with asyncio.timeout(wire.SILENT_S):
            return bool(await _who_answers())
    except TimeoutError:
        return True  # it hangs, or has only begun: which of them, the face sees


async def _who_answers() -> int:
    """The process of the daemon; 0 when there is none."""
    try:
        return int((await wire.request(do="status"))["status"]["pid"])
    except NoDaemon:
        return 0


async def _until_it_answers(process: asyncio.subprocess.Process, log: Path, begins: int) -> bool:
    """Whether it is this one: of several that are started at once all but one end again."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(START_S):
            has_ended = False
            while not has_ended:
                has_ended = process.returncode is not None  # then one more look
                if number := await _who_answers():
                    return number == process.pid
                await asyncio.sleep(_LOOK_S)
    written = (await asyncio.to_thread(log.read_bytes))[begins:]
    lines = written.decode("utf-8", "replace").splitlines()
    raise TeamvoiceError("the daemon does not start" + "".join(f"; {x}" for x in lines[-2:]))


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_S)
    except TimeoutError:
        process.kill()
        await process.wait()
