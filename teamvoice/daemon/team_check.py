"""The doctor's look at the team: who is found, what they do, and what to mend."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from teamvoice import config
from teamvoice.daemon.finding import Finding, Mark
from teamvoice.errors import TeamError, TeamvoiceError, TmuxUnavailable
from teamvoice.team.glimpses import Status
from teamvoice.team.members import find_pane, is_by_number, wanted_options
from teamvoice.team.places import TAG
from teamvoice.team.sight import Kind
from teamvoice.team.team import Team
from teamvoice.team.tmux import Tmux

_RENUMBERS = "renumber-windows"  # "1": in this session, windows move up when one before is closed


async def members(settings: config.Config) -> Finding:
    """Whether each member is found, and what it does."""
    if not settings.team.members:
        return Finding("team", "fail", "nobody is on the team", "teamvoice init")
    try:
        async with Team(settings.team) as team:
            statuses = await team.status()
        shared = _shared(statuses)
        hints = [*shared, *await _renumbered(settings.team, statuses)]
    except TmuxUnavailable as error:
        return Finding("team", "fail", f"cannot be seen: {error.message}", error.mend)
    except TeamvoiceError as error:
        return Finding("team", "fail", error.message, error.mend)
    told = ", ".join(map(_told, statuses))
    gone = [s for s in statuses if s.state.kind in {Kind.MISSING, Kind.DEAD, Kind.SHELL}]
    unsure = [s for s in statuses if s.state.kind is Kind.UNKNOWN]
    if not gone and not unsure:
        return Finding("team", "warn" if shared else "ok", told, "; ".join(hints))
    unfound = [s for s in unsure if s.state.source == "tmux"]  # which pane is whose?
    mends = [_mend_of(status) for status in gone[:1]]
    mends += [await _untag(settings.team, s) or _mend_of(s) for s in (unfound or unsure)[:1]]
    worst: Mark = "fail" if len(gone) + len(unfound) == len(statuses) else "warn"
    return Finding("team", worst, told, "; ".join([*mends, *hints]))


def _shared(statuses: Sequence[Status]) -> list[str]:
    """For each pane that is two members' at once, which: both would be told by the one agent."""
    who: dict[tuple[str, str], list[str]] = {}
    for status in statuses:
        if status.pane:
            who.setdefault((status.member.host, status.pane), []).append(status.member.name)
    return [
        f"{' and '.join(names)} are in one pane ({pane}): give each its own in [[team.members]]"
        for (_, pane), names in who.items()
        if len(names) > 1
    ]


def _told(status: Status) -> str:
    state = status.state
    why = f" ({state.detail})" if state.kind is Kind.UNKNOWN and state.detail else ""
    return f"{status.member.name} {state.kind}{why}"


async def _untag(team: config.Team, status: Status) -> str:
    """How to mend that several panes of this machine fit a member; empty when that is not it."""
    member = status.member
    if status.state.kind is not Kind.UNKNOWN or member.host:
        return ""
    async with Tmux(team.socket, team.deadline_s, wanted_options([member])) as tmux:
        try:
            find_pane(member, await tmux.panes())
        except TeamError as error:
            return error.mend.replace("tmux ", f"{tmux.program} ")
    return ""


async def _renumbered(team: config.Team, statuses: Sequence[Status]) -> list[str]:
    """For each member whose target is the number of a window that tmux may renumber, the mend."""
    aimed = {
        status.pane: status.member
        for status in statuses
        if status.pane and not status.member.host and is_by_number(status.member)
    }
    if not aimed:
        return []
    async with Tmux(team.socket, team.deadline_s, (_RENUMBERS,)) as tmux:
        panes = [pane for pane in await tmux.panes() if pane.options.get(_RENUMBERS) == "1"]
        tag = f"{tmux.program} set -p -t"
    return [_hint(aimed[pane.id], f"{tag} {pane.id} {TAG}") for pane in panes if pane.id in aimed]


def _hint(member: config.Member, tag: str) -> str:
    return (
        f"tmux may give {member.target} of {member.name} to another pane (renumber-windows is on): "
        f'{tag} {shlex.quote(member.name)}, and target = "{TAG}={member.name}" in [[team.members]]'
    )


def _mend_of(status: Status) -> str:
    name, host = status.member.name, status.member.host
    match status.state.kind:
        case Kind.MISSING if status.state.source == "ssh":
            look = f"see what this says: ssh -o BatchMode=yes {host} tmux list-panes -a"
            return f"{status.state.detail}; {look}"
        case Kind.MISSING:
            return status.state.detail
        case Kind.UNKNOWN:
            return f"look at its pane; set its agent in [[team.members]] ({name})"
        case _:
            return f"start its agent again in its pane ({name})"
