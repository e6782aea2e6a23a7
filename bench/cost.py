"""Dollars for a day of 60 turns, by four ways of talking to the model.

Played: every turn, over a WebSocket, with our own client against the offline server, which counts
tokens by the documented rules (one of audio for 100 ms in and for 50 ms out; the whole conversation
again with every response; cached is what begins as the input of the response before did). Commands
and answers are flite's, in a room that is not silent, and go in faster than they were spoken. The
ears are told what was said, and the mind what to call.

Computed: dollars, from these counts and ``prices.toml``. "Cold" is the day in which nothing stays
cached from one turn to the next, only within a turn; a real day is between the two.

Run from the root of the repository: ``python -m bench.cost``
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from teamvoice import config
from teamvoice.conversation.events import ResponseEnded, SpeechTranscribed, Transcribed, Usage
from teamvoice.conversation.trim import Trim
from teamvoice.daemon.cost import Tariff, at_least
from teamvoice.daemon.translate import event_from
from teamvoice.offline.server import Settings, serve
from teamvoice.offline.voice import Voice
from teamvoice.realtime import requests as ask
from teamvoice.realtime.client import Session
from teamvoice.realtime.instructions import instructions
from teamvoice.realtime.providers import resolve
from teamvoice.realtime.session import SessionSpec
from teamvoice.team.team import Team
from teamvoice.tools.registry import Toolbox
from teamvoice.tools.team_tools import team_tools
from tests.support.offline_parts import Asked, Heard, Planned

TURNS, SESSIONS = 60, 8  # a session ends after an hour
CARRIED = "x" * 4000  # what a new session is told of the last: at most 1,000 tokens
ROOM_S = 0.6  # of the room before and after what is said, while the key is held
TOKEN = secrets.token_urlsafe(16)
BLOCK, SECOND = 960, 48_000

DIGEST, DUMP = "x" * 1600, "x" * 12_000  # 400 and 3,000 tokens of a screen

# What is said, the tool that it calls, what the tool tells, and what is answered.
STATUS = "The developer works on the login feature. The PM waits for you. The tester is idle. " * 2
DAY = (
    ("tell the developer to start working on the login feature", "send_message",
     "Submitted to the developer.", "Submitted to the developer."),
    ("what is the developer working on", "read_member", DIGEST,
     "The developer works on the login feature, and three tests fail still."),
    ("what is the team doing", "team_status", STATUS,
     "The developer works on the login feature, the PM waits for you, and the tester is idle."),
    ("tell the project manager to write the release notes", "send_message",
     "Submitted to the PM.", "Submitted to the PM."),
    ("who needs me", "who_needs_me", "The PM waits: may it push the branch?",
     "The PM waits: may it push the branch?"),
)  # fmt: skip
OVERHEARD = ("shall we have lunch at the new place", "I think it was on Tuesday")
ASIDE = "I did not understand that."


@dataclass
class Cue:
    """Ears and mind that know what comes: the offline server's, for a play of which we know all."""

    said: str = ""

    def load(self) -> None: ...

    def begin(self) -> None: ...

    def feed(self, pcm: bytes) -> None: ...

    def end(self) -> Heard:
        return Heard(self.said)

    def understand(self, text: str, tools: list[dict[str, Any]]) -> Planned:  # noqa: ARG002 - a port
        found = [line for line in DAY if line[0] == text]
        arguments = {"member": "developer", "text": text}
        return Planned([Asked(found[0][1], arguments)]) if found else Planned(say=ASIDE)

    def answer(self, plan: Planned, outputs: list[str]) -> str:  # noqa: ARG002 - a port
        return next(line[3] for line in DAY if line[0] == self.said)


class Spoken:
    """flite, that says nothing twice."""

    def __init__(self) -> None:
        self._voice = Voice("slt")
        self._known: dict[str, bytes] = {}

    async def sound(self, text: str) -> bytes:
        if text not in self._known:
            self._known[text] = b"".join([piece async for piece in self._voice.speak(text)])
        return self._known[text]

    async def speak(self, text: str) -> AsyncIterator[bytes]:
        yield await self.sound(text)


@dataclass(frozen=True)
class Way:
    """A way to talk to the model."""

    name: str
    open_microphone: bool = False
    overhears: bool = False
    dumps: bool = False


@dataclass
class Bill:
    """What a day took: per turn the responses, and the transcriptions."""

    turns: list[list[Usage]] = field(default_factory=list)
    transcribed: list[Transcribed] = field(default_factory=list)

    def dollars(self, tariff: Tariff, *, cold: bool) -> float:
        usages = [u for turn in self.turns for u in (_cold(turn) if cold else turn)]
        return at_least(tariff.dollars(usages, self.transcribed).values())


class Play:
    """One session's part of the day."""

    def __init__(self, session: Session, way: Way, cue: Cue, bill: Bill) -> None:
        self._session, self._way, self._cue, self._bill = session, way, cue, bill

    async def turn(self, said: str, pcm: bytes) -> None:
        """Say it, run what is called, and hear the answer out."""
        self._cue.said = said
        usages: list[Usage] = []
        self._bill.turns.append(usages)
        for piece in _pieces(pcm if self._way.open_microphone else trimmed(pcm)):
            await self._session.send(ask.AppendAudio(audio=piece))
        if not self._way.open_microphone:
            await self._session.send(ask.CommitAudio())
            await self._session.send(ask.CreateResponse())
        is_written, calls = False, True
        while calls or not is_written:
            match event_from(await anext(aiter(self._session)), 0.0):
                case SpeechTranscribed(usage=Transcribed() as took):
                    self._bill.transcribed.append(took)
                    is_written = True
                case ResponseEnded() as ended:
                    usages.append(ended.usage)
                    calls = bool(ended.calls)
                    await self._give(ended)

    async def _give(self, ended: ResponseEnded) -> None:
        for call in ended.calls:
            told = next(line[2] for line in DAY if line[0] == self._cue.said)
            if self._way.dumps and call.name != "send_message":
                told = DUMP
            item = ask.CallOutputItem(call_id=call.call_id, output=told)
            await self._session.send(ask.CreateItem(item=item))
            await self._session.send(ask.CreateResponse())


async def day(way: Way, spec: SessionSpec) -> Bill:
    """Sixty turns; where the microphone overhears, as much again that was not meant for it."""
    bill, cue, voice = Bill(), Cue(), Spoken()
    async with serve(Settings(token=TOKEN), lambda: cue, cue, voice) as url:
        settings = config.Provider(name="offline")
        provider = resolve(settings, "", offline_url=url, offline_token=TOKEN)
        lines, strange = itertools.cycle(DAY), itertools.cycle(OVERHEARD)
        for hour in range(SESSIONS):
            async with Session(provider, spec) as session:
                if hour:
                    await session.send(ask.CreateItem(item=ask.message(CARRIED, role="system")))
                play = Play(session, way, cue, bill)
                for _ in range(hour * TURNS // SESSIONS, (hour + 1) * TURNS // SESSIONS):
                    said = next(lines)[0]
                    await play.turn(said, in_a_room(await voice.sound(said)))
                    if way.overhears:
                        other = next(strange)
                        await play.turn(other, in_a_room(await voice.sound(other)))
    return bill


def in_a_room(speech: bytes) -> bytes:
    """What a microphone hears of it."""
    quiet = bytes(int(ROOM_S * SECOND) // BLOCK * BLOCK)
    said = np.frombuffer(quiet + speech + quiet + quiet, dtype="<i2")
    noise = np.random.default_rng(1).normal(0, 20, said.size)
    return np.clip(said + noise, -32_768, 32_767).astype("<i2").tobytes()


def trimmed(pcm: bytes) -> bytes:
    trim = Trim()
    out = [piece for at in range(0, len(pcm), BLOCK) for piece in trim.feed(pcm[at : at + BLOCK])]
    return b"".join([*out, *trim.end()])


def _pieces(pcm: bytes) -> Iterator[bytes]:
    return (pcm[at : at + SECOND] for at in range(0, len(pcm), SECOND))


def _cold(turn: Sequence[Usage]) -> list[Usage]:
    """The turn when nothing was cached before it began."""
    return [replace(u, cached_text_in=0, cached_audio_in=0) for u in turn[:1]] + list(turn[1:])


def tools() -> tuple[dict[str, Any], ...]:
    return tuple(Toolbox(team_tools(Team(config.Team()))).schemas)


async def main() -> None:
    settings = config.Config()
    tariff = Tariff(settings, "openai")
    ours = SessionSpec(instructions=instructions(), tools=tools())
    hears_all = replace(ours, turn_detection={"type": "server_vad"})
    print(f"a day of {TURNS} turns in {SESSIONS} sessions, {tariff.model} and {tariff.transcriber}")
    print(f"{'':44}{'$ a day':>8}{'cold':>8}{'tokens in':>12}{'cached':>8}{'audio out':>11}")
    for way, spec in (
        (Way("open microphone, nothing overheard", open_microphone=True), hears_all),
        (
            Way("open microphone, 60 things overheard", open_microphone=True, overhears=True),
            hears_all,
        ),
        (Way("this client, with 3,000-token screen dumps", dumps=True), ours),
        (Way("this client"), ours),
    ):
        bill = await day(way, spec)
        usages = [usage for turn in bill.turns for usage in turn]
        went_in = sum(u.text_in + u.audio_in for u in usages)
        cached = sum(u.cached_text_in + u.cached_audio_in for u in usages)
        warm, cold = (bill.dollars(tariff, cold=cold) for cold in (False, True))
        print(f"{way.name:44}{warm:8.2f}{cold:8.2f}{went_in:12,}{cached / went_in:8.0%}"
              f"{sum(u.audio_out for u in usages):11,}")  # fmt: skip
    print(
        "Assumed: an open microphone either hears nothing else all day, or one thing that is not\n"
        "meant for it for each that is, and answers it: how much is overheard where you sit was\n"
        "not measured. Hours of silence cost nothing. Three turns in five look at the team:\n"
        "400 tokens for one member, 43 for all, 10 for who waits; or 3,000 each time. A new\n"
        "session, with each of them, is told 1,000 tokens of the last one.\n"
        "Counted by the server: all else."
    )


if __name__ == "__main__":
    asyncio.run(main())
