"""The desk itself: that what tests do at it really arrives, also at programs that they start."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import numpy as np
import pytest

from teamvoice.audio.capture import Microphone
from tests.support.desk import NEEDS, Desk
from tests.support.wait import until

pytestmark = pytest.mark.needs(*NEEDS)

LISTEN = """\
import asyncio, os
os.environ["DISPLAY"] = ""
from teamvoice.errors import HotkeyUnavailable
from teamvoice.hotkey.pynput_source import PynputSource

async def main():
    edges = []
    for display in ("", ":99999", os.environ["REAL"]):
        os.environ["DISPLAY"] = display
        try:
            async with PynputSource("<f9>", lambda *edge: edges.append(edge), print):
                print("ready", flush=True)
                while len(edges) < 2:
                    await asyncio.sleep(0.01)
                print([down for down, _ in edges], flush=True)
        except HotkeyUnavailable as error:
            print("unavailable", flush=True)

asyncio.run(main())
"""


async def test_speech_reaches_the_microphone(desk: Desk) -> None:
    blocks: list[bytes] = []
    lost: list[str] = []
    async with Microphone() as microphone:
        await microphone.open(lambda pcm, _at: blocks.append(pcm), lost.append)
        await until(blocks.__len__, "the first block")
        await desk.sound.say("tell the developer to start", voice="slt")
        await microphone.close()
    loud = np.abs(np.frombuffer(b"".join(blocks), "<i2").astype(int)) > 1000
    assert loud.sum() > 2400  # a tenth of a second in all
    assert lost == []


async def test_a_display_that_appears_later_is_used(desk: Desk) -> None:
    """In a process of its own: pynput is imported only once in each."""
    environment = {**os.environ, **desk.environment, "REAL": desk.environment["DISPLAY"]}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "ignore", "-c", LISTEN), env=environment, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(20):
            told = [await process.stdout.readline() for _ in range(3)]
            await desk.display.tap("F9")
            told.append(await process.stdout.readline())
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
    assert told == [b"unavailable\n", b"unavailable\n", b"ready\n", b"[True, False]\n"]


async def test_what_a_program_plays_is_recorded(desk: Desk) -> None:
    with desk.sound.recorder() as recorder:
        process = await asyncio.create_subprocess_exec(
            *("paplay", "--raw", "--rate=24000", "--channels=1", "--format=s16le", "/dev/stdin"),
            env={**os.environ, **desk.environment},
            stdin=subprocess.PIPE,
        )
        await process.communicate(b"\x00\x20" * 12_000)
        until_ms = recorder.ms() + 200
        await until(lambda: recorder.ms() > until_ms, "the recorder is past the end")
    loud = np.frombuffer(recorder.pcm(), "<i2") > 4000
    assert abs(int(loud.sum()) - 12_000) < 240
