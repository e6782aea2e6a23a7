"""Who is at the other end of a Unix socket. Standard library only, like :mod:`.paths`."""

from __future__ import annotations

import _socket
import sys

_UCRED = 12  # bytes: pid, uid, gid
_XUCRED = 128  # bytes at most: version, uid, groups
_UID = slice(4, 8)  # in both
_LOCAL_PEERCRED = 1  # <sys/un.h> on macOS and the BSDs; the level is 0


def peer_uid(connection: _socket.socket) -> int:
    """The user id of the process that connected, or that listens, at the other end."""
    linux = getattr(_socket, "SO_PEERCRED", None)
    if linux is not None:
        raw = connection.getsockopt(_socket.SOL_SOCKET, linux, _UCRED)
    else:
        raw = connection.getsockopt(0, _LOCAL_PEERCRED, _XUCRED)
    return int.from_bytes(raw[_UID], sys.byteorder)
