"""What a person does with a member from a face: look closer, and answer a question by its number.

It is the daemon that does it, in the panes that it watches. A face may sit in another tmux server,
with another configuration, where a member of the same name may ask the same question.
"""

from __future__ import annotations

from teamvoice.team.digest import digest, say_question, say_seconds
from teamvoice.team.receipts import say_answered, spoken
from teamvoice.team.team import Team

_LINES = 12


class ByHand:
    """What may be done with the members of a team."""

    def __init__(self, team: Team) -> None:
        self._team = team

    async def look(self, name: str) -> str:
        """What is worth saying of a member, as plain text of several lines.

        Raises:
            TeamvoiceError: tmux does not answer, or there is no such member.
        """
        (status,) = await self._team.status(name)
        found = digest(status.body, status.last_message)
        kind, question = status.state.kind, status.state.question
        took = f" for {say_seconds(found.seconds)}" if found.seconds is not None else ""
        parts = [f"{status.member.name}: {kind}{took} (seen by the {status.state.source})"]
        parts += [status.state.detail] if status.state.detail and not question else []
        parts += [f"told: {found.task}"] if found.task else []
        if question:
            parts.append(f"asks: {say_question(question)}")
        return "\n".join([*parts, "", *found.said[-_LINES:]])

    async def answer(self, name: str, choice: str, text: str, subject: str) -> str:
        """Answer a member's question, if it still is the one that was seen; what became of it.

        Args:
            name: The member.
            choice: The number of an option, from 1.
            text: The question as it was seen.
            subject: The command or file that it was seen to be about.

        Raises:
            TeamvoiceError: tmux does not answer, or there is no such member.
        """
        (status,) = await self._team.status(name)
        question = status.state.question
        if question is None:
            return f"Did not answer {spoken(name)}: it asks nothing any more"
        if (question.text, question.subject) != (text, subject):
            return f"Did not answer {spoken(name)}: the question changed"
        return say_answered(await self._team.answer(name, choice, question.fingerprint))
