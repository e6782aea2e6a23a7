"""Which agents run in the panes of a tmux server, and the members that they could be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from teamvoice import config
from teamvoice.errors import TeamError
from teamvoice.team.members import find_pane, wanted_options
from teamvoice.team.panes import Pane
from teamvoice.team.processes import read_tree
from teamvoice.team.profiles import Profiles, load_profiles
from teamvoice.team.sight import recognise
from teamvoice.team.tmux import Tmux

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
        member: Who it is already, by the configuration; ``None`` when it is nobody yet.
    """

    pane: Pane
    agent: str
    member: config.Member | None = None


async def scout(settings: config.Team) -> list[Sighting]:
    """The agents in all panes of the server, in tmux's order.

    Args:
        settings: Where the server is, and the members that there are already.

    Raises:
        TmuxUnavailable: There is no tmux, or no server.
        ConfigError: A profile of the user's own cannot be used.
    """
    options = wanted_options(settings.members)
    async with Tmux(settings.socket, settings.deadline_s, options) as tmux:
        panes = await tmux.panes()
        profiles = await tmux.aside(lambda: load_profiles(config.profiles_dir()))
        agents = await tmux.aside(lambda: _agents(panes, profiles))
    taken = dict(_taken(settings.members, panes))
    return [Sighting(p, agents[p.id], taken.get(p.id)) for p in panes if p.id in agents]


def propose(sightings: Sequence[Sighting], taken: Iterable[str] = ()) -> list[config.Member]:
    """A member for each agent that is nobody yet.

    Its name is the one that the pane or its window was given, else the agent's; no two are called
    alike.

    Args:
        sightings: The agents.
        taken: Names and aliases that are somebody's already.
    """
    used = {name.casefold() for name in taken}
    proposed = []
    for sighting in sightings:
        if sighting.member is None:
            name = _unused(_name(sighting), used)
            used.add(name.casefold())
            aliases = [a for a in _aliases(name, sighting, sightings) if a.casefold() not in used]
            used |= {alias.casefold() for alias in aliases}
            target = "" if _tagged(sighting.pane) == name else _place(sighting.pane, sightings)
            proposed.append(config.Member(name=name, aliases=tuple(aliases), target=target))
    return proposed


def _agents(panes: Sequence[Pane], profiles: Profiles) -> dict[str, str]:
    """The names of the agents' profiles by the pane's id. Reads the processes."""
    found = {p.id: recognise(p, read_tree(p.pid), profiles, "") for p in panes if not p.dead}
    return {pane: kind.name for pane, kind in found.items() if kind and kind.kind == "agent"}


def _taken(
    members: Sequence[config.Member], panes: Sequence[Pane]
) -> Iterator[tuple[str, config.Member]]:
    for member in (m for m in members if not m.host):
        try:
            pane = find_pane(member, panes)
        except TeamError:
            continue  # it could be several: the person has to say which, in the configuration
        if pane:
            yield pane.id, member


def _name(sighting: Sighting) -> str:
    pane = sighting.pane
    is_given = _is_named(pane) and pane.window_name.casefold() != sighting.agent
    return _tagged(pane) or (pane.window_name if is_given else sighting.agent)


def _is_named(pane: Pane) -> bool:
    """Its window has a name that says more than what runs in it."""
    name = pane.window_name
    is_own = name.casefold() in {*_NO_NAMES, pane.command.casefold()}
    return not is_own and bool(re.fullmatch(r"[\w -]{1,40}", name))


def _place(pane: Pane, sightings: Sequence[Sighting]) -> str:
    """Where it is found again: by the name of its window where one was given to it alone.

    A number says less: tmux may give it to another window when one is closed.
    """
    alike = [s for s in sightings if (s.pane.session, s.pane.window_name) == _window(pane)]
    return (
        f"{pane.session}:{pane.window_name}" if _is_named(pane) and len(alike) == 1 else pane.place
    )


def _window(pane: Pane) -> tuple[str, str]:
    return (pane.session, pane.window_name)


def _tagged(pane: Pane) -> str:
    """The name that the pane carries in an option: by it, the member is found wherever it is."""
    return pane.options.get("@teamvoice") or pane.options.get("@role_name") or ""


def _unused(name: str, used: set[str]) -> str:
    numbered = (f"{name} {number}" for number in range(2, 1000))
    return next(n for n in (name, *numbered) if n.casefold() not in used)


def _aliases(name: str, sighting: Sighting, sightings: Sequence[Sighting]) -> Iterator[str]:
    yield from _ALIASES.get(name.casefold(), ())
    alone = [s.agent for s in sightings].count(sighting.agent) == 1
    if alone and sighting.agent.casefold() != name.casefold():
        yield sighting.agent
