"""What only the daemon can say of itself to the doctor, who may sit elsewhere.

It has the environment in which it was started, a terminal has another one: with another display it
sees no key, with another sound server it hears nothing, and both look well from the terminal.
"""

from __future__ import annotations

import os
from typing import Any

from teamvoice import config
from teamvoice.daemon import soundcheck
from teamvoice.errors import AudioUnavailable, TeamvoiceError

LEADS = (
    *("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "PULSE_SERVER"),
    *("XDG_RUNTIME_DIR", "TMUX_TMPDIR"),
)
"""The variables that lead to a display, a sound server and a tmux server."""

_LISTEN_S = 0.3
_SILENCE = b"\0\0" * 2400


async def selfcheck(settings: config.Config, *, with_sound: bool) -> dict[str, Any]:
    """Where the daemon is led to, and what is wrong with its sound.

    Args:
        settings: The configuration.
        with_sound: Try the microphone and the speaker; nothing is kept, nothing is heard.

    Returns:
        ``{"environment": {"DISPLAY": ":0"}, "troubles": [{"part": "microphone", "why": "…",
        "mend": "…"}]}``.
    """
    troubles = []
    if with_sound:
        for part, trial in (("microphone", _hear), ("speaker", _sound)):
            try:
                await trial(settings)
            except TeamvoiceError as error:
                troubles.append({"part": part, "why": error.message, "mend": error.mend})
    return {"environment": environment(), "troubles": troubles}


def environment() -> dict[str, str]:
    """What leads this process to its desk; an empty variable leads nowhere, as an absent one."""
    return {name: os.environ[name] for name in LEADS if os.environ.get(name)}


async def _hear(settings: config.Config) -> None:
    level = await soundcheck.hear(settings, _LISTEN_S, lambda _level: None)
    if level.is_silent:
        raise AudioUnavailable(level.verdict, soundcheck.UNMUTE)


async def _sound(settings: config.Config) -> None:
    await soundcheck.sound(settings, _SILENCE)
