"""How long a tool call takes until its text is in the pane, and until its receipt is true.

The clock stops when the program in the pane has read the first byte: it writes down the time, on
the monotonic clock that all processes share. Compared with what tmux alone needs for one command.

Run from the root of the repository: ``python -m bench.send``
"""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import sys
import tempfile
import time
import tty
import uuid
from pathlib import Path

from libtmux import Pane, Server
from libtmux.test.retry import retry_until

from bench.report import row
from teamvoice import config
from teamvoice.team.team import Team
from teamvoice.team.tmux import Tmux
from teamvoice.tools.registry import Toolbox
from teamvoice.tools.team_tools import team_tools

ROUNDS = 30


def be_the_pane(record: Path) -> None:
    """A prompt that writes down when it read something, and empties at Enter."""
    tty.setraw(0)
    draft = b""
    os.write(1, b"\x1b[?2004h")
    with record.open("a", encoding="ascii") as file:
        while True:
            os.write(1, b"\x1b[H\x1b[J" + "❯ ".encode() + draft)
            data = os.read(0, 65536)
            file.write(f"{time.monotonic()}\n")
            file.flush()
            text = data.replace(b"\x1b[200~", b"").replace(b"\x1b[201~", b"")
            draft = b"" if b"\r" in text else draft + text


def lines_of(record: Path) -> list[str]:
    return record.read_text(encoding="ascii").splitlines()


def is_ready(pane: Pane | None) -> bool:
    return pane is not None and "❯" in "".join(pane.capture_pane())


async def bench(server: Server, record: Path) -> None:
    assert server.socket_name
    member = config.Member(name="developer", agent="generic")
    settings = config.Team(socket=server.socket_name, members=(member,))
    async with Team(settings) as team, Tmux(server.socket_name) as tmux:
        toolbox = Toolbox(team_tools(team))
        arrivals, receipts, plain = [], [], []
        for number in range(ROUNDS):
            await team.pin()
            before = len(lines_of(record))
            arguments = json.dumps({"member": "developer", "text": f"message {number}"})
            began = time.monotonic()
            said = await toolbox.call("send_message", arguments)
            receipts.append((time.monotonic() - began) * 1000)
            assert said == "Submitted to the developer.", said
            arrivals.append((float(lines_of(record)[before]) - began) * 1000)
            began = time.monotonic()
            await tmux.run(("display-message", "-p", "x"))
            plain.append((time.monotonic() - began) * 1000)
        one = f"one tmux command alone: {sorted(plain)[ROUNDS // 2]:.1f} ms"
        print(row("tool call to the text in the pane", arrivals, "25 ms", one))
        print(row("tool call to its receipt", receipts, "-", one))


def main() -> None:
    if len(sys.argv) > 1:
        be_the_pane(Path(sys.argv[1]))
    server = Server(socket_name=f"tv-bench-{uuid.uuid4().hex[:8]}", config_file="/dev/null")
    with tempfile.TemporaryDirectory() as directory:
        record = Path(directory) / "record"
        record.touch()
        command = f"exec {shlex.join([sys.executable, '-m', 'bench.send', str(record)])}"
        try:
            session = server.new_session(
                "bench", x=100, y=30, window_name="developer", window_command=command
            )
            retry_until(lambda: is_ready(session.active_pane), seconds=10)
            asyncio.run(bench(server, record))
        finally:
            server.kill()


if __name__ == "__main__":
    main()
