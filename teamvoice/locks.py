"""Files that are the kernel's locks (``flock``), and that may be taken away again.

A lock goes with its process, however that ends; its file stays. Who takes the file away holds the
lock while doing so, and whoever opened it before sees that it is no longer the file of that name,
and opens another one.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


def take(path: Path, *, wait: bool = False) -> int | None:
    """Lock a file, which is made if need be.

    Args:
        path: The file.
        wait: Until it is free; otherwise ``None`` is returned while another one has it.

    Returns:
        The open file: the lock is held until it is closed.
    """
    how = fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB)
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, how)
            if path.stat().st_ino == os.fstat(file).st_ino:
                return file
        except BlockingIOError:
            os.close(file)
            return None
        except FileNotFoundError:
            pass  # it was taken away meanwhile
        except BaseException:
            os.close(file)
            raise
        os.close(file)


def tidy_away(path: Path) -> bool:
    """Remove the file of a lock that nobody holds; whether it did."""
    if not path.exists():
        return False
    file = take(path)
    if file is None:
        return False
    path.unlink()
    os.close(file)
    return True
