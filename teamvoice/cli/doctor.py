"""``teamvoice doctor``: whether a spoken turn would work here, and what to mend when not."""

from __future__ import annotations

import argparse
import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from teamvoice.cli.output import console, plain, write_json
from teamvoice.cli.parser import Subparsers, add_command, add_json

if TYPE_CHECKING:
    from rich.console import Console

    from teamvoice.daemon.doctor import Finding

_MARKS = {"ok": ("ok", "green"), "warn": ("!!", "yellow"), "fail": ("no", "bold red")}


def add_parsers(subparsers: Subparsers) -> None:
    """Add the parser of ``doctor``."""
    parser = add_command(
        subparsers,
        "doctor",
        "Look at every part that a spoken turn needs: it records for half a second, plays a small\n"
        "sound, and looks at your panes. Exit code 0 only if a spoken turn would work.",
        "teamvoice doctor\nteamvoice doctor --online   # connect to the provider as well",
    )
    parser.add_argument("--online", action="store_true", help="really connect to the provider")
    parser.add_argument("--config", type=Path, metavar="FILE", help="read this file instead")
    add_json(parser, '{"ok": true, "checks": [{"name", "mark": ok|warn|fail, "detail", "mend"}]}')


def run(args: argparse.Namespace) -> int:
    """Examine; 0 when nothing failed."""
    logging.disable()  # what the rooms log is what the findings say
    findings = asyncio.run(_examine(args))
    good = all(finding.mark != "fail" for finding in findings)
    if args.json:
        write_json({"ok": good, "checks": [finding.as_json() for finding in findings]})
    return 0 if good else 1


async def _examine(args: argparse.Namespace) -> list[Finding]:
    from teamvoice.daemon.doctor import examine

    paper = None if args.json else console()
    findings = []
    async for finding in examine(args.config, online=args.online):
        findings.append(finding)
        if paper:
            _show(finding, paper)
    return findings


def _show(finding: Finding, paper: Console) -> None:
    from rich.text import Text

    sign, style = _MARKS[finding.mark]
    line = Text(f"{sign}  ", style=style)
    line.append(f"{finding.name:<12} {plain(finding.detail)}", style="default")
    paper.print(line, soft_wrap=True)
    if finding.mend:
        paper.print(Text(f"    {'':<12} mend: {plain(finding.mend)}"), soft_wrap=True)
