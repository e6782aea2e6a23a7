"""Where key edges come from: the port ``KeySource``. Its adapters are one file each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, Self

OnEdge = Callable[[bool, float], None]
OnLost = Callable[[str], None]


class KeySource(Protocol):
    """Watches one key or chord, from entering to leaving.

    Constructed with ``key`` (see :mod:`teamvoice.hotkey.chords`) and two callbacks that run on the
    event loop's thread:

    - ``on_edge(down, at)``: the key went down, or came up, at a monotonic time; auto-repeat is left
      out, pairs of up and down in the middle of a hold are not (the gesture machine joins them);
    - ``on_lost(reason)``: once, when the source ended by itself; no edge follows.

    Raises:
        ConfigError: From the constructor: the key does not exist.
        HotkeyUnavailable: On entering: this session cannot be watched; why, and the mend.
    """

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_: object) -> None: ...

    def describe(self) -> str:
        """A few words for the status: the key and where it is watched."""

    def is_alive(self) -> bool:
        """Whether what watches the key still runs: its thread, or its connection."""
