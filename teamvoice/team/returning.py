"""Members whose panes are gone, and the agents without a tag that they could be: pure.

A tag in ``@teamvoice`` dies with its pane, and all of them with the tmux server: at each reboot.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from teamvoice.config import Member
from teamvoice.team.places import TAG, tag_of
from teamvoice.team.scout import Sighting, Survey, is_tagged

Back = Sequence[tuple[Sighting, Member]]
"""Who is which agent again."""


class Returned(NamedTuple):
    """What can be told without asking.

    Args:
        back: Who surely is which agent.
        unsure: The agents that could be one of several members, or one of several that could be
            the same: they are nobody's, and nobody new.
        doubts: What is to be said of these.
    """

    back: Back
    unsure: Sequence[Sighting] = ()
    doubts: Sequence[str] = ()


def could_be(sighting: Sighting, missing: Iterable[Member]) -> list[Member]:
    """Whom of those that are missing an agent could be, if its pane were tagged."""
    if sighting.member or is_tagged(sighting.pane):
        return []
    return [m for m in missing if _is_by_tag(m) and m.agent in {"", sighting.agent}]


def returned(found: Survey) -> Returned:
    """Who is back, where the numbers leave no doubt.

    That is one member and one agent of its kind; or as many of the one as of the other, if the
    members have the names that the agents would be given anew, by the order of their panes.
    """
    back: list[tuple[Sighting, Member]] = []
    unsure: list[Sighting] = []
    doubts = []
    for kind in dict.fromkeys(sighting.agent for sighting in found.sightings):
        gone = [m for m in found.missing if m.agent == kind and _is_by_tag(m)]
        agents = [s for s in found.sightings if s.agent == kind and could_be(s, gone)]
        is_clear = len(gone) == 1 or all(map(_number, gone))
        if len(gone) == len(agents) and is_clear:
            back += zip(agents, sorted(gone, key=_number), strict=True)
        elif agents:
            unsure += agents
            doubts.append(_doubt(kind, agents, gone))
    return Returned(back, unsure, doubts)


def with_back(found: Survey, back: Back) -> Survey:
    """What was found, with these members where they are again."""
    who = {sighting.pane.id: member for sighting, member in back}
    return found._replace(
        sightings=[replace(s, member=who.get(s.pane.id, s.member)) for s in found.sightings],
        missing=tuple(m for m in found.missing if m not in who.values()),
    )


def tags_of(back: Back) -> dict[str, str]:
    """The tags that are put again, by the pane's id."""
    return {s.pane.id: tag[1] for s, member in back if (tag := tag_of(member))}


def _is_by_tag(member: Member) -> bool:
    tag = tag_of(member)
    return bool(tag and tag[0] == TAG)


def _number(member: Member) -> int:
    """Of one that is called like its agent, the how-manieth; 0 for one with a name of its own."""
    match = re.fullmatch(rf"{re.escape(member.agent)}(?: ([2-9]|[1-9]\d+))?", member.name)
    return int(match[1] or 1) if match else 0


def _doubt(kind: str, agents: Sequence[Sighting], gone: Sequence[Member]) -> str:
    names = " and ".join(member.name for member in gone)
    where = " and ".join(sighting.pane.place for sighting in agents)
    return (
        f"Left alone: {kind} in {where}, which could be {names}. "
        "teamvoice init without --yes asks who is who."
    )
