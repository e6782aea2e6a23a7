"""``teamvoice chat``: the daemon, listening all the time instead of to a key."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from teamvoice import config
from teamvoice.audio.devices import Device
from teamvoice.audio.portaudio import LIBRARY
from teamvoice.conversation.states import Mic, Rules, Sound
from teamvoice.daemon.app import App
from teamvoice.daemon.desk import Desk, real_desk
from teamvoice.daemon.handsfree import HandsFreeLink, OpenEar, Vad
from teamvoice.daemon.keys import EAR
from teamvoice.daemon.pace import Pace
from teamvoice.errors import RealtimeError

TAIL_S = 0.5  # for what the speaker played to have come back through the room
_HANDS_FREE = "The person holds no key here: they just speak, and may interrupt you."
_TYPED_BYTES = 4096  # of a line; more is no y
_TYPED = "just speak; y and Enter confirms, Enter alone stops the voice"
_PACE = Pace(rules=Rules(shortest_ms=0))  # what is speech, and long enough, the provider says

Show = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person asked for.

    Args:
        vad: Who detects speech: the provider by its loudness, or by its meaning.
        voice: Another voice than the configuration's; empty for that one.
        instructions: Others than the configuration's additions; empty for those.
        tools: The voice may see and command the team.
        speakers: The microphone hears the speaker: keep the voice from answering itself.
    """

    vad: Vad = "server"
    voice: str = ""
    instructions: str = ""
    tools: bool = True
    speakers: bool = False


def run(settings: config.Config, wishes: Wishes, show: Show) -> int:
    """Converse until Ctrl-C; the exit code.

    Args:
        settings: The configuration.
        wishes: What is otherwise than in it.
        show: Takes the events of the daemon's ``watch``.

    Raises:
        TeamvoiceError: A daemon runs already, there is no microphone, or the provider refuses.
    """
    asyncio.run(_converse(_settings(settings, wishes), wishes, show))
    return 0


async def _converse(settings: config.Config, wishes: Wishes, show: Show) -> None:
    is_gated = wishes.speakers
    if wishes.speakers and (audio := cancelled(settings.audio, await LIBRARY.devices())):
        settings, is_gated = msgspec.structs.replace(settings, audio=audio), False
        _notice(show, f"the sound server's echo canceller is used: {audio.input}")
    elif wishes.speakers:
        _notice(show, "while the voice speaks the microphone is off; Enter stops the voice")
    else:
        _notice(show, "with a headset; through speakers it would hear itself: say --speakers then")
    app, ear = hands_free(settings, wishes, real_desk(settings), is_gated=is_gated)
    ear.on_trouble = lambda why: show({"event": "trouble", "text": f"{why}; it is looked for"})
    events = app.watch()
    over = asyncio.Event()
    _listen_to_the_terminal(app, show, over)
    async with app:
        async with asyncio.TaskGroup() as tasks:
            showing = tasks.create_task(_show(events, show, over))
            await over.wait()
            showing.cancel()
        if not showing.cancelled() and (why := showing.result()):
            raise RealtimeError(why)


def hands_free(
    settings: config.Config, wishes: Wishes, desk: Desk, *, is_gated: bool = False
) -> tuple[App, OpenEar]:
    """The daemon at a desk without its key, and the ear that hears for it; both to be entered once.

    Args:
        settings: The configuration, with the wishes in it.
        wishes: What the person asked for.
        desk: Where they sit.
        is_gated: Nothing is heard while the voice speaks.
    """
    ear = OpenEar(desk.capture)
    by_hand = "type y and Enter"
    desk = replace(desk, capture=ear, key=None, confirm_by=by_hand, hears=lambda: ear.hears)
    app = App(settings, desk, pace=_PACE, link=lambda *about: _link(wishes, *about))
    link = app.link
    assert isinstance(link, HandsFreeLink)  # noqa: S101 - made above
    link.key = lambda action: app.key(action, asyncio.get_running_loop().time(), EAR)
    link.is_holding = lambda: app.machine.mic is not Mic.CLOSED
    ear.on_sound, ear.is_deaf = link.hear, _Gate(app, is_gated=is_gated)
    ear.on_change = link.tell_hearing
    return app, ear


async def _show(events: Any, show: Show, over: asyncio.Event) -> str:
    """Show what happens until the provider refuses: no key's press would try again. Why it does."""
    async for event in events:
        if event["event"] == "link" and event.get("fatal"):
            over.set()
            return str(event["reason"])
        show(event)
    return ""


def _link(wishes: Wishes, settings: Any, tools: Sequence[dict[str, Any]], *about: Any) -> Any:
    return HandsFreeLink(settings, tools if wishes.tools else (), *about, vad=wishes.vad)


class _Gate:
    """Whether the microphone must not be heard now."""

    def __init__(self, app: App, *, is_gated: bool) -> None:
        self._app = app
        self._is_gated = is_gated
        self._until = 0.0

    def __call__(self) -> bool:
        now = time.monotonic()
        if self._is_gated and self._app.machine.sound is not Sound.SILENT:
            self._until = now + TAIL_S
        return now < self._until or self._app.is_deaf


def cancelled(audio: config.Audio, devices: Sequence[Device]) -> config.Audio | None:
    """The settings with the sound server's echo canceller in them; None when it has none.

    A microphone that the configuration names stays the one, unless it is the canceller's.
    """
    ours = [device for device in devices if "echo-cancel" in device.route]
    microphone = next((d.route for d in ours if d.inputs), "")
    speaker = next((d.route for d in ours if d.outputs), "")
    if not (microphone and speaker) or audio.input not in {"", microphone}:
        return None
    return msgspec.structs.replace(audio, input=microphone, output=speaker)


def _settings(settings: config.Config, wishes: Wishes) -> config.Config:
    change = msgspec.structs.replace
    provider, offline = settings.provider, settings.offline
    if wishes.voice:
        provider = change(provider, voice=wishes.voice)
        offline = change(offline, voice=wishes.voice)
    own = wishes.instructions or provider.instructions
    provider = change(provider, instructions=f"{_HANDS_FREE}\n{own}", connect="start")
    quiet = config.Notify(waiting="silent", finished="silent", desktop="off")
    return change(
        settings,
        provider=provider,
        offline=offline,
        hotkey=config.Hotkey(backend="socket", tap_ms=0, bounce_ms=0, max_hold_s=600),
        audio=change(settings.audio, chimes=False, trim=False, grace_s=0.0),
        notify=settings.notify if wishes.tools else quiet,
    )


def _listen_to_the_terminal(app: App, show: Show, over: asyncio.Event) -> None:
    """Ctrl-C ends; a line with y confirms, an empty one stops the voice."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, over.set)
    if not sys.stdin.isatty():
        return  # only a person's own hand confirms
    terminal = sys.stdin.fileno()

    def typed() -> None:
        line = os.read(terminal, _TYPED_BYTES)
        if not line:  # Ctrl-D
            loop.remove_reader(terminal)
            over.set()
        elif line.strip().lower() == b"y":
            if why_not := app.key("confirm", loop.time()):
                _notice(show, why_not)
        elif not line.strip():
            app.key("cancel", loop.time())
        else:
            _notice(show, _TYPED)

    loop.add_reader(terminal, typed)


def _notice(show: Show, text: str) -> None:
    show({"event": "notice", "text": text})
