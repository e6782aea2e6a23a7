"""The person's session, for a daemon that was there before it: systemd is told of it, and we ask.

A service starts at login, often before the display does, and a process's environment is made once.
What the desktop tells systemd later (``systemctl --user import-environment DISPLAY``, which most
desktops do by themselves) reaches only those who ask.
"""

from __future__ import annotations

import asyncio
import os

from teamvoice.service import variables

_NAMES = frozenset(
    {
        *("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_SESSION_TYPE"),
        *("XDG_CURRENT_DESKTOP", "DBUS_SESSION_BUS_ADDRESS"),
    }
)
_ASK_S = 3.0


async def follow_surroundings() -> bool:
    """Take over what systemd knows of the display now; whether anything is new.

    Only a daemon that systemd started asks: another one has the environment of its terminal.
    """
    if not os.environ.get("NOTIFY_SOCKET"):
        return False
    known = await _known()
    new = {name: value for name, value in known.items() if os.environ.get(name) != value}
    os.environ.update(new)
    return bool(new)


async def _known() -> dict[str, str]:
    try:
        process = await asyncio.create_subprocess_exec(
            *("systemctl", "--user", "show-environment"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except FileNotFoundError:
        return {}
    try:
        out, _ = await asyncio.wait_for(process.communicate(), _ASK_S)
    except TimeoutError:
        return {}
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    known = variables.parsed(out.decode(errors="surrogateescape"))
    return {name: value for name, value in known.items() if name in _NAMES}
