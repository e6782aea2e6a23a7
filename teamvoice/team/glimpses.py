"""What members are doing, as it was last seen, and who has to be looked at again: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from teamvoice import config
from teamvoice.errors import HostAway, TeamvoiceError
from teamvoice.team.panes import Pane
from teamvoice.team.places import Found, how_to_mend
from teamvoice.team.processes import Tree
from teamvoice.team.sight import Kind, State, View
from teamvoice.team.steady import Steady

_RESTLESS_S = 1.4  # between two looks at who works, for there something is written all the time
_TREE_S = 10.0  # for which the processes of a pane are taken to be the same


@dataclass(frozen=True, slots=True)
class Status:
    """What a member is doing.

    Args:
        member: Who.
        state: With its source and time.
        agent: The profile that was recognised; empty when none was.
        pane: Its ``%id``; empty when there is none.
        place: Where it is, as tmux writes it.
        body: What its screen says above the prompt, uncleaned.
        last_message: The last thing it said, from its own files; empty when unknown.
    """

    member: config.Member
    state: State
    agent: str = ""
    pane: str = ""
    place: str = ""
    body: tuple[str, ...] = ()
    last_message: str = ""

    def as_json(self, now: float) -> dict[str, Any]:
        """For ``--json``."""
        about = {"name": self.member.name, "aliases": list(self.member.aliases)}
        where = {"agent": self.agent, "pane": self.pane, "place": self.place}
        where |= {"host": self.member.host} if self.member.host else {}
        return {**about, **self.state.as_json(now), **where}


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A member's pane as it was last looked at, to be kept by whoever watches."""

    pane: Pane
    status: Status  # as it was seen, whether it is settled or not
    tree: Tree
    tree_at: float
    at: float
    second: int  # on the wall clock, by which tmux tells when something was written


Glimpses = dict[str, Glimpse]


def status_of(member: config.Member, found: Found, view: View | None, now: float) -> Status:
    """A member's status out of what was found and seen of its pane, or was not."""
    if isinstance(found, HostAway):
        return Status(member, State(Kind.MISSING, "ssh", now, found.message))
    if isinstance(found, TeamvoiceError):
        return Status(member, State(Kind.UNKNOWN, "tmux", now, found.message))
    if view is None or view.pane is None:
        return Status(member, State(Kind.MISSING, "tmux", now, how_to_mend(member)))
    agent = view.profile.name if view.profile else ""
    pane, said = view.pane, view.last_message
    state = replace(view.state, program=f"{pane.id} of {pane.pid}")
    return Status(member, state, agent, pane.id, pane.place, view.body, said)


def latest(member: config.Member, found: Found, known: Glimpses, now: float) -> Status:
    """A member's status as it was last looked at; one without a pane is forgotten."""
    if isinstance(found, Pane) and member.name in known:
        return known[member.name].status
    known.pop(member.name, None)
    return status_of(member, found, None, now)


def has_moved(known: Glimpse | None, pane: Pane, now: float) -> bool:
    """It has to be looked at again: it is another, or something was written there since.

    tmux tells the second of a window's last output: a look in that very second may have come before
    the rest of it. Where somebody works, something is written all the time: for whoever looks more
    often than needed, not every look is one at that pane.
    """
    if known is None or _facts(known.pane) != _facts(pane):
        return True
    if known.status.state.kind is Kind.WORKING:
        return now - known.at >= _RESTLESS_S
    changed = (pane.title, pane.activity) != (known.pane.title, known.pane.activity)
    return changed or not pane.activity or pane.activity >= known.second  # 0: it does not tell


def restless(known: Glimpses, now: float) -> list[str]:
    """Panes that are due anyhow, so that their screens are fetched with the list of all panes."""
    works = [g for g in known.values() if g.status.state.kind is Kind.WORKING]
    return [g.pane.id for g in works if now - g.at >= _RESTLESS_S]


def steadied(
    seen: Iterable[Status], steady: Steady, found: Mapping[str, Found], clock: float, now: float
) -> tuple[Status, ...]:
    """Statuses with the states that count.

    Args:
        seen: With the states as they were seen.
        steady: Remembers how they were before.
        found: The panes from which they were seen, by member.
        clock: When tmux described these, seconds since the epoch.
        now: Monotonic.
    """
    still = {name: _still_s(p, clock) for name, p in found.items() if isinstance(p, Pane)}
    named = [(status.member.name, status) for status in seen]
    return tuple(
        replace(status, state=steady.see(name, status.state, now, still.get(name, 0.0)))
        for name, status in named
    )


def _still_s(pane: Pane, clock: float) -> float:
    """For how long at least nothing was written in a pane's window."""
    return max(0.0, clock - pane.activity - 1) if pane.activity else 0.0


def _facts(pane: Pane) -> tuple[object, ...]:
    return (pane.id, pane.pid, pane.dead, pane.in_mode, pane.command, pane.size)


def known_trees(
    due: Mapping[str, Pane], known: Glimpses, now: float
) -> dict[str, tuple[Tree, float]]:
    """The processes of panes with when they were read; not of those that may have others now."""
    trees = {}
    for name, pane in due.items():
        old = known.get(name)
        same = old and (old.pane.pid, old.pane.command) == (pane.pid, pane.command)
        if old and same and now - old.tree_at < _TREE_S:
            trees[name] = (old.tree, old.tree_at)
    return trees


def user_options(pane: str, text: str | None) -> list[tuple[str, ...]]:
    """The tmux commands that set the option of a pane, or the global ones; ``None`` unsets them.

    The team's line has two names: in the pane that an ``@teamvoice`` of its own gives to a member,
    that one hides the global one, as it does in the status line while this pane is the active one.
    """
    here = [("-p", "-t", pane, "@teamvoice_state")]
    wheres = here if pane else [("-g", "@teamvoice_line"), ("-g", "@teamvoice")]
    if text is None:
        return [("set-option", "-u", *where) for where in wheres]
    return [("set-option", *where, _plain(text)) for where in wheres]


def _plain(text: str) -> str:
    """Without what would end the command, or be expanded in a status line."""
    return text.translate({ord(";"): ",", ord("#"): None})
