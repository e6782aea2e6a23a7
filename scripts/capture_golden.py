"""Capture the golden screens anew: what the real agents show in each state, at three widths.

Run from the root of the repository, after ``scripts/setup.sh test``::

    PYTHONPATH=. .venv/bin/python scripts/capture_golden.py [AGENT…] [--scene NAME]

Each screen goes to ``tests/golden/<agent>/<state>-<columns>.ans``: the pane's title as the escape
sequence that sets it, then what ``tmux capture-pane -e`` gives. A second run takes some minutes and
should change nothing but times and the version of an agent.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import re
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from tests.support import golden_texts as texts
from tests.support.agents import KINDS, Agent, real_agent
from tests.support.models import Asks, Fails, Says, Uses, Works
from tests.support.wait import until

GOLDEN = Path(__file__).resolve().parents[1] / "tests" / "golden"
WIDTHS = (80, 120, 200)
FEATURES: dict[str, tuple[str, ...]] = {"claude": (), "codex": ("request_permissions_tool",)}
Snap = Callable[[str], None]
Scene = Callable[[Agent, Snap], Awaitable[None]]


async def capture(kind: str, columns: int, home: Path, scenes: Sequence[Scene]) -> None:
    """Walk one agent through its states, keeping the screen of each."""
    inside = [scene for scene in scenes if scene is not at_the_door]
    if inside:
        async with real_agent(
            kind, home / "in", columns=columns, rows=40, features=FEATURES[kind], stays=True
        ) as agent:
            for scene in inside:
                await scene(agent, _keeper(agent, columns))
    if kind == "claude" and at_the_door in scenes:
        async with real_agent(kind, home / "out", columns=columns, rows=40, trusted=False) as agent:
            await at_the_door(agent, _keeper(agent, columns))


def _keeper(agent: Agent, columns: int) -> Snap:
    def snap(state: str) -> None:
        file = GOLDEN / agent.kind / f"{state}-{columns}.ans"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"\x1b]2;{agent.title}\x07\n{agent.capture()}\n", encoding="utf-8")

    return snap


async def at_the_prompt(agent: Agent, snap: Snap) -> None:
    """Idle, done, with a draft, and with a collapsed paste."""
    await _rests(agent)
    snap("idle")
    agent.model.script(Says(texts.ANSWER))
    await agent.say("look at the login form")
    await agent.shows("missing check")
    await _rests(agent)
    snap("done")
    agent.type("half a thought about the log")
    await agent.shows("half a thought about the log")
    await _rests(agent)
    snap("draft")
    await _clear(agent, "half a thought")
    agent.type(texts.LONG)
    await agent.shows("[Pasted ")
    await _rests(agent)
    snap("pasted")
    await _clear(agent, "[Pasted ")


async def with_long_drafts(agent: Agent, snap: Snap) -> None:
    """A draft that is wrapped, one of several rows, and one that is taller than the window."""
    await _rests(agent)
    for state, draft in texts.DRAFTS.items():
        rows = draft.split("\n")
        for number, row in enumerate(rows):
            if number:
                agent.press("C-j")
            if row:
                agent.type(row)
                await agent.shows(row[-10:].strip())
        await _rests(agent)
        snap(state)
        if state == "draft-tall":
            agent.press(*("Up",) * 30)
            await _rests(agent)
            snap("draft-middle")
        await _empty(agent)


async def at_a_tall_question(agent: Agent, snap: Snap) -> None:
    """Waiting with more than fits: a command of many lines, a long file, many options."""
    more = {"claude": _claude_asks_much, "codex": _codex_asks_much}[agent.kind]
    await _ask_each(agent, snap, more(agent))


async def _ask_each(agent: Agent, snap: Snap, questions: Questions) -> None:
    """Have each asked, captured under its state, and denied."""
    for state, sign, tool in questions:
        agent.model.script(tool)
        await agent.say(f"go on to {state}")
        await agent.shows(sign)
        await _rests(agent)
        snap(state)
        await _deny(agent, sign)


def _claude_asks_much(agent: Agent) -> Questions:
    file = {"file_path": str(agent.work / "steps.py"), "content": texts.BIG_FILE}
    names = ("Postgres", "SQLite", "MySQL", "None of them")
    about = "what it would be like in the years to come, for all who have to live with it"
    options = [{"label": name, "description": f"{name}: {about}"} for name in names]
    ask = {"question": "Which database?", "header": "Database", "options": options}
    other = {"question": "Which of these are to be moved?", "header": "Moves", "options": options}
    return (
        ("waiting-lines", "1. Yes", Asks(texts.LINES, "Write two notes")),
        ("waiting-tall", "1. Yes", Asks(texts.SCRIPT, "Write the notes")),
        ("waiting-tall-file", "1. Yes", Uses("Write", file)),
        (
            "waiting-many",
            "1. Postgres",
            Uses("AskUserQuestion", {"questions": [{**ask, "multiSelect": False}]}),
        ),
        (
            "waiting-marks",
            "1. [ ] Postgres",
            Uses("AskUserQuestion", {"questions": [{**other, "multiSelect": True}]}),
        ),
        (
            "waiting-tabs",
            "1. Postgres",
            Uses(
                "AskUserQuestion",
                {"questions": [{**ask, "multiSelect": False}, {**other, "multiSelect": True}]},
            ),
        ),
    )


def _codex_asks_much(_agent: Agent) -> Questions:
    patch = texts.PATCH.replace("+def login():\n+    return 1\n", texts.BIG_PATCH)
    return (
        ("waiting-lines", "1. Yes", Asks(texts.LINES, "Write two notes")),
        ("waiting-tall", "1. Yes", Asks(texts.SCRIPT, "Write the notes")),
        (
            "waiting-tall-file",
            "1. Yes",
            Uses("exec_command", {"cmd": f"apply_patch <<'EOF'\n{patch}EOF\n"}),
        ),
    )


async def at_a_lure(agent: Agent, snap: Snap) -> None:
    """Waiting with a command that draws a part of the box that asks."""
    await _rests(agent)
    lures = texts.INNER[agent.kind].items()
    await _ask_each(agent, snap, [(s, "1. Yes", Asks(lure, "List it")) for s, lure in lures])


async def in_the_transcript(agent: Agent, snap: Snap) -> None:
    """The transcript of Claude, whose last message draws a box that asks."""
    if agent.kind != "claude":
        return
    agent.model.script(Says(texts.DRAWN_BOX))
    await agent.say("show me the box")
    await agent.shows("That was it", "Tab to amend")
    await _rests(agent)
    agent.press("C-o")
    await agent.shows("detailed transcript")
    await _rests(agent)
    snap("transcript")
    agent.press("C-o")
    await _rests(agent)


async def in_error(agent: Agent, snap: Snap) -> None:
    """After the model of Codex has refused a request; Claude tries again by itself."""
    if agent.kind != "codex":
        return
    agent.model.script(Fails(400, "this model is out of order"))
    await agent.say("try it")
    await agent.shows("out of order")
    await _rests(agent)
    snap("failed")


async def left(agent: Agent, snap: Snap) -> None:
    """After it has ended, in the shell that started it."""
    agent.model.script(Says(texts.ANSWER))
    await agent.say("look at the login form")
    await agent.shows("missing check")
    await _rests(agent)
    agent.press(*{"claude": ("C-d", "C-d"), "codex": ("C-d",)}[agent.kind])
    await agent.shows("box:~$")
    await _rests(agent)
    snap("left")


async def in_work(agent: Agent, snap: Snap) -> None:
    """Working, and with a message queued meanwhile."""
    work = agent.model.script(Works("I am reading the tests."))
    await agent.say("read the tests")
    await agent.shows("esc to interrupt")
    snap("working")
    agent.type("then run them")
    await agent.shows("then run them")
    agent.press({"claude": "Enter", "codex": "Tab"}[agent.kind])  # Enter would steer Codex
    await agent.shows("Queued")
    snap("queued")
    work.finish()
    aloud = agent.model.script(Works("First line.\n\nSecond line.\n\n", aloud=True))
    await until(lambda: "then run them" in agent.model.heard(), "the queued message is heard", 30)
    await agent.shows("First line.")
    snap("streaming")
    aloud.finish()
    await _rests(agent)


async def at_a_question(agent: Agent, snap: Snap) -> None:
    """Waiting for permission to run a command, and for all else that this agent asks."""
    agent.model.script(Asks(texts.COMMAND, "Clean up and mark it"))
    await agent.say("clean up")
    await agent.shows("made-it", "1. Yes")
    await _rests(agent)
    snap("waiting")
    await _deny(agent, "1. Yes")
    snap("denied")
    more = {"claude": _claude_asks, "codex": _codex_asks}[agent.kind]
    await _ask_each(agent, snap, more(agent))


Questions = Sequence[tuple[str, str, Uses | Asks]]


def _claude_asks(agent: Agent) -> Questions:
    file = {"file_path": str(agent.work / "login.py"), "content": "def login():\n    return 1\n"}
    options = [{"label": name, "description": f"use {name}"} for name in ("Postgres", "SQLite")]
    ask = {"question": "Which database?", "header": "Database", "options": options}
    return (
        ("waiting-file", "1. Yes", Uses("Write", file)),
        (
            "waiting-choice",
            "1. Postgres",
            Uses("AskUserQuestion", {"questions": [{**ask, "multiSelect": False}]}),
        ),
    )


def _codex_asks(_agent: Agent) -> Questions:
    wish = {"network": {"enabled": True}, "file_system": {"write": ["/srv/reports"]}}
    return (
        (
            "waiting-file",
            "1. Yes",
            Uses("exec_command", {"cmd": f"apply_patch <<'EOF'\n{texts.PATCH}EOF\n"}),
        ),
        (
            "waiting-permissions",
            "1. Yes",
            Uses("request_permissions", {"reason": "to publish it", "permissions": wish}),
        ),
    )


async def with_a_plan(agent: Agent, snap: Snap) -> None:
    """Waiting to leave the plan mode of Claude: with a plan, and with none."""
    if agent.kind != "claude":
        return
    await agent.press_until("BTab", lambda: "plan mode on" in agent.screen(), "it plans")
    for state, plan in (
        ("waiting-exit", ""),
        ("waiting-plan", texts.PLAN),
        ("waiting-tall-plan", texts.PLAN + texts.STEPS),
    ):
        await _is_heard(agent, f"go on to {state}")  # the request names the file of the plan
        if plan:
            _plan_file(agent).write_text(plan, "utf-8")
        agent.model.script(Uses("ExitPlanMode", {}))
        await agent.say(f"the plan of {state}")
        await agent.shows("1. Yes")
        await _rests(agent)
        snap(state)
        await _deny(agent, "1. Yes")


async def _is_heard(agent: Agent, text: str) -> None:
    await agent.say(text)
    await until(lambda: text in agent.model.heard(), f"{text} is heard", 30)
    await _rests(agent)


def _plan_file(agent: Agent) -> Path:
    (*_, last) = re.findall(rf"{agent.home}/[\w./-]*\.md", str(agent.model.requests[-1]))
    file = Path(last)
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


async def at_the_door(agent: Agent, snap: Snap) -> None:
    """Claude before it starts: whether the folder is to be trusted."""
    await _rests(agent)
    snap("waiting-trust")


async def interrupted(agent: Agent, snap: Snap) -> None:
    """After Escape in the midst of work."""
    before = agent.screen().count("nterrupted")
    # It has to say something first: Claude puts a message that had no answer back into its prompt.
    agent.model.script(Works("I begin at once.\n\nNext.\n\n", aloud=True))
    await agent.say("begin")
    await agent.shows("I begin at once.")
    agent.press("Escape")
    await until(lambda: agent.screen().count("nterrupted") > before, "it stops", 20)
    await _rests(agent)
    snap("interrupted")


async def _deny(agent: Agent, sign: str) -> None:
    await agent.press_until("Escape", lambda: sign not in agent.screen(), "it is denied")
    await _rests(agent)


async def _clear(agent: Agent, sign: str) -> None:
    key = {"claude": "C-u", "codex": "C-c"}[agent.kind]
    await agent.press_until(key, lambda: sign not in agent.screen(), "the prompt is empty")
    await _rests(agent)


async def _empty(agent: Agent) -> None:
    """Delete a draft of many rows, wherever the cursor is in it."""
    agent.press(*("Down",) * 40)
    while not _is_empty(agent):
        agent.press(*("BSpace",) * 100)
        await asyncio.sleep(0.2)


def _is_empty(agent: Agent) -> bool:
    prompts = [row for row in agent.screen().splitlines() if row[:1] in {"❯", "›"}]
    return bool(prompts) and prompts[-1][1:].strip() in {"", "Ask Codex to do anything"}


async def _rests(agent: Agent) -> None:
    """Until nothing has moved on the screen for a second and a half."""
    loop = asyncio.get_running_loop()
    seen, since = agent.capture(), loop.time()
    deadline = since + 30
    while loop.time() - since < 1.5 and loop.time() < deadline:
        await asyncio.sleep(0.1)
        now = agent.capture()
        if now != seen:
            seen, since = now, loop.time()


SCENES: dict[str, Scene] = {
    scene.__name__: scene
    for scene in (
        at_the_prompt,
        with_long_drafts,
        in_work,
        at_a_question,
        at_a_tall_question,
        at_a_lure,
        in_the_transcript,
        in_error,
        interrupted,
        with_a_plan,
        at_the_door,
        left,
    )
}


def main() -> None:
    """Capture the agents that are named, or all; every scene, or the named ones."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("agent", nargs="*", choices=[*KINDS, []], help="all when none is named")
    parser.add_argument("--scene", action="append", choices=SCENES, help="all when none is named")
    parser.add_argument("--columns", action="append", type=int, help="all widths when none")
    args = parser.parse_args()
    scenes = [scene for name, scene in SCENES.items() if name in (args.scene or SCENES)]
    for kind, columns in itertools.product(args.agent or KINDS, args.columns or WIDTHS):
        home = Path(tempfile.gettempdir(), "teamvoice-golden", kind)
        shutil.rmtree(home, ignore_errors=True)
        asyncio.run(capture(kind, columns, home, scenes))
        sys.stdout.write(f"{kind} at {columns} columns\n")
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
