"""Speech made by flite, and how well it was understood."""

from __future__ import annotations

import subprocess
import tempfile
import wave
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soxr

from teamvoice.offline.ears import Ears
from teamvoice.offline.mind import understand
from teamvoice.offline.vocabulary import Vocabulary
from tests.support.commands import Spoken

VOICES = ("awb", "rms", "slt")
BLOCK_BYTES = 960  # 20 ms
QUIET = bytes(5 * BLOCK_BYTES)


def _tool(name: str, *arguments: str) -> dict[str, Any]:
    properties = {argument: {"type": "string"} for argument in arguments}
    parameters = {"type": "object", "properties": properties, "required": list(arguments)}
    return {"type": "function", "name": name, "description": "", "parameters": parameters}


TOOLS = [
    _tool("list_team"),
    _tool("team_status"),
    _tool("read_member", "member"),
    _tool("send_message", "member", "text"),
    _tool("broadcast", "text"),
    _tool("interrupt", "member"),
]
LATER_TOOLS = [
    _tool("answer_prompt", "member", "answer"),
    _tool("notify_when", "member", "state"),
    _tool("who_needs_me"),
]


class Score(NamedTuple):
    """What came of an utterance: the right call or not, and word errors out of words."""

    right: bool
    errors: int
    words: int


def spoken_pcm(text: str, voice: str) -> bytes:
    """The text as flite says it, 24 kHz mono PCM16, with a little quiet around."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "said.wav"
        command = ["flite", "-voice", voice, "-t", text, "-o", str(file)]
        subprocess.run(command, check=True, timeout=20, stdin=subprocess.DEVNULL)
        with wave.open(str(file)) as wav:
            samples = np.frombuffer(wav.readframes(wav.getnframes()), dtype="<i2")
            resampled = soxr.resample(samples, wav.getframerate(), 24_000)
    return QUIET + bytes(resampled.astype("<i2").tobytes()) + QUIET


def noisy(pcm: bytes, level: float, seed: int = 1) -> bytes:
    """The speech with white noise of an amplitude between 0 and 1 added."""
    noise = np.random.default_rng(seed).normal(0, level * 32_767, len(pcm) // 2)
    mixed = np.frombuffer(pcm, dtype="<i2") + noise
    return bytes(np.clip(mixed, -32_768, 32_767).astype("<i2").tobytes())


def feed(ears: Ears, pcm: bytes) -> None:
    """Begin, and hand the speech over in blocks as a microphone does."""
    ears.begin()
    for start in range(0, len(pcm), BLOCK_BYTES):
        ears.feed(pcm[start : start + BLOCK_BYTES])


def score(command: Spoken, heard: str, team: Vocabulary) -> Score:
    """Whether what was heard leads to the call that was meant, and the errors in its message."""
    calls = understand(heard, TOOLS, team).calls
    first: Mapping[str, Any] = calls[0].arguments if len(calls) == 1 else {}
    name = calls[0].name if len(calls) == 1 else ""
    right = (name, first.get("member", "")) == (command.tool, command.member)
    words = command.message.split()
    return Score(right, word_errors(words, str(first.get("text", "")).split()), len(words))


def word_errors(meant: list[str], heard: list[str]) -> int:
    """Words to insert, delete or replace to make one of the other."""
    row = list(range(len(heard) + 1))
    for number, word in enumerate(meant, 1):
        above, row = row, [number]
        for at, other in enumerate(heard, 1):
            row.append(min(above[at] + 1, row[-1] + 1, above[at - 1] + (word != other)))
    return row[-1]
