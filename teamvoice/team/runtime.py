"""The directory of locks and of shared connections: beside the control socket."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def directory() -> Path:
    """Where nobody else can put a thing; made when it is not there.

    Raises:
        OSError: It cannot be made, or is not this user's.
    """
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    usable = runtime and os.access(runtime, os.W_OK)
    # Not $TMPDIR: each of two processes may see another one.
    shared = f"/tmp/teamvoice-{os.getuid()}"  # noqa: S108 - whose it is is checked below
    found = Path(f"{runtime}/teamvoice" if usable else shared)
    found.mkdir(mode=0o700, exist_ok=True)
    facts = found.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid():
        raise PermissionError(f"{found} is not a directory of yours")
    return found
