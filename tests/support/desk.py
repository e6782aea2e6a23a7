"""A desk without a desk: a display with a keyboard, a speaker to record, a microphone to fill.

The display is Xvfb, its keyboard xdotool. The sound server is PulseAudio with two null sinks: what
is played on the default sink ``spk`` is recorded from its monitor; what is played into ``micsink``
comes out of the default source ``mic``. Everything has a directory of its own, so nothing of the
person who runs the tests is heard, seen or touched.

Use ``desk`` in a test: one desk serves the whole run, and the test's own environment points at it
for as long as the test lasts. A test that breaks the desk takes ``own_display`` or ``own_sound``.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.processes import running, wait_for

NEEDS_SOUND = ("pulseaudio", "pactl", "paplay", "parec")
NEEDS_DISPLAY = ("Xvfb", "xdotool")
NEEDS = (*NEEDS_DISPLAY, *NEEDS_SOUND, "flite")

RATE = 24_000
BYTES_PER_SECOND = RATE * 2

RESET_WITHIN = 20.0  # seconds, of which PortAudio needs less than one

# norewinds: with rewinding, a null sink's monitor loses parts of what is played.
PULSE_SCRIPT = """\
load-module module-native-protocol-unix auth-anonymous=1 socket={socket}
load-module module-null-sink sink_name=spk rate=48000 norewinds=1
load-module module-null-sink sink_name=micsink rate=48000 channels=1 norewinds=1
load-module module-remap-source source_name=mic master=micsink.monitor
{more}
set-default-sink spk
set-default-source mic
"""

# What is recorded comes through the socket. Out of shared memory, libpulse takes away what a server
# that died had given while the lock is held that whoever is reading it needs: rare, and for ever.
CLIENT_CONFIG = "enable-shm = no\n"

# More microphones, each with a sink of its own, for who speaks into several at once.
ANOTHER_MICROPHONE = """\
load-module module-null-sink sink_name={mic}sink rate=48000 channels=1 norewinds=1
load-module module-remap-source source_name={mic} master={mic}sink.monitor
"""

FILLED = "master=micsink.monitor"  # by what is played into the microphone

# No include of the system's own: a card of the machine that runs the tests is not to be found.
ALSA_CONFIG = """\
pcm.pulse { type pulse hint { show on description "The sound server of the desk" } }
ctl.pulse { type pulse }
pcm.!default { type pulse }
ctl.!default { type pulse }
"""

ANOTHER_INPUT = """\
pcm.{mic} {{ type pulse device {mic} hint {{ show on description "One more microphone" }} }}
"""

# The desk lets everybody in; of an empty file Xlib complains on the standard output.
XAUTHORITY = b"\1\0" + b"\0\4desk" + b"\0\1\x30" + b"\0\4NONE" + b"\0\1\0"


class Display:
    """An X server of its own and its keyboard."""

    def __init__(self, number: int, process: subprocess.Popen[bytes], home: Path) -> None:
        self.process = process
        authority = home / "xauthority"
        authority.write_bytes(XAUTHORITY)
        self.environment: Mapping[str, str] = {
            "DISPLAY": f":{number}",
            "XAUTHORITY": str(authority),
            "WAYLAND_DISPLAY": "",
            "XDG_SESSION_TYPE": "x11",
        }

    async def key_down(self, *keys: str) -> None:
        """Press keys, named as X names them (``F9``, ``Control_L``), and leave them down."""
        await self._xdotool("keydown", *keys)

    async def key_up(self, *keys: str) -> None:
        """Let keys go."""
        await self._xdotool("keyup", *keys)

    async def tap(self, *keys: str) -> None:
        """Press keys and let them go at once."""
        await self._xdotool("key", *keys)

    async def up_and_down(self, key: str) -> None:
        """Let a key go and press it again, with nothing between."""
        await self._xdotool("keyup", key, "keydown", key)

    def break_down(self) -> None:
        """Kill the X server."""
        self.process.kill()
        self.process.wait(5)

    async def _xdotool(self, *arguments: str) -> None:
        await _run("xdotool", *arguments, environment=self.environment)


@dataclass
class Recorder:
    """What comes out of the virtual speaker from now on: mono PCM16 at 24 kHz."""

    process: subprocess.Popen[bytes]
    _pcm: bytearray = field(default_factory=bytearray)
    _arrivals: list[tuple[int, float]] = field(default_factory=list)

    def pcm(self) -> bytes:
        """All that was recorded so far."""
        return bytes(self._pcm)

    def ms(self) -> float:
        """How much was recorded so far."""
        return len(self._pcm) / BYTES_PER_SECOND * 1000

    def arrival(self, byte: int) -> float:
        """When a byte of the recording arrived, in monotonic seconds: never before it sounded."""
        return next(at for end, at in self._arrivals if end > byte)

    def _read(self) -> None:
        assert self.process.stdout is not None
        while data := os.read(self.process.stdout.fileno(), 65_536):
            self._pcm += data
            self._arrivals.append((len(self._pcm), time.monotonic()))


class Sound:
    """A sound server of its own, its speaker and its microphone.

    Args:
        home: Its directory.
        more: Names of more microphones.
    """

    def __init__(self, home: Path, more: Sequence[str] = ()) -> None:
        self.home = home
        self._more = more
        self._socket = home / "pulse.socket"
        self._process: subprocess.Popen[bytes] | None = None
        self.environment: Mapping[str, str] = {
            "PULSE_SERVER": f"unix:{self._socket}",
            "PULSE_COOKIE": str(home / "cookie"),
            "PULSE_CLIENTCONFIG": str(home / "client.conf"),
            "ALSA_CONFIG_PATH": str(home / "alsa.conf"),
        }

    @contextmanager
    def serving(self) -> Iterator[None]:
        """The server runs for as long as the block; once more after a break-down, if asked."""
        self._write_files()
        private = {"HOME": str(self.home), "XDG_RUNTIME_DIR": str(self.home)}
        command = ("pulseaudio", "--daemonize=no", "--exit-idle-time=-1", "-n", "-F")
        with running(
            (*command, self.home / "desk.pa"),
            {**self.environment, **private},
            self.home / "pulseaudio.log",
        ) as self._process:
            wait_for(self._is_ready, "the sound server answers")
            yield

    @property
    def pid(self) -> int:
        """The sound server's process."""
        assert self._process is not None
        return self._process.pid

    def break_down(self) -> None:
        """Kill the sound server."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(5)

    async def say(self, text: str, voice: str = "awb") -> None:
        """Speak into the microphone; returns when the last word was spoken."""
        file = self.home / "speech.wav"
        await _run("flite", "-voice", voice, "-t", text, "-o", str(file))
        await self.play_into_microphone(file)

    async def play_into_microphone(self, sound: Path | bytes, mic: str = "mic") -> None:
        """Play a WAV file, or mono PCM16 at 24 kHz, into a microphone, to its end."""
        if isinstance(sound, Path):
            await self._paplay(mic, str(sound))
            return
        file = self.home / f"{mic}.raw"
        file.write_bytes(sound)
        raw = ("--raw", f"--rate={RATE}", "--channels=1", "--format=s16le")
        await self._paplay(mic, *raw, str(file))

    @contextmanager
    def recorder(self) -> Iterator[Recorder]:
        """Record what comes out of the speaker for as long as the block."""
        command = ["parec", "--device=spk.monitor", f"--rate={RATE}", "--channels=1"]
        command += ["--format=s16le", "--latency-msec=10", "--raw"]
        with subprocess.Popen(
            command, env={**os.environ, **self.environment}, stdout=subprocess.PIPE
        ) as process:
            recorder = Recorder(process)
            reader = threading.Thread(target=recorder._read, daemon=True)
            reader.start()
            try:
                wait_for(lambda: recorder.ms() > 0, "the recorder hears the speaker")
                yield recorder
            finally:
                process.terminate()
                reader.join(5)

    @contextmanager
    def without_headset(self) -> Iterator[None]:
        """What the speaker plays gets into the microphone."""
        where = ("source=spk.monitor", "sink=micsink", "latency_msec=30")
        number = self._pactl("load-module", "module-loopback", *where).strip()
        try:
            yield
        finally:
            self._pactl("unload-module", number)

    def source_state(self) -> str:
        """``RUNNING`` when somebody listens to the microphone, else ``IDLE`` or ``SUSPENDED``."""
        for line in self._pactl("list", "short", "sources").splitlines():
            if line.split("\t")[1] == "mic":
                return line.split("\t")[-1].strip()
        raise AssertionError("the desk has no microphone")

    def plug_in(self, name: str = "mic") -> None:
        """A microphone of that name appears; what is played into ``micsink`` comes out of it."""
        self._pactl("load-module", "module-remap-source", f"source_name={name}", FILLED)

    def unplug(self, name: str = "mic") -> None:
        """The microphone of that name disappears."""
        modules = self._pactl("list", "short", "modules").splitlines()
        (number,) = [line.split("\t")[0] for line in modules if f"source_name={name} " in line]
        self._pactl("unload-module", number)

    def mute(self, muted: bool, name: str = "mic") -> None:
        """Mute a microphone in the sound settings, or take that back."""
        self._pactl("set-source-mute", name, str(int(muted)))

    def choose_microphone(self, name: str) -> None:
        """That microphone is the default from now on."""
        self._pactl("set-default-source", name)

    def microphone_in_use(self) -> str:
        """The source that a program records now; empty when none does."""
        sources = [
            line.split("\t") for line in self._pactl("list", "short", "sources").splitlines()
        ]
        names = {number: name for number, name, *_ in sources}
        outputs = self._pactl("list", "short", "source-outputs").splitlines()
        recorded = [line.split("\t")[1] for line in outputs if "remap" not in line]
        return names[recorded[0]] if recorded else ""

    def listeners(self) -> int:
        """How many streams are open on the microphone."""
        return len(self._pactl("list", "short", "source-outputs").splitlines())

    def volumes(self) -> list[list[int]]:
        """The volume of every channel of every stream on the speaker, 65,536 being whole."""
        streams = json.loads(self._pactl("-f", "json", "list", "sink-inputs"))
        return [[channel["value"] for channel in each["volume"].values()] for each in streams]

    def set_volume(self, volume: int) -> None:
        """Set that of the only stream on the speaker."""
        (stream,) = self._pactl("list", "short", "sink-inputs").splitlines()
        self._pactl("set-sink-input-volume", stream.split("\t")[0], str(volume))

    def players(self) -> int:
        """How many streams are open on the speaker."""
        return len(self._pactl("list", "short", "sink-inputs").splitlines())

    def _write_files(self) -> None:
        more = "".join(ANOTHER_MICROPHONE.format(mic=mic) for mic in self._more)
        script = PULSE_SCRIPT.format(socket=self._socket, more=more)
        self.home.joinpath("desk.pa").write_text(script)
        self.home.joinpath("client.conf").write_text(CLIENT_CONFIG)
        inputs = "".join(ANOTHER_INPUT.format(mic=mic) for mic in self._more)
        self.home.joinpath("alsa.conf").write_text(ALSA_CONFIG + inputs)

    def _is_ready(self) -> bool:
        command = ["pactl", "info"]
        done = subprocess.run(
            command, env={**os.environ, **self.environment}, capture_output=True, check=False
        )
        return b"Default Source: mic" in done.stdout

    def _pactl(self, *arguments: str) -> str:
        environment = {**os.environ, **self.environment}
        return subprocess.check_output(["pactl", *arguments], env=environment, text=True)

    async def _paplay(self, mic: str, *arguments: str) -> None:
        await _run("paplay", f"--device={mic}sink", *arguments, environment=self.environment)


@dataclass(frozen=True)
class Desk:
    """A display and a sound server; ``environment`` is what a program needs to sit at it."""

    display: Display
    sound: Sound

    @property
    def environment(self) -> dict[str, str]:
        return {**self.display.environment, **self.sound.environment}


@contextmanager
def display_at(home: Path, *name: str) -> Iterator[Display]:
    """An X server on a free display, or on the one of this name (``:7``)."""
    read_end, write_end = os.pipe()
    command = ("Xvfb", *name, "-displayfd", str(write_end), "-screen", "0", "640x480x24")
    try:
        with running(
            (*command, "-nolisten", "tcp", "-noreset"), {}, home / "xvfb.log", (write_end,)
        ) as process:
            os.close(write_end)
            yield Display(int(_read_line(read_end)), process, home)
    finally:
        os.close(read_end)


@contextmanager
def sitting_at(environment: Mapping[str, str]) -> Iterator[None]:
    """This process's own environment points at the desk."""
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value


@contextmanager
def listening_at(sound: Sound) -> Iterator[None]:
    """This process's PortAudio finds the devices of the desk, and forgets those of the last."""
    with sitting_at(sound.environment):
        reset = threading.Thread(target=_reset_portaudio, daemon=True)
        reset.start()  # in a thread of its own: no limit of pytest's ends a call that hangs in C
        reset.join(RESET_WITHIN)
        assert not reset.is_alive(), "PortAudio does not let go of the last sound server"
        yield


def _reset_portaudio() -> None:
    import sounddevice  # loads PortAudio, which a test of the display alone does not need

    sounddevice._terminate()
    sounddevice._initialize()


@pytest.fixture(scope="session")
def _display(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Display]:
    with display_at(tmp_path_factory.mktemp("display")) as display:
        yield display


@pytest.fixture(scope="session")
def _sound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sound]:
    sound = Sound(tmp_path_factory.mktemp("sound"))
    with sound.serving():
        yield sound


@pytest.fixture
def display(_display: Display) -> Iterator[Display]:
    """The run's display; this process's ``DISPLAY`` points at it for the test."""
    with sitting_at(_display.environment):
        yield _display


@pytest.fixture
def sound(_sound: Sound) -> Iterator[Sound]:
    """The run's sound server; this process's PortAudio finds it for the test."""
    with listening_at(_sound):
        yield _sound


@pytest.fixture
def desk(display: Display, sound: Sound) -> Desk:
    """The run's display and sound server."""
    return Desk(display, sound)


@pytest.fixture
def own_display(tmp_path: Path) -> Iterator[Display]:
    """A display for this test alone, which may break it."""
    with display_at(tmp_path) as display, sitting_at(display.environment):
        yield display


@pytest.fixture
def own_sound(tmp_path: Path) -> Iterator[Sound]:
    """A sound server for this test alone, which may break it."""
    sound = Sound(tmp_path)
    with sound.serving(), listening_at(sound):
        yield sound


def _read_line(descriptor: int) -> bytes:
    with os.fdopen(os.dup(descriptor), "rb") as pipe:
        return pipe.readline()


async def _run(program: str, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
    process = await asyncio.create_subprocess_exec(
        program, *arguments, env={**os.environ, **(environment or {})}
    )
    try:
        assert await process.wait() == 0, f"{program} {' '.join(arguments)} failed"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
