"""What members are doing, as it was last seen, and which of them have to be looked at again: pure.

Only the processes of a pane are read here, when they are wanted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from teamvoice import config
from teamvoice.team.panes import Pane
from teamvoice.team.processes import Tree, read_tree
from teamvoice.team.sight import Kind, State

ACTIVITY = "window_activity"  # when something was last written in a pane's window, in seconds
_RESTLESS_S = 1.5  # between two looks at who works, for there something is written all the time
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
        return {**about, **self.state.as_json(now), **where}


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A member's pane as it was last looked at, to be kept by whoever watches."""

    pane: Pane
    status: Status
    tree: Tree
    tree_at: float
    at: float
    second: int  # on the wall clock, by which tmux tells when something was written


Glimpses = dict[str, Glimpse]


def has_moved(known: Glimpse | None, pane: Pane, now: float) -> bool:
    """It has to be looked at again: it is another, or something was written there since.

    Of one that works, something is written all the time: every second look is soon enough.
    """
    if known is None or _facts(known.pane) != _facts(pane):
        return True
    if known.status.state.kind is Kind.WORKING:
        return now - known.at >= _RESTLESS_S
    active = int(pane.options.get(ACTIVITY, "0"))  # 0: this tmux does not tell
    return pane.title != known.pane.title or not active or active >= known.second


def restless(known: Glimpses, now: float) -> list[str]:
    """Panes that are due anyhow, so that their screens are fetched with the list of all panes."""
    works = [g for g in known.values() if g.status.state.kind is Kind.WORKING]
    return [g.pane.id for g in works if now - g.at >= _RESTLESS_S]


def _facts(pane: Pane) -> tuple[object, ...]:
    return (pane.id, pane.pid, pane.dead, pane.in_mode, pane.command)


def read_trees(
    due: Mapping[str, Pane], known: Glimpses, now: float
) -> dict[str, tuple[Tree, float]]:
    """The processes of panes with when they were read; read again when they may be others."""
    trees = {}
    for name, pane in due.items():
        old = known.get(name)
        same = old and (old.pane.pid, old.pane.command) == (pane.pid, pane.command)
        if old and same and now - old.tree_at < _TREE_S:
            trees[name] = (old.tree, old.tree_at)
        else:
            trees[name] = (read_tree(pane.pid), now)
    return trees


def user_option(pane: str, text: str | None) -> tuple[str, ...]:
    """The tmux command that sets the option of a pane, or the global one; ``None`` unsets it."""
    where = ("-p", "-t", pane, "@teamvoice_state") if pane else ("-g", "@teamvoice")
    return ("set-option", "-u", *where) if text is None else ("set-option", *where, _plain(text))


def _plain(text: str) -> str:
    """Without what would end the command, or be expanded in a status line."""
    return text.translate({ord(";"): ",", ord("#"): None})
