from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teamvoice.errors import ConfigError
from teamvoice.hotkey.chords import NAMED, Held, parse


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("<f9>", {"f9"}),
        ("F9", {"f9"}),
        ("pause", {"pause"}),
        ("a", {"a"}),
        ("A", {"a"}),
        ("<ctrl>+<alt>+space", {"ctrl", "alt", "space"}),
        ("<ctrl_l> + <Alt_R> + SPACE", {"ctrl", "alt", "space"}),
        ("control+return", {"ctrl", "enter"}),
        ("<super>+<altgr>", {"cmd", "alt_gr"}),
        ("+", {"+"}),
        ("<ctrl>++", {"ctrl", "+"}),
        ("<", {"<"}),
    ],
)
def test_keys_are_read(text: str, keys: set[str]) -> None:
    assert parse(text) == keys


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<f99>", 'no key called "<f99>"'),
        ("<crtl>+a", 'Did you mean "<ctrl>"?'),
        ("<puase>", 'Did you mean "<pause>"?'),
        ("", 'no key called ""'),
        ("<ctrl>+", 'no key called ""'),
        ("a+a", "twice"),
        ("<ctrl_l>+<ctrl_r>", "twice"),
        ("qwertz", 'no key called "qwertz"'),
    ],
)
def test_nonsense_is_refused_with_the_nearest_name(text: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert says in str(caught.value)


@given(st.text(max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        keys = parse(text)
    except ConfigError:
        return
    assert keys
    assert all(key in NAMED or len(key) == 1 for key in keys)


@given(st.lists(st.tuples(st.sampled_from(["ctrl_l", "ctrl_r", "space", "a"]), st.booleans())))
def test_edges_alternate_and_a_repeat_is_none(moves: list[tuple[str, bool]]) -> None:
    held = Held(parse("<ctrl>+space"))
    edges = [edge for name, down in moves if (edge := held.key(name, down=down)) is not None]
    assert edges == [place % 2 == 0 for place in range(len(edges))]


def test_parsing_needs_no_pynput() -> None:
    program = "import sys, teamvoice.hotkey.chords, teamvoice.hotkey.pynput_source as p\n"
    program += "p.PynputSource('<f9>', print, print); sys.exit('pynput' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
