"""A conversation with the machine, told as one: an event, the commands, an event, the commands."""

from __future__ import annotations

from teamvoice.conversation import commands as do
from teamvoice.conversation import events as ev
from teamvoice.conversation.commands import Command
from teamvoice.conversation.machine import Conversation
from teamvoice.conversation.states import Rules
from teamvoice.conversation.turn import Turn

_UNSEEN = do.SetTimer | do.StopTimer | do.MarkTold | do.NoteWords
BLOCK = b"\x18\xfc\xe8\x03" * 240  # as loud as speech


class Talk:
    """A conversation with a clock that moves 20 ms an event, and its ended turns."""

    def __init__(self, *, link: bool = True, rules: Rules | None = None) -> None:
        self.machine = Conversation(rules)
        self.now = 0.0
        self.turns: list[Turn] = []
        self.noted: list[do.NoteWords] = []
        self.marked: list[str] = []  # the calls whose end the person was told
        if link:
            self.tell(ev.LinkUp(at=0.0))

    def tell(self, event: ev.Event) -> list[Command]:
        commands = self.machine.handle(event)
        self.turns += [command.turn for command in commands if isinstance(command, do.EndTurn)]
        self.noted += [command for command in commands if isinstance(command, do.NoteWords)]
        self.marked += [i for c in commands if isinstance(c, do.MarkTold) for i in c.call_ids]
        return [c for c in commands if not isinstance(c, _UNSEEN)]

    def at(self) -> float:
        self.now += 0.02
        return self.now

    def blocks(self, count: int) -> list[Command]:
        told = [self.tell(ev.AudioCaptured(at=self.at(), pcm=BLOCK)) for _ in range(count)]
        return [command for commands in told for command in commands]

    def say(self, blocks: int = 20) -> list[Command]:
        """A whole hold; what its last event brought."""
        self.tell(ev.HoldBegan(at=self.at()))
        self.blocks(blocks)
        self.tell(ev.HoldEnded(at=self.at()))
        return self.tell(ev.CaptureEnded(at=self.at()))

    def answer(self, response: str = "r1", item: str = "a1", *, sounds: bool = True) -> None:
        """An answer begins; its first piece sounds, unless it is still on its way to the ear."""
        self.tell(ev.ResponseBegan(at=self.at(), response_id=response))
        self.tell(
            ev.AnswerAudio(
                at=self.at(), response_id=response, item_id=item, content_index=0, pcm=BLOCK
            )
        )
        if sounds:
            self.tell(ev.SoundBegan(at=self.at()))

    def end(self, response: str = "r1", *calls: ev.ToolCall) -> list[Command]:
        return self.tell(
            ev.ResponseEnded(at=self.at(), response_id=response, status="completed", calls=calls)
        )


def kinds(commands: list[Command]) -> list[type[Command]]:
    return [type(command) for command in commands]
