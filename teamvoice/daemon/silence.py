"""What is silenced, microphone or voice, kept where a crash does not reach it.

A microphone that somebody muted stays muted until somebody says otherwise: a daemon that was
killed and started again must not open it. Each is an empty file: there, or not, and never broken.
"""

from __future__ import annotations

import asyncio
from pathlib import Path


class Silence:
    """What is silenced, in a folder; ``muted`` is the microphone, ``quiet`` the voice.

    Args:
        folder: Where it is kept; it need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self._muted, self._quiet = folder / "muted", folder / "quiet"
        self._writing = asyncio.Lock()
        self.muted = False
        self.quiet = False

    async def recall(self) -> None:
        """Learn how it was left."""
        self.muted, self.quiet = await asyncio.to_thread(self._read)

    @property
    def as_left(self) -> tuple[bool, bool]:
        """Whether the microphone is muted, and the voice quiet."""
        return self.muted, self.quiet

    async def change(self, *, muted: bool, quiet: bool) -> str:
        """It is so from now on, also for a daemon that is started later.

        Returns:
            Why it cannot be kept, and so holds only while this process lives; empty when it can.
        """
        self.muted, self.quiet = muted, quiet
        async with self._writing:
            try:
                await asyncio.to_thread(self._write)
            except OSError as error:
                return f"after a restart that would be forgotten: {error}"
        return ""

    def _read(self) -> tuple[bool, bool]:
        return self._muted.exists(), self._quiet.exists()

    def _write(self) -> None:
        """As it is now, which may be newer than what it was called for."""
        for file, is_so in ((self._muted, self.muted), (self._quiet, self.quiet)):
            if is_so:
                file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                file.touch(0o600)
            else:
                file.unlink(missing_ok=True)
