"""Whether a display of this machine answers, without its library."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from pathlib import Path

_X_SOCKETS = Path("/tmp/.X11-unix")  # noqa: S108 - where every X server of the machine listens
_LOCAL = re.compile(r"(?:unix)?:(\d+)(?:\.\d+)?")


def answers(environ: Mapping[str, str]) -> bool:
    """Somebody listens where this environment leads to; not so when it leads to another machine."""
    if wayland := environ.get("WAYLAND_DISPLAY"):
        return _listens(str(Path(environ.get("XDG_RUNTIME_DIR", "/nowhere"), wayland)))
    found = _LOCAL.fullmatch(environ.get("DISPLAY", ""))
    if not found:
        return False
    place = str(_X_SOCKETS / f"X{found[1]}")
    return _listens(place) or _listens(f"\0{place}")


def _listens(address: str) -> bool:
    with socket.socket(socket.AF_UNIX) as server:
        try:
            server.connect(address)
        except OSError:
            return False
    return True
