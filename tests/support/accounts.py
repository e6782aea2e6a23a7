"""What became of each command that a person gave to a daemon, as the person can know it.

A command has a word of its own. It is accounted for when it was written and the turn that wrote it
is over, with its receipt spoken or shown; or when it was not written, and the person was told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from teamvoice.conversation.turn import NOT_FINISHED

GIVEN_UP = ("given up", "was not sent")  # of everything that waits
ARRIVED = ("Submitted to", "Queued")


@dataclass(frozen=True)
class Command:
    """A command.

    Args:
        word: What tells it from all others.
        turn: In which turn it was given.
        told: How much the person had been told then.
    """

    word: str
    turn: int
    told: int


@dataclass(eq=False)
class Accounts:
    """What a person was told, and in the end what was written.

    Args:
        written: The words that arrived, in order.
        told: Kind and text, in order.
        turns: The records of the turns that are over, by number.
    """

    written: list[str] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)
    turns: dict[int, dict[str, Any]] = field(default_factory=dict)
    commands: list[Command] = field(default_factory=list)

    def given(self, word: str, turn: int, told: int) -> Command:
        """The person gave a command."""
        command = Command(word, turn, told)
        self.commands.append(command)
        return command

    @property
    def left(self) -> list[Command]:
        """Commands that are not accounted for."""
        return [command for command in self.commands if not self.is_settled(command)]

    def is_settled(self, command: Command) -> bool:
        """It is accounted for."""
        count = self.written.count(command.word)
        assert count <= 1, f"{command} was done {count} times: {self}"
        return self._is_reported(command) if count else self._is_told(command)

    def is_done(self, command: Command) -> bool:
        """It was written, and the person knows."""
        return command.word in self.written and self._is_reported(command)

    def _is_reported(self, command: Command) -> bool:
        for turn in self.turns.values():
            for call in turn["calls"]:
                if command.word == call["arguments"]["text"]:
                    return self._is_known(command, turn, call["result"])
        return False

    def _is_known(self, command: Command, turn: dict[str, Any], result: str) -> bool:
        if result == NOT_FINISHED:
            return self._is_told_late(command)
        assert result.startswith(ARRIVED), f"{turn}: {self}"
        following = self.turns.get(turn["number"] + 1, turn)  # an answer may come in the next turn
        is_spoken = result in turn["spoken"] or result in following["spoken"]
        is_shown = ("answer", result) in self.told[command.told :]
        said = "".join(text for kind, text in self.told[command.told :] if kind == "saying")
        is_news = f"connection broke: {result.removesuffix('.')}" in said
        is_interrupted = turn["outcome"] == "interrupted"  # by the person's own next words
        return is_spoken or is_shown or is_interrupted or is_news

    def _is_told_late(self, command: Command) -> bool:
        """Its turn failed while it was being written: what came of it is told when it has come."""
        told = self.told[command.told :]
        is_shown = any(kind == "answer" and text.startswith(ARRIVED) for kind, text in told)
        said = "".join(text for kind, text in told if kind == "saying")
        return is_shown or any(f"connection broke: {arrived}" in said for arrived in ARRIVED)

    def _is_told(self, command: Command) -> bool:
        return self._has_failed(command) or self._is_dropped(command)

    def _has_failed(self, command: Command) -> bool:
        turn = self.turns.get(command.turn)
        troubles = self._troubles(command)
        failed = turn is not None and turn["outcome"] == "failed" and turn["trouble"] in troubles
        return failed or any(words in text for text in troubles for words in GIVEN_UP)

    def _is_dropped(self, command: Command) -> bool:
        """The oldest of what waits is dropped, one for each time that this is told."""
        drops = sum("dropped" in text for kind, text in self.told if kind == "trouble")
        done = self.written
        undone = [c for c in self.commands if c.word not in done and not self._has_failed(c)]
        return command in undone[:drops]

    def _troubles(self, command: Command) -> list[str]:
        """What the person was told since they gave it."""
        return [text for kind, text in self.told[command.told :] if kind == "trouble"]
