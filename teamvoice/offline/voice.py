"""The voice: flite, or espeak-ng where flite is not installed, as 24 kHz mono PCM16.

A text is spoken sentence by sentence, so that the first is heard while the next is not yet made.
The text reaches the program on its standard input, where it cannot be taken for an option; the
sound comes back in a file, because flite hangs when its output is a pipe.
"""

from __future__ import annotations

import asyncio
import io
import shutil
import subprocess
import tempfile
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np

from teamvoice.errors import MissingPart, TeamvoiceError
from teamvoice.offline import wording

RATE = 24_000
FLITE_VOICES = ("slt", "awb", "rms", "kal", "kal16")
_CHUNK_BYTES = RATE * 2 // 10  # 100 ms
_DEADLINE_S = 15.0


def voices() -> tuple[str, ...]:
    """The voices that are installed here: flite's, and those of espeak-ng's that speak English."""
    flite = FLITE_VOICES if shutil.which("flite") else ()
    espeak = shutil.which("espeak-ng")
    if not espeak:
        return flite
    command = [espeak, "--voices=en"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_DEADLINE_S, check=True)
    rows = [line.split() for line in done.stdout.splitlines()[1:]]
    # a voice of mbrola's is listed whether or not it is there
    own = [row[1] for row in rows if row[1].startswith("en") and "mb/" not in row[4]]
    return (*flite, *dict.fromkeys(own))


class Voice:
    """Text to speech.

    Args:
        name: One of :data:`FLITE_VOICES`, or a voice of espeak-ng's, which begins with a language
            (``en-gb``). Any other name, such as one of a provider's, gives the default voice.
    """

    def __init__(self, name: str = "slt") -> None:
        self.name = name

    def program(self) -> list[str]:
        """The command that says its standard input into the WAV file whose name is put behind it.

        Raises:
            MissingPart: Neither flite nor espeak-ng is installed.
        """
        flite, espeak = shutil.which("flite"), shutil.which("espeak-ng")
        own = self.name.startswith("en")
        if flite and not (own and espeak):
            voice = self.name if self.name in FLITE_VOICES else FLITE_VOICES[0]
            return [flite, "-voice", voice, "-o"]
        if espeak:
            voice = self.name if own else "en-us"
            return [espeak, "-v", voice, "--stdin", "-w"]
        raise MissingPart("no program that speaks is installed", "sudo apt install flite")

    async def speak(self, text: str) -> AsyncIterator[bytes]:
        """The text as speech, in pieces of at most 100 ms.

        Closing the iterator ends the speech; no program outlives it.

        Raises:
            MissingPart: Neither flite nor espeak-ng is installed.
            TeamvoiceError: The program failed, or did not answer in time.
        """
        program = self.program()
        for sentence in wording.sentences(text):
            pcm = _pcm(await _run(program, sentence))
            for start in range(0, len(pcm), _CHUNK_BYTES):
                yield pcm[start : start + _CHUNK_BYTES]


async def _run(program: list[str], text: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="teamvoice-voice-") as directory:
        wav = Path(directory) / "said.wav"
        async with _child([*program, str(wav)]) as child:
            try:
                async with asyncio.timeout(_DEADLINE_S):
                    _, complaint = await child.communicate(text.encode("ascii") + b"\n")
            except TimeoutError:
                late = f"{program[0]} did not speak within {_DEADLINE_S:.0f} s"
                raise TeamvoiceError(late) from None
        if child.returncode or not wav.exists():
            reason = complaint.decode(errors="replace").strip() or f"exit code {child.returncode}"
            raise TeamvoiceError(f"{program[0]} could not speak: {reason}")
        return wav.read_bytes()


@asynccontextmanager
async def _child(program: list[str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """A program that is gone when the block is left, however it is left."""
    pipe = asyncio.subprocess.PIPE
    silent = asyncio.subprocess.DEVNULL
    child = await asyncio.create_subprocess_exec(*program, stdin=pipe, stdout=silent, stderr=pipe)
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


def _pcm(wav: bytes) -> bytes:
    """A WAV file as 24 kHz mono PCM16."""
    import soxr

    with wave.open(io.BytesIO(wav)) as file:
        rate, channels = file.getframerate(), file.getnchannels()
        frames = file.readframes(file.getnframes())
    samples = np.frombuffer(frames[: len(frames) // 2 * 2], dtype="<i2")
    mono = samples.reshape(-1, channels)[:, 0]
    return bytes(soxr.resample(mono, rate, RATE).astype("<i2").tobytes())
