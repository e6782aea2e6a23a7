"""The microphone's switch: opens and closes it as the conversation says, one after the other.

One that breaks while it is open may come back within the hold, when the sound server was started
anew or a plug sat loose: then it is tried until it is there, or until the hold is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from teamvoice.audio.capture import Capture
from teamvoice.conversation import commands as do
from teamvoice.conversation import events as ev
from teamvoice.errors import TeamvoiceError

_AGAIN_S = 0.2  # between two tries
_PENDING = 64  # commands; each is over in milliseconds, or has a deadline
_BACK = "the microphone is back: it listens again"

Switch = do.OpenMicrophone | do.CloseMicrophone


class MicrophoneSwitch:
    """Carries out what is switched while :meth:`run` runs.

    ``trouble``: why it could not be heard when that was last wanted; else empty.

    Args:
        capture: The microphone.
        do_other: Carries out what the person is to be told and to hear.
        tell: Told what comes of it: ``AudioCaptured``, ``CaptureEnded`` and ``CaptureFailed``.
    """

    def __init__(
        self,
        capture: Capture,
        do_other: Callable[[do.Command], object],
        tell: Callable[[ev.Event], None],
    ) -> None:
        self._capture = capture
        self._do = do_other
        self._tell = tell
        self._pending: asyncio.Queue[Switch] = asyncio.Queue(_PENDING)
        self.trouble = ""

    def switch(self, command: Switch) -> None:
        """Open or close it, after what was asked for before. Never blocks."""
        self._pending.put_nowait(command)

    async def run(self) -> None:
        """Open and close, until cancelled; an end is told only of what was open."""
        opened = False
        while True:
            match await self._pending.get():
                case do.OpenMicrophone(again=True):
                    await self._open_again()
                case do.OpenMicrophone():
                    why = await self._open()
                    opened = not why
                    if why:
                        self._tell(ev.CaptureFailed(at=_now(), reason=why))
                case do.CloseMicrophone() if opened:
                    deaf = await self._capture.close()
                    opened = False
                    self._tell(ev.CaptureEnded(at=_now(), deaf=deaf))

    async def _open(self) -> str:
        """Why it cannot be opened; empty when it is open."""
        try:
            await self._capture.open(
                lambda pcm, at: self._tell(ev.AudioCaptured(at=at, pcm=pcm)), self._lost
            )
        except TeamvoiceError as error:
            self.trouble = str(error)
        else:
            self.trouble = ""
        return self.trouble

    async def _open_again(self) -> None:
        """Until it is open, or something else is wanted of it."""
        while self._pending.empty():
            if not await self._open():
                self._do(do.Tell("notice", _BACK))
                self._do(do.Chime("listening"))
                return
            await asyncio.sleep(_AGAIN_S)

    def _lost(self, reason: str) -> None:
        self.trouble = reason
        self._tell(ev.CaptureFailed(at=_now(), reason=reason, broke=True))


def _now() -> float:
    return asyncio.get_running_loop().time()
