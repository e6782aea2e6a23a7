from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from teamvoice.config import Member
from teamvoice.errors import ConfigError
from teamvoice.offline import phrases, sentence
from teamvoice.team.members import find_pane
from teamvoice.team.naming import check_name, is_reserved
from teamvoice.team.panes import Pane
from teamvoice.team.scout import Sighting, place, propose, survey

PANE = Pane(
    id="%1", pid=10, dead=False, in_mode=False, input_off=False, synchronized=False,
    session="work", window="2", index="1", command="node", window_name="node", title="host",
)  # fmt: skip


def seen(agent: str, pane: Pane = PANE, member: Member | None = None) -> Sighting:
    return Sighting(pane, agent, member)


def named(window: str, index: str = "1", command: str = "node") -> Pane:
    return replace(PANE, window_name=window, index=index, command=command, id=f"%{window}{index}")


def new_in(
    panes: Sequence[Pane], agents: Mapping[str, str] | None = None, *members: Member
) -> tuple[list[Member], dict[str, str]]:
    """Whom a server with these panes brings onto the team, and what is tagged for it."""
    found = survey(panes, agents or dict.fromkeys([pane.id for pane in panes], "claude"), members)
    new = [sighting for sighting in found.sightings if not sighting.member]
    taken = [name for member in members for name in (member.name, *member.aliases)]
    return place([*zip(new, propose(found.sightings, taken), strict=True)], found)


def test_a_window_that_was_named_names_the_member() -> None:
    (member,), tags = new_in([named("frontend")])
    assert member == Member(
        name="frontend", aliases=("claude",), target="work:frontend", agent="claude"
    )
    assert tags == {}


UNNAMED = {
    "two of that name": [named("frontend"), replace(named("frontend"), id="%2", session="work")],
    "a shell beside it": [named("frontend"), replace(named("frontend"), id="%shell", index="2")],
    "named by what runs in it": [
        replace(named("vim"), options={"automatic-rename": "1"}),
    ],
    "a number": [named("7")],
}


@pytest.mark.parametrize("panes", UNNAMED.values(), ids=UNNAMED)
def test_what_no_name_of_a_window_leads_to_is_tagged(panes: list[Pane]) -> None:
    agents = {pane.id: "claude" for pane in panes if pane.id != "%shell"}
    members, tags = new_in(panes, agents)
    assert [m.target for m in members] == [f"@teamvoice={tag}" for tag in tags.values()]
    assert [*tags] == [*agents]
    assert [m.name for m in members] == [*tags.values()]


def test_the_line_of_the_team_is_nobodys_tag() -> None:
    line = {"@teamvoice": "dev working", "@teamvoice_line": "dev working"}
    panes = [replace(named(name), options=line) for name in ("front", "sh")]
    members, tags = new_in(panes)
    assert [(m.name, m.target) for m in members] == [
        ("front", "work:front"),
        ("claude", "@teamvoice=claude"),
    ]
    assert tags == {panes[1].id: "claude"}


def test_a_window_that_is_called_by_its_program_says_nothing() -> None:
    names = ("node", "bash", "claude", "2.1.330")
    panes = [named(n, command="2.1.330", index=n) for n in names]
    assert [m.name for m in propose([seen("claude", pane) for pane in panes])] == [
        "claude",
        "claude 2",
        "claude 3",
        "claude 4",
    ]


def test_a_pane_that_carries_a_name_is_found_by_it_wherever_it_is() -> None:
    tagged = replace(PANE, options={"@teamvoice": "pm"})
    (member,), tags = new_in([tagged], {PANE.id: "codex"})
    assert (member.name, member.target, tags) == ("pm", "@teamvoice=pm", {})
    assert member.aliases == ("project manager", "product manager", "codex")


def tagged(pane_id: str, **options: str) -> Pane:
    return replace(named("sh"), id=pane_id, options={f"@{k}": v for k, v in options.items()})


def test_panes_that_carry_the_same_tag_get_one_each() -> None:
    panes = [tagged("%1", teamvoice="dev"), tagged("%2", teamvoice="dev")]
    members, tags = new_in(panes)
    assert [m.target for m in members] == ["@teamvoice=dev", "@teamvoice=dev 2"]
    after = [replace(p, options={"@teamvoice": tags[p.id]}) for p in panes]
    assert [find_pane(m, after) for m in members] == after
    assert new_in(after, None, *members) == ([], {})


def test_a_tag_that_a_shell_carries_too_is_not_given_again() -> None:
    panes = [tagged("%1", teamvoice="dev"), tagged("%shell", teamvoice="dev")]
    (member,), tags = new_in(panes, {"%1": "claude"})
    assert (member.name, member.target, tags) == ("dev", "@teamvoice=dev 2", {"%1": "dev 2"})


def test_who_could_be_one_of_several_is_asked_about_and_none_of_them_comes_anew() -> None:
    panes = [tagged("%1", teamvoice="dev"), tagged("%2", teamvoice="dev"), tagged("%3")]
    dev = Member(name="dev")
    found = survey(panes, dict.fromkeys(["%1", "%2", "%3"], "claude"), [dev])
    assert [s.member for s in found.sightings] == [dev, dev, None]
    (doubt,) = found.doubts
    assert doubt.startswith("The pane of dev could be work:2.1 and work:2.1 (untag work:2.1: ")
    assert doubt.endswith("tmux set-option -p -u -t %2 @teamvoice)")


def test_no_alias_is_the_name_of_another_one() -> None:
    panes = [named(name) for name in ("developer", "dev", "engineers", "code-reviewer", "reviewer")]
    proposed = propose([seen("aider", p) for p in panes])
    assert [m.name for m in proposed] == [pane.window_name for pane in panes]
    assert [m.aliases for m in proposed] == [("engineer",), (), (), (), ()]


UNUSABLE = ("   ", "-", "yes", "No", "everyone", "all", "the team", "it", "x" * 61, "a\tb", "‽")


@pytest.mark.parametrize("name", UNUSABLE)
def test_what_cannot_be_a_name_leaves_that_of_the_agent(name: str) -> None:
    panes = [tagged("%1", teamvoice=name), replace(named(name), id="%2")]
    members, _ = new_in(panes)
    assert [m.name for m in members] == ["claude", "claude 2"]
    with pytest.raises(ConfigError, match=r"."):
        check_name(name, [])


def test_who_is_everyone_is_nobody() -> None:
    everyone = (*map(" ".join, sentence.EVERYONE), *phrases.EVERYONE)
    assert [way for way in everyone if not is_reserved(way)] == []
    assert not any(map(is_reserved, ("developer", "pm", "QA", "allen", "team lead", "stopper")))


def test_names_that_sound_alike_are_one_name() -> None:
    proposed = propose([seen("aider", named(name)) for name in ("front-end", "frontend")])
    assert [m.name for m in proposed] == ["front-end", "frontend 2"]


def test_who_is_on_the_team_already_is_not_proposed_and_no_name_is_given_twice() -> None:
    there = Member(name="developer", aliases=("claude",))
    sightings = [
        seen("claude", PANE, there),
        seen("claude", named("developer", index="2")),
        seen("aider", named("dev", index="3")),
    ]
    proposed = propose(sightings, ("developer", "claude"))
    assert [m.name for m in proposed] == ["developer 2", "dev"]
    names = [n.casefold() for m in (there, *proposed) for n in (m.name, *m.aliases)]
    assert len(names) == len(set(names))
