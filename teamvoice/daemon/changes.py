"""Whether the files that the settings and the API key come from have changed."""

from __future__ import annotations

import os
from pathlib import Path

from teamvoice import apikey, config

_Marks = tuple[tuple[int, int, int] | None, ...]


class Changes:
    """Compares the files with how they were. Reads no more than their place in the file system.

    Args:
        file: The configuration that was given; None for the usual one.
    """

    def __init__(self, file: Path | None) -> None:
        credential = apikey.credential_file(os.environ)
        files = (file or config.config_file(), config.key_file(), credential)
        self._files = [each for each in files if each is not None]
        self._known = self._last = self._marks()

    def have_come(self) -> bool:
        """Whether they have changed since this was last true, and are still so at a second look.

        An editor may write a file in two steps: what is seen in between is not meant.
        """
        marks, last = self._marks(), self._last
        self._last = marks
        if marks != last or marks == self._known:
            return False
        self._known = marks
        return True

    def _marks(self) -> _Marks:
        return tuple(_mark(file) for file in self._files)


def _mark(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None  # not there, or not to be had: either way different from a file that is
    return (found.st_mtime_ns, found.st_size, found.st_ino)
