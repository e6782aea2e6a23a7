"""Changing the configuration's files: only what is asked, with the person's comments left alone."""

from __future__ import annotations

import os
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import Array, InlineTable

from teamvoice import apikey, envfile
from teamvoice.config import Member
from teamvoice.errors import ConfigError

_HEAD = "# Settings of teamvoice; config/teamvoice.toml in its source shows them all.\n"


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
    before = _read(file)
    text = _with_members(_with_settings(before, settings), members)
    wanted = _plain(before)
    for section, values in settings.items():
        wanted.setdefault(section, {}).update(values)
    if members:
        team = wanted.setdefault("team", {})
        team["members"] = [*team.get("members", []), *map(_about, members)]
    if _plain(text) != wanted:  # TOML has many ways to write the same: none may lose a thing
        raise ConfigError(
            f"{file}: it is written in a way that cannot be changed by program",
            f"add it by hand:\n{as_text(settings, members)}",
        )
    write_private(file, text)


def as_text(settings: Mapping[str, Mapping[str, Any]], members: Sequence[Member]) -> str:
    """A file that has these settings and members and no others."""
    return _with_members(_with_settings(_HEAD, settings), members)


def set_api_key(file: Path, key: str) -> None:
    """Put the API key into the file of ``NAME=VALUE`` lines, in the place of one that is there.

    Raises:
        ConfigError: The file cannot be read or written, or others can read it.
    """
    kept = envfile.read(file)  # says what is wrong with it
    name = apikey.OURS if apikey.OURS in kept else apikey.SHARED
    lines = file.read_text(encoding="utf-8-sig").splitlines() if file.exists() else []
    lines = [
        n for n in lines if n.strip().removeprefix("export ").partition("=")[0].strip() != name
    ]
    write_private(file, "\n".join([*lines, f"{name}={key}"]) + "\n")


def write_private(file: Path, text: str) -> None:
    """Put a text in a file's place at once, for this user alone.

    Raises:
        ConfigError: It cannot be written; the file is as it was.
    """
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = file.resolve()  # a link into somebody's dotfiles stays one
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        new = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            new.replace(target)
        finally:
            new.unlink(missing_ok=True)  # a key may be in it
    except OSError as error:
        raise ConfigError(f"{file}: cannot be written: {error}") from error


def _read(file: Path) -> str:
    try:
        text = file.read_bytes().decode("utf-8-sig")
        tomllib.loads(text)
    except FileNotFoundError:
        return _HEAD
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: not valid TOML: {error}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read: {error}") from error
    return text


def _with_settings(text: str, settings: Mapping[str, Mapping[str, Any]]) -> str:
    document = tomlkit.parse(text)
    for section, values in settings.items():
        table = document.setdefault(section, tomlkit.table())
        for key, value in values.items():
            if table.get(key) != value:
                table[key] = value
    return tomlkit.dumps(document)


def _with_members(text: str, members: Sequence[Member]) -> str:
    """The text with members added in the way in which those that are there are written."""
    if not members:
        return text
    document = tomlkit.parse(text)
    team = document.get("team", {})
    if isinstance(team, InlineTable):
        team.setdefault("members", tomlkit.array())
    if isinstance(inline := team.get("members"), Array):
        _extend(inline, members)
        return tomlkit.dumps(document)
    blocks = tomlkit.dumps({"team": {"members": [*map(_about, members)]}})
    return f"{text.rstrip()}\n\n{blocks}"


def _extend(inline: Array, members: Sequence[Member]) -> None:
    """Add to ``members = [{…}]``, on lines of their own where the others have some."""
    has_lines = "\n" in inline.as_string()
    for member in members:
        block = tomlkit.inline_table()
        block.update(_about(member))
        if has_lines:
            inline.add_line(block)
        else:
            inline.append(block)


def _plain(text: str) -> dict[str, Any]:
    return tomllib.loads(text)


def _about(member: Member) -> dict[str, Any]:
    """What is written of a member: what is not the default."""
    about: dict[str, Any] = {"name": member.name, "aliases": list(member.aliases)}
    about |= {key: getattr(member, key) for key in ("target", "agent", "host")}
    return {key: value for key, value in about.items() if value}
