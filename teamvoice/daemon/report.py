"""Parts of the status, each from what knows it; ``cli.status_view`` tells the shapes."""

from __future__ import annotations

from typing import Any

from teamvoice.audio.playback import Playback
from teamvoice.conversation.budget import Budget
from teamvoice.conversation.states import Mic
from teamvoice.daemon.bridge import Bridge
from teamvoice.daemon.desk import Desk
from teamvoice.errors import TeamvoiceError
from teamvoice.team.team import Team


def hearing(desk: Desk, state: Mic) -> str:
    """The microphone: as the conversation has it, or as its ear does if it is always open."""
    if desk.hears:
        return desk.hears().state
    return "grace" if desk.capture.rests else str(state.value)


def trouble(desk: Desk) -> str:
    """What is out of order with it, beside the team, in a few words; else empty."""
    return "microphone lost" if desk.hears and desk.hears().state == "lost" else ""


def unheard(desk: Desk, bridge: Bridge) -> tuple[str, ...]:
    """What of the sound did not work when it was last wanted, in a few words each."""
    microphone = not desk.hears and bridge.microphone.trouble
    return ("no microphone" if microphone else "", "no speaker" if bridge.speaker_trouble else "")


def microphone(desk: Desk, bridge: Bridge, *, muted: bool) -> dict[str, Any]:
    """The microphone, in the state that :func:`hearing` tells."""
    device = desk.capture.describe()
    heard = {"state": hearing(desk, bridge.machine.mic), "hands_free": desk.hears is not None}
    reason = desk.hears().reason if desk.hears else bridge.microphone.trouble
    return {**heard, "device": device, "muted": muted, "reason": reason}


def speaker(playback: Playback, bridge: Bridge) -> dict[str, Any]:
    """The speaker, in the state that the conversation has it in."""
    state, device = bridge.machine.sound.value, playback.describe()
    about = {"quiet": bridge.is_quiet, "reason": bridge.speaker_trouble}
    return {"state": state, "device": device, **about}


def settings(trouble: str) -> dict[str, str]:
    """Whether the newest settings are in force; if not, why not."""
    return {"state": "refused" if trouble else "in force", "reason": trouble}


def cost(budget: Budget, *, prices_known: bool) -> dict[str, Any]:
    """What the day has cost, and its limit."""
    return {
        "state": "spent" if budget.is_spent else "",
        "day": budget.day,
        "day_usd": round(budget.spent_usd, 6),
        "cap_usd": budget.cap_usd,
        "prices_known": prices_known,
    }


async def members(team: Team, now: float) -> list[dict[str, Any]]:
    """What every member does; where tmux is away, why nobody knows."""
    try:
        return [status.as_json(now) for status in await team.status()]
    except TeamvoiceError as error:
        away = {"state": "unknown", "source": "tmux", "detail": str(error)}
        return [{"name": member.name, **away} for member in team.members]
