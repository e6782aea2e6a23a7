"""Where key edges come from: the port ``KeySource``. Its adapters are one file each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, Self

OnEdge = Callable[[bool, float], None]
OnLost = Callable[[str], None]


class KeySource(Protocol):
    """Watches one key or chord, from entering to leaving.

    Constructed with ``key`` (see :mod:`teamvoice.hotkey.chords`) and two callbacks that run on the
    event loop's thread:

    - ``on_edge(down, at)``: the key went down, or came up, at a monotonic time; auto-repeat is left
      out, pairs of up and down in the middle of a hold are not (the gesture machine joins them);
    - ``on_lost(reason)``: once, when the source ended by itself; no edge follows, so a key that was
      down will never be told to have come up.

    Raises:
        ConfigError: From the constructor: the key does not exist, or this source cannot see it.
        HotkeyUnavailable: On entering: this session cannot be watched; why, and the mend.
        HotkeyRefused: On entering: the same, and there is no use in trying again.
    """

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_: object) -> None: ...

    def describe(self) -> str:
        """A few words for the status, true now: the key and where it is watched."""

    def is_alive(self) -> bool:
        """Whether what watches the key still runs: its thread, or its connection."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which source serves in this session.

    Args:
        backend: Its name, as ``hotkey.backend`` has it.
        why: A clause that says why, for the status.
        make: Makes the source; None when only ``teamvoice ptt`` serves as the key.
        otherwise: What to do instead when the source cannot be had; empty for nothing special.
        look: For a source that would ask the person when entered: finds out whether it can be had
            without asking, or raises ``HotkeyUnavailable``.
    """

    backend: str
    why: str
    make: Callable[[OnEdge, OnLost], KeySource] | None = None
    otherwise: str = ""
    look: Callable[[], Awaitable[None]] | None = None
