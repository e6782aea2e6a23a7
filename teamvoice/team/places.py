"""Where members are: their panes, what stands in the way of finding them, and the mend: pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from teamvoice import config
from teamvoice.errors import TeamError, TeamvoiceError
from teamvoice.team.members import find_pane
from teamvoice.team.panes import Pane

TAG = "@teamvoice"

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


def how_to_mend(member: config.Member) -> str:
    """How to mend that a member has no pane: the one sentence for whoever tells of it."""
    option, value = tag_of(member) or (TAG, member.name)
    where = f"in its pane on {member.host}" if member.host else "in its pane"
    tag = f"{where}: tmux set -p {option} {shlex.quote(value)}"
    if not tag_of(member):
        aim = f'target = "{TAG}={member.name}" in [[team.members]]'
        return f"nothing matches its target {member.target}; set {aim}, and {tag}"
    return tag if member.host or option != TAG else f"{tag}; or teamvoice init"


def tag_of(member: config.Member) -> tuple[str, str] | None:
    """The option and its value by which a member's pane is found; ``None``: by something else."""
    if not member.target:
        return TAG, member.name
    option, is_tag, value = (part.strip() for part in member.target.partition("="))
    return (option, value) if is_tag and option.startswith("@") else None


def not_found(member: config.Member) -> TeamError:
    """That a member has no pane, with the mend."""
    return TeamError(f"No pane of {member.name} was found", how_to_mend(member))


def clause(error: TeamvoiceError) -> str:
    """An error with its mend as the part of a sentence."""
    sentence = "; ".join(filter(None, (error.message.rstrip("."), error.mend)))
    return sentence[:1].lower() + sentence[1:]


def raise_if_tmux_is_away(members: Sequence[config.Member], found: dict[str, Found]) -> None:
    """Nobody can be found for a reason that is tmux's own."""
    errors = [error for m in members if isinstance(error := found[m.name], TeamvoiceError)]
    if errors and len(errors) == len(members) and not isinstance(errors[0], TeamError):
        raise errors[0]
