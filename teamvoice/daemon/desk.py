"""What the person sits at: microphone, speaker, key, screen, as the configuration names them."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from teamvoice import config
from teamvoice.audio.capture import Capture, Microphone
from teamvoice.audio.ducking import Ducking
from teamvoice.audio.others import Others
from teamvoice.audio.pausing import Pausing
from teamvoice.audio.playback import Playback, Speaker
from teamvoice.audio.portaudio import LIBRARY
from teamvoice.audio.virtual import SilentSpeaker, SpokenMicrophone
from teamvoice.daemon.notifier import BusNotifier, Notifier, ScriptNotifier
from teamvoice.daemon.session import LogindSession, Session
from teamvoice.hotkey import choice, chords, portal_source
from teamvoice.hotkey.evdev_source import EvdevSource
from teamvoice.hotkey.portal_source import PortalSource
from teamvoice.hotkey.pynput_source import PynputSource
from teamvoice.hotkey.source import Choice, KeySource, OnEdge, OnLost


async def _no_library() -> bool:
    return True


class Ear(NamedTuple):
    """How it stands with a microphone that is open all the time.

    Args:
        state: ``open`` when it is heard, ``closed`` when it must not be, ``lost`` when it cannot.
        reason: Why it is lost; else empty.
    """

    state: Literal["open", "closed", "lost"]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the person sits at.

    Args:
        capture: The microphone, as an async context manager.
        playback: The speaker.
        key: Chooses the key's source, for the session as it is now; None when only the socket
            serves as the key.
        session: Tells when the session is locked or asleep; None where nobody can.
        notifier: Shows notices on the screen; None where there is none.
        sound_answers: Whether the library behind microphone and speaker still takes calls.
        others: What else plays, if it is to be ducked or paused.
        confirm_by: What the person does here to confirm; empty: what the key's mode says.
        hears: How it stands with the microphone, where it is open all the time and no key begins
            a hold; None where a key does.
    """

    capture: Capture
    playback: Playback
    key: Callable[[], Choice] | None = None
    session: Session | None = None
    notifier: Notifier | None = None
    sound_answers: Callable[[], Awaitable[bool]] = _no_library
    others: Others | None = None
    confirm_by: str = ""
    hears: Callable[[], Ear] | None = None


def real_desk(settings: config.Config) -> Desk:
    """The devices and the key that the configuration names."""
    audio, hotkey = settings.audio, settings.hotkey
    chords.parse(hotkey.key)  # a key that does not exist is told before anything is started
    linux = sys.platform.startswith("linux")
    notifier = BusNotifier() if linux else ScriptNotifier()
    return Desk(
        Microphone(audio.input, grace_s=audio.grace_s),
        Speaker(audio.output, volume=audio.volume),
        lambda: _key_source(hotkey),
        LogindSession() if linux else None,
        notifier if settings.notify.desktop != "off" else None,
        LIBRARY.answers,
        _others(audio.others),
    )


def _others(how: Literal["leave", "duck", "pause"]) -> Others | None:
    match how:
        case "duck":
            return Others(Ducking(config.state_dir() / "ducked.json"))
        case "pause":
            return Others(Pausing())
        case "leave":
            return None


def spoken_desk() -> tuple[Desk, SpokenMicrophone]:
    """A desk for a machine with none: a microphone to put speech into, and a silent speaker."""
    microphone = SpokenMicrophone()
    return Desk(microphone, SilentSpeaker()), microphone


def _key_source(hotkey: config.Hotkey) -> Choice:
    adapters: dict[str, Callable[[str, OnEdge, OnLost], KeySource]] = {
        "pynput": PynputSource,
        "portal": PortalSource,
        "evdev": EvdevSource,
    }
    name, why = choice.choose(hotkey.backend, os.environ, sys.platform)
    adapter = adapters.get(name)
    if adapter is None:
        return Choice(name, why)

    def make(on_edge: OnEdge, on_lost: OnLost) -> KeySource:
        return adapter(hotkey.key, on_edge, on_lost)

    look = portal_source.look if name == "portal" else None
    return Choice(name, why, make, choice.otherwise(name, hotkey.key, os.environ), look)
