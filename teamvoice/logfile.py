"""Log files in the state directory, for what would stand in the midst of a face.

Each begins anew when it has grown.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import BinaryIO

from teamvoice import config

LOG_BYTES = 1_000_000
_STDERR = 2  # the descriptor that libraries of C write to, whatever sys.stderr is


def opened(name: str) -> BinaryIO:
    """To write at its end, for others may write to it too.

    Raises:
        OSError: It cannot be made there.
    """
    log = config.state_dir() / name
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    is_long = log.exists() and log.stat().st_size > LOG_BYTES
    return log.open("wb" if is_long else "ab")


def keep_libraries_apart(name: str) -> None:
    """What libraries of C write to standard error goes to a log; what Python writes stays there.

    For the rest of this process: a library's thread may write to its very end. Where there can be
    no log, it goes nowhere.
    """
    sys.stderr.flush()
    ours = os.dup(_STDERR)
    with _log_or_nothing(name) as log:
        os.dup2(log.fileno(), _STDERR)
    encoding, odd = sys.stderr.encoding, sys.stderr.errors
    sys.stderr = open(  # noqa: SIM115 - it lasts as long as the process
        ours, "w", buffering=1, encoding=encoding, errors=odd, closefd=False
    )


def _log_or_nothing(name: str) -> BinaryIO:
    try:
        return opened(name)
    except OSError:
        return Path(os.devnull).open("ab")
