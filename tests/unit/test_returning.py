"""Who is back when the tags are gone, and who cannot be told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from teamvoice.config import Member
from teamvoice.team.panes import Pane
from teamvoice.team.returning import could_be, returned, tags_of, with_back
from teamvoice.team.scout import Survey, place, propose, survey
from tests.unit.test_scout import PANE


def member(name: str, tag: str = "", agent: str = "claude") -> Member:
    return Member(name, target=f"@teamvoice={tag or name}", agent=agent)


CLAUDE, SECOND, ALICE, BOB = map(member, ("claude", "claude 2", "alice", "bob"))
CODEX = member("codex", agent="codex")


def pane(number: int, **options: str) -> Pane:
    return replace(PANE, id=f"%{number}", index=str(number), options=options)


def seen(agents: str, *members: Member) -> Survey:
    """A server with these agents in panes without a tag."""
    kinds = agents.split()
    return survey(
        [pane(n) for n, _ in enumerate(kinds)],
        {f"%{n}": kind for n, kind in enumerate(kinds)},
        members,
    )


CLEAR = {
    "one of each kind": ("codex claude", (CLAUDE, CODEX), {"%0": "codex", "%1": "claude"}),
    "by another name": ("claude", (ALICE,), {"%0": "alice"}),
    "by the order": ("claude claude", (CLAUDE, SECOND), {"%0": "claude", "%1": "claude 2"}),
    "by the order, however written": (
        "claude claude",
        (SECOND, CLAUDE),
        {"%0": "claude", "%1": "claude 2"},
    ),
    "with a tag that is not the name": ("claude", (member("bob", "tag 7"),), {"%0": "tag 7"}),
    "with no target": ("claude", (Member("bob", agent="claude"),), {"%0": "bob"}),
}


@pytest.mark.parametrize(("agents", "members", "tags"), CLEAR.values(), ids=CLEAR)
def test_where_the_numbers_leave_no_doubt_they_are_back(
    agents: str, members: tuple[Member, ...], tags: dict[str, str]
) -> None:
    found = seen(agents, *members)
    assert found.missing == members
    back, unsure, doubts = returned(found)
    assert (tags_of(back), unsure, doubts) == (tags, [], [])
    after = with_back(found, back)
    assert (after.missing, propose(after.sightings)) == ((), [])


UNSURE = {
    "who was named": ("claude claude", (ALICE, BOB), "alice and bob"),
    "fewer": ("claude", (CLAUDE, SECOND), "claude and claude 2"),
    "more": ("claude claude", (CLAUDE,), "claude"),
}


@pytest.mark.parametrize(("agents", "members", "names"), UNSURE.values(), ids=UNSURE)
def test_where_they_do_nobody_is_taken_for_another(
    agents: str, members: tuple[Member, ...], names: str
) -> None:
    found = seen(f"{agents} codex", *members, CODEX)
    back, unsure, (doubt,) = returned(found)
    assert [m.name for _, m in back] == ["codex"]
    assert unsure == found.sightings[:-1]
    assert f"which could be {names}. teamvoice init without --yes asks" in doubt


def test_what_carries_a_tag_or_is_of_another_kind_or_aim_is_nobody_that_is_missing() -> None:
    panes = [pane(0, **{"@teamvoice": "eve"}), pane(1, **{"@role_name": "eve"}), pane(2)]
    elsewhere = Member("pm", target="work:front", agent="codex")
    found = survey(panes, {"%0": "claude", "%1": "claude", "%2": "codex"}, [CLAUDE, elsewhere])
    assert found.missing == (CLAUDE, elsewhere)
    assert not any(could_be(s, found.missing) for s in found.sightings)
    assert returned(found) == ([], [], [])


def test_who_has_no_kind_is_asked_about_alone() -> None:
    pm = Member("pm")
    found = seen("claude", pm)
    assert could_be(found.sightings[0], found.missing) == [pm]
    assert returned(found).back == []


def test_nobody_new_gets_the_tag_of_who_is_missing() -> None:
    found = seen("claude", member("bob", "claude", "codex"))
    chosen = [*zip(found.sightings, propose(found.sightings, ["bob"]), strict=True)]
    (new,), tags = place(chosen, found)
    assert (new.target, tags) == ("@teamvoice=claude 2", {"%0": "claude 2"})
