"""What systemd is told: ready, stopping, reloading, a line of status, and that all is well.

The protocol is a datagram to the socket named in ``$NOTIFY_SOCKET`` (see sd_notify(3)).
"""

from __future__ import annotations

import os
import socket

import structlog

_log = structlog.get_logger(__name__)


def notify(**state: str) -> bool:
    """Tell the service manager, if one listens.

    Args:
        state: Assignments such as ``READY="1"`` or ``STATUS="link up"``.

    Returns:
        Whether it was told.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    # A line is an assignment: none of them may hold the end of one.
    text = "\n".join(f"{name}={' '.join(value.split())}" for name, value in state.items())
    kind = socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
    try:
        with socket.socket(socket.AF_UNIX, kind) as channel:
            channel.connect(f"\0{address[1:]}" if address.startswith("@") else address)
            channel.send(text.encode())
    except OSError as error:
        _log.warning("the service manager cannot be told", reason=str(error))
        return False
    return True
