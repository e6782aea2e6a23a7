"""The sound of turns as files, where the person wants it kept: ``audio`` beside the journal.

A turn has up to two, both WAV (PCM16, mono, 24 kHz), named after its record in the journal::

    20260131T093000-7-you.wav     what was said, as it was sent
    20260131T093000-7-voice.wav   what was heard of the answer, and nothing that was not

A file is written under another name, flushed, and then named: one that is there is whole. What a
crash left half written goes with the next look. What is too old, or too much, goes oldest first.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
import wave
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

from teamvoice import config
from teamvoice.errors import TeamvoiceError

SIDES = ("you", "voice")

RATE = 24_000  # the house's; of audio.pcm, which needs numpy, and history does not
_DAY_S = 86_400
_HALF = ".part"  # the end of a name whose file is not whole yet
_NOT_A_DIGIT = re.compile(r"[^\dT]")


def audio_dir() -> Path:
    """Where the files are."""
    return config.state_dir() / "audio"


def name_of(record: Mapping[str, Any]) -> str:
    """The name under which a turn's sound is kept; empty for what is no turn."""
    if record.get("kind") not in {"turn", "news"}:
        return ""
    moment = _NOT_A_DIGIT.sub("", str(record.get("time", "")).partition("+")[0])
    return f"{moment}-{record.get('number', 0)}"


def kept(record: Mapping[str, Any]) -> dict[str, Path]:
    """The files of a turn that are there, by whose sound they are: ``you``, ``voice``."""
    name = name_of(record)
    files = {side: audio_dir() / f"{name}-{side}.wav" for side in SIDES}
    return {side: file for side, file in files.items() if name and file.is_file()}


def names_kept() -> set[str]:
    """The names of all turns of which a file is there."""
    return {file.stem.rpartition("-")[0] for file in audio_dir().glob("*.wav")}


def read(file: Path) -> bytes:
    """The sound of a file: PCM16, mono, 24 kHz.

    Raises:
        TeamvoiceError: It is gone, or is not such a file.
    """
    try:
        with wave.open(str(file), "rb") as recording:
            if recording.getparams()[:3] == (1, 2, RATE):
                return recording.readframes(recording.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise TeamvoiceError(f"{file} cannot be played: {error or 'it is cut short'}") from error
    raise TeamvoiceError(f"{file} cannot be played: it is not as teamvoice writes them")


class Recordings:
    """Keeps files, off the event loop's thread, while its context lasts.

    Args:
        folder: Where; it is made, open to its owner alone, when there is something to keep.
        settings: How old they may get, and how large together.
        on_trouble: Told once, in words for a person, when they cannot be kept, and not again
            before one could.
    """

    def __init__(
        self, folder: Path, settings: config.Journal, on_trouble: Callable[[str], None]
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._on_trouble = on_trouble
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="recordings")
        self._failed = False

    async def __aenter__(self) -> Self:
        await self._run(self._tidy)  # also where nothing is kept any more: what is old goes
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self._worker.shutdown)  # what was given is written first

    @property
    def are_wanted(self) -> bool:
        """Something is to be kept."""
        return self._settings.keep_audio

    async def keep(self, name: str, sounds: Mapping[str, bytes]) -> None:
        """Write the sound of a turn; back when it is there, or ``on_trouble`` was told.

        Args:
            name: As :func:`name_of` makes it.
            sounds: PCM16, mono, 24 kHz, by whose it is; an empty one is not written.
        """
        await self._run(self._keep, name, sounds)

    async def _run(self, work: Callable[..., None], *about: Any) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(self._worker, work, *about)
        except OSError as error:
            if not self._failed:
                self._on_trouble(f"the sound of turns cannot be kept: {error}")
            self._failed = True
        else:
            self._failed = False

    # In the worker ------------------------------------------------------------------------------

    def _keep(self, name: str, sounds: Mapping[str, bytes]) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for side, pcm in sounds.items():
            if pcm:
                self._write(self._folder / f"{name}-{side}.wav", pcm)
        self._tidy()

    @staticmethod
    def _write(file: Path, pcm: bytes) -> None:
        half = file.with_suffix(_HALF)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        try:
            with os.fdopen(os.open(half, flags, 0o600), "wb") as stream:
                with wave.open(stream, "wb") as recording:
                    recording.setparams((1, 2, RATE, len(pcm) // 2, "NONE", ""))
                    recording.writeframes(pcm)
                stream.flush()
                os.fsync(stream.fileno())
            half.replace(file)
        finally:
            half.unlink(missing_ok=True)

    def _tidy(self) -> None:
        for half in self._folder.glob(f"*{_HALF}"):
            half.unlink(missing_ok=True)
        files = [(file.stat(), file) for file in self._folder.glob("*.wav")]
        total = sum(about.st_size for about, _ in files)
        oldest = time.time() - self._settings.audio_days * _DAY_S
        for about, file in sorted(files, key=lambda each: each[0].st_mtime):
            if about.st_mtime < oldest or total > self._settings.audio_mb * 1024 * 1024:
                file.unlink(missing_ok=True)
                total -= about.st_size
