"""The environment of systemd's user manager, as ``systemctl --user show-environment`` prints it."""

from __future__ import annotations

import re

_ESCAPED = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_NAMED = dict(zip(b"abfnrtv", b"\a\b\f\n\r\t\v", strict=True))


def parsed(shown: str) -> dict[str, str]:
    """The variables; a value that holds more than plain characters comes as a shell's ``$'…'``."""
    pairs = (line.split("=", 1) for line in shown.splitlines() if "=" in line)
    return {name: _unquoted(value) for name, value in pairs}


def _unquoted(value: str) -> str:
    if value == '""':  # an empty one, of a newer systemd
        return ""
    if not (value.startswith("$'") and value.endswith("'")):
        return value
    return _ESCAPED.sub(_meant, value[2:-1].encode()).decode(errors="surrogateescape")


def _meant(match: re.Match[bytes]) -> bytes:
    word = match[1]
    return bytes([int(word, 8) if len(word) == 3 else _NAMED.get(word[0], word[0])])
