"""From the key coming up to the first sound of the answer, with the real ears and voice.

A spoken command goes in at the pace of a microphone, so that decoding runs along; the clock starts
at the commit and stops at the first ``response.output_audio.delta``.
"""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
import sys
import time
from collections.abc import Iterator
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from bench.report import row
from teamvoice.offline.server import Settings, serve
from teamvoice.offline.wiring import Member, Team, parts

TOKEN = secrets.token_urlsafe(16)
BLOCK_BYTES = 960  # 20 ms
SAID = "what is the project manager working on"
TEAM = Team(members=(Member(name="developer"), Member(name="pm", aliases=("project manager",))))
SESSION = {
    "type": "realtime",
    "audio": {"input": {"turn_detection": None, "transcription": {"model": "gpt-transcribe"}}},
}


def blocks(pcm: bytes) -> Iterator[str]:
    for start in range(0, len(pcm), BLOCK_BYTES):
        yield base64.b64encode(pcm[start : start + BLOCK_BYTES]).decode()


async def send(socket: ClientConnection, kind: str, **fields: Any) -> None:
    await socket.send(json.dumps({"type": kind, **fields}))


async def until(socket: ClientConnection, kind: str) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while True:
            event: dict[str, Any] = json.loads(await socket.recv())
            if event["type"] == kind:
                return event


async def turn(socket: ClientConnection, pcm: bytes) -> float:
    """Say it at the pace of speech; milliseconds from the commit to the first sound."""
    due = time.perf_counter()
    for block in blocks(pcm):
        await send(socket, "input_audio_buffer.append", audio=block)
        due += BLOCK_BYTES / 48_000
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
    began = time.perf_counter()
    await send(socket, "input_audio_buffer.commit")
    await send(socket, "response.create")
    await until(socket, "response.output_audio.delta")
    took = (time.perf_counter() - began) * 1000
    await until(socket, "response.done")
    return took


async def main(turns: int) -> None:
    ears, mind, voice = await asyncio.to_thread(parts, TEAM)
    pcm = b"".join([piece async for piece in voice.speak(SAID)]) + bytes(BLOCK_BYTES * 10)
    async with serve(Settings(token=TOKEN), ears, mind, voice) as url:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with connect(url, additional_headers=headers, max_size=None) as socket:
            await send(socket, "session.update", session=SESSION)
            samples = [await turn(socket, pcm) for _ in range(turns)]
    what = f"commit to the first sound, after {len(pcm) / 48_000:.1f} s of speech"
    print(row(what, samples, "700 ms"))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10))
