"""The terminal face in a real tmux pane: keys are typed, the screen is read."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shlex
import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from libtmux import Pane

from tests.support.daemon import Daemon, daemon_at, run
from tests.support.desk import NEEDS, Desk, Display, Sound
from tests.support.panes import ROOT, open_pane, own_server, screen_of
from tests.support.wait import until

pytestmark = [
    pytest.mark.needs(*NEEDS, "tmux", "python:textual", "python:pocketsphinx"),
    pytest.mark.timeout(120),
]
TMUX = ("TMUX", "TMUX_PANE")


@pytest.fixture(scope="module")
def daemon(
    _display: Display, _sound: Sound, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Daemon]:
    environment = Desk(_display, _sound).environment
    with daemon_at(tmp_path_factory.mktemp("talk"), environment, work_s=1.0) as daemon:
        yield daemon


@contextlib.contextmanager
def face(
    environment: Mapping[str, str], command: str = "talk", columns: int = 80
) -> Iterator[Pane]:
    """The face in a pane of its own, so wide and 24 rows high."""
    words = [f"{name}={shlex.quote(value)}" for name, value in environment.items()]
    program = (
        f"exec env -u COLUMNS -u LINES {' '.join(words)} {sys.executable} -m teamvoice {command}"
    )
    with own_server() as server:
        pane = open_pane(server, "face", "exec sleep 600")
        server.cmd("resize-window", "-x", str(columns), "-y", "24")
        pane.cmd("respawn-pane", "-k", program)
        yield pane


async def shows(pane: Pane, *texts: str, within: float = 20.0) -> None:
    try:
        await until(lambda: all(t in _flat(pane) for t in texts), f"it shows {texts}", within)
    except AssertionError as error:
        raise AssertionError(f"{error}; it shows:\n{screen_of(pane)}") from None


async def shows_no_more(pane: Pane, text: str) -> None:
    await until(lambda: text not in _flat(pane), f"it no longer shows {text}", 20)


async def types(pane: Pane, text: str) -> None:
    pane.send_keys("t", enter=False)
    await shows(pane, "what you would have said")
    pane.send_keys(text)


def _flat(pane: Pane) -> str:
    """The screen with its wrapped lines joined."""
    return " ".join(screen_of(pane).split())


@pytest.mark.parametrize("columns", [60, 80, 120])
async def test_team_conversation_and_receipts_are_seen(daemon: Daemon, columns: int) -> None:
    with face(daemon.environment, columns=columns) as pane:
        await shows(pane, "link up", "developer", "pm", "microphone [")
        await types(pane, f"tell the pm to write {columns} notes")
        await shows(
            pane, f"you tell the pm to write {columns} notes", "does send_message(member: pm"
        )
        await shows(pane, "-> Submitted to the PM.", "voice Submitted to the PM.", "first sound")
        await shows(pane, "q quit")
        assert all(len(row) <= columns for row in screen_of(pane).splitlines())
        pane.send_keys("q", enter=False)
        await until(lambda: _is_over(pane), "it has ended")

    async def is_written() -> bool:
        turn = (await daemon.status())["turn"]
        return bool(turn and turn["heard"] == f"tell the pm to write {columns} notes")

    await until(is_written, "the turn is written down")


async def test_what_is_typed_anywhere_is_seen_once_by_all_who_look_on(daemon: Daemon) -> None:
    with face(daemon.environment) as pane, face(daemon.environment, "watch") as watching:
        for one in (pane, watching):
            await shows(one, "link up", "developer")
        await types(pane, "who is on the team")
        for one in (pane, watching):
            await shows(one, "you who is on the team does list_team()")
        assert (await daemon.cli("ask", "give me a team status update"))[0] == 0
        for one in (pane, watching):
            await shows(one, "you give me a team status update", "does team_status()")
            assert _flat(one).count("you who is on the team") == 1


async def test_a_spoken_turn_is_started_and_ended_with_space(desk: Desk, daemon: Daemon) -> None:
    with face(daemon.environment) as pane:
        await shows(pane, "link up", "microphone closed")
        pane.send_keys(" ", enter=False)
        await shows(pane, "microphone open")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(desk.sound.say("give me a team status update"))
            await shows(pane, "#")  # how loud it is, for as long as it sounds
        async with daemon.watching() as watch:
            pane.send_keys(" ", enter=False)
            assert (await watch.next("hearing"))["text"]
        await shows(pane, "voice [#")  # how loud it is, while it sounds
        await shows(pane, "does team_status()", "voice The developer is")


async def test_a_hold_ends_with_the_face_that_began_it_and_not_with_a_command(
    daemon: Daemon,
) -> None:
    with face(daemon.environment) as pane:
        await shows(pane, "link up", "microphone closed")
        async with daemon.watching() as watch:
            assert (await daemon.cli("ptt", "toggle"))[0] == 0
            await shows(pane, "microphone open")
            assert (await daemon.cli("ptt", "cancel"))[0] == 0
            await shows(pane, "microphone closed")
            pane.send_keys(" ", enter=False)
            await shows(pane, "microphone open")
            process = int(pane.cmd("display-message", "-p", "#{pane_pid}").stdout[0])
            os.kill(process, signal.SIGKILL)
            told = await watch.next("trouble")
    assert "the program that began the hold is gone; what was said" in told["text"]

    async def is_closed() -> bool:
        return bool((await daemon.status())["microphone"]["state"] == "closed")

    await until(is_closed, "the microphone is closed")


async def test_a_question_is_answered_with_its_number_and_seen_closer(daemon: Daemon) -> None:
    """It is the daemon that does it: the face's own configuration may lead to another team."""
    elsewhere = {"TEAMVOICE_CONFIG_DIR": str(daemon.home / "elsewhere")}
    with face({**daemon.environment, **elsewhere}) as pane:
        await shows(pane, "link up")
        await until(lambda: _is_idle(daemon, "developer"), "the developer is idle", 20)
        await types(pane, "tell the developer to deploy to production")
        await shows(pane, "waiting", "1:Yes")
        pane.send_keys("", enter=True)
        await shows(pane, "asks: Do you want to proceed?")
        pane.send_keys("xx", enter=False)
        await until(lambda: "asks:" not in _flat(pane), "it is closed")
        pane.send_keys("2", enter=False)
        await shows(pane, "does answer(member: developer, choice: 2 ", "-> Answered the developer.")
        await until(lambda: "Yes" not in daemon.screen("developer"), "the question is gone")
        pane.send_keys("1", enter=False)
        await shows(pane, "asks nothing")
        history = (await daemon.cli("history"))[1]
        assert "by hand" in history
        assert 'answer(member="developer", choice="2 No")\n            → Answered the' in history
        gone = daemon.server.windows.get(window_name="developer")
        assert gone is not None
        gone.kill()
        await shows(pane, "developer missing")
        pane.send_keys("", enter=True)
        await shows(pane, "developer: missing", "tmux set -p @teamvoice developer")


async def test_what_waits_is_cancelled_with_c_and_confirmed_with_y(daemon: Daemon) -> None:
    with face(daemon.environment) as pane:
        await shows(pane, "link up")
        for key, told in (("c", "cancelled"), ("y", "-> Submitted to the PM.")):
            await until(lambda: _is_idle(daemon, "pm"), "the pm is idle", 20)
            await types(pane, "tell the pm to run terraform destroy")
            await shows(pane, "CONFIRM press Y to send message")
            assert "terraform" not in daemon.screen("pm")
            _, out, _ = await daemon.cli("status")
            assert "confirm     send message: pm: run terraform destroy" in out
            assert "confirm?" in (await daemon.cli("status", "--line"))[1]
            with face(daemon.environment) as late:
                await shows(late, "CONFIRM press Y to send message: pm: run terraform destroy")
                pane.send_keys(key, enter=False)
                for one in (pane, late):
                    await shows_no_more(one, "CONFIRM")
                    await shows(one, "confirm send message: pm: run terraform destroy")
            await shows(pane, told)
        assert "terraform destroy" in daemon.screen("pm")
        pane.send_keys("y", enter=False)
        await shows(pane, "trouble nothing waits for a confirmation")

    async def is_written() -> bool:
        turn = (await daemon.status())["turn"]
        return bool(turn["heard"].endswith("destroy") and turn["outcome"] == "answered")

    await until(is_written, "the turn that was confirmed is written down", 20)
    with face(daemon.environment, columns=120) as next_one:  # as a popup that is opened again
        await shows(next_one, "it was cancelled", "-> Submitted to the PM.")


async def test_ask_says_what_waits_and_fails_when_it_is_not_confirmed(daemon: Daemon) -> None:
    async def ask_and(action: str) -> tuple[int, str, str]:
        async with daemon.watching() as watch, asyncio.TaskGroup() as tasks:
            asked = tasks.create_task(daemon.cli("ask", "tell the pm to run terraform destroy"))
            await watch.next("confirm")
            assert await daemon.cli("ptt", action) == (0, "", "")
        return asked.result()

    await until(lambda: _is_idle(daemon, "pm"), "the pm is idle", 20)
    code, out, err = await ask_and("cancel")
    assert (code, "Not done: it was cancelled" in out) == (1, True)
    asked = "tap the key to send message: pm: run terraform destroy (or: teamvoice ptt confirm)"
    assert err == f"teamvoice: waits for you: {asked}\n"
    code, out, _ = await ask_and("confirm")
    assert (code, "Submitted to the PM." in out) == (0, True)
    told = "teamvoice: nothing waits for a confirmation\n"
    assert await daemon.cli("ptt", "confirm") == (1, "", told)


async def test_keys_that_come_at_once_are_taken_in_their_order_large_or_small(
    daemon: Daemon,
) -> None:
    with face(daemon.environment) as pane:
        await shows(pane, "link up", "microphone closed", "q quit")
        pane.cmd("send-keys", "-l", "MThello to m and q 1")
        await shows(pane, "hello to m and q 1", "microphone muted")
        pane.cmd("send-keys", "Escape")
        await shows(pane, "q quit")
        pane.cmd("send-keys", "m")
        await shows(pane, "microphone closed")
        pane.cmd("send-keys", "Q")
        await until(lambda: _is_over(pane), "it has ended")


async def test_a_conversation_is_wrapped_anew_and_there_is_no_colour_where_none_is_wanted(
    daemon: Daemon,
) -> None:
    words = "tell the pm to write a plan and to say when he has written all of that plan down"
    with face({**daemon.environment, "NO_COLOR": "1"}, columns=120) as pane:
        await shows(pane, "link up")
        await types(pane, words)
        await shows(pane, "voice Submitted")
        pane.cmd("resize-window", "-x", "60", "-y", "24")
        await shows(pane, f"you {words}", "q quit")
        drawn = "\n".join(pane.cmd("capture-pane", "-p", "-e").stdout)
        assert re.search(r"\x1b\[[\d;]*7m", drawn), "the head is set off"
        assert not re.findall(r"\x1b\[(?:[\d;]*;)?(?:[349][0-7]|10[0-7]|[34]8;[\d;]+)m", drawn)


async def test_mute_is_seen_and_who_watches_has_no_keys_to_talk(daemon: Daemon) -> None:
    with face(daemon.environment) as pane, face(daemon.environment, "watch") as watching:
        await shows(pane, "link up")
        await shows(watching, "link up", "developer")
        pane.send_keys("m", enter=False)
        await shows(pane, "microphone muted")
        await shows(watching, "microphone muted")
        pane.send_keys(" ", enter=False)
        mends = ((pane, "M unmutes it"), (watching, "teamvoice ptt mute unmutes it"))
        for one, mend in mends:
            await shows(one, "microphone muted", f"the microphone is muted; {mend}")
        watching.send_keys("m", enter=False)
        watching.send_keys("t", enter=False)
        assert "mute" not in screen_of(watching).splitlines()[-1]
        pane.send_keys("m", enter=False)
        await shows(watching, "microphone closed")
        assert "what you would have said" not in screen_of(watching)


async def test_a_face_that_hangs_holds_nobody_up(daemon: Daemon) -> None:
    with face(daemon.environment) as pane:
        await shows(pane, "link up")
        process = int(pane.cmd("display-message", "-p", "#{pane_pid}").stdout[0])
        os.kill(process, signal.SIGSTOP)
        try:
            code, out, err = await daemon.cli("ask", "who is on the team", "--json")
            assert (code, "list_team" in out) == (0, True), err
        finally:
            os.kill(process, signal.SIGCONT)
        await shows(pane, "does list_team()")


async def test_without_a_daemon_one_of_two_runs_one_of_its_own(tmp_path: Path, desk: Desk) -> None:
    places = {
        "HOME": str(tmp_path),
        "PYTHONPATH": str(ROOT),
        "OPENAI_API_KEY": "",
        "TEAMVOICE_CONFIG_DIR": str(tmp_path / "config"),
        "TEAMVOICE_STATE_DIR": str(tmp_path / "state"),
        "TEAMVOICE_SOCKET": str(tmp_path / "control.sock"),
    }
    environment = {**desk.environment, **places, "NO_COLOR": "1"}
    with face(environment) as one, face(environment) as other:
        for pane in (one, other):
            await shows(pane, "link up", within=40)

        def owners() -> list[Pane]:
            return [pane for pane in (one, other) if "no daemon ran" in _flat(pane)]

        await until(owners, "one says that it runs one of its own")
        (owner,) = owners()
        assert (tmp_path / "control.sock").exists()
        owner.cmd("respawn-pane", "-k", "exec sleep 600")  # the terminal is closed on it
        await until(lambda: not (tmp_path / "control.sock").exists(), "its daemon has ended", 30)


async def test_a_daemon_that_goes_is_told_and_no_terminal_is_an_error(daemon: Daemon) -> None:
    code, _, err = await daemon.cli("talk")
    assert (code, "needs a terminal" in err) == (2, True)
    with face({**daemon.environment, "TEAMVOICE_SOCKET": "/nowhere/control.sock"}, "watch") as pane:
        await shows(pane, "no daemon answers: teamvoice run")


async def test_a_daemon_that_hangs_is_told_and_what_is_asked_of_it_is_not_lost_in_silence(
    daemon: Daemon,
) -> None:
    with face(daemon.environment) as talk, face(daemon.environment, "watch") as watch:
        for pane in (talk, watch):
            await shows(pane, "link up", "developer")
        os.kill(daemon.pid, signal.SIGSTOP)
        try:
            talk.send_keys(" ", enter=False)
            await shows(talk, "trouble the daemon does not answer (press again when it does)")
            for pane in (talk, watch):
                await shows(pane, f"the daemon does not answer: process {daemon.pid}")
            await types(talk, "tell the pm to hurry")
            await shows(talk, "“tell the pm to hurry” was not sent")
        finally:
            os.kill(daemon.pid, signal.SIGCONT)
        for pane in (talk, watch):
            await shows(pane, "link up", "microphone closed")
            await shows_no_more(pane, f"process {daemon.pid}")
        await types(talk, "who is on the team")
        await shows(talk, "you who is on the team", "does list_team()")
    assert "hurry" not in daemon.screen("pm")


async def test_a_daemon_that_is_killed_is_missed_at_once_and_found_again(tmp_path: Path) -> None:
    with (
        daemon_at(tmp_path, {}, work_s=1.0) as daemon,
        face(daemon.environment) as talk,
        face(daemon.environment, "watch") as watch,
    ):
        for pane in (talk, watch):
            await shows(pane, "link up", "developer")
        os.kill(daemon.pid, signal.SIGKILL)
        for pane in (talk, watch):
            await shows(pane, "no daemon answers: teamvoice run")
        talk.send_keys("m", enter=False)
        await shows(talk, "trouble no daemon answers on")
        with run(daemon):
            for pane in (talk, watch):
                await shows(pane, "link up", "developer")
                await shows_no_more(pane, "no daemon answers: teamvoice run")
            await types(talk, "tell the pm to rest")
            for pane in (talk, watch):
                await shows(pane, "-> Submitted to the PM.")
                assert "Traceback" not in _flat(pane)


async def _is_idle(daemon: Daemon, member: str) -> bool:
    members = (await daemon.status())["members"]
    return any(m["name"] == member and m["state"] == "idle" for m in members)


def _is_over(pane: Pane) -> bool:
    return pane.cmd("display-message", "-p", "#{pane_dead}").stdout == ["1"]
