from __future__ import annotations

from dataclasses import replace

from teamvoice.config import Member
from teamvoice.team.panes import Pane
from teamvoice.team.scout import Sighting, propose

PANE = Pane(
    id="%1", pid=10, dead=False, in_mode=False, input_off=False, synchronized=False,
    session="work", window="2", index="1", command="node", window_name="node", title="host",
)  # fmt: skip


def seen(agent: str, pane: Pane = PANE, member: Member | None = None) -> Sighting:
    return Sighting(pane, agent, member)


def named(window: str, index: str = "1", command: str = "node") -> Pane:
    return replace(PANE, window_name=window, index=index, command=command, id=f"%{window}{index}")


def test_a_window_that_was_named_names_the_member() -> None:
    (member,) = propose([seen("claude", named("frontend"))])
    assert (member.name, member.aliases, member.target) == (
        "frontend",
        ("claude",),
        "work:frontend",
    )


def test_a_window_whose_name_is_not_its_own_alone_is_found_by_its_number() -> None:
    panes = [named("frontend", index="1"), named("frontend", index="2")]
    assert [m.target for m in propose([seen("claude", p) for p in panes])] == [
        "work:2.1",
        "work:2.2",
    ]


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
    (member,) = propose([seen("codex", tagged)])
    assert (member.name, member.target) == ("pm", "")
    assert member.aliases == ("project manager", "product manager", "codex")


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
