"""Who comes onto the team by ``teamvoice init``, or back to it: proposed, or asked."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from teamvoice import config
from teamvoice.cli.output import write
from teamvoice.cli.questions import is_agreed, question

if TYPE_CHECKING:
    from teamvoice.team.returning import Back
    from teamvoice.team.scout import Sighting, Survey


class Choice(NamedTuple):
    """Who is on the team.

    Args:
        found: What was seen, with those who are back where they are.
        members: Those that are new.
        tags: What panes are tagged with to be found by, by their ids.
        back: Those who were missing, each with its agent.
        doubts: What is to be said of agents that are left alone.
    """

    found: Survey
    members: list[config.Member]
    tags: dict[str, str]
    back: Back = ()
    doubts: Sequence[str] = ()


def proposed_team(found: Survey, team: config.Team) -> Choice:
    """What is taken when nothing is asked."""
    from teamvoice.team.returning import returned, with_back

    back, unsure, doubts = returned(found)
    found = with_back(found, back)
    free = [sighting for sighting in found.sightings if sighting not in unsure]
    return _choice(found, back, _proposed(free, team.members))._replace(doubts=doubts)


def ask_team(found: Survey, team: config.Team) -> Choice:
    """What a person answers."""
    from teamvoice.team.returning import with_back

    back = _ask_back(found)
    found = with_back(found, back)
    return _choice(found, back, _ask_members(found, team))


def _choice(found: Survey, back: Back, chosen: Sequence[tuple[Sighting, config.Member]]) -> Choice:
    from teamvoice.team.returning import tags_of
    from teamvoice.team.scout import place

    members, tags = place(chosen, found)
    return Choice(found, members, {**tags_of(back), **tags}, back)


def _proposed(
    sightings: Sequence[Sighting], members: Sequence[config.Member]
) -> list[tuple[Sighting, config.Member]]:
    from teamvoice.team.scout import propose

    new = [sighting for sighting in sightings if sighting.member is None]
    return list(zip(new, propose(sightings, _names(members)), strict=True))


def _names(members: Sequence[config.Member]) -> list[str]:
    return [name for member in members for name in (member.name, *member.aliases)]


def _ask_back(found: Survey) -> Back:
    """Which of the members that are missing an agent is, if it is one."""
    from teamvoice.team.returning import could_be

    missing, back = list(found.missing), []
    for sighting in found.sightings:
        for member in could_be(sighting, missing):
            likely = "yes" if member.agent else "no"
            if is_agreed(f"Is {sighting.agent} in {sighting.pane.place} {member.name}?", likely):
                back.append((sighting, member))
                missing.remove(member)
                break
    return back


def _ask_members(found: Survey, team: config.Team) -> list[tuple[Sighting, config.Member]]:
    """Who comes onto the team; what is proposed for one heeds what was answered for another."""
    sightings, members, chosen = list(found.sightings), list(team.members), []
    while proposed := _proposed(sightings, members):
        sighting, proposal = proposed[0]
        at = sightings.index(sighting)
        if member := _ask_member(sighting, proposal, _names(members)):
            sightings[at] = dataclasses.replace(sighting, member=member)
            members.append(member)
            chosen.append((sighting, member))
        else:
            del sightings[at]
    return chosen


def _ask_member(
    sighting: Sighting, proposal: config.Member, taken: list[str]
) -> config.Member | None:
    import msgspec

    from teamvoice.team.naming import check_name

    def check(answer: str) -> None:
        if answer != "-":
            check_name(answer, taken)

    where = sighting.pane.place
    name = question(f"What do you call the agent in {where}? - leaves it out", proposal.name, check)
    if name == "-" or not (sighting.target or _ask_tag(where)):
        return None
    aliases = _ask_aliases(proposal, [*taken, name])
    return msgspec.structs.replace(proposal, name=name, aliases=aliases)


def _ask_aliases(proposal: config.Member, taken: list[str]) -> tuple[str, ...]:
    from teamvoice.team.naming import check_name

    def parts(answer: str) -> list[str]:
        words = [] if answer.casefold() in {"-", "none"} else answer.split(",")
        return [alias for word in words if (alias := word.strip())]

    def check(answer: str) -> None:
        aliases = parts(answer)
        for number, alias in enumerate(aliases):
            check_name(alias, [*taken, *aliases[:number]])

    free = [alias for alias in proposal.aliases if _is_free(alias, taken)]
    what = "Other names for it, with commas, or none"
    return tuple(parts(question(what, ", ".join(free) or "none", check)))


def _is_free(name: str, taken: list[str]) -> bool:
    from teamvoice.team.members import as_said

    return as_said(name) not in map(as_said, taken)


def _ask_tag(where: str) -> bool:
    """Whether a pane may be tagged that nothing else marks."""
    write(f"tmux may give the number {where} to another pane; a tag in @teamvoice stays with this.")
    if is_agreed("Tag the pane?", "yes"):
        return True
    write(
        f"{where} is left out. Name its window, or tag it yourself, and run teamvoice init again."
    )
    return False
