from __future__ import annotations

import asyncio
import json
import os
import stat
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from teamvoice import config
from teamvoice.daemon.journal import Journal, _Files, follow, journal_path, read_last, read_since


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.jsonl"


@pytest.fixture
def troubles() -> list[str]:
    return []


def numbers(records: Iterator[dict[str, Any]] | list[dict[str, Any]]) -> list[int]:
    return [record["n"] for record in records]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def small(path: Path, bound: int = 100, keep: int = 2) -> _Files:
    """The files of a journal that rotates after so many bytes."""
    return _Files(path, bound, keep)


def line(number: int) -> bytes:
    return json.dumps({"n": number, "pad": "x" * 20}).encode() + b"\n"


def test_it_lives_in_the_state_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAMVOICE_STATE_DIR", str(tmp_path))
    assert journal_path() == tmp_path / "journal.jsonl"


async def test_what_is_appended_is_read_in_order(path: Path, troubles: list[str]) -> None:
    async with Journal(path, config.Journal(), troubles.append) as journal:
        for number in range(5):
            assert await journal.append({"n": number, "text": "zwölf\nlines"})
    assert numbers(read_last(path, 3)) == [2, 3, 4]
    assert numbers(read_last(path, 99)) == [0, 1, 2, 3, 4]
    assert read_last(path, 0) == []
    assert troubles == []


async def test_many_at_once_keep_their_order_and_are_whole(path: Path, troubles: list[str]) -> None:
    async with (
        Journal(path, config.Journal(), troubles.append) as journal,
        asyncio.TaskGroup() as tasks,
    ):
        for number in range(200):
            tasks.create_task(journal.append({"n": number, "pad": "x" * 5000}))
    assert numbers(read_last(path, 999)) == list(range(200))


async def test_only_its_owner_can_read_it(path: Path, troubles: list[str]) -> None:
    async with Journal(path, config.Journal(), troubles.append) as journal:
        await journal.append({})
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)


def test_reading_what_is_not_there_finds_nothing(path: Path) -> None:
    assert read_last(path, 5) == []


def test_files_are_set_aside_by_size_and_the_oldest_go(path: Path) -> None:
    files = small(path)
    for number in range(12):
        files.append(line(number))
        assert path.stat().st_size <= 100
    assert sorted(file.name for file in path.parent.iterdir()) == [
        "journal.jsonl",
        "journal.jsonl.1",
        "journal.jsonl.2",
    ]
    assert numbers(read_last(path, 99)) == [6, 7, 8, 9, 10, 11]
    assert numbers(read_last(path, 4)) == [8, 9, 10, 11]


def test_a_record_that_is_larger_than_the_bound_is_kept_whole(path: Path) -> None:
    files = small(path, bound=10)
    for number in range(2):
        files.append(line(number))
    assert numbers(read_last(path, 9)) == [0, 1]


def test_all_is_read_across_files_and_files_of_long_ago_are_not(path: Path) -> None:
    files = small(path)
    for number in range(12):
        files.append(line(number))
    assert numbers(read_since(path)) == [6, 7, 8, 9, 10, 11]
    os.utime(path.with_name("journal.jsonl.2"), (1000.0, 1000.0))
    assert numbers(read_since(path, since=2000.0)) == [8, 9, 10, 11]
    reading = read_since(path)
    first = next(reading)["n"]
    files.append(line(12))  # the oldest file goes, the others are set aside
    assert [first, *numbers(reading)] == [6, 7, 8, 9, 10, 11]


def test_a_line_cut_short_by_a_crash_costs_only_itself(path: Path) -> None:
    files = small(path, bound=1000)
    files.append(line(0))
    with path.open("ab") as file:
        file.write(b'{"n": 1, "pa')
    assert numbers(read_last(path, 9)) == [0]
    files.append(line(2))
    assert numbers(read_last(path, 9)) == [0, 2]


def test_the_last_are_found_at_the_end_whatever_stands_before_them(path: Path) -> None:
    files = small(path, bound=2**41)
    files.append(b"\n")
    os.truncate(path, 2**40)  # a hole: who reads it all reads a terabyte
    long = json.dumps({"n": 0, "pad": "x" * 200_000}).encode() + b"\n"
    for text in (b"\n", long, line(1), line(2)):
        files.append(text)
    assert numbers(read_last(path, 3)) == [0, 1, 2]
    records = follow(path, Script(lambda: files.append(line(3))), last=2)
    assert numbers(list(islice(records, 3))) == [1, 2, 3]


def test_what_is_looked_for_in_vain_takes_little_memory(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"".join(line(number) for number in range(10_000)))
    tracemalloc.start()
    try:
        assert read_last(path, 1, lambda records: (r for r in records if r["n"] < 0)) == []
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_a_writer_that_is_killed_leaves_whole_records(path: Path) -> None:
    script = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from teamvoice import config\n"
        "from teamvoice.daemon.journal import Journal\n"
        "async def run():\n"
        "    async with Journal(Path(sys.argv[1]), config.Journal(), print) as journal:\n"
        "        for n in range(10**9):\n"
        "            await journal.append({'n': n, 'pad': 'x' * 3000})\n"
        "            print(n, flush=True)\n"
        "asyncio.run(run())"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    said = [int(next(writer.stdout)) for _ in range(50)][-1]
    writer.kill()
    writer.communicate()
    seen = numbers(read_last(path, 10**6))
    assert seen == list(range(len(seen)))
    assert len(seen) > said  # what was said to be written is there


# A disk that is full ---------------------------------------------------------------------------

FILL = """
import asyncio, json, resource, sys
from pathlib import Path
from teamvoice import config
from teamvoice.daemon.journal import Journal

path, limit = Path(sys.argv[1]), int(sys.argv[2])

async def run():
    troubles = []
    async with Journal(path, config.Journal(), troubles.append) as journal:
        async def append(n):
            return await journal.append({"n": n, "pad": "x" * 1000})
        written = [n for n in range(20) if await append(n)]
        path_of_filler = path.parent / "filler"
        if path_of_filler.exists():
            path_of_filler.unlink()
        if limit:
            resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
        later = [n for n in range(20, 25) if await append(n)]
    print(json.dumps({"written": written, "later": later, "troubles": troubles}))

if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, -1))
asyncio.run(run())
"""


def filled(path: Path, limit: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", FILL, str(path), str(limit)],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert done.stderr == ""
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def check_nothing_else_is_lost(path: Path, told: dict[str, Any], reason: str) -> None:
    assert len(told["troubles"]) == 1
    assert reason in told["troubles"][0]
    assert 0 < len(told["written"]) < 20
    assert told["later"] == [20, 21, 22, 23, 24]
    records = read_last(path, 99)
    gaps = [record for record in records if record.get("kind") == "gap"]
    assert [gap["missed"] for gap in gaps] == [20 - len(told["written"])]
    kept = [record["n"] for record in records if "n" in record]
    assert kept == told["written"] + told["later"]
    assert len(path.read_bytes().splitlines()) == len(records)  # and no half a line among them


def test_a_file_that_may_not_grow_is_told_once(path: Path) -> None:
    check_nothing_else_is_lost(path, filled(path, 5000), "File too large")


def test_a_disk_that_is_full_is_told_once(tiny_disk: Path) -> None:
    (tiny_disk / "filler").write_bytes(b"x" * 52 * 1024)
    path = tiny_disk / "journal.jsonl"
    check_nothing_else_is_lost(path, filled(path, 0), "No space left on device")


async def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path, troubles: list[str]) -> None:
    in_the_way(tmp_path / "file")
    path = tmp_path / "file" / "journal.jsonl"
    async with Journal(path, config.Journal(), troubles.append) as journal:
        assert not await journal.append({"n": 1})
        assert not await journal.append({"n": 2})
    assert len(troubles) == 1


def in_the_way(file: Path) -> None:
    file.write_text("not a directory")


# Following -------------------------------------------------------------------------------------


class Script:
    """Does the next step whenever there is nothing new to read."""

    def __init__(self, *steps: Any) -> None:
        self._steps = iter(steps)

    def __call__(self) -> None:
        next(self._steps)()


def test_following_begins_with_the_last_and_goes_on_across_rotations(path: Path) -> None:
    files = small(path, bound=100, keep=9)
    for number in range(5):
        files.append(line(number))

    def some(first: int, end: int) -> Any:
        def step() -> None:
            for number in range(first, end):
                files.append(line(number))

        return step

    records = follow(path, Script(some(5, 6), some(6, 15), some(15, 16)), last=4)
    assert numbers(list(islice(records, 15))) == list(range(1, 16))


def test_following_can_begin_before_there_is_a_journal(path: Path) -> None:
    files = small(path)
    records = follow(path, Script(lambda: None, lambda: files.append(line(7))))
    assert numbers(list(islice(records, 1))) == [7]


def test_following_with_nothing_of_what_was(path: Path) -> None:
    files = small(path, bound=1000)
    files.append(line(0))
    records = follow(path, Script(lambda: files.append(line(1))), last=0)
    assert numbers(list(islice(records, 1))) == [1]


def test_half_a_line_is_waited_for(path: Path) -> None:
    files = small(path, bound=1000)
    files.append(line(0))

    def add(text: bytes) -> Any:
        def step() -> None:
            with path.open("ab") as file:
                file.write(text)

        return step

    records = follow(path, Script(add(line(1)[:9]), add(line(1)[9:])), last=1)
    assert numbers(list(islice(records, 2))) == [0, 1]
