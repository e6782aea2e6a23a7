"""The key in an X session (or on macOS), seen by pynput.

pynput has a thread of its own. It can end in silence: when the X server dies, or when a callback
raises. So the callbacks only hand over, what ends the thread is kept, and the thread is looked at.
pynput is imported on entering: without a display the import fails.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Self, TypeVar

from teamvoice.errors import HotkeyUnavailable
from teamvoice.hotkey.choice import is_wayland
from teamvoice.hotkey.chords import Held, parse
from teamvoice.hotkey.source import OnEdge, OnLost

T = TypeVar("T")

READY_WITHIN = 3.0  # seconds for keys to be seen after entering
LEAVE_WITHIN = 1.0  # seconds for the thread to end; else it is left to end with the next key
LOOK_EVERY = 0.25  # seconds between two looks whether the thread lives

_MEND = "bind a key of your desktop to: teamvoice ptt toggle"
_ON_X = sys.platform.startswith("linux")


class PynputSource:
    """See :class:`teamvoice.hotkey.source.KeySource`."""

    def __init__(self, key: str, on_edge: OnEdge, on_lost: OnLost) -> None:
        self._key = key
        self._held = Held(parse(key))
        self._on_edge = on_edge
        self._on_lost = on_lost
        self._listener: Any = None
        self._is_left = False
        self._watchdog: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        _check_session()
        self._loop = asyncio.get_running_loop()
        try:
            self._listener = await _in_thread(self._start, READY_WITHIN)
        except TimeoutError:
            self._is_left = True
            raise HotkeyUnavailable("the display does not answer", _MEND) from None
        self._look()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._is_left = True
        if self._watchdog is not None:
            self._watchdog.cancel()
        with contextlib.suppress(TimeoutError):  # the thread ends with the next key
            await _in_thread(lambda: _stop(self._listener), LEAVE_WITHIN)

    def describe(self) -> str:
        """See :class:`teamvoice.hotkey.source.KeySource`."""
        return f"{self._key} on display {os.environ.get('DISPLAY', '')}" if _ON_X else self._key

    def is_alive(self) -> bool:
        """See :class:`teamvoice.hotkey.source.KeySource`."""
        return self._listener is not None and bool(self._listener.is_alive())

    def _start(self) -> Any:
        listener = _listener_class()(
            on_press=lambda key: self._moved(key, down=True),
            on_release=lambda key: self._moved(key, down=False),
        )
        listener.start()
        if not listener.recording.wait(READY_WITHIN) or not listener.is_alive():
            raise HotkeyUnavailable(f"keys cannot be watched: {listener.failure!r}", _MEND)
        return listener

    def _moved(self, key: Any, *, down: bool) -> None:
        """In pynput's thread: whatever takes time here delays the release."""
        at = time.monotonic()
        if not self._is_left:
            self._loop.call_soon_threadsafe(self._deliver, key, down, at)

    def _deliver(self, key: Any, down: bool, at: float) -> None:
        edge = self._held.key(_name(key), down=down)
        if edge is not None and not self._is_left:
            self._on_edge(edge, at)

    def _look(self) -> None:
        if self._listener.is_alive():
            self._watchdog = self._loop.call_later(LOOK_EVERY, self._look)
        elif not self._is_left:
            self._is_left = True
            self._on_lost(f"keys are no longer seen: {self._why()}")

    def _why(self) -> str:
        failure = self._listener.failure
        name = os.environ.get("DISPLAY", "")
        if type(failure).__name__ == "ConnectionClosedError":  # of Xlib, which only X has
            return f'the display "{name}" is gone'
        return repr(failure)


def _check_session() -> None:
    if not _ON_X:
        return
    if is_wayland(os.environ):
        raise HotkeyUnavailable("under Wayland, no program sees the keys of others", _MEND)
    if not os.environ.get("DISPLAY"):
        raise HotkeyUnavailable("there is no display: DISPLAY is not set", _MEND)


def _name(key: Any) -> str:
    """The name of a key as :mod:`teamvoice.hotkey.chords` knows it; empty when it has none."""
    return getattr(key, "name", None) or getattr(key, "char", None) or ""


def _load() -> Any:
    try:
        import pynput.keyboard
    except Exception as error:
        # ImportError where the display cannot be reached; Xlib raises others on a half-dead one.
        display = os.environ.get("DISPLAY", "")
        raise HotkeyUnavailable(f'the display "{display}" cannot be reached', _MEND) from error
    if _ON_X:
        check_display()  # the import is tried once in a process, the display may be another now
    return pynput.keyboard


def check_display() -> None:
    """Whether the X server that ``DISPLAY`` names answers.

    Raises:
        HotkeyUnavailable: It does not.
    """
    import Xlib.display
    import Xlib.error

    name, refusal = os.environ.get("DISPLAY", ""), ""
    try:
        Xlib.display.Display(name).close()
    except (Xlib.error.DisplayError, Xlib.error.ConnectionClosedError, OSError) as error:
        refusal = str(error)  # not the error itself: it keeps the sockets that Xlib left open
    if refusal:
        raise HotkeyUnavailable(f'the display "{name}" cannot be reached: {refusal}', _MEND)


def _listener_class() -> type[Any]:
    """The listener of pynput, with what it lacks: when it records, and why it ended."""
    base: Any = _load().Listener

    class Listener(base):  # type: ignore[misc] # pynput has no types
        def __init__(self, **callbacks: Callable[[Any], None]) -> None:
            super().__init__(**callbacks)
            self.recording = threading.Event()
            self.failure: Exception | None = None

        def run(self) -> None:
            try:
                super().run()
            except Exception as error:  # noqa: BLE001 - the thread's end; told by the watchdog
                self.failure = error
            finally:
                self.recording.set()
                _close_sockets(self)

        def _handler(self, *args: Any) -> Any:
            """On X the first call tells that recording is on; ``wait()`` returns before that."""
            self.recording.set()
            return super()._handler(*args)

        def _mark_ready(self) -> None:
            super()._mark_ready()
            if not _ON_X:
                self.recording.set()

    return Listener


def _close_sockets(listener: Any) -> None:
    """On X, of a display that died: pynput gives up before it has closed them."""
    for name in ("_display_stop", "_display_record"):
        display = getattr(listener, name, None)
        if display is not None and display.display.socket is not None:
            display.display.socket.close()


def _stop(listener: Any) -> None:
    if listener.is_alive():
        _stop_on_x(listener) if _ON_X else listener.stop()
    threading.Thread.join(listener, LEAVE_WITHIN)


def _stop_on_x(listener: Any) -> None:
    """End the thread now: on its own connection pynput asks in vain until the next key."""
    import Xlib.display
    import Xlib.error

    # A display that dies meanwhile ends the thread too.
    with contextlib.suppress(Xlib.error.DisplayError, Xlib.error.ConnectionClosedError):
        listener.stop()
        display = Xlib.display.Display()
        display.record_disable_context(listener._context)  # noqa: SLF001 - the only handle on it
        display.sync()
        display.close()


async def _in_thread(work: Callable[[], T], within: float) -> T:
    """Do what may block for ever in a thread that holds up neither the loop nor an exit.

    Raises:
        TimeoutError: It takes longer; it goes on unattended.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(setter: Callable[[Any], None], value: object) -> None:
        if not future.done():
            setter(value)

    def run() -> None:
        try:
            outcome: tuple[Callable[[Any], None], object] = (future.set_result, work())
        except Exception as error:  # noqa: BLE001 - handed to whoever waits
            outcome = (future.set_exception, error)
        with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits any more
            loop.call_soon_threadsafe(settle, *outcome)

    threading.Thread(target=run, name="hotkey", daemon=True).start()
    async with asyncio.timeout(within):
        return await future
