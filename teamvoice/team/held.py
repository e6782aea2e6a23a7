"""Messages that are held until their member is idle: a small file that survives a restart.

Every change is one read and one atomic replacement under a lock, so that the daemon and a command
in a terminal may both hold, list and withdraw. Only one process delivers: who has the second lock,
which the kernel frees when its holder dies. Another one may then take its place, and can ask
meanwhile what became of a message (:meth:`Held.fate`). What was being delivered then is neither
lost nor sent twice: it is listed as ``unconfirmed`` until somebody withdraws it.

All of this blocks; call it on a worker thread.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import msgspec

from teamvoice import locks
from teamvoice.errors import TeamError

KEPT_S = 60.0  # for which it is known that a message has arrived
MOST = 100  # messages that are held at once; one more is refused
_FULL = {errno.ENOSPC, errno.EDQUOT}

Messages = tuple["HeldMessage", ...]


def locks_of(path: Path) -> tuple[Path, Path]:
    """The files beside that of the held messages that are nothing but locks."""
    return path.with_suffix(".lock"), path.with_suffix(".deliverer")


class HeldMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message that waits for its member to be idle.

    Args:
        ticket: By which it is withdrawn.
        at: When it was given, in seconds since the epoch.
        state: ``waiting``; ``begun``: it is being typed now; ``unconfirmed``: it was being typed
            when teamvoice ended, or was typed and not seen to arrive. It is not typed again;
            ``arrived``: it is held no more.
        note: Why it could not be delivered yet, or what is doubtful about it, as a clause.
    """

    ticket: str
    member: str
    text: str
    at: float
    state: Literal["waiting", "begun", "unconfirmed", "arrived"] = "waiting"
    note: str = ""


class Held:
    """The messages that are held.

    Args:
        path: The file that they are kept in; ``None``: they are kept in memory, for as long as
            this process lives.
        delivers: Whether this process is the one that delivers them.
        stays: It goes on doing so, as a daemon does; else it is a command that will end.
    """

    def __init__(
        self, path: Path | None = None, *, delivers: bool = True, stays: bool = True
    ) -> None:
        self._path = path
        self._by = b"daemon" if stays else b"command"
        self.delivers = delivers
        self._kept: Messages = ()
        self._read_at: tuple[int, int, int] | None = None
        self._deliverer: int | None = None

    def open(self) -> bool:
        """Become the one who delivers, if that is wanted and nobody is; whether it is so.

        What an earlier one left half done becomes ``unconfirmed``.

        Raises:
            TeamError: The file cannot be read or written; it is left as it is, and this may be
                tried again.
        """
        if not self.delivers:
            return False
        if self._path is not None and self._deliverer is None:
            self._deliverer = _lock(self._path.with_suffix(".deliverer"), wait=False)
            if self._deliverer is None:
                return False
            try:
                _write_down(self._by, self._deliverer, self._path)
                self._change(_doubt_what_was_begun)
            except TeamError:
                self.close()
                raise
        return True

    def close(self) -> None:
        """Deliver no more."""
        if self._deliverer is not None:
            os.close(self._deliverer)
            self._deliverer = None

    @property
    def is_deliverer(self) -> bool:
        """It is this process that delivers."""
        return self._deliverer is not None

    def is_delivered_by_daemon(self) -> bool:
        """Another process delivers, and it is one that stays."""
        if self._path is None or self._deliverer is not None:
            return False
        lock = self._path.with_suffix(".deliverer")
        handle = _lock(lock, wait=False)
        if handle is not None:
            os.close(handle)
            return False
        try:
            return lock.read_bytes() != b"command"
        except OSError as error:
            raise TeamError(f"{lock} cannot be read: {error.strerror}") from error

    def list(self) -> Messages:
        """The messages, oldest first.

        Raises:
            TeamError: The file cannot be read; it is left as it is.
        """
        return tuple(message for message in self._all() if message.state != "arrived")

    def fate(self, ticket: str) -> HeldMessage | None:
        """A message as it is now, also for a while after it has arrived; ``None`` without one.

        Raises:
            TeamError: The file cannot be read.
        """
        return next((message for message in self._all() if message.ticket == ticket), None)

    def _all(self) -> Messages:
        if self._path is not None:
            self._refresh(self._path)
        return self._kept

    def hold(self, member: str, text: str) -> HeldMessage:
        """Hold one more.

        Raises:
            TeamError: Too many are held, or the file cannot be read or written.
        """
        message = HeldMessage(secrets.token_hex(4), member, text, time.time())

        def add(kept: Messages) -> Messages:
            if sum(message.state != "arrived" for message in kept) >= MOST:
                raise TeamError(f"{MOST} messages are held already", "withdraw some of them")
            return (*kept, message)

        self._change(add)
        return message

    def withdraw(self, ticket: str) -> bool:
        """Forget a message; ``False`` when there is none, or when it is being typed just now."""
        return self._change(lambda kept: _without(kept, ticket, {"waiting", "unconfirmed"}))

    def begin(self, ticket: str) -> bool:
        """Write down that a message is about to be typed; ``False`` when it must not be."""
        return self._change(lambda kept: _marked(kept, ticket, "waiting", "begun", ""))

    def put_back(self, ticket: str, why: str) -> None:
        """Nothing was typed: it waits on."""
        self._change(lambda kept: _marked(kept, ticket, "begun", "waiting", why))

    def note(self, ticket: str, why: str) -> None:
        """Why it waits, while nobody has tried to deliver it yet."""
        self._change(lambda kept: _marked(kept, ticket, "waiting", "waiting", why))

    def doubt(self, ticket: str, why: str) -> None:
        """It was typed and not seen to arrive."""
        self._change(lambda kept: _marked(kept, ticket, "begun", "unconfirmed", why))

    def finish(self, ticket: str) -> None:
        """It has arrived."""
        self._change(lambda kept: _arrived(kept, ticket, time.time()))

    def _change(self, change: Callable[[Messages], Messages]) -> bool:
        """Apply a change for good; whether it changed anything."""
        with self._locked():
            before = self._all()
            after = change(before)
            if after != before:
                self._store(after)
            return after != before

    def _store(self, messages: Messages) -> None:
        if self._path is not None:
            try:
                _replace(self._path, msgspec.json.encode(messages))
            except OSError as error:
                raise _unwritten(self._path, error) from error
        self._kept, self._read_at = messages, None

    def _refresh(self, path: Path) -> None:
        try:
            found = path.stat()
        except FileNotFoundError:
            self._kept = ()
            return
        except OSError as error:
            raise TeamError(f"{path} cannot be read: {error.strerror}") from error
        stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
        if stamp != self._read_at:
            self._kept, self._read_at = _read(path), stamp

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        if self._path is None:
            yield
            return
        handle = _lock(self._path.with_suffix(".lock"), wait=True)
        assert handle is not None  # noqa: S101 - it was waited for
        try:
            yield
        finally:
            os.close(handle)


def _read(path: Path) -> Messages:
    try:
        return msgspec.json.decode(path.read_bytes(), type=tuple[HeldMessage, ...])
    except (OSError, msgspec.DecodeError) as error:
        raise TeamError(
            f"The held messages in {path} cannot be read: {error}", "move the file away"
        ) from error


def _replace(path: Path, data: bytes) -> None:
    """Put the data in the file's place at once, for this user alone, and down on the disk."""
    new = path.with_suffix(".new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _write_down(by: bytes, deliverer: int, path: Path) -> None:
    try:
        os.ftruncate(deliverer, 0)
        os.pwrite(deliverer, by, 0)
    except OSError as error:
        raise _unwritten(path, error) from error


def _unwritten(path: Path, error: OSError) -> TeamError:
    mend = "free some space on its disk" if error.errno in _FULL else ""
    return TeamError(f"{path} cannot be written: {error.strerror}", mend)


def _lock(path: Path, *, wait: bool) -> int | None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return locks.take(path, wait=wait)
    except OSError as error:
        raise TeamError(f"{path} cannot be opened: {error.strerror}") from error


def _doubt_what_was_begun(kept: Messages) -> Messages:
    why = "teamvoice ended while it was being typed"
    for message in kept:
        kept = _marked(kept, message.ticket, "begun", "unconfirmed", why)
    return kept


def _marked(
    kept: Messages,
    ticket: str,
    old: Literal["waiting", "begun"],
    new: Literal["waiting", "begun", "unconfirmed", "arrived"],
    note: str,
) -> Messages:
    return tuple(
        msgspec.structs.replace(m, state=new, note=note)
        if m.ticket == ticket and m.state == old
        else m
        for m in kept
    )


def _arrived(kept: Messages, ticket: str, now: float) -> Messages:
    """One has arrived; those that did so long ago are forgotten."""
    news = _marked(kept, ticket, "begun", "arrived", "")
    timed = (
        msgspec.structs.replace(m, at=now) if m.ticket == ticket and m.state == "arrived" else m
        for m in news
    )
    return tuple(m for m in timed if m.state != "arrived" or now - m.at < KEPT_S)


def _without(kept: Messages, ticket: str, states: set[str]) -> Messages:
    return tuple(m for m in kept if m.ticket != ticket or m.state not in states)
