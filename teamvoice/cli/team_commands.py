"""``team``, ``send``, ``read``, ``answer``, ``interrupt`` and ``held``: with no daemon.

All but ``held``, which reads a file, work straight on tmux. What is to be held is delivered by the
daemon when one runs, else by the command that waits for it.

Exit codes: 0 done; 1 refused, unconfirmed or failed; 2 usage or configuration; 3 the machine lacks
something.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from teamvoice.cli.parser import Parser, add_command
from teamvoice.errors import TeamError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Group
    from rich.table import Table

    from teamvoice import config
    from teamvoice.team.glimpses import Glimpses, Status
    from teamvoice.team.held import Held, HeldMessage
    from teamvoice.team.receipts import Receipt
    from teamvoice.team.team import Team

_AT_LEAST = {"member": 6, "state": 8}  # cells, however narrow the terminal is
_COLOURS = {"idle": "green", "working": "cyan", "waiting": "bold yellow", "unknown": "magenta"}
_OF_A_MEMBER = {"send", "read", "answer", "interrupt"}
_COMMANDS = {
    "team": ("Show what every member is doing.", "teamvoice team --watch"),
    "send": (
        "Type a message into a member's prompt and submit it. The receipt says what became of it.",
        """teamvoice send developer "run the tests"\ngit diff | teamvoice send pm - --when idle""",
    ),
    "read": ("Print the tail of a member's screen.", "teamvoice read developer --lines 40"),
    "answer": (
        "Answer the question that a member waits on. Nothing is pressed if it changes meanwhile.",
        "teamvoice answer developer yes\nteamvoice answer pm 2",
    ),
    "interrupt": ("Stop what a member is working on.", "teamvoice interrupt developer"),
    "held": (
        "List the messages that are held until their member is idle, or withdraw one.",
        "teamvoice held\nteamvoice held --withdraw 1f3a9c02",
    ),
}


def add_parsers(subparsers: Any) -> None:
    """Add the commands to the parser; imports nothing that is not needed for that."""
    for name, (description, example) in _COMMANDS.items():
        command = add_command(subparsers, name, description, example)
        if name in _OF_A_MEMBER:
            command.add_argument("member", help="a member's name or alias")
        _add_arguments(name, command)
        command.add_argument("--json", action="store_true", help="print JSON, for programs")
        command.set_defaults(run=run, command=name)


def _add_arguments(name: str, command: Parser) -> None:
    match name:
        case "team":
            command.add_argument("--watch", action="store_true", help="show it as it changes")
        case "send":
            command.add_argument("text", help="the message; - reads it from standard input")
            command.hint = 'a message that begins with "-" goes after "--": send MEMBER -- -n'
            command.add_argument(
                "--when", choices=("now", "idle"), default="now", help="idle: hold it until then"
            )
        case "read":
            command.add_argument("--lines", type=_count, default=20, help="how many lines (20)")
        case "answer":
            command.add_argument("choice", help="yes, no, or the number or label of an option")
        case "held":
            command.add_argument("--withdraw", metavar="TICKET", help="forget this message")


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

    settings = config.load(getattr(args, "config", None))
    if args.command == "held":
        return _held(args)
    if args.command == "send" and args.when == "idle":
        return await _send_when_idle(settings.team, args)
    async with Team(settings.team) as team:
        return await _with_team(team, args)


async def _with_team(team: Team, args: argparse.Namespace) -> int:
    from teamvoice.team import receipts

    match args.command:
        case "team" if args.watch:
            return await _watch(team, as_json=args.json)
        case "team":
            return await _team(team, as_json=args.json)
        case "read":
            return await _read(team, args)
        case "send":
            receipt = await team.send(args.member, _text(args))
            return _report(receipt, receipts.say_sent(receipt), as_json=args.json)
        case "answer":
            receipt = await team.answer(args.member, args.choice)
            code = _report(receipt, _say_answer(receipt), as_json=args.json)
            if code and not args.json:
                await _tell_question(team, args.member)
            return code
        case _:
            receipt = await team.interrupt(args.member)
            return _report(receipt, receipts.say_interrupted(receipt), as_json=args.json)


async def _send_when_idle(settings: config.Team, args: argparse.Namespace) -> int:
    """Leave it to the daemon that delivers what is held; without one, wait here."""
    import asyncio

    from teamvoice.team.receipts import say_sent, spoken
    from teamvoice.team.team import Team

    ended: dict[str, Receipt] = {}
    news = asyncio.Event()

    def told(message: HeldMessage, receipt: Receipt) -> None:
        ended[message.ticket] = receipt
        news.set()

    held = _held_messages(delivers=False)
    held.delivers = waits = not await asyncio.to_thread(held.is_delivered_by_daemon)
    async with Team(settings, held=held, on_held=told) as team:
        receipt = await team.send(args.member, _text(args), "idle")
        if waits and receipt.ticket:
            sys.stderr.write(
                f"No daemon delivers it: waiting here until {spoken(receipt.member)} is idle. "
                f"Ctrl-C leaves it held.\n"
            )
            elsewhere = None
            while receipt.ticket not in ended and not elsewhere:
                news.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(news.wait(), 1)
                elsewhere = await asyncio.to_thread(_ended_elsewhere, held, receipt)
            receipt = ended.get(receipt.ticket) or elsewhere or receipt
    return _report(receipt, say_sent(receipt), as_json=args.json)


def _held(args: argparse.Namespace) -> int:
    messages = _held_messages(delivers=False)
    if args.withdraw:
        if not messages.withdraw(args.withdraw):
            raise TeamError(f'no message is held as "{args.withdraw}"', "see: teamvoice held")
        return _say("Withdrawn.", {"ok": True}, as_json=args.json)
    found = messages.list()
    if args.json:
        return _say("", {"ok": True, "held": [_builtins(m) for m in found]}, as_json=True)
    for message in found:
        note = f" ({message.note})" if message.note else ""
        line = f"{message.ticket}  {message.member}  {message.state}{note}  {message.text}"
        _say(" ".join(line.split()), {}, as_json=False)
    return 0 if found else _say("Nothing is held.", {}, as_json=False)


def _held_messages(*, delivers: bool) -> Held:
    from teamvoice import config
    from teamvoice.team.held import Held

    return Held(config.state_dir() / "held.json", delivers=delivers, stays=False)


def _ended_elsewhere(held: Held, receipt: Receipt) -> Receipt | None:
    """What became of a held message by another process's hand; ``None`` while it is held."""
    from dataclasses import replace

    from teamvoice.team.receipts import Outcome

    message = held.fate(receipt.ticket)
    if message is None:
        return replace(receipt, outcome=Outcome.REFUSED, why="it was withdrawn", ticket="")
    match "" if held.is_deliverer else message.state:  # of its own ends it is told
        case "arrived":
            seen = "another teamvoice has delivered it"
            return replace(receipt, outcome=Outcome.SUBMITTED, why="", evidence=seen, ticket="")
        case "unconfirmed":
            return replace(receipt, outcome=Outcome.UNCONFIRMED, why=message.note)
    return None


def _builtins(message: HeldMessage) -> Any:
    import msgspec

    return msgspec.to_builtins(message)


def _text(args: argparse.Namespace) -> str:
    """What is to be sent.

    Raises:
        UsageError: It is no text.
    """
    try:
        text = sys.stdin.buffer.read().decode("utf-8") if args.text == "-" else str(args.text)
        text.encode("utf-8")  # an argument that is none holds surrogates
    except UnicodeError:
        raise UsageError("the message is not text in UTF-8", "convert it: iconv -t UTF-8") from None
    return text


def _say_answer(receipt: Receipt) -> str:
    from teamvoice.team.receipts import say_answered

    about = f" {receipt.option}: {receipt.subject}" if receipt.option else ""
    return f"{say_answered(receipt)}{about}"


async def _tell_question(team: Team, name: str) -> None:
    """What stands there to be answered, and how: for whoever was refused."""
    from teamvoice.cli.output import plain
    from teamvoice.team.digest import say_question

    (status,) = await team.status(name)
    if status.state.question:
        sys.stderr.write(plain(f"It asks: {say_question(status.state.question)}") + "\n")


async def _watch(team: Team, *, as_json: bool) -> int:
    """The team again and again, until Ctrl-C.

    On a terminal a table that stays; else a table, or with ``as_json`` a line, for each change.
    """
    import asyncio
    import time

    from rich.live import Live

    from teamvoice.cli.output import console

    known: Glimpses = {}
    shown: Any = None
    stays = not as_json and sys.stdout.isatty()
    with Live(console=console(), auto_refresh=False) if stays else contextlib.nullcontext() as live:
        while True:
            statuses = await team.glance(known)
            seen = [(s.member.name, s.state.kind, s.state.detail, s.pane) for s in statuses]
            if seen != shown and live:
                live.update(_table(statuses), refresh=True)
            elif seen != shown and not as_json:
                console().print(_table(statuses))
                sys.stdout.flush()
            elif seen != shown:
                now = time.monotonic()
                _print_json({"ok": True, "members": [status.as_json(now) for status in statuses]})
            shown = seen
            await asyncio.sleep(1)


async def _team(team: Team, *, as_json: bool) -> int:
    import asyncio
    import time

    from teamvoice.team.steady import REST_S

    statuses = await team.status()
    if not all(status.state.settled for status in statuses):
        await asyncio.sleep(REST_S)
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
        from teamvoice.cli.output import write

        write(text)
    return 0


def _report(receipt: Receipt, sentence: str, *, as_json: bool) -> int:
    from teamvoice.cli.output import plain
    from teamvoice.team.receipts import Outcome

    seen = f"Seen in {receipt.pane}: {receipt.evidence}"
    good = receipt.arrived or receipt.outcome is Outcome.HELD
    if as_json:
        _print_json({"ok": good, **receipt.as_json()})
    else:
        told = [sentence] if good or not receipt.evidence else [sentence, " ".join(seen.split())]
        print(*map(plain, told), sep="\n", file=sys.stdout if good else sys.stderr)
    return 0 if good else 1


def _say(sentence: str, value: dict[str, Any], *, as_json: bool) -> int:
    from teamvoice.cli.output import write

    if as_json:
        _print_json(value)
    else:
        write(sentence)
    return 0


def _print_table(statuses: Sequence[Status]) -> None:
    from rich.console import Console

    Console().print(_table(statuses))  # colours only on a terminal


def _table(statuses: Sequence[Status]) -> Group:
    """The table, and below it, where no column breaks a command, the mends of who is missing."""
    from rich.console import Group
    from rich.text import Text

    from teamvoice.cli.output import plain

    gone = (status for status in statuses if _is_gone(status))
    mends = (f"{status.member.name}: {status.state.detail}" for status in gone)
    lines = (Text(plain(mend), no_wrap=True, overflow="ignore") for mend in mends)
    return Group(_rows(statuses), *lines)


def _is_gone(status: Status) -> bool:
    return status.state.kind == "missing" and status.state.source == "tmux"


def _rows(statuses: Sequence[Status]) -> Table:
    """A row for each; where room is short, the widest columns give way first, the state last."""
    from rich.table import Table
    from rich.text import Text

    from teamvoice.team.digest import say_question

    cut = partial(Text, no_wrap=True, overflow="ellipsis")
    table = Table(box=None, pad_edge=False)
    for column in ("member", "state", "agent", "pane", "from"):
        table.add_column(cut(column), min_width=_AT_LEAST.get(column))
    for status in statuses:
        kind = str(status.state.kind)
        question = status.state.question
        detail = say_question(question) if question else status.state.detail
        about = f"{kind}: {' '.join(detail.split())}"
        is_told = status.state.detail and not _is_gone(status)
        state = Text(about if is_told else kind, style=_COLOURS.get(kind, "red"))
        parts = (status.member.host, status.place, status.pane)
        where = cut(" ".join(filter(None, parts)) or "-")
        agent, source = cut(status.agent or "-"), cut(status.state.source)
        table.add_row(cut(status.member.name), state, agent, where, source)
    return table


def _fail(error: Any, *, as_json: bool) -> int:
    if as_json:
        _print_json({"ok": False, "error": error.message, "mend": error.mend})
    else:
        lines = [f"teamvoice: {error.message}", *([error.mend] if error.mend else [])]
        sys.stderr.write("\n".join(lines) + "\n")
    return int(error.exit_code)


def _print_json(value: dict[str, Any]) -> None:
    from teamvoice.cli.output import write_json

    write_json(value)  # and flushes: --watch may be read through a pipe


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 400:
        raise argparse.ArgumentTypeError(f'"{text}" is not a number between 1 and 400')
    return int(text)
