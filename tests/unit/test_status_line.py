from __future__ import annotations

import pytest

from teamvoice.daemon.status_line import status_line


@pytest.mark.parametrize(
    ("microphone", "members", "trouble", "line"),
    [
        ("closed", [], "", "link up · key ready"),
        ("closed", ["idle"], "", "link up · key ready · 1 idle"),
        (
            "closed",
            ["waiting", "working", "idle", "working"],
            "",
            "link up · key ready · 2 working, 1 waiting, 1 idle",
        ),
        ("closed", ["shell", "idle", "dead"], "", "link up · key ready · 1 idle, 1 dead, 1 shell"),
        ("open", [], "", "link up · key ready · microphone open"),
        ("lost", [], "", "link up · key ready · microphone lost"),
        ("failed", [], "", "link up · key ready · microphone failed"),
        (
            "muted",
            ["idle"],
            "bad news",
            "link up · key ready · microphone muted · 1 idle · bad news",
        ),
    ],
)
def test_one_line_says_how_it_is(
    microphone: str, members: list[str], trouble: str, line: str
) -> None:
    assert status_line("up", "ready", microphone, members, ("", trouble)) == line
