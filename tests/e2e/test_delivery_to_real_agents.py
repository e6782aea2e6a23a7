"""Words to the real Codex and the real Claude Code: what their model got is what counts."""

from __future__ import annotations

import asyncio
import base64
import unicodedata
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from teamvoice.team.receipts import Outcome, Receipt
from teamvoice.team.sight import Kind
from teamvoice.team.team import Team
from tests.support.agents import Agent, real_agent
from tests.support.models import Asks, Works
from tests.support.person import person_at
from tests.support.wait import until

pytestmark = pytest.mark.timeout(180)

KINDS = [
    pytest.param(kind, marks=pytest.mark.needs("tmux", f"agent:{kind}"), id=kind)
    for kind in ("claude", "codex")
]
CODE = "def f(x):\n    if x:\n        return x[1]\n\n    # nothing\n    return None"
WRITTEN = {
    "a screen full, at the start": "\n".join(f"line {n} of the code" for n in range(30)),
    "one line": "start on the login feature",
    "2,000 characters": "please look into the login once more " * 54,
    "six lines of code": CODE,
    "paragraphs": "Look at the login.\n\nThen at the tests:\n\n    make test",
    "collapsed": "one of many lines, é 🚀\n" * 60,
    "awkward": "-x; 'single' \"double\" `tick` $HOME #{pane_id} %1 \\ <b> grüße 日本語 🚀",
    "a dash": "-n is an option",
    "slash": "/login is broken",
    "a command": "/clear",
    "a path": "/etc/hosts is wrong",
    "at": "@alice should look at this",
    "bang": "!important: do not run this",
    "hash": "#42 is done",
    "a digit": "1",
    "unseen, then a slash": "\u200b/clear",
    "a word that quits": "quit",
    "a name at the end": "look at @abc",
    "a sign at the end": "so this costs $",
    "a backslash at the end": "the folder is C:\\",
    "accents apart": "cafe\u0301 au lait",
}
PIXEL = (  # a PNG
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
TAKEN = {"claude": "queued", "codex": "submitted"}


@pytest.fixture(params=KINDS)
async def agent(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Agent]:
    async with real_agent(request.param, tmp_path) as real:
        yield real


async def heard(agent: Agent, *texts: str) -> None:
    """Wait until the model was told exactly this, and nothing else, by the person.

    Claude Code 2.1.330 trims the empty lines before a slash (older ones sent them), takes out what
    is drawn as nothing, and joins accents to their letters.
    """
    sent = [alike(text) for text in texts]

    def told() -> list[str]:
        return [alike(text) for text in agent.model.heard()]

    try:
        await until(lambda: told() == sent, "the model was told", within=30)
    except AssertionError:
        assert told() == sent, agent.screen()


def alike(text: str) -> str:
    return unicodedata.normalize("NFC", text).lstrip("\n\u200b")


async def is_idle(team: Team) -> bool:
    return (await team.status())[0].state.kind is Kind.IDLE


async def test_what_is_written_is_what_arrives(agent: Agent) -> None:
    sent: list[str] = []
    (agent.work / "abc.py").touch()  # a picker has something to offer
    async with Team(agent.settings()) as team:
        for name, text in WRITTEN.items():
            receipt = await team.send("dev", text)
            assert receipt.arrived, (name, receipt, agent.screen())
            sent.append(text.strip())
            await heard(agent, *sent)
            await until(lambda: is_idle(team), "it is idle again", within=20)
    assert not (agent.work / "important:").exists()


async def test_a_busy_agent_gets_it_once_and_a_draft_is_left_alone(agent: Agent) -> None:
    work = agent.model.script(Works("Reading."))
    async with Team(agent.settings()) as team:
        assert (await team.send("dev", "first")).outcome is Outcome.SUBMITTED
        await until(lambda: bool(agent.model.requests), "it works", within=20)
        receipt = await team.send("dev", "second, while you work")
        # Claude Code shows that it holds the message; Codex takes it into the turn at once.
        assert receipt.outcome == TAKEN[agent.kind], (receipt, agent.screen())
        work.finish()
        await heard(agent, "first", "second, while you work")
        await until(lambda: is_idle(team), "it is idle again", within=20)
        agent.type("half a thought")
        await agent.shows("half a thought")
        receipt = await team.send("dev", "third")
        assert (receipt.outcome, "draft" in receipt.why) == (Outcome.REFUSED, True)
        assert "half a thought" in agent.screen()
        agent.press("Enter")
        await heard(agent, "first", "second, while you work", "half a thought")
        # The model is asked, and the agent calls itself idle, before the prompt is drawn empty.
        await until(lambda: "half a thought" not in prompt(agent), "the draft is gone", within=20)
        await until(lambda: is_idle(team), "it is idle again", within=20)
        receipt = await beside_a_person(agent, team, "fourth thing to do")
        assert receipt.outcome is not Outcome.REFUSED, (receipt, agent.screen())
        said = ["first", "second, while you work", "half a thought"]
        await heard(agent, *said, *(["fourth thing to do"] if receipt.arrived else []))


def prompt(agent: Agent) -> str:
    """The last row of its screen that begins as its prompt does."""
    return [row for row in agent.screen().splitlines() if row.startswith(("❯", "›"))][-1]


CLEAR = "in the prompt; to clear it, press Ctrl-U there"
IN_THE_WAY = [  # what a person left in the prompt, how it shows, what is said, how often to press
    ("half a thought", "half a thought", f"there is a half-typed draft {CLEAR}", 1),
    ("one\ntwo\nthree", "three", f"a half-typed draft {CLEAR}, once for each line", 5),
    ("[Pasted text #1 +5 lines]", "+5 lines]", f"there is a long paste {CLEAR}", 1),
    ("some of many words\n" * 90, "[Pasted ", f"there is a long paste {CLEAR}", 1),
    ("start on it", "start on it", "this very message stands in the prompt; press Enter there", 1),
]


async def test_what_stands_in_the_prompt_is_named_and_is_cleared_as_is_said(agent: Agent) -> None:
    image = agent.work / "shot.png"
    image.write_bytes(base64.b64decode(PIXEL))
    shown = [(str(image), "[Image #", f"there is an image {CLEAR}", 1)]  # Codex shows its path
    async with Team(agent.settings()) as team:
        for left, sign, why, keys in IN_THE_WAY + (shown if agent.kind == "claude" else []):
            agent.type(left)
            await agent.shows(sign)
            receipt = await team.send("dev", "start on it")
            assert (receipt.outcome, why in receipt.why) == (Outcome.REFUSED, True), receipt
            assert receipt.evidence, left
            agent.press(*["C-u"] * keys)
            await is_cleared(agent, sign)
        assert (await team.send("dev", "start on it")).outcome is Outcome.SUBMITTED
        await heard(agent, "start on it")


async def is_cleared(agent: Agent, sign: str) -> None:
    await until(lambda: sign not in agent.screen(), f"{sign} is cleared", 20)


async def beside_a_person(agent: Agent, team: Team, text: str) -> Receipt:
    """Send a text while a person types in the same prompt, as soon as they see it."""
    async with person_at(agent.server, f"{agent.kind}-desk") as types, asyncio.TaskGroup() as group:
        sending = group.create_task(team.send("dev", text))
        await until(lambda: sending.done() or text in agent.screen(), f"it shows {text}", within=30)
        types("w")
        return await sending


async def test_two_senders_and_twenty_in_a_row_and_copy_mode(agent: Agent) -> None:
    words = [f"message number {n}" for n in range(20)]
    async with Team(agent.settings()) as team, Team(agent.settings()) as other:
        # Codex takes its first message once it has started: nobody is to wait behind that one.
        assert (await team.send("dev", words[0])).arrived, agent.screen()
        await heard(agent, words[0])
        both = await asyncio.gather(team.send("dev", words[1]), other.send("dev", words[2]))
        assert all(receipt.arrived for receipt in both), both
        await heard_once(agent, words[:3], in_order=False)
        agent.pane.cmd("copy-mode")
        receipts = [await team.send("dev", word) for word in words[3:]]
        assert all(receipt.arrived for receipt in receipts), (receipts, agent.screen())
        # What Codex holds it takes up in an order of its own.
        held = any(receipt.outcome is Outcome.QUEUED for receipt in receipts)
        words[1:3] = sorted(words[1:3], key=told(agent).index)  # who came at once, in either order
        await heard_once(agent, words, in_order=agent.kind == "claude" or not held)
    assert is_scrolled(agent)


def is_scrolled(agent: Agent) -> bool:
    return agent.pane.cmd("display-message", "-p", "#{pane_in_mode}").stdout == ["1"]


async def heard_once(agent: Agent, words: list[str], *, in_order: bool) -> None:
    """Queued messages may reach the model several in one, but each once."""
    await until(lambda: len(told(agent)) >= len(words), "all is told", within=40)
    heard = told(agent)
    assert (heard if in_order else sorted(heard)) == (words if in_order else sorted(words))


def told(agent: Agent) -> list[str]:
    """The lines that the model was told by the person."""
    return [line for line in "\n".join(agent.model.heard()).splitlines() if line]


@pytest.mark.parametrize("choice", ["yes", "no"])
async def test_an_answer_is_seen_by_whether_the_command_ran(agent: Agent, choice: str) -> None:
    agent.model.script(Asks("touch deployed"))
    async with Team(agent.settings()) as team:
        sent = await team.send("dev", "please go on")
        assert sent.outcome is not Outcome.REFUSED, sent  # the question may hide that it arrived

        async def asks() -> bool:
            return (await team.status())[0].state.question is not None

        await until(asks, "it asks", within=30)
        refused = await team.send("dev", "1")
        assert (refused.outcome, "question" in refused.why) == (Outcome.REFUSED, True)
        agent.pane.cmd("copy-mode")
        stale = await team.answer("dev", choice, expected="another")
        assert (stale.outcome, is_scrolled(agent)) == (Outcome.REFUSED, True)
        assert not (agent.work / "deployed").exists()
        receipt = await team.answer("dev", choice)
        assert receipt.outcome is Outcome.SUBMITTED, (receipt, agent.screen())
        assert receipt.option.startswith(choice.title())
        assert is_scrolled(agent)
        agent.pane.cmd("copy-mode", "-q")
        if choice == "yes":  # it may seem idle for a moment before the command is run
            await until((agent.work / "deployed").exists, "the command was run", within=20)
        await until(lambda: is_idle(team), "it is idle again", within=20)
        assert (agent.work / "deployed").exists() == (choice == "yes")
        assert agent.model.heard().count("please go on") == 1
        if choice == "no":
            agent.model.script(Asks("touch pressed"))
            assert (await team.send("dev", "and further")).outcome is not Outcome.REFUSED
            await until(asks, "it asks again", within=30)
            receipt = await team.press("dev", ["Escape", "Enter"])
            assert (receipt.outcome, "Enter was not" in receipt.why) == (Outcome.UNCONFIRMED, True)
            await until(lambda: is_idle(team), "it is idle again", within=20)
            assert not (agent.work / "pressed").exists()


async def test_a_dead_agent_and_the_shell_it_left_get_nothing(agent: Agent) -> None:
    async with Team(agent.settings()) as team:
        await team.pin()
        agent.pane.cmd("respawn-pane", "-k", "exec sh")
        receipt = await team.send("dev", "touch harmed")
        assert (receipt.outcome, receipt.why) == (
            Outcome.REFUSED,
            "another program was started in its pane",
        )
        await team.pin()
        assert "only a shell" in (await team.send("dev", "touch harmed")).why
        agent.pane.cmd("respawn-pane", "-k", "true")
        await until(lambda: is_dead(team), "it is dead")
        assert (await team.send("dev", "touch harmed")).outcome is Outcome.REFUSED
    assert agent.server.is_alive()
    assert not (agent.work / "harmed").exists()


async def is_dead(team: Team) -> bool:
    await team.pin()
    return (await team.status())[0].state.kind is Kind.DEAD
