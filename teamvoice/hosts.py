"""Which texts name a machine for ssh, and pass neither for an option nor for words of a shell."""

from __future__ import annotations

import re

from teamvoice.errors import ConfigError

_LONGEST = 255
_USER = r"\w(?:[\w.@:%/\\+-]*[\w.@:%/+-])?"  # an address that begins with ssh:// has one too
_HOST = re.compile(rf"(?:{_USER}@)?[\w\[:][\w.:%/\[\]-]*")


def check_host(host: str, whose: str) -> None:
    """Whether ssh can be given this for a host; a person's ``ssh_config`` may put it in a command.

    Args:
        host: The setting.
        whose: Where it stands, for the error.

    Raises:
        ConfigError: It cannot.
    """
    if len(host) > _LONGEST or not _HOST.fullmatch(host):
        raise ConfigError(
            f"{whose}: {host[:_LONGEST]!r} is no host",
            "write what you would type after ssh: box, user@box or 192.168.1.7",
        )
