"""A whole voice in fake time: the bridge, its conversation and the link, and a real session.

There is no socket, no thread and no file. Beyond the link is the offline server's own session,
which is pure, on a :class:`~tests.support.simulated.Provider` where sessions end, machines sleep
and networks fail.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Self

import msgspec

from teamvoice import config
from teamvoice.audio.virtual import SilentSpeaker, SpokenMicrophone
from teamvoice.conversation.turn import Turn
from teamvoice.daemon.bridge import Bridge, Rooms
from teamvoice.daemon.cost import Tariff
from teamvoice.daemon.deeds import Deeds
from teamvoice.daemon.keys import Keys
from teamvoice.daemon.news import Newsroom
from teamvoice.daemon.pace import Pace
from teamvoice.daemon.provider_link import ProviderLink
from teamvoice.daemon.records import turn_record
from teamvoice.offline import commands as do
from teamvoice.offline.protocol import Limits, Session
from teamvoice.offline.script import Names
from teamvoice.realtime.decoder import Decoder
from teamvoice.realtime.profiles import PROFILES
from teamvoice.realtime.requests import Request, UpdateSession, encode, identified
from teamvoice.realtime.rotation import Schedule
from teamvoice.realtime.upkeep import Upkeep
from teamvoice.tools.registry import Toolbox
from teamvoice.tools.team_tools import team_tools
from tests.support.accounts import Accounts
from tests.support.alive import alive
from tests.support.hard_day import PAUSE, TerseMind
from tests.support.offline_parts import TONE, ExactEars, sound_of
from tests.support.paper_team import PaperTeam
from tests.support.simulated import HOUR, Provider, SimulatedLine


class TalkingLine(SimulatedLine):
    """One session with the offline server, as the link sees it; confirmed when it is entered."""

    most_delay_s = 0.02

    def __init__(self, provider: Provider, update: UpdateSession) -> None:
        super().__init__(provider)
        self._update = update
        self._session = Session(TerseMind(), Limits(), Names(), "m", provider.wall())
        self._decode = Decoder().decode
        self._ears = ExactEars()
        self._count = 0

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self._obey(self._session.begin())
        self._take(self._update)
        return self

    def _take(self, request: Request) -> None:
        self._count += 1
        self._obey(self._session.receive(encode(identified(request, self._count)).decode()))

    def _obey(self, commands: Sequence[do.Command]) -> None:
        for command in commands:
            match command:
                case do.Send(event):
                    self._events.put_nowait(self._decode(msgspec.json.encode(event)))
                case do.Listen():
                    self._ears.begin()
                case do.Feed(pcm):
                    self._ears.feed(pcm)
                case do.Conclude(utterance):
                    self._soon("heard", utterance, self._ears.end().text)
                case do.Speak(response_id):
                    self._speak(response_id, self._provider.chance.choice([1, 1, 3, 20]))

    def _speak(self, response_id: str, pieces: int) -> None:
        """Say so many pieces of 100 ms, each in half the time that it takes to hear it."""
        if pieces and self._session.wants(response_id):
            self._obey(self._session.spoke(response_id, TONE))
            self._later(0.05, self._speak, response_id, pieces - 1)
        else:
            self._obey(self._session.spoken(response_id))

    def _soon(self, method: str, *arguments: str) -> None:
        def happen() -> None:
            self._obey(getattr(self._session, method)(*arguments))

        self._later(self._provider.chance.uniform(0.05, 2.0), happen)

    def _later(self, seconds: float, call: Any, *arguments: Any) -> None:
        def happen() -> None:
            if not self._ended and not self._is_dead:
                call(*arguments)

        asyncio.get_running_loop().call_later(seconds, happen)


class SimulatedLink(ProviderLink):
    """The daemon's link, to a simulated provider."""

    def __init__(self, world: Provider, *others: Any) -> None:
        self._world = world
        super().__init__(*others)

    def _upkeep(self) -> Upkeep:
        return dataclasses.replace(super()._upkeep(), clock=self._world.wall)

    def _dial(self) -> TalkingLine:  # type: ignore[override]  # it is another whole line
        return TalkingLine(self._world, self._spec().update(PROFILES["offline"]))


class Voice:
    """A person at a voice; everything that a daemon has but files, sockets and panes."""

    def __init__(self, world: Provider, wish: config.Provider) -> None:
        self.world = world
        self.chance = world.chance
        self.alive: list[Counter[str]] = []
        self.tasks: list[int] = []
        settings = config.Config(provider=wish)
        team = PaperTeam(settings.team)
        self.accounts = Accounts(team.written)
        toolbox = Toolbox(team_tools(team))
        self.deeds = Deeds(toolbox.call, self._write_down)
        self.tariff = Tariff(settings, "generic")
        pace = Pace(schedule=Schedule(rest_s=20.0))  # fewer looks
        self.link = SimulatedLink(world, settings, toolbox.schemas, Newsroom(), str, pace)
        self.microphone = SpokenMicrophone()
        rooms = Rooms(
            capture=self.microphone,
            playback=SilentSpeaker(),
            wire=self.link,
            call_tool=self.deeds.call,
            asleep=lambda: world.slept,
            session=lambda: self.link.session,
            pin=team.pin,
            on_turn=self._turn_over,
            on_tell=lambda kind, text: self.accounts.told.append((kind, text)),
            chimes=False,
        )
        self.bridge = Bridge(rooms)
        self.link.connect(self.bridge)
        self.keys = Keys(settings.hotkey, self.bridge.tell, rooms.on_tell)

    async def _write_down(self, record: dict[str, Any]) -> bool:
        return bool(record)

    def _turn_over(self, turn: Turn) -> None:
        self.accounts.turns[turn.number] = turn_record(turn, self.world.date(), self.tariff)

    async def live(self, *troubles: Callable[[], Coroutine[None, None, None]]) -> None:
        """Press for an hour, and for the rest of three days.

        After both there is a time in which everything is well, longer than a session lasts, so that
        a link on demand rests; then it is counted what is ``alive``, and how many ``tasks`` there
        are.
        """
        async with self.deeds, self.bridge, asyncio.TaskGroup() as tasks:
            running = tasks.create_task(self.link.run())
            for hours in (1, 71):
                others = [tasks.create_task(trouble()) for trouble in troubles]
                others.append(tasks.create_task(self._press_often(tasks)))
                await asyncio.sleep(hours * HOUR)
                for task in others:
                    task.cancel()
                self.world.recover()
                await asyncio.sleep(HOUR + 600)
                self.alive.append(alive())
                self.tasks.append(len(asyncio.all_tasks()))
            self.keys.close()
            running.cancel()

    async def _press_often(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            seldom = self.chance.random() < 0.75
            await asyncio.sleep(self.chance.expovariate(1 / (600 if seldom else 2)))
            if self.chance.random() < 0.1:
                self._tap()
            elif self.chance.random() < 0.7:
                await self._speak()
            else:
                await self._type(tasks)

    def _tap(self) -> None:
        now = asyncio.get_running_loop().time()
        self.keys.act("press", now)
        self.keys.act("release", now + 0.1)

    async def _speak(self) -> None:
        clock = asyncio.get_running_loop().time
        word = self._next_word()
        told = len(self.accounts.told)
        self.microphone.say(PAUSE + sound_of(word) + PAUSE)
        self.keys.act("press", clock())
        turn = self.bridge.machine.turn
        spoken = asyncio.get_running_loop().time()
        await self.microphone.wait_spoken()
        await asyncio.sleep(max(0.0, spoken + 0.2 - clock()))  # no tap
        self.keys.act("release", clock())
        self.accounts.given(word, turn, told)

    async def _type(self, tasks: asyncio.TaskGroup) -> None:
        word = self._next_word()
        told = len(self.accounts.told)
        tasks.create_task(self.bridge.ask(word))
        await asyncio.sleep(0)
        self.accounts.given(word, self.bridge.machine.turn, told)

    def _next_word(self) -> str:
        return f"word{len(self.accounts.commands)}"
