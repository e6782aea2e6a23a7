"""A turn, step by step, beside the numbers that the design wants to reach.

Measured, in real time: the daemon with the offline server, spoken to at a desk with no devices; and
``ptt press`` as a whole process against that daemon's socket. The barge-in ends when the speaker
was told to be silent and has said what was heard: ``bench/audio`` records a real one. That the text
of a tool call is in the pane is measured by ``bench/send``; here is the call as the turn waits for
it, with its receipt. For a key seen through X, the wait for a bouncing release (hotkey.bounce_ms)
comes on top of the commit.

Run from the root of the repository: ``python -m bench.turn``
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from typing import Any

from bench.report import row
from teamvoice import config, logs
from teamvoice.conversation.states import Sound
from teamvoice.daemon.app import App
from teamvoice.daemon.desk import spoken_desk
from teamvoice.demo.stage import CAST, Stage
from teamvoice.offline.voice import Voice
from tests.support.wait import until

SAYS = ("tell the developer to run the tests", "stop the developer", "who is on the team")
ROUNDS = 2
PRESSES = 5
QUIET = bytes(9600)
Turns = list[dict[str, Any]]
Samples = dict[str, list[float]]


async def measure(socket: str) -> Samples:
    settings = config.Config(
        provider=config.Provider(name="offline"),
        team=config.Team(socket=socket, members=CAST),
    )
    desk, microphone = spoken_desk()
    app = App(settings, desk)
    news = app.watch()
    samples: Samples = {"barge": [], "press": []}
    turns: Turns = []
    async with app:
        await app.link.is_up.wait()
        for text in SAYS * ROUNDS:
            speech = b"".join([piece async for piece in Voice("awb").speak(text)])
            app.key("press", asyncio.get_running_loop().time())
            microphone.say(QUIET + speech + QUIET)
            await microphone.wait_spoken()
            app.key("release", asyncio.get_running_loop().time())
            turns.append(await next_turn(news))
        for _ in range(PRESSES):
            samples["barge"].append(await barge_in(app))
        for _ in range(PRESSES):
            samples["press"].append(await press())
            app.key("cancel", asyncio.get_running_loop().time())
    for step in ("commit", "answer", "sound"):
        samples[step] = [turn["ms"][step] for turn in turns]
    samples["tool"] = [call["ms"] for turn in turns for call in turn["calls"]]
    return samples


async def next_turn(news: AsyncIterator[dict[str, Any]]) -> dict[str, Any]:
    async for event in news:
        if event["event"] == "turn":
            turn: dict[str, Any] = event["turn"]
            return turn
    raise AssertionError("the daemon ended")


async def barge_in(app: App) -> float:
    """Press while it speaks; milliseconds until it does not."""
    machine = app._bridge.machine  # noqa: SLF001 - the desk has no ear of its own
    asked = asyncio.ensure_future(app.ask("who is on the team"))  # noqa: TID251 - a bench, no daemon
    await until(lambda: machine.sound is Sound.PLAYING, "it speaks", 10)
    began = time.perf_counter()
    app.key("press", asyncio.get_running_loop().time())
    while machine.sound is not Sound.SILENT:  # noqa: ASYNC110 - a wait would add to what is timed
        await asyncio.sleep(0)
    took = (time.perf_counter() - began) * 1000
    app.key("cancel", asyncio.get_running_loop().time())
    await asked
    return took


async def press() -> float:
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "teamvoice", "ptt", "press"
    )
    assert await process.wait() == 0
    return (time.perf_counter() - began) * 1000


def main() -> None:
    logs.configure(config.Log(level="error"))
    with tempfile.TemporaryDirectory() as folder, Stage(keep=False) as stage:
        os.environ["TEAMVOICE_STATE_DIR"] = folder
        os.environ["TEAMVOICE_SOCKET"] = f"{folder}/control.sock"
        samples = asyncio.run(measure(stage.socket))
    for step, what, reach in (
        ("press", "ptt press, whole process", "40 ms"),
        ("commit", "key up to the commit", "20 ms, one block"),
        ("tool", "tool call with its receipt", "25 ms to the text in the pane: bench/send"),
        ("answer", "key up to the first audio received", "-"),
        ("sound", "key up to the first spoken sample, offline", "700 ms"),
        ("barge", "barge-in: key down to a silent speaker", "60 ms"),
    ):
        print(row(what, samples[step], reach))


if __name__ == "__main__":
    main()
