"""Two processes that write to one pane at once are kept apart."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from libtmux import Server

from teamvoice.config import Member
from teamvoice.errors import TeamError
from teamvoice.team.pane_lock import alone
from teamvoice.team.receipts import Outcome
from teamvoice.team.team import Team
from teamvoice.team.writing import Patience
from tests.support.cli import Cli, ended
from tests.support.panes import id_of, name_of, own_server, pid_of, screen_of, team_of
from tests.support.slow_agent import Slow
from tests.support.wait import until

pytestmark = [pytest.mark.needs("tmux", "bash"), pytest.mark.timeout(120)]

TEXTS = ("start on the login feature", "look at the payment page\nand then at its tests")


@pytest.fixture
def server() -> Iterator[Server]:
    with own_server() as own:
        yield own


@pytest.fixture
def cli(tmp_path: Path, server: Server) -> Cli:
    (tmp_path / "run").mkdir()
    runtime = str(tmp_path / "run")
    return Cli(tmp_path, {"TEAMVOICE_TEAM_SOCKET": name_of(server), "XDG_RUNTIME_DIR": runtime})


async def test_two_messages_at_once_arrive_as_they_were_written(
    server: Server, tmp_path: Path, cli: Cli
) -> None:
    agent = Slow(server, tmp_path, lag=1.0)
    await agent.ready()
    processes = [await cli.start("send", "developer", text, "--json") for text in TEXTS]
    done = await asyncio.gather(*(ended(process, 40) for process in processes))
    assert [process.code for process in done] == [0, 0], done
    assert sorted(agent.told("got")) == sorted(TEXTS)
    assert list((tmp_path / "run" / "teamvoice").iterdir()) == []


async def test_two_answers_at_once_answer_no_question_twice(
    server: Server, tmp_path: Path, cli: Cli
) -> None:
    agent = Slow(server, tmp_path, lag=1.0, asks=True, then=True)
    await agent.ready()
    processes = [await cli.start("answer", "developer", "yes", "--json") for _ in range(2)]
    done = await asyncio.gather(*(ended(process, 40) for process in processes))
    asked = agent.told("of")
    assert len(set(asked)) == len(asked) >= 1
    # The first question led to another one, so that its answer is a doubt at best.
    pressed = [json.loads(process.out)["outcome"] for process in done]
    assert pressed.count("refused") == 2 - len(asked), done


async def test_an_answer_that_waits_for_its_turn_is_to_the_question_of_before(
    server: Server, tmp_path: Path
) -> None:
    agent = Slow(server, tmp_path, asks=True, deed="change")
    await agent.ready()
    member = Member(name="developer", target=id_of(agent.pane))
    async with Team(team_of(server, member)) as team, asyncio.TaskGroup() as group:
        async with alone(pid_of(agent.pane), 5):
            answering = group.create_task(team.answer("developer", "yes"))
            await until(lambda: bool(team._actors), "it waits for its turn")
            os.kill(agent.told("pid")[0], signal.SIGUSR1)
            await until(lambda: "service-2" in screen_of(agent.pane), "it asks another thing")
        receipt = await answering
    assert (receipt.outcome, "changed" in receipt.why) == (Outcome.REFUSED, True)
    assert agent.told("chose") == []


async def test_who_waits_too_long_for_its_turn_is_refused_and_types_nothing(
    server: Server, tmp_path: Path
) -> None:
    agent = Slow(server, tmp_path)
    await agent.ready()
    member = Member(name="developer", target=id_of(agent.pane))
    async with Team(team_of(server, member), Patience(turn=0.2)) as team:
        async with alone(pid_of(agent.pane), 5):
            receipt = await team.send("developer", "hello")
        assert (receipt.outcome, receipt.why) == (
            Outcome.REFUSED,
            "another teamvoice is still writing to its pane",
        )
        assert agent.told("typed") == []
        assert (await team.send("developer", "hello")).outcome is Outcome.SUBMITTED


async def test_a_lock_goes_with_its_process(cli: Cli) -> None:
    program = (
        "import asyncio\nfrom teamvoice.team.pane_lock import alone\n"
        "async def hold():\n    async with alone(1, 5):\n        print(flush=True)\n"
        "        await asyncio.sleep(60)\nasyncio.run(hold())"
    )
    variables = cli.variables()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, env=variables, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    await process.stdout.readline()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", variables["XDG_RUNTIME_DIR"])
        with pytest.raises(TeamError, match="another teamvoice"):
            async with alone(1, 0.1):
                pass
        async with alone(1, 0.1, "user@box"):  # a pane of another machine is another one
            pass
        async with alone(2, 0.1):  # another pane is free
            pass
        process.kill()
        await process.wait()
        async with alone(1, 5):
            pass


async def test_without_a_place_for_locks_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "teamvoice").write_text("not a directory", "utf-8")
    with pytest.raises(TeamError, match="cannot be locked"):
        async with alone(1, 0.1):
            pass
