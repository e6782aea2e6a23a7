"""Which source of the key serves in this session, and why. Pure.

=================== ========= ======================================================
session             source    when it cannot be had
=================== ========= ======================================================
macOS               pynput
X11                 pynput
Wayland             portal    a binding of the desktop's own, which is spelled out
none yet            pynput    looked for again, until there is a display
=================== ========= ======================================================

evdev is never chosen: it reads all that is typed, and only a person can want that.
"""

from __future__ import annotations

from collections.abc import Mapping

from teamvoice.errors import ConfigError
from teamvoice.hotkey.bindings import binding, desktop_of


def choose(backend: str, environ: Mapping[str, str], platform: str) -> tuple[str, str]:
    """The name of the source that serves, and a clause that says why.

    Args:
        backend: ``hotkey.backend``.
        environ: The variables of the session.
        platform: ``sys.platform``.
    """
    if backend != "auto":
        return backend, "as configured"
    if not platform.startswith("linux"):
        return "pynput", "chosen for this system"
    if is_wayland(environ):
        return "portal", "chosen for a Wayland session"
    if environ.get("DISPLAY"):
        return "pynput", "chosen for an X11 session"
    return "pynput", "no session with a display yet"


def is_wayland(environ: Mapping[str, str]) -> bool:
    """The session is of Wayland; an X server beside it changes nothing."""
    kind = environ.get("XDG_SESSION_TYPE", "")
    return kind == "wayland" or (kind != "x11" and bool(environ.get("WAYLAND_DISPLAY")))


def otherwise(name: str, key: str, environ: Mapping[str, str]) -> str:
    """What to add to the desktop when its session shows no key; one line, empty for nothing."""
    desktop = desktop_of(environ)
    if name != "portal":
        return ""
    if not desktop:
        return "bind a key of your desktop to teamvoice ptt; see: teamvoice keys bind --help"
    try:
        found = binding(desktop, key)
    except ConfigError as error:
        return error.message
    if desktop not in {"sway", "hyprland"}:  # whose lines are short
        return f"teamvoice keys bind {desktop} says what to add"
    return f"add to {found.where}: {'  and  '.join(found.lines)}"
