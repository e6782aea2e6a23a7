"""Write the pages of reference from what they are about: the settings, and the command line.

Run from the root of the repository::

    PYTHONPATH=. .venv/bin/python scripts/reference.py

``docs/configuration.md`` comes from ``config/teamvoice.toml``, which a test holds equal to the
defaults, and ``docs/cli.md`` from the parsers that make each command's ``--help``. It is not the
help itself that is copied, since every Python lays it out in its own way.
"""

from __future__ import annotations

import argparse
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

from teamvoice.cli.commands import COMMANDS
from teamvoice.cli.parser import Parser
from teamvoice.offline.__main__ import parser as offline_parser

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "config" / "teamvoice.toml"

_SETTINGS = """\
# Configuration

<!-- Made from config/teamvoice.toml by `make docs`. -->

The file is `~/.config/teamvoice/config.toml`, or where `teamvoice config path` says.
`teamvoice init` writes one, `teamvoice config check` says whether it is right, and
`teamvoice config show` what is in force and where it comes from. `config/teamvoice.toml` has all
of this as a file to copy from.

"""
_ENVIRONMENT = """
## The environment

A setting in the environment is written as in the file, but a text without its quotes. A list is
TOML's, in quotes of the shell's: `TEAMVOICE_OFFLINE_WORDS='["kubernetes", "login feature"]'`, and
so is a team: `TEAMVOICE_TEAM_MEMBERS='[{name = "developer"}]'`. These are no settings of the file:

| variable | is |
|---|---|
| `TEAMVOICE_CONFIG_DIR` | the directory of `config.toml`, `env` and `profiles/`; without it \
`~/.config/teamvoice` |
| `TEAMVOICE_STATE_DIR` | the directory of the journal, the sound and the logs; without it \
`~/.local/state/teamvoice` |
| `TEAMVOICE_SOCKET` | the daemon's control socket, for the daemon and for all who look for it; \
without it `teamvoice/control.sock` in `XDG_RUNTIME_DIR`, and without that \
`/tmp/teamvoice-UID/control.sock` (`id -u` tells the UID) |
| `TEAMVOICE_API_KEY` | the API key: [where else it may be](providers.md#the-key) |
| `NO_COLOR` | set to anything: no command, and no face in the terminal, has a colour |
"""
_COMMANDS = """\
# Commands

<!-- Made from the command line itself by `make docs`. -->

Each command says all of this after `--help`. Exit codes: 0 done; 1 refused, unconfirmed or failed;
2 wrong usage or configuration; 3 this machine lacks something, and it says what; 4 no daemon runs.
"""


def pages() -> dict[Path, str]:
    """Each page with the text that it should have."""
    return {
        ROOT / "docs" / "configuration.md": configuration(EXAMPLE.read_text(encoding="utf-8")),
        ROOT / "docs" / "cli.md": cli(),
    }


def configuration(example: str) -> str:
    """The settings of a commented TOML file: a heading for each table, a line for each setting."""
    blocks = [block.splitlines() for block in example.split("\n\n")]
    about, rest = blocks[0], [line for block in blocks[1:] for line in [*block, ""]]
    settings = "\n".join(_tables(rest)).rstrip()
    return f"{_SETTINGS}{_prose(about)}\n{settings}\n{_ENVIRONMENT}"


def _tables(lines: list[str]) -> Iterator[str]:
    comment: list[str] = []
    seen: set[str] = set()
    is_new = True
    for line in lines:
        if line.startswith("#"):
            comment.append(line)
        elif line.startswith("["):
            is_new = line not in seen  # the second member of the team tells nothing new
            seen.add(line)
            if is_new:
                yield f"\n## `{line}`\n"
                yield from [f"{_prose(comment)}\n"] if comment else []
            comment = []
        elif " = " in line and line[:1].isalpha():
            name, _, value = line.partition(" = ")
            if is_new:
                yield f"- **`{name}`** = {_default(value)}: {_prose(comment)}"
            comment = []


def _default(value: str) -> str:
    return f"`{value}`" if value != "[" else "a list, in `config/teamvoice.toml`"


def _prose(comment: list[str]) -> str:
    return _linked(_escaped(" ".join(line.removeprefix("#").strip() for line in comment)))


def _linked(text: str) -> str:
    """With a link where a page beside this one is named."""
    return re.sub(r"\bdocs/(\w+\.md)", r"[\1](\1)", text)


def _escaped(text: str) -> str:
    return text.replace("<", "&lt;")


def cli() -> str:
    """Every command: what it does, its arguments, its examples."""
    parts = [_COMMANDS, _list()]
    for name, command in COMMANDS.items():
        parts += _command(_parser(name, command.module), "##")
    return "\n".join(parts)


def _list() -> str:
    rows = [f"| [`{name}`](#teamvoice-{name}) | {c.summary} |" for name, c in COMMANDS.items()]
    return "\n".join(["| command | does |", "|---|---|", *rows, ""])


def _parser(name: str, module: str) -> argparse.ArgumentParser:
    found = importlib.import_module(module)
    if not hasattr(found, "add_parsers"):  # it hands its words to a parser of its own
        return offline_parser()
    subparsers = Parser(prog="teamvoice").add_subparsers(parser_class=Parser)
    found.add_parsers(subparsers)
    return subparsers.choices[name]


def _command(parser: argparse.ArgumentParser, level: str) -> Iterator[str]:
    yield f"{level} {parser.prog}\n"
    yield _description(parser.description or "")
    actions = [a for a in parser._actions if not isinstance(a, argparse._HelpAction)]  # noqa: SLF001 - argparse has no other way to tell
    inner = [a for a in actions if isinstance(a, argparse._SubParsersAction)]  # noqa: SLF001 - it has no other name
    rows = [f"| `{_form(a)}` | {_cell(a, parser)} |" for a in actions if a not in inner]
    if rows:
        yield "\n".join(["| argument | is |", "|---|---|", *rows, ""])
    if parser.epilog:
        yield f"```text\n{parser.epilog.strip()}\n```\n"
    for action in inner:
        for child in action.choices.values():
            yield from _command(child, f"{level}#")


def _form(action: argparse.Action) -> str:
    """An argument as it is typed."""
    named = action.metavar or "|".join(map(str, action.choices or ()))
    value = str(named or action.dest.upper()).replace("|", "\\|")
    if not action.option_strings:
        forms = {"?": f"[{value}]", "*": f"[{value} ...]", "+": f"{value} [{value} ...]"}
        return forms.get(str(action.nargs), value)
    options = ", ".join(action.option_strings)
    return options if action.nargs == 0 else f"{options} {value}"


def _cell(action: argparse.Action, parser: argparse.ArgumentParser) -> str:
    text = (action.help or "") % {**vars(action), "prog": parser.prog}
    return _linked(_escaped(" ".join(text.split()))).replace("|", "\\|")


def _description(text: str) -> str:
    """Its paragraphs as prose, save those that are laid out: these keep their lines."""
    shown = [
        f"```text\n{part}\n```\n" if "\n  " in f"\n{part}" else f"{_linked(_escaped(part))}\n"
        for part in text.strip("\n").split("\n\n")
    ]
    return "\n".join(shown)


def main() -> None:
    """Write the pages."""
    for page, text in pages().items():
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
