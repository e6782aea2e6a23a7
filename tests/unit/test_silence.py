from __future__ import annotations

from pathlib import Path

from teamvoice.daemon.silence import Silence


async def test_what_was_silenced_is_found_again_until_it_no_longer_is(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    assert await Silence(folder).change(muted=True, quiet=False) == ""
    later = Silence(folder)
    await later.recall()
    assert later.as_left == (True, False)
    assert await later.change(muted=False, quiet=True) == ""
    await later.recall()
    assert later.as_left == (False, True)


async def test_what_cannot_be_kept_is_so_all_the_same_and_says_why(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.write_text("a file where a directory should be")
    silence = Silence(folder)
    why = await silence.change(muted=True, quiet=False)
    assert "would be forgotten" in why
    assert silence.as_left == (True, False)
