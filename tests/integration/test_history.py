"""``history`` and ``usage``: what the journal holds, as the commands show it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from teamvoice.daemon.journal import _Files
from tests.support.cli import Cli, Done, ended
from tests.support.small_voice import SmallVoice


@pytest.fixture
def cli() -> Iterator[Cli]:
    with tempfile.TemporaryDirectory() as directory:
        yield Cli(Path(directory))


def journalled(cli: Cli, *records: dict[str, Any], bound: int = 10**6) -> None:
    files = _Files(cli.directory / "state" / "journal.jsonl", bound, 3)
    for record in records:
        files.append(json.dumps(record).encode() + b"\n")


def itemised(turn: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The records of what was spent in a turn, as if at once, and of the turn."""
    bill = ("time", "model", "usage", "dollars", "cost_usd")
    return {"kind": "spent", **{name: turn[name] for name in bill}}, turn


# History ---------------------------------------------------------------------------------------


async def turns(count: int) -> list[dict[str, Any]]:
    voice = SmallVoice()
    return [await voice.ask(f"turn {number}") for number in range(count)]


async def test_history_shows_the_last_turns_and_what_is_missing(cli: Cli) -> None:
    gap = {"kind": "gap", "time": "2026-01-31T09:30:00+00:00", "missed": 3}
    journalled(cli, *await turns(5), gap, {"kind": "news", "text": "\x1b[2Jx"})
    done = await cli("history", "-n", "4")
    assert done.code == 0
    assert "turn 2" not in done.out
    assert "you (typed): turn 3\n" in done.out
    assert "3 records are missing" in done.out
    assert "news" in done.out
    assert "\x1b" not in done.out


async def test_history_shows_a_write_of_which_nobody_knows_what_came(cli: Cli) -> None:
    call = {
        "kind": "call", "time": "2026-01-31T09:30:00+00:00", "call_id": "c", "confirmed": False,
        "name": "send_message", "arguments": {"member": "pm", "text": "go"},
    }  # fmt: skip
    lost = {**call, "state": "unconfirmed", "result": "It is not known.", "ms": 0}
    journalled(cli, {**call, "state": "begun"}, lost)
    done = await cli("history")
    assert "unconfirmed" in done.out
    assert 'send_message(member="pm", text="go")\n            → It is not known.' in done.out
    done = await cli("history", "--json")
    assert [json.loads(line) for line in done.out.splitlines()] == [lost]


async def test_history_says_why_a_turn_has_no_words(cli: Cli) -> None:
    (turn,) = await turns(1)
    silent = {**turn, "heard": "", "typed": False, "calls": [], "spoken": "", "outcome": "failed"}
    trouble = "no microphone was found (plug one in)"
    cancelled = {**silent, "outcome": "cancelled"}
    journalled(cli, {**silent, "trouble": trouble}, {**silent, "trouble": ""}, cancelled)
    first, second, third = (await cli("history")).out.split("failed")
    assert "you: (cancelled before it was understood)\n" in third
    assert f"you: ({trouble})\n" in first
    assert "trouble" not in first, "it is said once"
    assert "you: (nothing was understood)\n" in second


async def test_history_json_is_a_record_a_line(cli: Cli) -> None:
    records = await turns(3)
    records[2]["heard"] = "wörd\x9b31m"
    journalled(cli, *records)
    done = await cli("history", "--json")
    assert [json.loads(line) for line in done.out.splitlines()] == records
    assert "wörd" in done.out
    assert "\x9b" not in done.out


async def test_history_of_nothing_is_empty(cli: Cli) -> None:
    assert await cli("history") == Done(0, "", "")


async def test_history_follows(cli: Cli) -> None:
    first, second, third = await turns(3)
    journalled(cli, first, second)
    process = await cli.start("history", "--follow", "--json", "-n", "1")
    assert process.stdout is not None
    assert json.loads(await asyncio.wait_for(process.stdout.readline(), 20)) == second
    journalled(cli, third)
    assert json.loads(await asyncio.wait_for(process.stdout.readline(), 20)) == third
    process.send_signal(signal.SIGINT)
    assert (await ended(process)).code == 130


async def test_history_says_on_which_day_who_said_what_and_what_it_cost(cli: Cli) -> None:
    typed, other = await turns(2)
    spoken = {**other, "typed": False, "time": "2026-02-01T12:00:00+00:00"}
    news = {**spoken, "kind": "news", "news": "The PM waits.", "heard": "", "calls": []}
    journalled(cli, on("2026-01-31", typed), spoken, news)
    done = await cli("history")
    assert done.out.splitlines() == [
        "Saturday 2026-01-31",
        "12:00:00  you (typed): turn 0",
        *(told := [
            '          send_message(member="developer", text="rest")',
            "            → Submitted to the developer.",
            "          voice: Submitted to the developer.",
            "          answered, answer 510 ms, sound 540 ms, $0.0041",
        ]),
        "Sunday 2026-02-01",
        "12:00:00  you: turn 1",
        *told,
        "12:00:00  news: The PM waits.",
        *told[2:],
    ]  # fmt: skip


async def test_history_finds_words_in_the_files_that_were_set_aside_too(cli: Cli) -> None:
    first, *others = await turns(6)
    first["calls"][0]["arguments"]["text"] = "mend the LOGIN page"
    journalled(cli, first, *others, bound=2000)
    assert len(list((cli.directory / "state").iterdir())) > 2
    found = (await cli("history", "--json", "-n", "1", "login", "Mend")).out
    assert [json.loads(line) for line in found.splitlines()] == [first]
    assert (await cli("history", "login", "logout")).out == ""


async def test_history_passes_over_lines_of_another_shape(cli: Cli) -> None:
    (turn,) = await turns(1)
    shapes = ({"calls": 7}, {"calls": [5]}, {"ms": [1]}, {"time": 5})
    journalled(cli, turn, *({"kind": "turn", **shape} for shape in shapes))
    (line,) = (await cli("history", "--json", "developer")).out.splitlines()
    assert json.loads(line) == turn
    done = await cli("history", "-n", "9" * 30)
    assert (done.code, done.err) == (0, "")


async def test_history_says_that_nothing_is_found(cli: Cli) -> None:
    journalled(cli, *await turns(1))
    none = "teamvoice: no turn is found of which that is true\n"
    for words in (("nowhere",), ("--json", "nowhere"), ("--since", "2h")):
        assert await cli("history", *words) == Done(0, "", none)
    told = "no turn with these words is found of which the sound is kept"
    assert told in (await cli("history", "--replay", "last", "nowhere")).err
    both = await cli("history", "--replay", "last", "--follow")
    assert (both.code, both.out) == (2, "")
    assert "cannot follow" in both.err


async def test_history_since_a_time_shows_all_that_followed(cli: Cli) -> None:
    many = await turns(25)
    old, *fresh = [on("2026-01-30", many[0]), *(on("2026-01-31", turn) for turn in many[1:])]
    journalled(cli, old, *fresh)
    shown = [json.loads(line) for line in (await cli("history", "--json")).out.splitlines()]
    assert shown == fresh[-20:]
    done = await cli("history", "--json", "--since", "2026-01-31")
    assert [json.loads(line) for line in done.out.splitlines()] == fresh
    done = await cli("history", "--json", "--since", "2026-01-31", "-n", "1")
    assert [json.loads(line) for line in done.out.splitlines()] == fresh[-1:]
    assert (await cli("history", "--since", "1h")).out == ""


async def test_history_looks_no_further_back_than_it_must(cli: Cli) -> None:
    old, *fresh = await turns(4)
    told = {"kind": "told", "call_ids": []}
    journalled(cli, told)
    os.truncate(cli.directory / "state" / "journal.jsonl", 2**40)  # a hole: a terabyte to read
    before = [on("2026-01-30", old)] * 1001
    after = [on("2026-01-31", turn) for turn in fresh]
    set_wrong = on("1970-01-01", old)
    journalled(cli, told, *before, after[0], set_wrong, *after[1:], bound=2**41)
    for words, found in {
        ("-n", "2"): after[1:],
        ("--since", "2026-01-31"): after,
        ("-n", "1", "turn 1"): after[:1],
    }.items():
        done = await cli("history", "--json", *words)
        assert [json.loads(line) for line in done.out.splitlines()] == found
    assert (await cli("history", "--replay", "last")).code == 1, "no sound is kept at all"


async def test_history_follows_what_is_looked_for(cli: Cli) -> None:
    first, second, third = await turns(3)
    journalled(cli, first)
    process = await cli.start("history", "-f", "--json", "--since", "2026-01-01", "turn 2")
    assert process.stdout is not None
    journalled(cli, second, third)
    assert json.loads(await asyncio.wait_for(process.stdout.readline(), 20)) == third
    process.send_signal(signal.SIGINT)
    assert (await ended(process)).code == 130


async def test_a_reader_that_has_enough_ends_it_quietly(cli: Cli) -> None:
    journalled(cli, *await turns(200))
    reading, writing = os.pipe()
    os.close(reading)
    process = await cli.start("history", "-n", "200", stdout=writing)
    os.close(writing)
    assert await ended(process) == Done(141, "", "")


# Usage -----------------------------------------------------------------------------------------


def on(day: str, record: dict[str, Any]) -> dict[str, Any]:
    return {**record, "time": f"{day}T12:00:00+00:00"}


async def test_usage_counts_tokens_and_dollars_by_day(cli: Cli) -> None:
    first, second, third = await turns(3)
    unpriced = {**third, "model": "mine", "dollars": {**third["dollars"], "audio_out": None}}
    days = ("2026-01-30", "2026-01-31", "2026-02-01")
    for day, turn in zip(days, (first, second, unpriced), strict=True):
        journalled(cli, *itemised(on(day, turn)))
    done = await cli("usage", "--since", "2026-01-31")
    assert done.code == 0
    tokens, dollars = done.out.split("\n\n")
    assert "2026-01-30" not in done.out
    headings = " ".join(tokens.splitlines()[0].split())
    assert headings == "day turns spoken text in audio in text out audio out cached"
    assert tokens.splitlines()[1].split() == ["2026-01-31", "1", "0", "s", "0", "0", "0", "64"]
    assert dollars.splitlines()[1].split()[-1] == "0.0041"
    assert dollars.splitlines()[2].split()[-1] == "0.0000+"
    assert dollars.splitlines()[3].split()[-1] == "0.0041+"
    assert "the price of mine is not known: 1 of its uses are not wholly in the sums" in done.out


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ((), ["2026-01-31"]),
        (("--by", "month"), ["2026-01"]),
        (("--by", "model"), ["gpt-realtime-2.1"]),
    ],
)
async def test_usage_json_is_one_object(cli: Cli, words: tuple[str, ...], names: list[str]) -> None:
    for turn in await turns(2):
        journalled(cli, *itemised(on("2026-01-31", turn)))
    shown = json.loads((await cli("usage", "--json", *words)).out)
    assert list(shown["parts"]) == names
    assert shown["total"]["turns"] == 2
    assert shown["total"]["tokens"]["audio_out"] == 128
    assert shown["total"]["total_usd"] == pytest.approx(0.008192)
    assert shown["parts"][names[0]] == shown["total"]


async def test_usage_of_nothing_says_so(cli: Cli) -> None:
    assert (await cli("usage")).out == "no turns in the journal\n"


@pytest.mark.parametrize("words", [("history",), ("--help",), ("config", "show")])
async def test_output_that_cannot_be_written_is_an_error(cli: Cli, words: tuple[str, ...]) -> None:
    journalled(cli, *await turns(1))
    full = os.open("/dev/full", os.O_WRONLY)
    process = await cli.start(*words, stdout=full)
    os.close(full)
    done = await ended(process)
    assert (done.code, len(done.err.splitlines())) == (1, 1)
    assert "No space left" in done.err
