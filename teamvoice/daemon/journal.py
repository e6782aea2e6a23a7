"""The journal: what was said and done, one JSON object a line, in the state directory.

A turn is written when it is over, what it costs as soon as that is known (``daemon.spending``), and
a call that writes before it acts and after (``daemon.deeds``).

``journal.jsonl`` is written by one daemon at a time (the control socket's lock sees to that).
When it would grow over its bound it becomes ``journal.jsonl.1``, that one ``.2``, and so on; the
oldest goes. A line is one ``write`` to a file opened for appending, so a reader never sees half
of one, save the last line of a machine that crashed; readers skip it and the next record starts
on a line of its own.

Readers skip what is of another shape as well (``daemon.shapes``). They raise a ``TeamvoiceError``
where one of these is no file, and an ``OSError`` where it cannot be read.

A disk that is full costs the records that do not fit, and nothing else: it is reported once, and
when writing works again a record of kind ``gap`` says how many are missing.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import msgspec

from teamvoice import config
from teamvoice.daemon.shapes import is_well_formed
from teamvoice.errors import TeamvoiceError

Record = dict[str, Any]
Wanted = Callable[[Iterator[Record]], Iterable[Record]]  # both newest first

_BLOCK = 65_536  # bytes that are read at once, from the end
_DECODER = msgspec.json.Decoder(Record)


def journal_path() -> Path:
    """Where the journal is."""
    return config.state_dir() / "journal.jsonl"


class Journal:
    """Appends records, off the event loop's thread, in the order in which they were given.

    Args:
        path: The file; its directory is made, open to its owner alone.
        settings: How large a file may grow and how many old ones are kept.
        on_trouble: Told once, in words for a person, when records cannot be written, and not
            again before one could.
    """

    def __init__(
        self, path: Path, settings: config.Journal, on_trouble: Callable[[str], None]
    ) -> None:
        self._files = _Files(path, settings.max_mb * 1024 * 1024, settings.keep)
        self._on_trouble = on_trouble
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._missed = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self._worker.shutdown)  # what was given is written first

    async def append(self, record: Record) -> bool:
        """Write a record down; back when the kernel has it.

        Returns:
            Whether it was written. When not, ``on_trouble`` was told.
        """
        line = msgspec.json.encode(record) + b"\n"
        loop = asyncio.get_running_loop()
        written, trouble = await loop.run_in_executor(self._worker, self._write, line)
        if trouble:
            self._on_trouble(trouble)
        return written

    def put(self, record: Record) -> None:
        """Write a record down in its turn; nobody waits for it. Trouble is told as ever."""
        line = msgspec.json.encode(record) + b"\n"
        loop = asyncio.get_running_loop()

        def write() -> None:
            _, trouble = self._write(line)
            if trouble:
                loop.call_soon_threadsafe(self._on_trouble, trouble)

        self._worker.submit(write)

    def _write(self, line: bytes) -> tuple[bool, str]:
        """In the worker: whether it was written, and what to tell a person, once per outage."""
        try:
            self._files.append(_gap(self._missed) + line)
        except OSError as error:
            self._missed += 1
            first = self._missed == 1
            return False, f"the journal cannot be written: {error}" if first else ""
        self._missed = 0
        return True, ""


def _gap(missed: int) -> bytes:
    """The record that stands for those that are missing; nothing when none are."""
    if not missed:
        return b""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return msgspec.json.encode({"kind": "gap", "time": now, "missed": missed}) + b"\n"


class _Files:
    """The journal's files, as they are rotated."""

    def __init__(self, path: Path, bound: int, keep: int) -> None:
        self._path = path
        self._bound = bound
        self._keep = keep

    def append(self, line: bytes) -> None:
        """All of the line is written, or nothing of it.

        Raises:
            OSError: Nothing was written.
        """
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._make_room(len(line))
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        descriptor = os.open(self._path, flags, 0o600)
        try:
            _append(descriptor, line)
        finally:
            os.close(descriptor)

    def _make_room(self, size: int) -> None:
        with contextlib.suppress(FileNotFoundError):
            if 0 < self._path.stat().st_size > self._bound - size:
                self._rotate()

    def _rotate(self) -> None:
        for number in range(self._keep, 0, -1):
            older = self._path if number == 1 else _numbered(self._path, number - 1)
            with contextlib.suppress(FileNotFoundError):
                older.replace(_numbered(self._path, number))


def _append(descriptor: int, line: bytes) -> None:
    size = os.fstat(descriptor).st_size
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        line = b"\n" + line  # a crash cut the last line short: leave it to itself
    try:
        while line:  # once, save on a disk that fills up: the second time says why
            line = line[os.write(descriptor, line) :]
    except OSError:
        os.ftruncate(descriptor, size)
        raise


def read_last(path: Path, count: int, wanted: Wanted = iter) -> list[Record]:
    """The last records, oldest first; lines that are no records are skipped.

    Args:
        path: The journal; it need not exist.
        count: How many.
        wanted: Picks those that count; see :func:`newest_first`.
    """
    return list(islice(wanted(newest_first(path)), count))[::-1]


def newest_first(path: Path) -> Iterator[Record]:
    """All records, the last one first, read from the end and no further than they are taken."""
    with _opened(path) as streams:
        yield from _backwards(streams)


def read_since(path: Path, since: float = 0.0) -> Iterator[Record]:
    """All records, oldest first; files that were written last before a Unix time are left out."""
    with _opened(path) as streams:
        for stream in reversed(streams):
            if os.fstat(stream.fileno()).st_mtime >= since:
                yield from _known(stream)


def follow(
    path: Path, wait: Callable[[], None], last: int = 0, wanted: Wanted = iter
) -> Iterator[Record]:
    """The last records, and then each as it is written, across rotations; without end.

    Args:
        path: The journal; it need not exist yet.
        wait: Called when there is nothing new; returns when it is worth another look.
        last: How many of those that are there already to begin with.
        wanted: Picks these; see :func:`newest_first`.
    """
    with contextlib.closing(_Reader(path)) as reader:
        with _opened(path) as streams:
            end = reader.begin_after(streams[0]) if streams else 0
            found = list(islice(wanted(_backwards(streams, end)), last))
        yield from reversed(found)
        while True:
            fresh = list(_known(reader.read().splitlines()))
            yield from fresh
            if not fresh:
                wait()


class _Reader:
    """Reads on in the newest file, and from there in each that follows; whole lines only."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stream: BinaryIO | None = None
        self._offset = 0

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()

    def begin_after(self, stream: BinaryIO) -> int:
        """Leave out the whole lines that a file has; where the last of them ends."""
        self._stream = os.fdopen(os.dup(stream.fileno()), "rb")
        size = os.fstat(stream.fileno()).st_size
        half = next(_lines_backwards(stream.fileno(), size))  # empty, save after a crash
        self._offset = size - len(half)
        return self._offset

    def read(self) -> bytes:
        """What is new; empty when nothing is."""
        newer = self._newer()  # looked for first: then what is read next is the file's last
        fresh = self._rest()
        if fresh or newer is None:
            return fresh
        self.close()
        self._offset = 0
        try:
            self._stream = _open(newer)
        except FileNotFoundError:
            self._stream = None  # rotated this very moment: the next look finds it
        return self._rest()

    def _newer(self) -> Path | None:
        """The file that follows the one being read; the newest at first."""
        files = _files(self._path)
        if self._stream is None:
            return files[-1] if files else None
        here = os.fstat(self._stream.fileno()).st_ino
        inodes = [_inode(file) for file in files]
        if here not in inodes:
            return files[0] if files else None
        following = files[inodes.index(here) + 1 :]
        return following[0] if following else None

    def _rest(self) -> bytes:
        if self._stream is None:
            return b""
        self._stream.seek(self._offset)
        text = self._stream.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._offset += len(whole)
        return whole


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[list[BinaryIO]]:
    """The journal's files, newest first.

    They are opened in this order, before the first is read, so that one that is set aside meanwhile
    is neither missed nor read twice.
    """
    with contextlib.ExitStack() as stack:
        streams: dict[int, BinaryIO] = {}
        for file in reversed(_files(path)):
            with contextlib.suppress(FileNotFoundError):
                stream: BinaryIO = stack.enter_context(_open(file))
                streams.setdefault(os.fstat(stream.fileno()).st_ino, stream)
        yield list(streams.values())


def _open(file: Path) -> BinaryIO:
    """To read; what is no file is not waited for, such as a pipe to which nobody may ever write."""
    descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    raise TeamvoiceError(f"the journal cannot be read: {file} is no file", f"move {file} away")


def _backwards(streams: Iterable[BinaryIO], end: int | None = None) -> Iterator[Record]:
    """Their records, the last one first; the first stream's from a byte on backwards."""
    for stream in streams:
        size = os.fstat(stream.fileno()).st_size
        yield from _known(_lines_backwards(stream.fileno(), size if end is None else end))
        end = None


def _lines_backwards(descriptor: int, end: int) -> Iterator[bytes]:
    """The lines before a byte, the last one first; no more than a block and a line is held."""
    rest = b""
    while end > 0:
        begin = max(0, end - _BLOCK)
        rest, *lines = (os.pread(descriptor, end - begin, begin) + rest).split(b"\n")
        yield from reversed(lines)
        end = begin
    yield rest


def _inode(file: Path) -> int:
    try:
        return file.stat().st_ino
    except FileNotFoundError:
        return 0  # rotated this very moment


def _known(lines: Iterable[bytes]) -> Iterator[Record]:
    """The records among them; what a crash cut short is none."""
    return (record for line in lines if (record := _record(line)) is not None)


def _record(line: bytes) -> Record | None:
    try:
        record = _DECODER.decode(line)
    except (msgspec.DecodeError, RecursionError):
        return None
    return record if is_well_formed(record, line) else None


def _files(path: Path) -> list[Path]:
    """The journal's files that exist, oldest first."""
    numbered = sorted(path.parent.glob(f"{path.name}.[0-9]*"), key=_number, reverse=True)
    return [*numbered, *([path] if path.exists() else [])]


def _number(file: Path) -> int:
    return int(file.suffix[1:]) if file.suffix[1:].isdecimal() else 0


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")
