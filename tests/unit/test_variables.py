"""What systemctl prints of an environment is what was set."""

from __future__ import annotations

import pytest

from teamvoice.service.variables import parsed


@pytest.mark.parametrize(
    ("shown", "value"),
    [
        ("/usr/bin:/bin", "/usr/bin:/bin"),
        ("", ""),
        ('""', ""),
        ("$'/a b:/bin'", "/a b:/bin"),
        (r"$'it\'s \"q\" \\n'", 'it\'s "q" \\n'),
        (r"$'a\tb\nc\033d'", "a\tb\nc\033d"),
        (r"$'\303'", "\udcc3"),
        ("$'ü='", "ü="),
    ],
)
def test_a_value(shown: str, value: str) -> None:
    assert parsed(f"A=1\nX={shown}\nB=2\n") == {"A": "1", "X": value, "B": "2"}
