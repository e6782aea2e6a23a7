"""What systemd is told: ready, stopping, and a line of status.

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
    text = "\n".join(f"{name}={value}" for name, value in state.items())
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.connect(f"\0{address[1:]}" if address.startswith("@") else address)
            channel.send(text.encode())
    except OSError as error:
        _log.warning("the service manager cannot be told", reason=str(error))
        return False
    return True
