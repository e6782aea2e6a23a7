"""What the person sits at: microphone, speaker and key, as the configuration names them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from teamvoice import config
from teamvoice.audio.capture import Capture, Microphone
from teamvoice.audio.others import Others
from teamvoice.audio.playback import Playback, Speaker
from teamvoice.audio.virtual import SilentSpeaker, SpokenMicrophone
from teamvoice.hotkey import chords
from teamvoice.hotkey.pynput_source import PynputSource
from teamvoice.hotkey.source import KeySource, OnEdge, OnLost


@dataclass(frozen=True, slots=True)
class Desk:
    """What the person sits at: a microphone, a speaker, and a key.

    Args:
        capture: The microphone, as an async context manager.
        playback: The speaker.
        key_source: Makes the key's source; None when only the socket serves as the key.
        others: What else plays, if it is to be ducked.
    """

    capture: Capture
    playback: Playback
    key_source: Callable[[OnEdge, OnLost], KeySource] | None = None
    others: Others | None = None


def real_desk(settings: config.Config) -> Desk:
    """The devices and the key that the configuration names."""
    audio, hotkey = settings.audio, settings.hotkey
    chords.parse(hotkey.key)  # a key that does not exist is told before anything is started

    def source(on_edge: OnEdge, on_lost: OnLost) -> KeySource:
        return PynputSource(hotkey.key, on_edge, on_lost)

    return Desk(
        Microphone(audio.input, grace_s=audio.grace_s),
        Speaker(audio.output, volume=audio.volume),
        None if hotkey.backend == "socket" else source,
        Others(config.state_dir() / "ducked.json") if audio.others == "duck" else None,
    )


def spoken_desk() -> tuple[Desk, SpokenMicrophone]:
    """A desk for a machine with none: a microphone to put speech into, and a silent speaker."""
    microphone = SpokenMicrophone()
    return Desk(microphone, SilentSpeaker()), microphone
