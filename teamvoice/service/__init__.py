"""The daemon as a service of the person's session: systemd's, or launchd's on macOS."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from teamvoice.service.launchd import Launchd
from teamvoice.service.manager import Manager
from teamvoice.service.systemd import Systemd

__all__ = ["manager_here"]


def manager_here(environ: Mapping[str, str]) -> Manager:
    """The service manager of this system."""
    return Launchd(environ) if sys.platform == "darwin" else Systemd(environ)
