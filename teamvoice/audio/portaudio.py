"""PortAudio: one library for the process, one thread that calls it, a deadline for every call.

PortAudio blocks, is not thread-safe, and never says that the sound server is gone. So:

- every call is made in one thread; one that misses its deadline leaves that thread to its fate, and
  a new thread takes over. What the late call opens after all is closed again;
- the library is loaded with the first call: importing this module needs no PortAudio;
- the list of devices is made once by PortAudio: when opening fails it is made again, and the
  opening tried again, unless a stream is in use (making the list closes them all);
- what stands behind the sound server's one device is asked of the server. Such a device is opened
  through that one, which takes the name from the environment, as every client of the server does;
- a running stream is never aborted or closed from outside: PortAudio would cancel its thread
  (``pthread_cancel``) in the middle of Python. A stream ends itself, by an exception that its
  callback raises; :meth:`Library.close` waits for that, and only then takes it away.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from teamvoice.audio import alsa, pactl
from teamvoice.audio.devices import Device, Format, Kind, choose, formats, from_portaudio
from teamvoice.audio.pcm import RATE
from teamvoice.audio.worker import Job, Worker
from teamvoice.errors import AudioUnavailable

T = TypeVar("T")
Callback = Callable[[Any, int, Any, Any], None]

OPEN_WITHIN = 3.0  # seconds; a real microphone may take a third of one
CLOSE_WITHIN = 1.0
ANSWER_WITHIN = 10.0  # longer than all that may be before it takes
LAST_CALLBACK = 0.25  # seconds for the callback to end its stream, before it is stopped

_FORMAT_REFUSED = (-9994, -9997, -9998)  # sample format, sample rate, number of channels
_NO_ANSWER = "the sound server does not answer"
_NO_ANSWER_MEND = "systemctl --user restart pipewire pipewire-pulse (or: pulseaudio -k)"

_log = logging.getLogger(__name__)


class Port:
    """A stream to be opened: what it wants, who is called, and, once open, what it got."""

    def __init__(
        self,
        kind: Kind,
        wanted: str,
        callback: Callback,
        finished: Callable[[], None],
        *,
        rates: Sequence[int] = (RATE,),
        blocks_per_second: int = 50,
        latency: float | str = "low",
    ) -> None:
        self.kind = kind
        self.wanted = wanted
        self.rates = rates
        self.device: Device | None = None
        self.format = Format(RATE, 1)
        self._callback = callback
        self._finished = finished
        self._over = threading.Event()
        self._blocks_per_second = blocks_per_second
        self._latency = latency
        self._stream: Any = None

    def start(self, library: Any, device: Device, form: Format) -> None:
        """Open and start; called in the library's thread. ``format`` is set before a callback."""
        self.device, self.format = device, form
        make = library.RawInputStream if self.kind == "input" else library.RawOutputStream
        stream = make(
            samplerate=form.rate,
            channels=form.channels,
            dtype="int16",
            blocksize=form.rate // self._blocks_per_second,
            latency=self._latency,
            device=device.index,
            callback=self._callback,
            finished_callback=self._end,
        )
        try:
            stream.start()
        except library.PortAudioError:
            stream.close()
            raise
        self._stream = stream

    def is_active(self) -> bool:
        """The stream's thread lives; called in the library's thread."""
        try:
            return self._stream is not None and self._stream.active
        except load().PortAudioError:
            return False  # PortAudio knows it no more

    def shut(self) -> None:
        """Take the stream away; called in the library's thread, after its callback ended it."""
        if self._stream is None:
            return
        if self.is_active():
            self._over.wait(LAST_CALLBACK)
        try:
            self._stream.stop()
            self._stream.close()
        except load().PortAudioError as error:  # its server is gone: the next opening must not fail
            _log.warning("a stream was not closed in order: %s", error)
        self._stream = None  # it holds our callback, and so all that this belongs to

    def _end(self) -> None:
        self._over.set()
        self._finished()


class Library:
    """PortAudio itself. Inert until the first call."""

    def __init__(self) -> None:
        self._thread = Worker()
        self._ports: list[Port] = []
        self._behind: list[Device] | None = None  # the sound server, once it was asked
        self._given: dict[str, str | None] = {}  # of the environment, before we wrote into it

    async def devices(self) -> list[Device]:
        """Every device there is now.

        Raises:
            AudioUnavailable: No PortAudio, or it does not answer.
        """
        return await self._call(self._list_again, OPEN_WITHIN)

    async def prime(self) -> None:
        """Load the library and its list of devices, so that the first opening is quick."""
        await self._call(self._list, OPEN_WITHIN)

    async def open(self, port: Port) -> None:
        """Open and start a stream; when this fails or is cancelled, no stream is left behind.

        Raises:
            AudioUnavailable: Why not, and the mend.
        """
        await self._call(lambda: self._open(port), OPEN_WITHIN, lambda: self._close(port))

    async def close(self, port: Port) -> None:
        """Take a stream away whose callback has ended it, or will with its next call.

        A sound server that does not answer is not waited for: the stream is given up.
        """
        with contextlib.suppress(AudioUnavailable):  # it is gone, which is what was asked for
            await self._call(lambda: self._close(port), CLOSE_WITHIN)

    def discard(self, port: Port) -> None:
        """Take a stream away that ended by itself; nobody waits for it."""
        loop = asyncio.get_running_loop()
        self._thread.post(Job(lambda: self._close(port), loop, abandoned=True))

    async def answers(self) -> bool:
        """Whether calls are taken: the thread that makes them, or the one that replaced it.

        A sound server that does not answer is another matter, which opening and closing tell.
        """
        for _ in range(2):  # a thread that hangs in the sound server is replaced at the first
            try:
                await self._call(lambda: None, ANSWER_WITHIN)
            except (AudioUnavailable, queue.Full):
                continue
            return True
        return False

    async def _call(
        self, work: Callable[[], T], within: float, undo: Callable[[], None] | None = None
    ) -> T:
        thread, job = self._thread, Job(work, asyncio.get_running_loop())
        thread.post(job)
        try:
            async with asyncio.timeout(within):
                return await job.future
        except BaseException as error:
            if undo is not None:  # in the same thread, so after whatever the work still comes to
                thread.post(Job(undo, job.loop, abandoned=True))
            if not isinstance(error, TimeoutError):
                raise
            self._replace(thread)
            raise AudioUnavailable(_NO_ANSWER, _NO_ANSWER_MEND) from None
        finally:
            job.abandon()

    def _replace(self, thread: Worker) -> None:
        thread.post(None)
        if self._thread is thread:
            self._thread = Worker()

    # In the thread ------------------------------------------------------------------------------

    def _open(self, port: Port) -> None:
        library = load()
        try:
            self._try_open(library, port)
        except (AudioUnavailable, library.PortAudioError) as error:
            self._behind = None  # it may have changed
            if not any(other.is_active() for other in self._ports):
                self._start_over(library)
            elif not port.wanted:
                raise _unavailable(error, port) from error
            try:
                self._try_open(library, port)
            except library.PortAudioError as again:
                raise _unavailable(again, port) from again

    def _try_open(self, library: Any, port: Port) -> None:
        device = self._find(port)
        self._point(port.kind, device.route)
        *others, last = formats(device, port.kind, port.rates)
        for form in others:
            try:
                port.start(library, device, form)
            except library.PortAudioError as error:
                if error.args[-1] not in _FORMAT_REFUSED:
                    raise
            else:
                break
        else:
            port.start(library, device, last)
        self._ports.append(port)

    def _close(self, port: Port) -> None:
        port.shut()
        if port in self._ports:
            self._ports.remove(port)

    def _find(self, port: Port) -> Device:
        if not port.wanted:
            return choose(self._list(), port.kind)
        if self._behind is None:
            self._ask_server()
        return choose([*self._list(), *(self._behind or ())], port.kind, port.wanted)

    def _point(self, kind: Kind, route: str) -> None:
        """The sound server's device leads to that one from now on; an empty name to its default."""
        variable = "PULSE_SOURCE" if kind == "input" else "PULSE_SINK"
        before = self._given.setdefault(variable, os.environ.get(variable))
        wanted = route or before
        if wanted is None:
            os.environ.pop(variable, None)
        elif os.environ.get(variable) != wanted:
            os.environ[variable] = wanted

    def _list(self) -> list[Device]:
        library = load()
        return from_portaudio(library.query_devices(), tuple(library.default.device))

    def _list_again(self) -> list[Device]:
        if not any(port.is_active() for port in self._ports):
            self._start_over(load())
        self._ask_server()
        return [*self._list(), *(self._behind or ())]

    def _ask_server(self) -> None:
        server = next((device for device in self._list() if device.name == "pulse"), None)
        self._behind = pactl.devices(server) if server else []

    def _start_over(self, library: Any) -> None:
        """PortAudio forgets what it knows; streams whose thread is dead are closed before."""
        for port in self._ports:
            port.shut()
        self._ports.clear()
        library._terminate()  # noqa: SLF001 - the only way to make PortAudio list its devices anew
        library._initialize()  # noqa: SLF001 - as above


LIBRARY = Library()
"""The process's PortAudio: there is only one, whoever uses it."""


def load() -> Any:
    """The module ``sounddevice``, which loads PortAudio and lists its devices: blocks.

    Raises:
        AudioUnavailable: It, or the library that it needs, is not installed.
    """
    try:
        import sounddevice
    except ImportError as error:
        raise AudioUnavailable("sounddevice is not installed", "pip install sounddevice") from error
    except OSError as error:
        raise AudioUnavailable(
            "PortAudio is not installed",
            "sudo apt install libportaudio2 libasound2-plugins (macOS: brew install portaudio)",
        ) from error
    alsa.keep_quiet()
    return sounddevice


def _unavailable(error: Exception, port: Port) -> AudioUnavailable:
    if isinstance(error, AudioUnavailable):
        return error
    thing = "microphone" if port.kind == "input" else "speaker"
    name = f' "{port.device.name}"' if port.device else ""
    reason = str(error.args[0]) if error.args else str(error)
    return AudioUnavailable(f"the {thing}{name} cannot be opened: {reason}", _NO_ANSWER_MEND)
