"""The one daemon of this user: who holds the lock beside the socket may listen on it.

The lock is the kernel's (``flock``), so it goes with its process however that ends; whatever a
dead daemon left behind is stale by proof, not by guess. The lock's file keeps the holder's pid.
"""

from __future__ import annotations

import contextlib
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

from teamvoice import locks
from teamvoice.daemon.paths import lock_of
from teamvoice.errors import AlreadyRuns, TeamvoiceError


@contextlib.contextmanager
def claim(path: Path) -> Iterator[socket.socket]:
    """Listen on this path, alone, for as long as the context lasts.

    Raises:
        AlreadyRuns: Another daemon runs; says its pid.
        TeamvoiceError: Others can enter the directory, or
            the path cannot be used for a socket.
    """
    _private_directory(path.parent)
    with _lock(lock_of(path), path), _listening(path) as listener:
        yield listener


def _private_directory(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = directory.lstat()
    except OSError as error:
        raise TeamvoiceError(
            f"the control socket has no place: {error}", "set TEAMVOICE_SOCKET to another path"
        ) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise TeamvoiceError(
            f"{directory} is not a directory of yours", "set TEAMVOICE_SOCKET to another path"
        )
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise TeamvoiceError(f"others can enter {directory}", f"chmod 700 {directory}")


@contextlib.contextmanager
def _lock(file: Path, path: Path) -> Iterator[None]:
    descriptor = locks.take(file)
    if descriptor is None:
        pid = file.read_text("ascii", "replace") if file.exists() else ""
        raise AlreadyRuns(
            f"a daemon runs already (pid {pid or 'unknown'}) on {path}",
            f"stop it first: kill {pid}",
        )
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _listening(path: Path) -> Iterator[socket.socket]:
    path.unlink(missing_ok=True)  # a dead daemon's: the lock is ours
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _bind(listener, path)
        yield listener
    finally:
        listener.close()
        path.unlink(missing_ok=True)


def _bind(listener: socket.socket, path: Path) -> None:
    try:
        listener.bind(str(path))
        path.chmod(0o600)
    except OSError as error:
        raise TeamvoiceError(
            f"cannot listen on {path}: {error}", "set TEAMVOICE_SOCKET to a shorter path"
        ) from error
