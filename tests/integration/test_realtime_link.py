"""The link over real WebSockets: up, down, up again; and every reason to stop."""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import dataclass, field

import pytest

from teamvoice.errors import ConfigError
from teamvoice.realtime.backoff import Backoff
from teamvoice.realtime.client import Limits, Session
from teamvoice.realtime.events import Event
from teamvoice.realtime.link import Link, LinkState
from teamvoice.realtime.requests import AppendAudio, CommitAudio, CreateItem, message
from tests.support import frames
from tests.support.links import NEVER, Seen, dialling, kept_up, reaches
from tests.support.scripted import (
    GREETING,
    Close,
    Cut,
    Expect,
    Freeze,
    Refuse,
    Send,
    SendRaw,
    Step,
    scripted,
)
from tests.support.wait import until

LONG = CreateItem(item=message("x" * 2**23))
BLOCK = AppendAudio(audio=bytes(960))

# Up --------------------------------------------------------------------------------------------


async def test_comes_up_sends_in_order_and_hands_over_events() -> None:
    steps = [
        *(*GREETING, Expect("input_audio_buffer.append"), Expect("input_audio_buffer.commit")),
        Send(frames.audio(b"\1\0")),
        SendRaw("rubbish"),
        SendRaw('{"type": "news"}'),
    ]
    async with scripted(steps) as script, kept_up(dialling(script)) as (link, seen):
        await seen.told("u")
        assert link.info.expires_at == frames.SESSION["expires_at"]
        assert link.send(BLOCK)
        assert link.send(CommitAudio())
        await until(lambda: len(seen.events) == 3, "three events")
        assert [e.kind for e in seen.events] == ["response.output_audio.delta", "malformed", "news"]
    assert seen.story == "ud"  # the shutdown was told too


async def test_takes_requests_from_the_moment_it_says_that_it_is_up() -> None:
    steps = [*GREETING, *[Expect("input_audio_buffer.append")] * 80]

    def blurt(link: Link) -> None:
        assert all(link.send(BLOCK) for _ in range(80))

    async with (
        scripted(steps) as script,
        kept_up(dialling(script), on_up=blurt),
    ):
        await until(lambda: script.finished, "every block was heard")


async def test_takes_nothing_while_it_is_not_up() -> None:
    async with scripted([Refuse(503)]) as script, kept_up(dialling(script), NEVER) as (link, _):
        assert not link.send(BLOCK)
        await reaches(link, LinkState.WAITING)
        assert not link.send(BLOCK)


# Down, and up again ----------------------------------------------------------------------------


@pytest.mark.parametrize("end", [Close(1000), Close(1001), Close(1011), Cut()], ids=str)
async def test_comes_up_again_after_an_end_that_may_pass(end: Step) -> None:
    async with (
        scripted([*GREETING, end], [*GREETING, Expect("input_audio_buffer.append")]) as script,
        kept_up(dialling(script)) as (link, seen),
    ):
        await seen.told("udu")
        assert link.send(BLOCK)
        await until(lambda: script.finished == 2, "the block was heard")
    first, second = script.heard
    assert first[0] == second[0], "the session is set up again, the same"
    assert first[0]["type"] == "session.update"


async def test_what_was_not_sent_before_an_end_is_not_sent_after_it() -> None:
    second: list[Step] = [*GREETING, Expect("input_audio_buffer.commit")]
    async with (
        scripted([*GREETING, Freeze()], second) as script,
        kept_up(dialling(script)) as (link, seen),
    ):
        await until(lambda: script.finished, "the server no longer reads")
        await seen.told("u")
        assert all(link.send(LONG) for _ in range(4)), "more than the connection takes"
        link.reconnect("moving")
        assert not link.send(BLOCK)
        await seen.told("udu")
        assert link.send(CommitAudio())
        await until(lambda: script.finished == 2, "the commit was heard, and nothing before it")


async def test_an_outage_is_told_once_however_many_tries_it_takes() -> None:
    tries: list[list[Step]] = [[Refuse(503)], [Refuse(429)], [Refuse(500)]]
    async with (
        scripted([*GREETING, Cut()], *tries, [*GREETING]) as script,
        kept_up(dialling(script)) as (_, seen),
    ):
        await seen.told("udu")


async def test_a_link_that_does_not_come_up_at_first_says_so_once() -> None:
    async with (
        scripted([Refuse(503)], [Refuse(503)], [*GREETING]) as script,
        kept_up(dialling(script)) as (_, seen),
    ):
        await seen.told("du")
        assert "503" in seen.reasons[0]


async def test_an_expired_session_is_followed_by_another() -> None:
    expired = frames.error("session_expired")
    async with (
        scripted([*GREETING, Send(expired)], [*GREETING]) as script,
        kept_up(dialling(script)) as (_, seen),
    ):
        await seen.told("udu")
        assert [event.kind for event in seen.events] == ["error"]


async def test_a_half_open_connection_is_replaced() -> None:
    limits = Limits(ping_every_s=0.1, pong_within_s=0.5, close_s=0.2)
    async with (
        scripted([*GREETING, Freeze()], [*GREETING]) as script,
        kept_up(dialling(script, limits)) as (_, seen),
    ):
        await seen.told("udu")
        assert "ping timeout" in seen.reasons[0]


async def test_reconnects_when_asked_without_waiting() -> None:
    async with (
        scripted([*GREETING], [*GREETING]) as script,
        kept_up(dialling(script), NEVER) as (link, seen),
    ):
        await seen.told("u")
        link.reconnect("the settings changed")
        await seen.told("udu")
        assert seen.reasons[0].startswith("the settings changed")


@pytest.mark.parametrize("steps", range(6))
async def test_a_link_that_is_left_as_its_session_ends_is_over(steps: int) -> None:
    async with (
        scripted([*GREETING]) as script,
        asyncio.timeout(30),  # it would go on
        kept_up(dialling(script)) as (link, seen),
    ):
        await seen.told("u")
        link.reconnect("moving")
        for _ in range(steps):  # of the loop, for the two to meet
            await asyncio.sleep(0)


async def test_retries_when_asked_without_waiting() -> None:
    async with (
        scripted([Refuse(503)], [*GREETING]) as script,
        kept_up(dialling(script), NEVER) as (link, seen),
    ):
        await reaches(link, LinkState.WAITING)
        link.retry_now()
        await seen.told("du")


async def test_a_press_does_not_wait_for_the_next_try() -> None:
    async with (
        scripted([Refuse(503)], [Refuse(401)], [*GREETING]) as script,
        kept_up(dialling(script), NEVER) as (link, seen),
    ):
        await reaches(link, LinkState.WAITING)
        link.want()
        await reaches(link, LinkState.STOPPED)
        link.want()  # a person may have mended it
        await seen.told("dFu")


async def test_a_press_does_not_hurry_a_provider_that_asked_to_be_left_alone() -> None:
    clock = asyncio.get_running_loop().time
    async with (
        scripted([Refuse(429, headers=(("Retry-After", "1"),))], [*GREETING]) as script,
        kept_up(dialling(script)) as (link, seen),
    ):
        began = clock()  # before it was refused
        await reaches(link, LinkState.WAITING)
        link.want()
        await seen.told("du")
        assert clock() - began >= 1


async def test_a_retry_asked_for_while_up_does_not_hurry_the_next_outage() -> None:
    async with (
        scripted([*GREETING, Expect("input_audio_buffer.commit"), Cut()]) as script,
        kept_up(dialling(script), NEVER) as (link, seen),
    ):
        await seen.told("u")
        link.retry_now()
        assert link.send(CommitAudio())
        await reaches(link, LinkState.WAITING)


async def test_a_queue_that_overflows_takes_the_link_down_and_says_why() -> None:
    async with (
        scripted([*GREETING], [*GREETING]) as script,
        kept_up(dialling(script), outgoing=3) as (link, seen),
    ):
        await seen.told("u")
        assert [link.send(BLOCK) for _ in range(5)] == [True, True, True, False, False]
        await seen.told("udu")
        assert "pile up" in seen.reasons[0]


async def test_a_connection_that_takes_nothing_more_takes_the_link_down() -> None:
    async with (
        scripted([*GREETING, Freeze()], [*GREETING]) as script,
        kept_up(dialling(script), outgoing=4) as (link, seen),
    ):
        await until(lambda: script.finished, "the server no longer reads")
        await seen.told("u")
        await until(lambda: not link.send(LONG), "the queue is full")
        await seen.told("udu")


# Stopped ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "steps",
    [
        [Refuse(401)],
        [Refuse(403)],
        [Refuse(429, json.dumps({"error": {"code": "insufficient_quota"}}))],
        [Send(frames.created()), Close(3000)],
        [Send(frames.created()), Expect("session.update"), Send(frames.error("invalid_value"))],
        [Send(frames.error("invalid_api_key"))],
    ],
    ids=["401", "403", "quota", "3000", "settings", "key"],
)
async def test_does_not_try_again_what_cannot_work(steps: list[Step]) -> None:
    async with (
        scripted(steps, [*GREETING]) as script,
        kept_up(dialling(script)) as (link, seen),
    ):
        await reaches(link, LinkState.STOPPED)
        assert seen.story == "F"
        assert "(" in seen.reasons[0], "the reason says what to do"
        link.retry_now()
        await seen.told("Fu")


@pytest.mark.parametrize(
    "step",
    [
        Close(3000),
        Close(1008),
        Send(frames.error("insufficient_quota")),
        Send(frames.error(None, "authentication_error")),
        Send(frames.failed("insufficient_quota")),
    ],
    ids=str,
)
async def test_a_link_that_was_up_stops_at_what_cannot_pass(step: Step) -> None:
    async with scripted([*GREETING, step]) as script, kept_up(dialling(script)) as (link, seen):
        await reaches(link, LinkState.STOPPED)
        assert seen.story == "uF"


async def test_an_outage_that_turns_out_to_be_fatal_is_told_again() -> None:
    async with (
        scripted([*GREETING, Cut()], [Refuse(503)], [Refuse(401)]) as script,
        kept_up(dialling(script)) as (link, seen),
    ):
        await seen.told("udF")
        await reaches(link, LinkState.STOPPED)


async def test_a_retry_that_fails_again_is_told_again() -> None:
    async with (
        scripted([Refuse(401)], [Refuse(401)]) as script,
        kept_up(dialling(script)) as (link, seen),
    ):
        await reaches(link, LinkState.STOPPED)
        link.retry_now()
        await seen.told("FF")


async def test_a_session_that_cannot_even_be_made_stops_the_link() -> None:
    def dial() -> Session:
        raise ConfigError("there is no API key", "set one")

    async with kept_up(dial) as (link, seen):
        await reaches(link, LinkState.STOPPED)
        assert seen.reasons == ["there is no API key (set one)"]


@pytest.mark.parametrize(
    "step",
    [
        Send(frames.error("response_cancel_not_active")),
        Send(frames.error("conversation_already_has_active_response")),
        Send(frames.error("input_audio_buffer_commit_empty")),
        Send(frames.error("rate_limit_exceeded", "rate_limit_error")),
        Send(frames.error(None, "server_error")),
        Send(frames.failed("server_error")),
        Send(frames.error("something_new", "something_else")),
        SendRaw("{"),
    ],
    ids=str,
)
async def test_stays_up_through_what_is_harmless(step: Step) -> None:
    steps = [*GREETING, step, Expect("input_audio_buffer.commit")]
    async with scripted(steps) as script, kept_up(dialling(script)) as (link, seen):
        await until(lambda: seen.events, "the event was handed over")
        assert link.send(CommitAudio())
        await until(lambda: script.finished, "the session goes on")
        assert seen.story == "u"


async def test_an_error_in_a_callback_is_not_swallowed() -> None:
    def on_event(event: Event) -> None:
        raise ZeroDivisionError(event.kind)

    async with scripted([*GREETING, SendRaw("{")]) as script:
        seen = Seen()
        link = Link(dialling(script), on_up=seen.up, on_down=seen.down, on_event=on_event)
        with pytest.raises(ExceptionGroup) as raised:
            await link.run()
    assert raised.group_contains(ZeroDivisionError)
    assert seen.story == "ud"


# How long it waits -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Noting(Backoff):
    """A policy that waits hardly at all and notes what it was asked."""

    asked: list[int] = field(default_factory=list)

    def delay(self, tries: int, chance: float, asked: float = 0.0) -> float:
        assert (chance, asked) == (0.5, 0.0), "chance is drawn by the caller"
        self.asked.append(tries)
        return 0.001


@pytest.mark.parametrize(("steady", "tries"), [(3600.0, [1, 2, 3]), (0.0, [0, 0, 1])])
async def test_only_a_link_that_stayed_up_starts_its_waits_anew(
    steady: float, tries: list[int]
) -> None:
    flaps: list[list[Step]] = [[*GREETING, Cut()], [*GREETING, Cut()], [Refuse(503)]]
    policy = Noting(steady=steady)
    async with (
        scripted(*flaps, [*GREETING]) as script,
        kept_up(dialling(script), policy) as (_, seen),
    ):
        await seen.told("ududu")
    assert policy.asked == tries


# Any schedule ----------------------------------------------------------------------------------

PASSING: list[list[Step]] = [
    [Refuse(503)],
    [Refuse(429)],
    [Send(frames.created()), Cut()],
    [*GREETING, Close(1001)],
    [*GREETING, Cut()],
    [*GREETING, SendRaw("{"), Close(1011)],
    [*GREETING, Send(frames.error("session_expired"))],
]
LASTING: list[list[Step]] = [
    [Refuse(401)],
    [Send(frames.created()), Close(3000)],
    [*GREETING, Close(3000)],
    [*GREETING, Send(frames.failed("insufficient_quota"))],
]


def expected_story(schedule: list[list[Step]]) -> str:
    """What the link tells of a schedule, when it is made to retry after everything fatal."""
    story, outage = "", ""
    for steps in schedule:
        if steps[: len(GREETING)] == [*GREETING]:
            story, outage = story + "u", ""
        told = "F" if steps in LASTING else "d"
        if told == "F" or not outage:
            story += told
        outage = "" if told == "F" else "d"
    return story + "u"


@pytest.mark.parametrize("seed", range(12))
async def test_tells_the_truth_whatever_happens(seed: int) -> None:
    schedule = random.Random(seed).choices(PASSING + LASTING, k=8)  # noqa: S311  (no secret)
    story = expected_story(schedule)
    async with (
        scripted(*schedule, [*GREETING, Expect("input_audio_buffer.commit")]) as script,
        kept_up(dialling(script)) as (link, seen),
    ):
        for fatal in range(story.count("F")):
            await seen.told_fatal(fatal + 1)
            await reaches(link, LinkState.STOPPED)
            link.retry_now()
        await seen.told(story)
        assert link.send(CommitAudio())
        await until(lambda: script.finished == len(schedule) + 1, "the last session works")
