"""A file of ``NAME=VALUE`` lines that only its owner can read, for the API key."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from teamvoice.errors import ConfigError


def read(file: Path) -> dict[str, str]:
    """The file's assignments; none when it does not exist.

    Raises:
        ConfigError: Others can read it, nobody can, or a line is no assignment.
    """
    try:
        mode = file.stat().st_mode
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read: {error}") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(f"{file}: others can read it", f"chmod 600 {file}")
    return dict(_assignments(text, file))


def _assignments(text: str, file: Path) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip().removeprefix("export ")
        if not stripped or stripped.startswith("#"):
            continue
        name, equals, value = stripped.partition("=")
        if not equals:
            raise ConfigError(f"{file}: line {number} is not NAME=VALUE")
        yield name.strip(), value.strip().strip("'\"")
