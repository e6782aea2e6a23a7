from __future__ import annotations

from dataclasses import replace

import pytest

from teamvoice.config import Member
from teamvoice.errors import AmbiguousMember, TeamError, UnknownMember
from teamvoice.team.members import find_member, find_pane, wanted_options
from teamvoice.team.panes import Pane, pane_format, parse_panes

TEAM = (
    Member(name="developer", aliases=("dev", "engineer")),
    Member(name="pm", aliases=("project manager", "product manager")),
    Member(name="code-reviewer", aliases=("critic",)),
    Member(name="Alice"),
)

PANE = Pane(
    id="%1", pid=10, dead=False, in_mode=False, input_off=False, synchronized=False,
    session="work", window="2", index="1", command="node", window_name="zsh", title="host",
)  # fmt: skip


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("developer", "developer"),
        ("the dev", "developer"),
        ("The Developer", "developer"),
        ("developer agent", "developer"),
        ("devloper", "developer"),
        ("PM", "pm"),
        ("p.m.", "pm"),
        ("project manager", "pm"),
        ("the product manager agent", "pm"),
        ("manager", "pm"),
        ("code reviewer", "code-reviewer"),
        ("reviewer", "code-reviewer"),
        ("alise", "Alice"),
    ],
)
def test_a_name_is_understood_generously(said: str, name: str) -> None:
    assert find_member(said, TEAM).name == name


@pytest.mark.parametrize("said", ["zebra", "", "the", "agent", "d"])
def test_a_strange_name_is_unknown_and_says_who_there_is(said: str) -> None:
    with pytest.raises(UnknownMember, match="developer, pm, code-reviewer, Alice"):
        find_member(said, TEAM)


def test_two_that_fit_equally_are_asked_back() -> None:
    team = (Member(name="frontend developer"), Member(name="backend developer"))
    with pytest.raises(AmbiguousMember, match="frontend developer or backend developer"):
        find_member("developer", team)
    assert find_member("backend", team).name == "backend developer"


def test_an_exact_name_wins_over_a_longer_one() -> None:
    team = (Member(name="dev"), Member(name="dev-2"))
    assert find_member("dev", team).name == "dev"
    assert find_member("dev 2", team).name == "dev-2"


def test_a_place_is_matched_exactly_and_never_by_prefix() -> None:
    member = Member(name="x", target="dev:1.0")
    other = replace(PANE, session="dev-2", window="1", index="0")
    assert find_pane(member, [other]) is None
    own = replace(other, id="%9", session="dev")
    assert find_pane(member, [other, own]) == own


def test_a_window_with_several_panes_is_not_guessed_in() -> None:
    panes = [PANE, replace(PANE, id="%2", index="2")]
    with pytest.raises(TeamError, match="work:2 has 2 panes"):
        find_pane(Member(name="x", target="work:2"), panes)
    assert find_pane(Member(name="x", target="work:2.2"), panes) == panes[1]


@pytest.mark.parametrize(
    ("target", "pane"),
    [
        ("%1", PANE),
        ("@role_name=PM", replace(PANE, options={"@role_name": "PM"})),
        ("Fix the login", replace(PANE, title="✳ Fix the login")),
        ("work:zsh.1", PANE),
    ],
)
def test_the_forms_of_a_target(target: str, pane: Pane) -> None:
    assert find_pane(Member(name="x", target=target), [replace(pane, id="%1")]) is not None
    strange = replace(PANE, id="%5", session="s", title="t", options={"@role_name": "PM2"})
    assert find_pane(Member(name="x", target=target), [strange]) is None


def test_without_a_target_an_option_wins_over_a_title_or_a_window() -> None:
    member = Member(name="developer", aliases=("dev",))
    window = replace(PANE, id="%3", window_name="Developer")
    title = replace(PANE, id="%4", title="⠂ developer")
    role = replace(PANE, id="%5", options={"@role_name": "Dev"})
    own = replace(PANE, id="%6", options={"@teamvoice": "developer"})
    assert find_pane(member, [PANE, window]) == window
    assert find_pane(member, [PANE, title]) == title
    assert find_pane(member, [PANE, replace(window, title="developer")]) is not None
    assert find_pane(member, [window, title, role]) == role
    assert find_pane(member, [window, title, role, own]) == own


def test_a_title_does_not_take_a_member_from_the_window_of_its_name() -> None:
    window = replace(PANE, id="%3", window_name="developer")
    title = replace(PANE, id="%4", window="7", title="developer")
    with pytest.raises(AmbiguousMember, match=r"developer could be work:2\.1 and work:7\.1"):
        find_pane(Member(name="developer"), [window, title])


def test_two_panes_that_fit_equally_are_not_guessed() -> None:
    panes = [replace(PANE, id=i, title="developer") for i in ("%1", "%2")]
    with pytest.raises(AmbiguousMember, match=r"work:2\.1 and work:2\.1"):
        find_pane(Member(name="developer"), panes)


def test_options_of_targets_are_asked_for() -> None:
    assert wanted_options([Member(name="x", target="@seat=3")]) == (
        "@teamvoice",
        "@role_name",
        "@seat",
    )


def test_what_a_pane_says_of_itself_cannot_pass_for_another_field_or_pane() -> None:
    facts = ["%1", "7", "0", "0", "0", "0", "s", "1", "0", "sh", "1700000000", "80", "24"]
    forged = ",".join(["<%1", "8", *facts[2:], "", "dev", "dev>\n"])
    told = "m<" + "m,".join([*facts, f"PM\n{forged}", "na\nme", "a, b<>"]) + "m>"
    (pane,), rest = parse_panes(f"{told}\nwhat follows", ["@o"], "m")
    assert (pane.pid, pane.window_name, pane.title) == (7, "na\nme", "a, b<>")
    assert pane.options == {"@o": f"PM\n{forged}".strip()}
    assert rest == "what follows"
    assert pane_format(["@o"], "m").count("m,") == len(facts) + 2
    assert parse_panes("", ["@o"], "m") == ([], "")
    assert parse_panes("m<%1m,7m>", ["@o"], "m") == ([], "")
