"""An ear at a microphone: what it handed over."""

from __future__ import annotations

from dataclasses import dataclass, field

from teamvoice.audio.capture import Capture
from tests.support.wait import until


@dataclass
class Ear:
    """The blocks, their times, and the reasons of a loss, in order."""

    blocks: list[bytes] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def on_block(self, pcm: bytes, at: float) -> None:
        self.blocks.append(pcm)
        self.times.append(at)

    async def listen(self, microphone: Capture) -> None:
        """Open it; returns when something was heard."""
        await microphone.open(self.on_block, self.lost.append)
        await until(self.blocks.__len__, "the first block")

    @property
    def pcm(self) -> bytes:
        return b"".join(self.blocks)
