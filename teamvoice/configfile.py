"""Changing the configuration's files: only what is asked, with the person's comments left alone."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from teamvoice import envfile
from teamvoice.config import Member
from teamvoice.errors import ConfigError

_HEAD = "Settings of teamvoice; config/teamvoice.toml in its source shows them all."


def change(
    file: Path, settings: Mapping[str, Mapping[str, Any]], members: Sequence[Member]
) -> None:
    """Set some settings and add some members; all else in the file stays as it is.

    Args:
        file: The file; it need not exist.
        settings: By section and key.
        members: They are added to those that are there.

    Raises:
        ConfigError: The file cannot be read, is not TOML, or cannot be written.
    """
    document = _read(file)
    for section, values in settings.items():
        table = document.setdefault(section, tomlkit.table())
        for key, value in values.items():
            if table.get(key) != value:
                table[key] = value
    if members:
        team = document.setdefault("team", tomlkit.table(is_super_table=True))
        blocks = team.setdefault("members", tomlkit.aot())
        for member in members:
            blocks.append(_block(member))
    write_private(file, tomlkit.dumps(document))


def set_key(file: Path, name: str, key: str) -> None:
    """Put an API key into the file of ``NAME=VALUE`` lines, in the place of an older one.

    Raises:
        ConfigError: The file cannot be read or written, or others can read it.
    """
    envfile.read(file)  # says what is wrong with it
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    kept = [n for n in lines if n.strip().removeprefix("export ").partition("=")[0].strip() != name]
    write_private(file, "\n".join([*kept, f"{name}={key}"]) + "\n")


def write_private(file: Path, text: str) -> None:
    """Put a text in a file's place at once, for this user alone.

    Raises:
        ConfigError: It cannot be written; the file is as it was.
    """
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = file.resolve()  # a link into somebody's dotfiles stays one
        handle, new = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(new).replace(target)
    except OSError as error:
        raise ConfigError(f"{file}: cannot be written: {error}") from error


def _read(file: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        document = tomlkit.document()
        document.add(tomlkit.comment(_HEAD))
        return document
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read: {error}") from error
    except TOMLKitError as error:
        raise ConfigError(f"{file}: not valid TOML: {error}") from error


def _block(member: Member) -> Any:
    block = tomlkit.table()
    block.add("name", member.name)
    if member.aliases:
        block.add("aliases", list(member.aliases))
    for key in ("target", "agent", "host"):
        if value := getattr(member, key):
            block.add(key, value)
    return block
