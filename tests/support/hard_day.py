"""A whole daemon behind a proxy that makes trouble, and a person who counts on it.

The person speaks or types one command after the other, each with a word of its own, and looks what
became of it. A command is accounted for when it was written, once, and the turn that wrote it is
over; or when its turn failed and the person was told why.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from teamvoice import config
from teamvoice.audio.virtual import SilentSpeaker, SpokenMicrophone
from teamvoice.conversation.states import Mic, Rules, Sound
from teamvoice.daemon.app import App
from teamvoice.daemon.desk import spoken_desk
from teamvoice.daemon.pace import Pace
from teamvoice.offline.protocol import Limits as OfflineLimits
from teamvoice.offline.server import Settings, serve
from teamvoice.realtime.backoff import Backoff
from teamvoice.realtime.client import Limits
from teamvoice.realtime.rotation import Schedule
from tests.support.accounts import Accounts, Command
from tests.support.offline_parts import TONE, Asked, ExactEars, Planned, ToneVoice, sound_of
from tests.support.paper_team import CountedTeam, PaperTeam
from tests.support.wait import until

TOKEN = "open-sesame"
PATIENCE = 40.0  # for one command to be accounted for
ENDLESS = 1.0  # seconds of answer after which the person speaks over it
LATE = "the model did not answer in time"
HURRIED = Pace(
    rules=Rules(answer_s=2.0, linger_s=0.3),
    limits=Limits(ping_every_s=0.3, pong_within_s=1.5, close_s=0.1, send_s=2.0),
    backoff=Backoff(first=0.01, most=0.05),
)
SHORT = Schedule(quiet_s=0.0, look_s=0.05, rest_s=0.1, margin_s=0.3)  # for sessions of seconds
ROTATING = replace(HURRIED, schedule=SHORT)
PATIENT = replace(HURRIED, rules=Rules(answer_s=5.0, linger_s=0.3))  # a pane takes its time
PAUSE = bytes(960 * 2)
_WORD = re.compile(r"word\d+")


class TerseMind:
    """Every word is a message to the developer, and nothing is said but what came of it."""

    def understand(self, text: str, tools: list[dict[str, Any]]) -> Planned:
        words = _WORD.findall(text) if tools else []
        calls = [Asked("send_message", {"member": "developer", "text": word}) for word in words]
        return Planned(calls, "Yes.")

    def answer(self, _plan: Planned, outputs: list[str]) -> str:
        return " ".join(outputs)


@asynccontextmanager
async def terse_provider(
    session_s: float = 3600.0, say: Callable[[str], Iterator[bytes]] = lambda _: iter((TONE,))
) -> AsyncIterator[str]:
    """A real server; its ears make no mistake, and its voice says 100 ms unless told otherwise."""
    settings = Settings(token=TOKEN, max_sessions=2000, limits=OfflineLimits(session_s=session_s))
    async with serve(settings, ExactEars, TerseMind(), ToneVoice(say)) as url:
        yield url


@contextmanager
def living_at(home: Path) -> Iterator[None]:
    """Where a daemon that is made within the block keeps its things."""
    places = {
        "TEAMVOICE_CONFIG_DIR": str(home / "config"),
        "TEAMVOICE_STATE_DIR": str(home / "state"),
        "TEAMVOICE_SOCKET": str(home / "s"),
    }
    home.mkdir(mode=0o700)
    before = {name: os.environ.get(name) for name in places}
    os.environ.update(places)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def settings_for(url: str, name: Any, tmux: str) -> config.Config:
    return config.Config(
        provider=config.Provider(name=name, url=url),
        hotkey=config.Hotkey(tap_ms=20),
        audio=config.Audio(chimes=False),
        team=config.Team(socket=tmux),
    )


@dataclass(eq=False)
class Person:
    """Whoever sits at the daemon."""

    app: App
    microphone: SpokenMicrophone
    speaker: SilentSpeaker
    chance: random.Random
    tasks: asyncio.TaskGroup
    accounts: Accounts
    _plays_since: float = 0.0

    async def collect(self) -> None:
        async for news in self.app.watch():
            if news["event"] == "turn":
                self.accounts.turns[news["turn"]["number"]] = news["turn"]
            elif "text" in news:
                self.accounts.told.append((news["event"], news["text"]))

    async def give(self) -> Command:
        """Speak or type a command."""
        word = f"word{len(self.accounts.commands)}"
        told = len(self.accounts.told)
        if self.chance.random() < 0.5:
            turn = await self._speak(word)
        else:
            self.tasks.create_task(self._type(word))
            await asyncio.sleep(0)
            turn = self.app._bridge.machine.turn
        return self.accounts.given(word, turn, told)

    async def _speak(self, word: str) -> int:
        clock = asyncio.get_running_loop().time
        self.microphone.say(PAUSE + sound_of(word) + PAUSE)
        self.app.key("press", clock())
        turn = self.app._bridge.machine.turn
        for listens in (True, False):  # who is told that they are not heard says no more
            await self._until(partial(self._has_said_all, listening=listens))
        self.microphone._speech.clear()
        self.app.key("release", clock())
        return turn

    def _has_said_all(self, *, listening: bool) -> bool:
        is_open = self.app._bridge.machine.mic is Mic.OPEN
        return self.microphone.has_spoken or is_open is listening

    async def _type(self, word: str) -> None:
        await self.app._bridge.ask(word)

    async def see_to(self, command: Command) -> None:
        """Wait until it is accounted for, or it takes another press to come to that."""
        await self._until(lambda: self.accounts.is_settled(command) or self._is_pressed_for())

    async def see_to_all(self) -> None:
        """Account for every command, and give one more for as long as a press is needed."""
        while left := self.accounts.left:
            await self.see_to(left[0])
            if not self.accounts.is_settled(left[0]):
                await self.give()

    async def see_one_done(self, *, has_trouble: bool = False) -> None:
        """The next command is done; the third, if the machine is too busy.

        Args:
            has_trouble: A session that makes way for the next may still meet some.
        """
        for _ in range(3):
            command = await self.give()
            await self.see_to(command)
            if self.accounts.is_done(command):
                return
            over = self.accounts.turns.get(command.turn)  # None: another press is needed to end it
            assert over is None or over["trouble"] == LATE or has_trouble, self.where()
        raise AssertionError(self.where())

    async def see_done(self, command: Command) -> None:
        """Wait until it is done; there is no trouble any more."""
        await self._until(lambda: self.accounts.is_done(command))

    async def _until(self, condition: Callable[[], bool]) -> None:
        try:
            await until(condition, "", PATIENCE)
        except AssertionError:
            raise AssertionError(self.where()) from None

    def _is_pressed_for(self) -> bool:
        """An answer does not end, or the link waits for a person."""
        now = asyncio.get_running_loop().time()
        if self.app._bridge.machine.sound is Sound.SILENT:
            self._plays_since = now
        return now - self._plays_since > ENDLESS or self.app.link.state == "stopped"

    def where(self) -> str:
        """How things stand, for a test that fails."""
        machine = self.app._bridge.machine
        states = (machine.link, machine.mic, machine.response, machine.sound)
        return (
            f"not accounted for: {self.accounts.left}; the link is {self.app.link.state}, "
            f"the machine {', '.join(map(str, states))} in turn {machine.turn}; {self.accounts}"
        )


class Household:
    """Makes daemons in one process, each with a home of its own under a folder."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._moving_in = asyncio.Lock()  # the environment says where, and there is only one
        self._count = 0

    @asynccontextmanager
    async def person(
        self, url: str, seed: int, *, name: str = "auto", tmux: str = "", pace: Pace = HURRIED
    ) -> AsyncIterator[Person]:
        """A person at a daemon of their own; its provider is at an address and has a name."""
        desk, microphone = spoken_desk()
        assert isinstance(desk.playback, SilentSpeaker)
        team = CountedTeam if tmux else PaperTeam
        async with self._moving_in:
            self._count += 1
            with living_at(self._home / str(self._count)):
                app = App(settings_for(url, name, tmux), desk, pace=pace, team=team)
                await app.__aenter__()
        try:
            async with asyncio.TaskGroup() as tasks:
                chance = random.Random(seed)  # noqa: S311 - no secret
                assert isinstance(app._team, CountedTeam)
                accounts = Accounts(app._team.written)
                person = Person(app, microphone, desk.playback, chance, tasks, accounts)
                collecting = tasks.create_task(person.collect())
                yield person
                collecting.cancel()
        finally:
            await app.__aexit__(None, None, None)
