"""A lock keeps others out, and its file may go while somebody waits for it."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from teamvoice import locks


def test_what_somebody_holds_is_not_taken_and_not_tidied_away(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    held = locks.take(path)
    assert held is not None
    assert locks.take(path) is None
    assert not locks.tidy_away(path)
    assert path.exists()
    os.close(held)
    assert locks.tidy_away(path)
    assert not path.exists()
    assert not locks.tidy_away(path)


def test_who_waited_for_a_file_that_is_gone_locks_its_successor(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    held = locks.take(path)
    assert held is not None
    got: list[int | None] = []
    waiting = threading.Thread(target=lambda: got.append(locks.take(path, wait=True)))
    waiting.start()
    path.unlink()
    os.close(held)
    waiting.join(30)
    assert got[0] is not None
    assert locks.take(path) is None, "the file of that name is the one that is locked"
    os.close(got[0])
