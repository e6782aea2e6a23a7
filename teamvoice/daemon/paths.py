"""Where the control socket is. Standard library only: ``teamvoice ptt`` starts with this."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path


def control_socket(environ: Mapping[str, str] | None = None) -> str:
    """The path of the control socket, for the daemon and for those who look for it.

    ``$TEAMVOICE_SOCKET``, else ``teamvoice/control.sock`` in ``$XDG_RUNTIME_DIR``, else the same
    in a directory of the user's own under ``/tmp``.
    """
    variables = os.environ if environ is None else environ
    override = variables.get("TEAMVOICE_SOCKET", "")
    if override:
        return override
    runtime = variables.get("XDG_RUNTIME_DIR", "")
    if runtime:
        return f"{runtime}/teamvoice/control.sock"
    # Not $TMPDIR: a key binding may see another one than the daemon does. Whoever else made this
    # directory first gains nothing: both ends refuse a directory or a peer that is not the user's.
    return f"/tmp/teamvoice-{os.getuid()}/control.sock"  # noqa: S108 - ownership is checked


def lock_of(socket: Path) -> Path:
    """The file beside the control socket whose holder is the one daemon on it."""
    return socket.with_name(f"{socket.name}.lock")
