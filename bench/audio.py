"""Keys and sound on the virtual desk: ``python -m bench.audio``.

Sound at the speaker is timed by when a recorder hears it, so that what the recorder takes is part
of the figure; a real card adds its own buffer.
"""

from __future__ import annotations

import asyncio
import itertools
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.report import row
from teamvoice.audio.capture import Microphone
from teamvoice.audio.latency import STEPS
from teamvoice.audio.pcm import BLOCK_MS, RATE, float32_to_pcm16
from teamvoice.audio.playback import Speaker
from teamvoice.hotkey.pynput_source import PynputSource
from tests.support.desk import Recorder, Sound, display_at, listening_at, sitting_at
from tests.support.wait import until

ROUNDS = 20
PHASES = itertools.cycle(range(0, BLOCK_MS, 3))
TONE = float32_to_pcm16(0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE * 3) / RATE))


async def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        sound = Sound(home)
        with sound.serving(), listening_at(sound):
            with display_at(home) as display, sitting_at(display.environment):
                await keys()
            await barge_in(sound)


async def barge_in(sound: Sound) -> None:
    quick = [await silenced(sound, ours) for _ in range(ROUNDS)]
    usual = [await silenced(sound, stopped) for _ in range(ROUNDS)]
    compared = f"sounddevice's own stop() in this run: {statistics.median(usual):.1f} ms"
    print(row("barge-in: silence() to silence at the speaker", quick, "60 ms", compared))


async def silenced(sound: Sound, play: Callable[[Recorder], Awaitable[float]]) -> float:
    """Milliseconds from the order to the last sound at the speaker."""
    with sound.recorder() as recorder:
        ordered = await play(recorder)
        end = recorder.ms() + 150
        await until(lambda: recorder.ms() > end, "the recorder is past the end")
        last = loud(recorder.pcm())[-1]
        return (recorder.arrival(int(last) * 2) - ordered) * 1000


async def ours(recorder: Recorder) -> float:
    async with Speaker() as speaker:
        speaker.play("item", 0, TONE)
        await sounding(recorder)
        ordered = time.monotonic()
        await speaker.silence()
        return ordered


async def stopped(recorder: Recorder) -> float:
    """The way of a program that plays with sounddevice and calls stop()."""
    import sounddevice

    at = 0

    def fill(out: Any, frames: int, _times: Any, _flags: Any) -> None:
        nonlocal at
        out[:] = TONE[at : at + frames * 2]
        at += frames * 2

    settings = {"samplerate": RATE, "channels": 1, "dtype": "int16", "latency": STEPS[0]}
    with sounddevice.RawOutputStream(**settings, device="pulse", callback=fill) as stream:
        await sounding(recorder)
        ordered = time.monotonic()
        stream.stop()
    return ordered


async def sounding(recorder: Recorder) -> None:
    await until(lambda: len(loud(recorder.pcm())) > RATE // 4, "a quarter of a second of sound")
    # Sound arrives in the rhythm of the device's period: order anywhere within it.
    await asyncio.sleep(next(PHASES) / 1000)


def loud(pcm: bytes) -> Any:
    whole = np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2").astype(int)
    return np.flatnonzero(np.abs(whole) > 300)


async def keys() -> None:
    import Xlib.display
    import Xlib.ext.xtest
    import Xlib.X
    import Xlib.XK

    keyboard = Xlib.display.Display()
    code = keyboard.keysym_to_keycode(Xlib.XK.string_to_keysym("F9"))

    def move(kind: int) -> float:
        at = time.monotonic()
        Xlib.ext.xtest.fake_input(keyboard, kind, code)
        keyboard.sync()
        return at

    edges: list[float] = []
    async with (
        Microphone() as microphone,
        PynputSource("<f9>", lambda _down, _at: edges.append(time.monotonic()), print),
    ):
        rounds = [
            await hold(
                microphone, edges, lambda: move(Xlib.X.KeyPress), lambda: move(Xlib.X.KeyRelease)
            )
            for _ in range(ROUNDS)
        ]
    keyboard.close()
    seen, first, closed = zip(*rounds, strict=True)
    print(row("key down to callback", seen, "one audio block (20 ms)"))
    print(row("key down to the first block of 20 ms", first, "two audio blocks (40 ms)"))
    print(row("key up to the last block handed over", closed, "one audio block (20 ms)"))


async def hold(
    microphone: Microphone,
    edges: list[float],
    press: Callable[[], float],
    release: Callable[[], float],
) -> tuple[float, float, float]:
    """Milliseconds: key to callback, key to first block, key up to closed."""
    edges.clear()
    blocks: list[float] = []
    down = press()
    await until(edges.__len__, "the key is seen")
    await microphone.open(lambda _pcm, _at: blocks.append(time.monotonic()), print)
    await until(lambda: len(blocks) > 10, "blocks")
    up = release()
    await until(lambda: len(edges) > 1, "the key is seen to come up")
    await microphone.close()
    return tuple(
        (at - since) * 1000
        for at, since in ((edges[0], down), (blocks[0], down), (time.monotonic(), up))
    )  # type: ignore[return-value] # three, as written


if __name__ == "__main__":
    asyncio.run(main())
