"""Who is at the other end of a Unix socket. Standard library only, like :mod:`.paths`."""

from __future__ import annotations

import socket
import struct

_UCRED = struct.Struct("3i")  # pid, uid, gid
_XUCRED = struct.Struct("=IIh")  # version, uid, number of groups
_LOCAL_PEERCRED = 1  # <sys/un.h> on macOS and the BSDs; the level is 0


def peer_uid(connection: socket.socket) -> int:
    """The user id of the process that connected, or that listens, at the other end."""
    linux = getattr(socket, "SO_PEERCRED", None)
    if linux is not None:
        _, uid, _ = _UCRED.unpack(connection.getsockopt(socket.SOL_SOCKET, linux, _UCRED.size))
    else:
        raw = connection.getsockopt(0, _LOCAL_PEERCRED, 128)
        _, uid, _ = _XUCRED.unpack_from(raw)
    return int(uid)
