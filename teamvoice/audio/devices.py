"""Which microphone and which speaker: the devices that PortAudio knows, and the choice of one."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from teamvoice.audio.pcm import RATE
from teamvoice.errors import AudioUnavailable

Kind = Literal["input", "output"]

PREFERRED = ("pulse", "pipewire", "default")
"""The sound server's own devices: they follow its default, mix, and resample; raw cards do not."""

_THING = {"input": "microphone", "output": "speaker"}


@dataclass(frozen=True)
class Device:
    """A device as PortAudio or the sound server describes it.

    Args:
        index: PortAudio's number of it.
        name: What people call it.
        inputs: How many channels it records; 0 for a speaker.
        outputs: How many it plays; 0 for a microphone.
        rate: The sample rate that it likes.
        default_input: It is PortAudio's own choice, or the sound server's.
        default_output: Likewise.
        route: The sound server's name of it, when PortAudio reaches it only through the server.
    """

    index: int
    name: str
    inputs: int
    outputs: int
    rate: int
    default_input: bool = False
    default_output: bool = False
    route: str = ""

    def channels(self, kind: Kind) -> int:
        """How many channels it has in that direction; 0 when it is not of that kind."""
        return self.inputs if kind == "input" else self.outputs

    def is_default(self, kind: Kind) -> bool:
        """It is what its owner, PortAudio or the sound server, would take."""
        return self.default_input if kind == "input" else self.default_output


@dataclass(frozen=True)
class Format:
    """How a stream is opened."""

    rate: int
    channels: int


def choose(devices: Sequence[Device], kind: Kind, wanted: str = "") -> Device:
    """The device of that name or part of a name; with none, the one that serves best.

    Raises:
        AudioUnavailable: No device of that kind, or none that is called so.
    """
    able = [device for device in devices if device.channels(kind) > 0]
    able.sort(key=lambda device: not device.route)  # the server shares a card and takes it back
    if not able:
        raise AudioUnavailable(
            f"there is no {_THING[kind]}",
            "plug one in, or start the sound server (on Debian and Ubuntu its devices come with: "
            "sudo apt install libasound2-plugins)",
        )
    return _named(able, kind, wanted) if wanted else min(able, key=lambda d: _rank(d, kind))


def formats(device: Device, kind: Kind, rates: Sequence[int] = (RATE,)) -> tuple[Format, ...]:
    """The ways to open a device, best first: the house's own format, then what the device likes."""
    channels = dict.fromkeys((1, min(2, device.channels(kind))))
    usable = dict.fromkeys((*rates, device.rate, 48_000, 44_100))
    return tuple(Format(rate, count) for count in channels for rate in usable)


def from_portaudio(known: Sequence[Any], defaults: Sequence[int]) -> list[Device]:
    """Translate what ``sounddevice.query_devices()`` answers."""
    return [
        Device(
            index=index,
            name=str(device["name"]),
            inputs=int(device["max_input_channels"]),
            outputs=int(device["max_output_channels"]),
            rate=int(device["default_samplerate"]),
            default_input=index == defaults[0],
            default_output=index == defaults[1],
        )
        for index, device in enumerate(known)
    ]


def from_pactl(
    server: Device, sources: Sequence[Any], sinks: Sequence[Any], defaults: Sequence[str]
) -> list[Device]:
    """Translate what ``pactl`` lists.

    Args:
        server: PortAudio's device of the server.
        sources: Its microphones; what its speakers play is among them, and is left out.
        sinks: Its speakers.
        defaults: The names of the microphone and the speaker that it takes by itself.
    """
    known = [(source, 1, 0) for source in sources if not source.get("monitor_source")]
    known += [(sink, 0, 1) for sink in sinks]
    return [
        Device(
            index=server.index,
            name=str(device["description"]),
            inputs=inputs,
            outputs=outputs,
            rate=server.rate,
            default_input=bool(inputs) and device["name"] == defaults[0],
            default_output=bool(outputs) and device["name"] == defaults[1],
            route=str(device["name"]),
        )
        for device, inputs, outputs in known
    ]


def _named(able: Sequence[Device], kind: Kind, wanted: str) -> Device:
    needle = wanted.casefold()
    for fits in (str.__eq__, str.startswith, str.__contains__):
        for device in able:
            if any(fits(name.casefold(), needle) for name in (device.name, device.route)):
                return device
    names = [device.name for device in able]
    close = difflib.get_close_matches(wanted, names, n=1, cutoff=0.4)
    near = f'did you mean "{close[0]}"?' if close else f"there are: {', '.join(names)}"
    raise AudioUnavailable(f'there is no {_THING[kind]} called "{wanted}"', near)


def _rank(device: Device, kind: Kind) -> tuple[bool, int, bool, int]:
    name = device.name.casefold()
    preference = PREFERRED.index(name) if name in PREFERRED else len(PREFERRED)
    # The server's own device follows its default; one that it names does not.
    return (bool(device.route), preference, not device.is_default(kind), device.index)
