"""What a person does with a member from a face: look closer, and answer a question by its number.

It is the daemon that does it, in the panes that it watches. A face may sit in another tmux server,
with another configuration, where a member of the same name may ask the same question.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

from teamvoice.daemon.records import hand_record
from teamvoice.team.digest import digest, say_question, say_seconds
from teamvoice.team.receipts import say_answered, spoken
from teamvoice.team.team import Team

_LINES = 12


class Seen(NamedTuple):
    """A question as a face shows it: what is asked, about what, and the labels of its options."""

    text: str
    subject: str
    options: tuple[str, ...]


class Members(Protocol):
    """What the control socket offers of it."""

    async def look(self, name: str) -> str:
        """What is worth saying of a member."""

    async def answer(self, name: str, choice: str, seen: Seen) -> str:
        """Answer its question, if it still is the one that was seen; what became of it."""


class ByHand:
    """What may be done with the members of a team.

    Args:
        team: The team.
        put: Writes a record down.
        publish: Tells all who watch.
    """

    def __init__(
        self, team: Team, put: Callable[[dict[str, Any]], None], publish: Callable[..., None]
    ) -> None:
        self._team = team
        self._put = put
        self._publish = publish

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

    async def answer(self, name: str, choice: str, seen: Seen) -> str:
        """Answer a member's question, if it still is the one that was seen; what became of it.

        Args:
            name: The member.
            choice: The number of an option, from 1.
            seen: The question as it was seen: with other options the number means another thing.

        Raises:
            TeamvoiceError: tmux does not answer, or there is no such member.
        """
        label = dict(enumerate(seen.options, 1)).get(int(choice), "")
        told = await self._answer(name, choice, seen)
        arguments = {"member": name, "choice": f"{choice} {label}".strip()}
        self._put(hand_record("answer", arguments, told, datetime.now(UTC)))
        self._publish("call", id="", name="answer", arguments=arguments)
        self._publish("called", id="", result=told)
        return told

    async def _answer(self, name: str, choice: str, seen: Seen) -> str:
        (status,) = await self._team.status(name)
        question = status.state.question
        if question is None:
            return f"Did not answer {spoken(name)}: it asks nothing any more"
        labels = tuple(option.label for option in question.options)
        if seen != (question.text, question.subject, labels):
            return f"Did not answer {spoken(name)}: the question changed"
        return say_answered(await self._team.answer(name, choice, question.fingerprint))
