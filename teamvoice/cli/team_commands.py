"""``team``, ``send``, ``read`` and ``interrupt``: straight on tmux, with no daemon.

Exit codes: 0 done; 1 refused, unconfirmed or failed; 2 usage or configuration; 3 the machine lacks
something.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from teamvoice.team.glimpses import Status
    from teamvoice.team.receipts import Receipt
from teamvoice.team.team import Team

_COLOURS = {"idle": "green", "working": "cyan", "waiting": "bold yellow", "unknown": "magenta"}


def add_parsers(subparsers: Any) -> None:
    """Add the commands to the parser; imports nothing that is not needed for that."""
    team = subparsers.add_parser("team", help="show what every member is doing")
    send = subparsers.add_parser("send", help="type a message into a member's prompt, submit it")
    send.add_argument("member", help="a member's name or alias")
    send.add_argument("text", help="the message; - reads it from standard input")
    read = subparsers.add_parser("read", help="print the tail of a member's screen")
    read.add_argument("member", help="a member's name or alias")
    read.add_argument("--lines", type=_count, default=20, help="how many lines (20)")
    interrupt = subparsers.add_parser("interrupt", help="stop what a member is working on")
    interrupt.add_argument("member", help="a member's name or alias")
    for command, name in ((team, "team"), (send, "send"), (read, "read"), (interrupt, "interrupt")):
        command.add_argument("--json", action="store_true", help="print JSON")
        command.set_defaults(run=run, command=name)


def run(args: argparse.Namespace) -> int:
    """Carry out one of the commands; the exit code."""
    import asyncio

    from teamvoice.errors import TeamvoiceError

    try:
        return asyncio.run(_run(args))
    except TeamvoiceError as error:
        return _fail(error, as_json=args.json)


async def _run(args: argparse.Namespace) -> int:
    from teamvoice import config
    from teamvoice.team.team import Team

    path = getattr(args, "config", None)
    settings = config.load(path)
    async with Team(settings.team) as team:
        match args.command:
            case "team":
                return await _team(team, as_json=args.json)
            case "read":
                return await _read(team, args)
            case "send":
                text = sys.stdin.read() if args.text == "-" else args.text
                return _report(await team.send(args.member, text), "sent", as_json=args.json)
            case _:
                receipt = await team.interrupt(args.member)
                return _report(receipt, "interrupted", as_json=args.json)


async def _team(team: Team, *, as_json: bool) -> int:
    import time

    statuses = await team.status()
    if as_json:
        now = time.monotonic()
        _print_json({"ok": True, "members": [status.as_json(now) for status in statuses]})
    else:
        _print_table(statuses)
    return 0


async def _read(team: Team, args: argparse.Namespace) -> int:
    member = team.find(args.member)
    text = await team.read(member.name, args.lines)
    if args.json:
        _print_json({"ok": True, "member": member.name, "text": text})
    else:
        print(text)  # noqa: T201 - a command's output
    return 0


def _report(receipt: Receipt, verb: str, *, as_json: bool) -> int:
    from teamvoice.team.receipts import say_interrupted, say_sent

    if as_json:
        _print_json({"ok": receipt.arrived, **receipt.as_json()})
    else:
        sentence = say_sent(receipt) if verb == "sent" else say_interrupted(receipt)
        print(sentence, file=sys.stdout if receipt.arrived else sys.stderr)
    return 0 if receipt.arrived else 1


def _print_table(statuses: Sequence[Status]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for column in ("member", "state", "agent", "pane", "from"):
        table.add_column(column, no_wrap=column != "state")
    for status in statuses:
        kind = str(status.state.kind)
        about = f"{kind}: {' '.join(status.state.detail.split())}"
        state = Text(about if status.state.detail else kind, style=_COLOURS.get(kind, "red"))
        where = Text(f"{status.place} {status.pane}".strip() or "-")
        agent, source = Text(status.agent or "-"), Text(status.state.source)
        table.add_row(Text(status.member.name), state, agent, where, source)
    Console().print(table)  # colours only on a terminal


def _fail(error: Any, *, as_json: bool) -> int:
    if as_json:
        _print_json({"ok": False, "error": error.message, "mend": error.mend})
    else:
        print(f"teamvoice: {error}", file=sys.stderr)  # noqa: T201 - a command's output
    return int(error.exit_code)


def _print_json(value: dict[str, Any]) -> None:
    import json

    print(json.dumps(value, ensure_ascii=False))  # noqa: T201 - a command's output


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 400:
        raise argparse.ArgumentTypeError("between 1 and 400")
    return number
