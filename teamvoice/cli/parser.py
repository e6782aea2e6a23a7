"""Parsers that teach: a sentence, the arguments, and an example that can be copied."""

from __future__ import annotations

import argparse
import sys
from typing import NoReturn, TypeAlias


class Parser(argparse.ArgumentParser):
    """Errors are told as everywhere in teamvoice: what is wrong, then how to mend it.

    ``hint`` is more on how.
    """

    hint = ""

    def error(self, message: str) -> NoReturn:
        """End with exit code 2."""
        more = f"; {self.hint}" if self.hint else ""
        sys.stderr.write(f"teamvoice: {message}\nsee: {self.prog} --help{more}\n")
        sys.exit(2)


Subparsers: TypeAlias = "argparse._SubParsersAction[Parser]"  # noqa: SLF001 - it has no other name


def add_command(
    subparsers: Subparsers, name: str, description: str, example: str, *, add_help: bool = True
) -> Parser:
    """Add a parser whose ``--help`` ends with an example, a line each for its lines."""
    indented = "".join(f"  {line}\n" for line in example.splitlines())
    return subparsers.add_parser(
        name,
        description=description,
        epilog=f"example:\n{indented}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=add_help,
        allow_abbrev=False,
    )


def add_json(parser: Parser, what: str) -> None:
    """Add ``--json``; ``what`` says what is printed."""
    parser.add_argument("--json", action="store_true", help=f"print {what}, for programs")
