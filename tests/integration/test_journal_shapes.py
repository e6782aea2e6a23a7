"""What is no record of ours, and what is no file, where the journal is read."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from teamvoice import config
from teamvoice.daemon.cost import Tariff
from teamvoice.daemon.journal import read_last
from teamvoice.daemon.spending import Spending
from teamvoice.errors import TeamvoiceError
from tests.support.cli import Cli
from tests.support.small_voice import SmallVoice

NOW_HERE = datetime.now(UTC).astimezone()
NOW = NOW_HERE.isoformat(timespec="seconds")

# One that is wrong in each, of which somebody who reads it would not be able to make anything.
WRONG: list[dict[str, Any]] = [
    {"cost_usd": "abc"},
    {"cost_usd": [1]},
    {"dollars": {"text_in": "1"}},
    {"dollars": {"gold": 1.0}},
    {"dollars": None},
    {"usage": [{"text_in": "many"}]},
    {"usage": 5},
    {"sent_ms": 10**400},
    {"model": ["a"]},
    {"kind": ["turn"]},
    {"kind": "call", "state": ["begun"], "call_id": "c"},
    {"kind": "call", "state": "begun", "call_id": [1]},
    {"kind": "told", "call_ids": [["c"]]},
    {"kind": "said", "number": [1], "late": False},
    {"kind": "gap", "missed": "\x1b[2J"},
    {"lost": {"turn": 1}},
    {"calls": [{"call_id": [1]}]},
    {"calls": [{"name": {"a": 1}}]},
    {"calls": "none"},
    {"ms": {"total": "abc"}},
    {"ms": 5},
    {"heard": ["a"]},
    {"spoken": 5},
    {"time": 5},
    {"time": "9999-12-31T23:59:59-14:00"},
    {"time": "0001-01-01T00:00:00+14:00"},
]
DEPTHS = (150, 900, 3000)
DEEP = [b'{"kind": "turn", "a": %s}' % (b"[" * depth + b"]" * depth) for depth in DEPTHS]
ODD = [json.dumps({"kind": "turn", "time": NOW, **one}).encode() for one in WRONG]


@pytest.fixture
def cli() -> Iterator[Cli]:
    with tempfile.TemporaryDirectory() as directory:
        yield Cli(Path(directory))


@pytest.fixture
def path(cli: Cli) -> Path:
    path = cli.directory / "state" / "journal.jsonl"
    path.parent.mkdir()
    return path


@pytest.mark.parametrize("odd", [*ODD, *DEEP], ids=[repr(one)[:40] for one in (*WRONG, *DEPTHS)])
def test_a_record_of_another_shape_is_passed_over(path: Path, odd: bytes) -> None:
    path.write_bytes(b'{"n": 1}\n%s\n{"n": 2}\n' % odd)
    assert [record["n"] for record in read_last(path, 9)] == [1, 2]


def test_what_may_be_missing_or_new_is_no_fault(path: Path) -> None:
    call = {"call_id": "c", "arguments": [{"a": [{}]}], "ms": 3}
    fine: list[dict[str, Any]] = [
        {},
        {"kind": "turn", "time": NOW, "model": None, "cost_usd": None, "ms": {"total": None}},
        {"kind": "turn", "time": "some day", "dollars": {"text_in": None}, "calls": [call] * 90},
        {"kind": "call", "state": "ended", **call},
        {"kind": "mood", "moods": [{"now": "fine"}]},
    ]
    path.write_bytes(b"".join(json.dumps(record).encode() + b"\n" for record in fine))
    assert read_last(path, 9) == fine


def test_what_was_spent_today_is_known_whatever_else_the_journal_has(path: Path) -> None:
    spent = {"kind": "spent", "time": NOW, "dollars": {"text_in": 0.25}, "cost_usd": 0.25}
    path.write_bytes(b"\n".join([json.dumps(spent).encode(), *ODD, *DEEP, b""]))
    tariff = Tariff(config.Config(), "openai")
    read = Spending(tariff, path, lambda _: None, lambda: NOW_HERE).read(0.0)
    assert read.usd == 0.25


async def test_history_and_usage_show_what_is_well_formed(cli: Cli, path: Path) -> None:
    voice = SmallVoice()
    first, last = [json.dumps(await voice.ask(text)).encode() for text in ("first", "last")]
    await asyncio.to_thread(path.write_bytes, b"\n".join([first, *ODD, *DEEP, last, b""]))
    done = await cli("history", "-n", "2")
    assert (done.code, done.err) == (0, "")
    assert all(f"you (typed): {text}\n" in done.out for text in ("first", "last"))
    done = await cli("usage", "--json")
    assert (done.code, json.loads(done.out)["total"]["turns"]) == (0, 2)


@pytest.mark.parametrize("name", ["journal.jsonl", "journal.jsonl.1"])
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_told_and_not_waited_for(path: Path, make: Any, name: str) -> None:
    make(path.with_name(name))
    with pytest.raises(TeamvoiceError, match=f"{name} is no file") as told:
        read_last(path, 9)
    assert told.value.mend == f"move {path.with_name(name)} away"


async def test_the_commands_say_that_the_journal_is_no_file(cli: Cli, path: Path) -> None:
    os.mkfifo(path)
    told = f"teamvoice: the journal cannot be read: {path} is no file\nmove {path} away\n"
    commands = (("history",), ("history", "--follow"), ("usage",))
    async with asyncio.TaskGroup() as tasks:
        done = [tasks.create_task(cli(*words)) for words in commands]
    assert [(one.result().code, one.result().err) for one in done] == [(1, told)] * 3
