"""Which agents run in the panes of a tmux server, and the members that they could be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import msgspec

from teamvoice import config
from teamvoice.errors import TeamError
from teamvoice.team.members import as_said, find_pane, wanted_options
from teamvoice.team.naming import is_name
from teamvoice.team.panes import Pane
from teamvoice.team.places import TAG, tag_of
from teamvoice.team.processes import read_tree
from teamvoice.team.profiles import Profiles, load_profiles
from teamvoice.team.sight import recognise
from teamvoice.team.tmux import Tmux

_TAGS = (TAG, "@role_name")
_LINE = "@teamvoice_line"
_AUTOMATIC = "automatic-rename"  # "1": tmux names the window by what runs in it

_LONGEST = 40  # characters of a name that is proposed

# Names that a window gets from what runs in it: they say nothing of who works there.
_NO_NAMES = {"bash", "zsh", "fish", "sh", "node", "python", "python3", "npx", "tmux", "ssh", ""}
_ALIASES = {
    "developer": ("dev", "engineer"),
    "dev": ("developer", "engineer"),
    "pm": ("project manager", "product manager"),
    "reviewer": ("code reviewer",),
    "qa": ("tester",),
}


@dataclass(frozen=True, slots=True)
class Sighting:
    """An agent in a pane.

    Args:
        pane: Where.
        agent: The name of its profile.
        member: Who it is already, or could be, by the configuration; ``None`` for nobody yet.
        target: By what it is found again, and never another pane in its stead without a word;
            empty when it has to be tagged first.
    """

    pane: Pane
    agent: str
    member: config.Member | None = None
    target: str = ""


class Survey(NamedTuple):
    """What runs in a tmux server.

    Args:
        sightings: The agents in all panes, in tmux's order.
        tags: The tags that are on other panes than those that :func:`place` may tag, or are those
            of members.
        doubts: For each member who could be in one of several panes, what to do about it.
        missing: The members of this machine that have no pane.
    """

    sightings: list[Sighting]
    tags: frozenset[str] = frozenset()
    doubts: tuple[str, ...] = ()
    missing: tuple[config.Member, ...] = ()


async def scout(settings: config.Team) -> Survey:
    """Look through all panes of the server.

    Args:
        settings: Where the server is, and the members that there are already.

    Raises:
        TmuxUnavailable: There is no tmux, or no server.
        ConfigError: A profile of the user's own cannot be used.
    """
    options = (*wanted_options(settings.members), _LINE, _AUTOMATIC)
    async with Tmux(settings.socket, settings.deadline_s, options) as tmux:
        panes = await tmux.panes()
        profiles = await tmux.aside(lambda: load_profiles(config.profiles_dir()))
        agents = await tmux.aside(lambda: _agents(panes, profiles))
    return survey(panes, agents, settings.members)


def survey(
    panes: Sequence[Pane], agents: Mapping[str, str], members: Sequence[config.Member]
) -> Survey:
    """What is in these panes.

    Args:
        panes: All of the server.
        agents: The names of the agents' profiles by the pane's id.
        members: Those that there are already.
    """
    panes = [_without_line(pane) for pane in panes]
    taken, doubts, missing = _taken(members, panes)
    sightings = [
        Sighting(p, agents[p.id], taken.get(p.id), _target(p, panes))
        for p in panes
        if p.id in agents
    ]
    to_tag = {s.pane.id for s in sightings if not s.member and not s.target}
    tags = {*_tags(p for p in panes if p.id not in to_tag), *_tags_of(members)}
    return Survey(sightings, frozenset(tags), doubts, missing)


def propose(sightings: Sequence[Sighting], taken: Iterable[str] = ()) -> list[config.Member]:
    """A member for each agent that is nobody yet.

    Its name is the one that the pane or its window was given, else the agent's; no two are called
    alike.

    Args:
        sightings: The agents.
        taken: Names and aliases that are somebody's already.
    """
    new = [sighting for sighting in sightings if sighting.member is None]
    used = {as_said(name) for name in taken}
    names = []
    for sighting in new:  # all names first: no alias may be one of them
        names.append(_unused(_name(sighting), used))
        used.add(as_said(names[-1]))
    proposed = []
    for sighting, name in zip(new, names, strict=True):
        aliases = [a for a in _aliases(name, sighting, sightings) if as_said(a) not in used]
        used |= {as_said(alias) for alias in aliases}
        member = config.Member(
            name=name, aliases=tuple(aliases), target=sighting.target, agent=sighting.agent
        )
        proposed.append(member)
    return proposed


def place(
    chosen: Sequence[tuple[Sighting, config.Member]], found: Survey
) -> tuple[list[config.Member], dict[str, str]]:
    """The new members, each with a target, and by the pane's id the tags that they need for it.

    Args:
        chosen: Those who come onto the team, by the sighting.
        found: All that was seen.
    """
    ids = {sighting.pane.id for sighting, _ in chosen}
    tags = {*found.tags, *_tags(s.pane for s in found.sightings if s.pane.id not in ids)}
    members, new = [], {}
    for sighting, member in chosen:
        if sighting.target:
            members.append(member)
            continue
        name = re.sub(r"[^\w -]", "", member.name).strip(" -") or sighting.agent
        new[sighting.pane.id] = tag = _unused(name, {as_said(tag) for tag in tags})
        tags.add(tag)
        members.append(msgspec.structs.replace(member, target=f"{TAG}={tag}"))
    return members, new


async def put_tags(settings: config.Team, tags: Mapping[str, str]) -> None:
    """Tag panes, by their ids, as :func:`place` said.

    Raises:
        TmuxUnavailable: There is no server any more.
        TmuxFailed: A pane is gone.
    """
    commands = [("set-option", "-p", "-t", pane, TAG, tag) for pane, tag in tags.items()]
    async with Tmux(settings.socket, settings.deadline_s) as tmux:
        await tmux.run(*commands)


def is_tagged(pane: Pane) -> bool:
    """It carries a name in an option: by it, a member is found wherever it is."""
    return bool(_tagged(pane))


def _agents(panes: Sequence[Pane], profiles: Profiles) -> dict[str, str]:
    """The names of the agents' profiles by the pane's id. Reads the processes."""
    found = {p.id: recognise(p, read_tree(p.pid), profiles, "") for p in panes if not p.dead}
    return {pane: kind.name for pane, kind in found.items() if kind and kind.kind == "agent"}


def _taken(
    members: Sequence[config.Member], panes: Sequence[Pane]
) -> tuple[dict[str, config.Member], tuple[str, ...], tuple[config.Member, ...]]:
    """Whose a pane is by its id, be it one of several that could be; those doubts; who has none."""
    sure: dict[str, config.Member] = {}
    unsure: dict[str, config.Member] = {}
    doubts, missing = [], []
    for member in (m for m in members if not m.host):
        try:
            pane = find_pane(member, panes)
        except TeamError as error:
            doubts.append(str(error))
            unsure |= {p.id: member for p in panes if find_pane(member, [p])}
        else:
            sure |= {pane.id: member} if pane else {}
            missing += [] if pane else [member]
    return unsure | sure, tuple(doubts), tuple(missing)


def _name(sighting: Sighting) -> str:
    """What the pane or its window was called where that can be a name, else the agent's."""
    pane = sighting.pane
    given = (_tagged(pane).strip(), pane.window_name if _is_named(pane) else "")
    return next((n for n in given if len(n) <= _LONGEST and is_name(n)), sighting.agent)


def _is_named(pane: Pane) -> bool:
    """Its window has a name that says more than what runs in it."""
    name = pane.window_name
    is_own = name.casefold() in {*_NO_NAMES, pane.command.casefold()}
    is_own |= pane.options.get(_AUTOMATIC) == "1"
    return (
        not is_own and not name.isdecimal() and bool(re.fullmatch(rf"[\w -]{{1,{_LONGEST}}}", name))
    )


def _target(pane: Pane, panes: Sequence[Pane]) -> str:
    """By what it is surely found again: its tag, or a name that its window alone was given.

    Never by a number: when a window is closed, tmux may give it to another one.
    """
    tags = (f"{option}={pane.options.get(option, '')}" for option in _TAGS)
    window = f"{pane.session}:{pane.window_name}"
    ways = (*tags, window) if _is_named(pane) and not _tagged(pane) else tags
    return next((way for way in ways if _leads_to(way, pane, panes)), "")


def _leads_to(target: str, pane: Pane, panes: Sequence[Pane]) -> bool:
    try:
        return find_pane(config.Member(name=target, target=target), panes) == pane
    except TeamError:
        return False  # it could be another one


def _tags(panes: Iterable[Pane]) -> Iterator[str]:
    return (pane.options[TAG] for pane in panes if TAG in pane.options)


def _tags_of(members: Iterable[config.Member]) -> Iterator[str]:
    """Those by which members are found, or will be when their panes are tagged again."""
    found = (tag_of(member) for member in members)
    return (tag[1] for tag in found if tag and tag[0] == TAG)


def _tagged(pane: Pane) -> str:
    """The name that the pane carries in an option; empty for none."""
    tags = (pane.options.get(option, "") for option in _TAGS)
    return next((tag for tag in tags if tag.strip()), "")


def _without_line(pane: Pane) -> Pane:
    """Without the team's line, which tmux shows as the tag of each pane that has none itself."""
    options = dict(pane.options)
    if options.get(TAG) == options.get(_LINE):
        options.pop(TAG, None)
    return replace(pane, options=options)


def _unused(name: str, used: set[str]) -> str:
    """The name, numbered if it is among those that are used, given as they are said."""
    numbered = (f"{name} {number}" for number in range(2, 1000))
    return next(n for n in (name, *numbered) if as_said(n) not in used)


def _aliases(name: str, sighting: Sighting, sightings: Sequence[Sighting]) -> Iterator[str]:
    yield from _ALIASES.get(name.casefold(), ())
    alone = [s.agent for s in sightings].count(sighting.agent) == 1
    if alone and sighting.agent.casefold() != name.casefold():
        yield sighting.agent
