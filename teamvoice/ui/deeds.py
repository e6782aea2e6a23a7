"""What a face does with a member itself, straight on tmux: its digest, and an answer."""

from __future__ import annotations

from typing import Any

from teamvoice import config
from teamvoice.team.digest import digest, say_question, say_seconds
from teamvoice.team.receipts import say_answered
from teamvoice.team.team import Team

_LINES = 12


async def look_closer(name: str) -> str:
    """What is worth saying of a member, as plain text of several lines.

    Raises:
        TeamvoiceError: tmux does not answer, or there is no such member.
    """
    async with Team(config.load().team) as team:
        (status,) = await team.status(name)
    found = digest(status.body, status.last_message)
    took = f" for {say_seconds(found.seconds)}" if found.seconds is not None else ""
    parts = [f"{status.member.name}: {status.state.kind}{took} (seen by the {status.state.source})"]
    question = status.state.question
    parts += [status.state.detail] if status.state.detail and not question else []
    parts += [f"told: {found.task}"] if found.task else []
    if question:
        parts.append(f"asks: {say_question(question)}")
    return "\n".join([*parts, "", *found.said[-_LINES:]])


async def answer(name: str, shown: dict[str, Any] | None, choice: str) -> str:
    """Answer a member's question, if it still is the one that is shown; what became of it.

    Args:
        name: The member.
        shown: The question as the face shows it, in the status's JSON; None when it shows none.
        choice: The number of an option, from 1.

    Raises:
        TeamvoiceError: tmux does not answer, or there is no such member.
    """
    async with Team(config.load().team) as team:
        (status,) = await team.status(name)
        question = status.state.question
        if question is None or shown is None:
            return f"{name} asks nothing that can be answered with a key"
        if question.as_json()["text"] != shown.get("text") or question.subject != shown.get(
            "subject"
        ):
            return f"Did not answer {name}: the question changed"
        return say_answered(await team.answer(name, choice, question.fingerprint))
