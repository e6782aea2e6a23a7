"""How a member that has no pane is brought back."""

from __future__ import annotations

import pytest

from teamvoice.config import Member
from teamvoice.team.glimpses import status_of
from teamvoice.team.places import how_to_mend
from teamvoice.tools.saying import say_member

AIM = 'target = "@teamvoice=pm" in [[team.members]]'
TAG_IT = "in its pane: tmux set -p @teamvoice pm"
MENDS = [
    (Member("pm"), "in its pane: tmux set -p @teamvoice pm; or teamvoice init"),
    (
        Member("Bob", target="@teamvoice=claude 2"),
        "in its pane: tmux set -p @teamvoice 'claude 2'; or teamvoice init",
    ),
    (Member("pm", target="@role_name = lead"), "in its pane: tmux set -p @role_name lead"),
    (Member("pm", host="box"), "in its pane on box: tmux set -p @teamvoice pm"),
    (
        Member("pm", target="work:0.0"),
        f"nothing matches its target work:0.0; set {AIM}, and {TAG_IT}",
    ),
]


@pytest.mark.parametrize(("member", "mend"), MENDS)
def test_the_mend_is_what_finds_the_member(member: Member, mend: str) -> None:
    assert how_to_mend(member) == mend


def test_the_voice_says_it_whole_or_not_at_all() -> None:
    status = status_of(Member("pm"), None, None, 0.0)
    told = "The PM is missing; no pane was found."
    mend = "In its pane: tmux set -p @teamvoice pm; or teamvoice init."
    assert say_member(status, 80) == f"{told} {mend}"
    assert say_member(status, 10) == told
