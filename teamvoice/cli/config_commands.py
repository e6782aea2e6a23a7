"""``teamvoice config``: where the configuration is, whether it is good, and what is in force."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from teamvoice import config, preflight
from teamvoice.cli.output import write, write_json
from teamvoice.cli.parser import Subparsers, add_command, add_json
from teamvoice.redaction import Redaction
from teamvoice.team.profiles import own_profiles


def add_parsers(subparsers: Subparsers) -> None:
    """Add the parsers of ``config`` and what follows it."""
    parser = add_command(
        subparsers,
        "config",
        "Look at the configuration: the file, and TEAMVOICE_SECTION_NAME in the environment.",
        "teamvoice config show\nTEAMVOICE_HOTKEY_MODE=auto teamvoice config check",
    )
    actions = parser.add_subparsers(
        dest="action", required=True, metavar="show|check|path", title="what"
    )
    show = add_command(
        actions,
        "show",
        "Print every setting in force, as TOML, with where it comes from. Keys are never shown.",
        "teamvoice config show\nteamvoice config show --json | jq .origins",
    )
    add_json(show, '{"settings": {…}, "origins": {"hotkey.key": "default", …}, "api_key": "…"}')
    check = add_command(
        actions,
        "check",
        "Say whether the configuration can be used; exit code 2 when it cannot.",
        "teamvoice config check --config new.toml",
    )
    add_command(
        actions,
        "path",
        "Print the path of the configuration file, which need not exist.",
        'mkdir -p "$(dirname "$(teamvoice config path)")"',
    )
    for action in (show, check):
        action.add_argument("--config", type=Path, metavar="FILE", help="read this file instead")


def run(args: argparse.Namespace) -> int:
    """Show, check, or tell the path."""
    actions = {"show": _show, "check": _check, "path": _path}
    actions[args.action](args)
    return 0


def _path(_args: argparse.Namespace) -> None:
    write(str(config.config_file()))


def _check(args: argparse.Namespace) -> None:
    loaded = preflight.read(args.config)
    own = config.profiles_dir()
    file = args.config or config.config_file()
    write(f"{file}: fine" if file.exists() else f"{file}: not there, so the defaults hold")
    for name in own_profiles(own):
        write(f"{own}: profile {name}: fine")
    for origin in sorted(set(loaded.origins.values())):
        if origin.startswith("environment"):
            write(f"{origin}: fine")


def _show(args: argparse.Namespace) -> None:
    loaded = config.read(args.config)
    settings = _hide(msgspec.to_builtins(loaded.config), Redaction([config.api_key()]))
    key = config.api_key_origin()
    if args.json:
        write_json({"settings": settings, "origins": loaded.origins, "api_key": key})
        return
    write(f"# API key: {key}")
    for line in _toml(settings, loaded.origins):
        write(line)


def _hide(value: Any, redaction: Redaction) -> Any:
    """The settings without what looks like a secret in their texts, an address for instance."""
    match value:
        case str():
            return redaction.text(value)
        case dict():
            return {name: _hide(item, redaction) for name, item in value.items()}
        case list() | tuple():
            return [_hide(item, redaction) for item in value]
    return value


def _toml(settings: dict[str, Any], origins: dict[str, str]) -> Iterator[str]:
    for section, table in settings.items():
        yield f"\n[{section}]"
        tables = {key: value for key, value in table.items() if _is_tables(value)}
        for key, value in table.items():
            if key not in tables:
                yield f"{key} = {_literal(value)}  # {origins[f'{section}.{key}']}"
        for key, rows in tables.items():
            for head, row in _heads(f"{section}.{key}", rows):
                yield f"\n{head}  # {origins[f'{section}.{key}']}"
                known = {name: value for name, value in row.items() if value is not None}
                yield from (f"{name} = {_literal(value)}" for name, value in known.items())


def _heads(path: str, rows: list[Any] | dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The head of each of a setting's tables, and the table."""
    if isinstance(rows, dict):
        yield from ((f"[{path}.{_literal(name)}]", row) for name, row in rows.items())
    else:
        yield from ((f"[[{path}]]", row) for row in rows)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list | dict) and any(isinstance(row, dict) for row in _rows(value))


def _rows(value: list[Any] | dict[str, Any]) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value


def _literal(value: Any) -> str:
    """A value as TOML writes it: what a setting can be is written as in JSON, but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
