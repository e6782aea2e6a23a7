"""A turn, step by step: the daemon with the offline server, spoken to at a desk with no devices.

The numbers of the design: key up to commit on the wire, one block of 20 ms; key up to the first
spoken sample, 700 ms. For a key seen through X, the wait for a bouncing release (hotkey.bounce_ms)
comes on top of the first.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from typing import Any

from bench.report import row
from teamvoice import config, logs
from teamvoice.daemon.app import App
from teamvoice.daemon.desk import spoken_desk
from teamvoice.demo.stage import CAST, Stage
from teamvoice.offline.voice import Voice

SAYS = ("tell the developer to run the tests", "stop the developer", "who is on the team")
ROUNDS = 4


async def measure(socket: str) -> list[dict[str, Any]]:
    settings = config.Config(
        provider=config.Provider(name="offline"),
        team=config.Team(socket=socket, members=CAST),
    )
    desk, microphone = spoken_desk()
    app = App(settings, desk)
    news = app.watch()
    turns = []
    async with app:
        await app.link.is_up.wait()
        for text in SAYS * ROUNDS:
            speech = b"".join([piece async for piece in Voice("awb").speak(text)])
            app.key("press", asyncio.get_running_loop().time())
            microphone.say(bytes(9600) + speech + bytes(9600))
            await microphone.wait_spoken()
            app.key("release", asyncio.get_running_loop().time())
            async for event in news:
                if event["event"] == "turn":
                    turns.append(event["turn"])
                    break
    return turns


def main() -> None:
    logs.configure(config.Log(level="error"))
    with tempfile.TemporaryDirectory() as folder, Stage(keep=False) as stage:
        os.environ["TEAMVOICE_STATE_DIR"] = folder
        os.environ["TEAMVOICE_SOCKET"] = f"{folder}/control.sock"
        turns = asyncio.run(measure(stage.socket))
    for step, what, reach in (
        ("commit", "key up to commit", "20 ms, one block"),
        ("answer", "key up to the first audio received", "-"),
        ("sound", "key up to the first spoken sample", "700 ms"),
    ):
        print(row(f"offline turn, {what}", [turn["ms"][step] for turn in turns], reach))


if __name__ == "__main__":
    main()
