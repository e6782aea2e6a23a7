"""Writes, each at most once: in one daemon's life, over a restart, and with a disk that is full."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from teamvoice import config
from teamvoice.conversation.events import ToolCall
from teamvoice.daemon.deeds import FAILED, LOST, Deeds
from teamvoice.daemon.journal import Journal, read_last
from teamvoice.daemon.memory import untold
from teamvoice.daemon.records import told_record, worth_showing
from teamvoice.errors import NeedsConfirmation
from tests.support.wait import until

SEND = ToolCall("call_1", "send_message", '{"member": "dev", "text": "go"}')
READ = ToolCall("call_2", "team_status", "{}")
DONE = "Submitted to the developer."


def ago(**how_long: int) -> str:
    """A time in the past, as the journal has it."""
    return (datetime.now(UTC) - timedelta(**how_long)).isoformat(timespec="seconds")


class House:
    """Tools that count what they did, and a journal."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.did: list[str] = []
        self.seen: list[str] = []  # the states that the journal had when the tool acted
        self.troubles: list[str] = []
        self.untold: list[dict[str, Any]] = []  # what was to be told when it was entered last
        self.act: Callable[[], Awaitable[str]] = self.succeed

    async def succeed(self) -> str:
        return DONE

    async def call(self, name: str, _arguments: str, _confirmed: bool) -> str:
        self.seen = self.states()
        output = await self.act()
        self.did.append(name)
        return output

    def states(self) -> list[str]:
        if not self.path.parent.is_dir():
            return []
        return [r["state"] for r in read_last(self.path, 99) if r["kind"] == "call"]

    @asynccontextmanager
    async def deeds(self) -> AsyncIterator[Deeds]:
        settings = config.Journal()
        async with (
            Journal(self.path, settings, self.troubles.append) as journal,
            Deeds(self.call, journal.append) as deeds,
        ):
            self.untold = list(await deeds.recall(read_last(self.path, 99)))
            yield deeds


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "journal.jsonl")


async def test_a_write_is_in_the_journal_before_it_acts_and_after(house: House) -> None:
    async with house.deeds() as deeds:
        assert await deeds.call(SEND, confirmed=False) == DONE
        assert house.seen == ["begun"]
    begun, ended = read_last(house.path, 9)
    assert begun == {
        "kind": "call", "time": begun["time"], "state": "begun", "call_id": "call_1",
        "name": "send_message", "arguments": {"member": "dev", "text": "go"}, "confirmed": False,
    }  # fmt: skip
    assert (ended["state"], ended["result"]) == ("ended", DONE)


async def test_looking_is_not_written_down_and_may_be_repeated(house: House) -> None:
    async with house.deeds() as deeds:
        assert [await deeds.call(READ, confirmed=False) for _ in range(2)] == [DONE, DONE]
    assert read_last(house.path, 9) == []


async def test_a_call_is_never_repeated_not_even_after_a_restart(house: House) -> None:
    again = f"Not done again: a call with this id was carried out already. {DONE}"
    async with house.deeds() as deeds:
        await deeds.call(SEND, confirmed=False)
        assert await deeds.call(SEND, confirmed=False) == again
    async with house.deeds() as deeds:
        assert await deeds.call(SEND, confirmed=True) == again
    assert house.did == ["send_message"]


async def test_another_call_with_its_id_does_not_get_its_receipt(house: House) -> None:
    other = ToolCall("call_1", "send_message", '{"member": "pm", "text": "stop"}')
    async with house.deeds() as deeds:
        await deeds.call(SEND, confirmed=False)
        refused = await deeds.call(other, confirmed=False)
    assert (refused.startswith("Not done: its id"), DONE in refused) == (True, False)
    assert house.did == ["send_message"]


async def test_a_call_that_comes_twice_at_once_runs_once(house: House) -> None:
    async with house.deeds() as deeds, asyncio.TaskGroup() as tasks:
        both = [tasks.create_task(deeds.call(SEND, confirmed=False)) for _ in range(2)]
    assert sorted(task.result() for task in both) == [
        "Not done again: a call with this id is being carried out.", DONE,
    ]  # fmt: skip
    assert house.did == ["send_message"]


async def test_what_waits_for_the_person_did_nothing_and_may_run(house: House) -> None:
    async def ask() -> str:
        raise NeedsConfirmation("it looks dangerous")

    async with house.deeds() as deeds:
        house.act = ask
        with pytest.raises(NeedsConfirmation):
            await deeds.call(SEND, confirmed=False)
        house.act = house.succeed
        assert await deeds.call(SEND, confirmed=True) == DONE
    assert house.states() == ["begun", "waiting", "begun", "ended"]


async def test_a_tool_that_breaks_is_unconfirmed_and_not_tried_again(house: House) -> None:
    async def fail() -> str:
        raise ZeroDivisionError

    async with house.deeds() as deeds:
        house.act = fail
        assert await deeds.call(SEND, confirmed=False) == FAILED
        house.act = house.succeed
        assert FAILED in await deeds.call(SEND, confirmed=False)
    assert house.states() == ["begun", "unconfirmed"]


async def test_who_stops_waiting_does_not_stop_the_write(house: House) -> None:
    goes_on = asyncio.Event()

    async def wait() -> str:
        await goes_on.wait()
        return DONE

    house.act = wait
    async with house.deeds() as deeds, asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(deeds.call(SEND, confirmed=False))
        await until(lambda: house.seen, "it is under way")
        waiting.cancel()
        goes_on.set()
    assert house.states() == ["begun", "ended"]


async def test_what_an_earlier_daemon_did_not_end_is_unconfirmed_once(house: House) -> None:
    house.path.write_bytes(
        b'{"kind": "call", "state": "begun", "call_id": "call_1", "name": "send_message",'
        b' "arguments": {"member": "dev", "text": "go"},'
        b' "time": "%s", "confirmed": false}\n' % ago(minutes=5).encode()
    )
    for _ in range(2):
        async with house.deeds() as deeds:
            assert [r["result"] for r in house.untold] == [LOST], "it was not told yet"
            assert LOST in await deeds.call(SEND, confirmed=False)
    assert house.states() == ["begun", "unconfirmed"]
    assert house.did == []


async def test_what_nobody_told_is_to_be_told_until_somebody_did(house: House) -> None:
    async with house.deeds() as deeds:
        assert house.untold == []
        await deeds.call(SEND, confirmed=False)
    for _ in range(2):
        async with house.deeds() as deeds:
            assert [(r["call_id"], r["result"]) for r in house.untold] == [("call_1", DONE)]
    async with house.deeds() as deeds:
        await deeds.told(["pm", "call_1"])
    async with house.deeds() as deeds:
        assert house.untold == []
        await deeds.told(["pm"])
    assert [r["call_ids"] for r in read_last(house.path, 9) if r["kind"] == "told"] == [["call_1"]]


async def test_what_is_told_of_an_earlier_daemon_says_how_old_it_is(house: House) -> None:
    begun = {"kind": "call", "state": "begun", "name": "send_message", "arguments": {}}
    records = [
        {**begun, "call_id": "new", "time": ago(minutes=5)},
        {**begun, "call_id": "old", "time": ago(days=2)},
        {**begun, "call_id": "odd", "time": "some day"},
        {**begun, "call_id": "done", "time": ago(hours=3), "state": "ended", "result": DONE},
        {**begun, "call_id": "past", "time": ago(days=2), "state": "ended", "result": DONE},
    ]
    async with Journal(house.path, config.Journal(), house.troubles.append) as journal:
        for record in records:
            await journal.append(record)
    for _ in range(2):  # that the end was written down today makes nothing younger
        async with house.deeds():
            pass
        news = [untold(record, 0.0, datetime.now(UTC)) for record in house.untold]
        unknown = "it is not known whether this was done 5 minutes ago, as I was ended meanwhile"
        assert sorted(item.text for item in news) == [
            f"3 hours ago, before I was ended: {DONE}",
            f"{unknown}: send message",
        ]


async def test_what_an_answer_told_needs_no_mark(house: House) -> None:
    async with house.deeds() as deeds:
        await deeds.call(SEND, confirmed=False)
    calls = [{"call_id": "call_1", "result": DONE}]
    turn = {"kind": "turn", "outcome": "answered", "calls": calls}
    async with Journal(house.path, config.Journal(), house.troubles.append) as journal:
        await journal.append(turn)
    async with house.deeds():
        assert house.untold == []


async def test_with_a_journal_that_cannot_be_written_a_write_is_done_once_and_told_so(
    tmp_path: Path,
) -> None:
    (tmp_path / "state").write_text("a file where the directory should be")
    house = House(tmp_path / "state" / "journal.jsonl")
    async with (
        Journal(house.path, config.Journal(), house.troubles.append) as journal,
        Deeds(house.call, journal.append) as deeds,
    ):
        assert await deeds.call(SEND, confirmed=False) == DONE
        assert "Not done again" in await deeds.call(SEND, confirmed=False)
    (trouble,) = house.troubles
    assert "cannot be written" in trouble


def call(state: str, call_id: str = "c") -> dict[str, Any]:
    return {"kind": "call", "state": state, "call_id": call_id}


def turn(*results: str) -> dict[str, Any]:
    return {"kind": "turn", "calls": [{"call_id": "c", "result": result} for result in results]}


@pytest.mark.parametrize(
    ("records", "shown"),
    [
        ([call("begun"), call("ended"), turn("ok")], [2]),
        ([call("begun"), call("ended")], [1]),
        ([call("begun"), call("unconfirmed")], [1]),
        ([call("begun")], [0]),
        ([call("begun"), turn("not finished"), call("ended")], [1, 2]),
        ([turn(), call("begun", "other")], [0, 1]),
        ([call("ended"), turn("ok"), told_record(["c"], "")], [1]),
    ],
)
def test_history_shows_a_call_once(records: list[dict[str, Any]], shown: list[int]) -> None:
    assert list(worth_showing(reversed(records))) == [records[number] for number in reversed(shown)]
