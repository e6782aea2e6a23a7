"""Where members are: their panes, what stands in the way of finding them, and the mend: pure."""

from __future__ import annotations

from collections.abc import Sequence

from teamvoice import config
from teamvoice.errors import TeamError, TeamvoiceError
from teamvoice.team.members import find_pane
from teamvoice.team.panes import Pane

Found = Pane | TeamvoiceError | None


def found_pane(member: config.Member, panes: Sequence[Pane]) -> Found:
    """A member's pane, or why it cannot be told, or ``None`` when there is none."""
    try:
        return find_pane(member, panes)
    except TeamError as error:
        return error


def again(pinned: Found, panes: Sequence[Pane]) -> Pane | None:
    """A pane that was pinned, as it is now; ``None`` when it is no longer the same."""
    if not isinstance(pinned, Pane):
        return None
    return next((p for p in panes if (p.id, p.pid) == (pinned.id, pinned.pid)), None)


def where_to_look(member: config.Member) -> str:
    """How to mend that a member has no pane."""
    if member.target:
        return f"nothing matches its target {member.target}"
    return f"name one: tmux set-option -p @teamvoice {member.name}"


def clause(sentence: str) -> str:
    """A sentence as the part of another one."""
    return sentence[:1].lower() + sentence[1:].rstrip(".")


def raise_if_tmux_is_away(members: Sequence[config.Member], found: dict[str, Found]) -> None:
    """Nobody can be found for a reason that is tmux's own."""
    errors = [error for m in members if isinstance(error := found[m.name], TeamvoiceError)]
    if errors and len(errors) == len(members) and not isinstance(errors[0], TeamError):
        raise errors[0]
