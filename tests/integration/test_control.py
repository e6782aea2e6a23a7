from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from teamvoice.daemon.control import CONNECTION_LIMIT, STALE_S, Control
from teamvoice.daemon.records import ASK_LIMIT
from teamvoice.errors import TeamvoiceError
from tests.support.small_voice import SmallVoice
from tests.support.wait import until


@pytest.fixture
def path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as directory:  # short: a socket's path has 107 bytes
        yield Path(directory) / "tv" / "control.sock"


@pytest.fixture
def voice() -> SmallVoice:
    return SmallVoice()


@pytest.fixture
async def control(path: Path, voice: SmallVoice) -> AsyncIterator[Control]:
    async with Control(path, voice) as control:
        yield control


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def exists(path: Path) -> bool:
    return path.exists()


def open_to_all(path: Path) -> None:
    for directory in (path.parent.parent, path.parent):
        directory.chmod(0o755)
    path.chmod(0o666)


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, message: object) -> None:
        raw = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.writer.write(raw + b"\n")
        await self.writer.drain()

    async def receive(self) -> Any:
        line = await asyncio.wait_for(self.reader.readline(), 5)
        return json.loads(line) if line else None

    async def ask(self, message: object) -> Any:
        await self.send(message)
        return await self.receive()


@contextlib.asynccontextmanager
async def connected(path: Path) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_unix_connection(str(path), limit=2**22)
    try:
        yield Client(reader, writer)
    finally:
        writer.close()


@pytest.mark.usefixtures("control")
class TestRequests:
    async def test_keys_reach_the_voice_with_their_times(
        self, path: Path, voice: SmallVoice
    ) -> None:
        now = asyncio.get_running_loop().time()
        async with connected(path) as client:
            keys = [("press", now - 2.0), ("release", now - 1.0), ("cancel", 0.5)]
            for action, at in keys:
                assert await client.ask({"do": "ptt", "action": action, "at": at}) == {"ok": True}
        assert voice.keys == keys

    async def test_what_is_done_by_hand_reaches_the_members(
        self, path: Path, voice: SmallVoice
    ) -> None:
        asked = {"asks": "Run?", "about": "ls", "options": ["Yes", "No"]}
        answer = {"do": "answer", "member": "pm", "choice": "2", **asked}
        async with connected(path) as client:
            looked = await client.ask({"do": "look", "member": "pm"})
            answered = await client.ask(answer)
            for choice in ("yes", "0", "10", "2\n"):
                assert not (await client.ask({**answer, "choice": choice}))["ok"]
        assert looked == {"ok": True, "text": "pm: idle"}
        assert answered == {"ok": True, "text": "Answered the pm."}
        assert voice.by_hand.done == [
            ("look", "pm"),
            ("answer", "pm", "2", "Run?", "ls", ("Yes", "No")),
        ]

    async def test_a_release_that_arrives_first_follows_its_press(
        self, path: Path, voice: SmallVoice
    ) -> None:
        now = asyncio.get_running_loop().time()
        async with connected(path) as late, connected(path) as early:
            await early.ask({"do": "ptt", "action": "release", "at": now})
            assert voice.keys == []
            await late.ask({"do": "ptt", "action": "press", "at": now - 1.0})
        assert voice.keys == [("press", now - 1.0), ("release", now)]

    async def test_a_client_that_stays_for_its_hold_is_told_when_it_leaves(
        self, path: Path, voice: SmallVoice
    ) -> None:
        async with connected(path) as begins, connected(path) as stays, connected(path) as other:
            await begins.ask({"do": "ptt", "action": "toggle"})
            await stays.ask({"do": "ptt", "action": "toggle", "stays": True})
            await other.ask({"do": "status"})
        await until(lambda: len(voice.keys) > 2, "it is told")
        assert [action for action, _ in voice.keys] == ["toggle", "toggle", "left"]
        assert voice.clients[0] == 0
        assert voice.clients[1] == voice.clients[2] != 0

    async def test_an_edge_that_a_clock_reads_ahead_happens_now(
        self, path: Path, voice: SmallVoice
    ) -> None:
        now = asyncio.get_running_loop().time()
        async with connected(path) as client:
            await client.ask({"do": "ptt", "action": "press", "at": now + 0.9})
            await client.ask({"do": "ptt", "action": "release"})
        assert [action for action, _ in voice.keys] == ["press", "release"]
        assert now <= voice.keys[0][1] <= voice.keys[1][1] < now + 60

    async def test_a_press_that_waited_too_long_opens_nothing(
        self, path: Path, voice: SmallVoice
    ) -> None:
        old = asyncio.get_running_loop().time() - STALE_S - 0.1
        async with connected(path) as client:
            for action in ("press", "toggle", "confirm", "mute", "quiet"):
                refusal = await client.ask({"do": "ptt", "action": action, "at": old})
                assert refusal["error"] == f"the {action} came too late and was dropped"
                assert (refusal["mend"], refusal["exit"]) == ("press again in a moment", 1)
            assert voice.keys == []
            for action in ("press", "release"):  # the end of a hold is never too late
                await client.ask({"do": "ptt", "action": action})
            await client.ask({"do": "ptt", "action": "cancel", "at": old})
        assert [action for action, _ in voice.keys] == ["press", "release", "cancel"]

    async def test_a_press_of_a_client_that_is_gone_opens_nothing(
        self, path: Path, voice: SmallVoice
    ) -> None:
        gone, halfway = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
        with gone, halfway:  # the loop does not run meanwhile, as when the daemon was stopped
            for client in (gone, halfway):
                client.connect(str(path))
            gone.sendall(b'{"do": "ptt", "action": "press"}\n')
            gone.close()
            halfway.sendall(b'{"do": "ptt", "action": "toggle"}\n')
            halfway.shutdown(socket.SHUT_WR)  # it still waits for its answer
            await until(lambda: voice.keys, "the other one is heard")
        assert [action for action, _ in voice.keys] == ["toggle"]

    async def test_words_of_a_client_that_is_gone_are_not_said(
        self, path: Path, voice: SmallVoice
    ) -> None:
        gone, stays = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
        with gone, stays:  # the loop does not run meanwhile, as when the daemon was stopped
            for client in (gone, stays):
                client.connect(str(path))
            gone.sendall(b'{"do": "ask", "text": "deploy"}\n')
            gone.close()
            stays.sendall(b'{"do": "ask", "text": "rest"}\n')
            await until(lambda: voice.turns, "the other one is heard")
        assert [turn["heard"] for turn in voice.turns] == ["rest"]

    async def test_ask_answers_with_the_turn(self, path: Path, voice: SmallVoice) -> None:
        async with connected(path) as client:
            reply = await client.ask({"do": "ask", "text": "tell the developer to rest"})
        assert reply == {"ok": True, "turn": voice.turns[0]}

    async def test_status_passes_through(self, path: Path, voice: SmallVoice) -> None:
        async with connected(path) as client:
            reply = await client.ask({"do": "status"})
        assert reply == {"ok": True, "status": await voice.status()}

    async def test_a_refusal_carries_its_mend_and_exit_code(self, path: Path) -> None:
        async with connected(path) as client:
            reply = await client.ask({"do": "ask", "text": "nobody"})
        assert reply == {
            "ok": False,
            "error": "there is no nobody",
            "mend": "teamvoice team lists the members",
            "exit": 1,
        }

    async def test_a_fault_in_one_answer_is_told_and_ends_nothing(self, path: Path) -> None:
        async with connected(path) as client:
            assert "failed to answer" in (await client.ask({"do": "ask", "text": "break"}))["error"]
            assert (await client.ask({"do": "status"}))["ok"]

    @pytest.mark.parametrize(
        "line",
        [
            b"{",
            b"[]",
            b"\xff",
            b"{}",
            b'{"do": "dance"}',
            b'{"do": "ptt"}',
            b'{"do": "ptt", "action": "hug"}',
            b'{"do": "ptt", "action": "press", "at": "now"}',
            b'{"do": "ptt", "action": "press", "at": 1e999}',
            b'{"do": "ptt", "action": "press", "at": 1e308}',
            b'{"do": "ptt", "action": "press", "at": -5}',
            b'{"do": "ptt", "action": "release", "at": -5}',
            b'{"do": "ptt", "action": "press", "at": NaN}',
            b'{"do": "ask"}',
            b'{"do": "status", "please": true}',
            b'{"x": ' + b"[" * 100_000,
        ],
    )
    async def test_what_is_no_request_is_answered_and_the_talk_goes_on(
        self, path: Path, voice: SmallVoice, line: bytes
    ) -> None:
        async with connected(path) as client:
            reply = await client.ask(line)
            assert not reply["ok"]
            assert reply["error"].startswith("not a request: ")
            assert (await client.ask({"do": "status"}))["ok"]
        assert voice.keys == []

    async def test_a_line_without_end_is_refused(self, path: Path) -> None:
        async with connected(path) as client:
            client.writer.write(b'{"do": "ask", "text": "' + b"a" * 2**21)
            assert "longer than 1 MB" in (await client.receive())["error"]
            with contextlib.suppress(ConnectionError):  # it hung up on what was still to come
                assert await client.receive() is None

    async def test_words_may_be_long_but_neither_endless_nor_none(self, path: Path) -> None:
        text = "a" * ASK_LIMIT
        async with connected(path) as client:
            assert (await client.ask({"do": "ask", "text": text}))["turn"]["heard"] == text
            for wrong in (text + "a", "", " \t"):
                refusal = await client.ask({"do": "ask", "text": wrong})
                assert not refusal["ok"]
                assert "not a request" in refusal["error"]

    async def test_too_many_connections_are_refused_and_the_others_live(self, path: Path) -> None:
        async with contextlib.AsyncExitStack() as stack:
            clients = [
                await stack.enter_async_context(connected(path)) for _ in range(CONNECTION_LIMIT)
            ]
            assert (await clients[-1].ask({"do": "status"}))["ok"]
            extra = await stack.enter_async_context(connected(path))
            with contextlib.suppress(ConnectionError):
                assert await extra.receive() is None
            assert (await clients[0].ask({"do": "status"}))["ok"]


class TestNobodyAnswersYet:
    async def test_a_question_waits_and_a_key_is_refused_with_a_word(
        self, path: Path, voice: SmallVoice
    ) -> None:
        async with Control(path) as control, connected(path) as asks, connected(path) as presses:
            await asks.send({"do": "status"})
            refusal = await presses.ask({"do": "ptt", "action": "press"})
            assert refusal["error"].startswith("not listening: ")
            assert refusal["mend"] == "press again in a moment"
            with control.answering(voice):
                assert (await asks.receive())["ok"]
                assert (await presses.ask({"do": "ptt", "action": "press"})) == {"ok": True}
            assert not (await presses.ask({"do": "ptt", "action": "release"}))["ok"]
        assert [action for action, _ in voice.keys] == ["press"]


@pytest.mark.usefixtures("control")
class TestWatching:
    async def test_first_what_is_and_then_what_happens(self, path: Path, voice: SmallVoice) -> None:
        async with connected(path) as client:
            assert await client.ask({"do": "watch"}) == {"ok": True, "status": await voice.status()}
            voice.key("press", 1.0)
            assert await client.receive() == {"event": "key", "action": "press"}
            voice.stop_telling()
            assert await client.receive() is None

    async def test_a_watcher_that_leaves_is_forgotten(self, path: Path, voice: SmallVoice) -> None:
        async with connected(path) as client:
            await client.ask({"do": "watch"})
            assert voice.watchers
            assert await client.receive() == {"event": "alive"}, "nothing happens, and it lives"
        await until(lambda: not voice.watchers, "the watcher is forgotten")

    async def test_a_watcher_that_dies_with_events_unread_is_no_fault(
        self, path: Path, voice: SmallVoice
    ) -> None:
        with capture_logs() as logs:
            async with connected(path) as client:
                await client.ask({"do": "watch"})
                for number in range(3000):  # nobody reads them
                    voice.tell({"event": "n", "n": number, "padding": "x" * 1000})
            await until(lambda: not voice.watchers, "the watcher is forgotten")
        assert [log for log in logs if log["log_level"] == "error"] == []

    async def test_a_slow_watcher_misses_the_oldest_and_is_told(
        self, path: Path, voice: SmallVoice
    ) -> None:
        async with connected(path) as slow, connected(path) as other:
            await slow.ask({"do": "watch"})
            for number in range(3000):  # nobody reads: the socket's buffers fill up
                voice.tell({"event": "n", "n": number, "padding": "x" * 1000})
            assert (await other.ask({"do": "status"}))["ok"]
            voice.stop_telling()
            seen = []
            while (event := await slow.receive()) is not None:
                seen.append(event)
        gaps = [event["count"] for event in seen if event["event"] == "dropped"]
        numbers = [event["n"] for event in seen if event["event"] == "n"]
        assert gaps
        assert sum(gaps) + len(numbers) == 3000
        assert numbers == sorted(numbers)
        assert numbers[-1] == 2999

    async def test_a_fault_in_watching_ends_that_watcher_only(
        self, path: Path, voice: SmallVoice
    ) -> None:
        async with connected(path) as client:
            await client.ask({"do": "watch"})
            voice.tell({"event": object()})
            assert await client.receive() is None
        async with connected(path) as client:
            assert (await client.ask({"do": "status"}))["ok"]


class TestListening:
    @pytest.mark.usefixtures("control")
    async def test_only_the_owner_can_come_near(self, path: Path) -> None:
        assert mode(path) == 0o600
        assert mode(path.parent) == 0o700

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
    @pytest.mark.usefixtures("control")
    async def test_another_user_is_turned_away_whatever_the_modes(
        self, path: Path, voice: SmallVoice
    ) -> None:
        open_to_all(path)
        script = (
            "import os, socket, sys\n"
            "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
            "s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])\n"
            's.sendall(b\'{"do": "ptt", "action": "press"}\\n\')\n'
            "print(s.recv(100))"
        )
        stranger = await asyncio.create_subprocess_exec(
            sys.executable, "-c", script, str(path), stdout=-1, stderr=subprocess.STDOUT
        )
        output, _ = await stranger.communicate()
        assert output.strip().endswith((b"b''", b"reset by peer", b"Broken pipe"))
        assert voice.keys == []

    @pytest.mark.usefixtures("control")
    async def test_a_second_daemon_is_told_who_runs(self, path: Path, voice: SmallVoice) -> None:
        with pytest.raises(TeamvoiceError, match=rf"runs already \(pid {os.getpid()}\)"):
            await Control(path, SmallVoice()).__aenter__()
        async with connected(path) as client:
            await client.ask({"do": "ptt", "action": "press"})
        assert [action for action, _ in voice.keys] == ["press"]

    async def test_what_a_dead_daemon_left_is_cleared_away(
        self, path: Path, voice: SmallVoice
    ) -> None:
        script = (
            "import asyncio, os, signal, sys\n"
            "from teamvoice.daemon.control import Control\n"
            "from tests.support.small_voice import SmallVoice\n"
            "async def run():\n"
            "    async with Control(sys.argv[1], SmallVoice()):\n"
            "        os.kill(os.getpid(), signal.SIGKILL)\n"
            "asyncio.run(run())"
        )
        dying = await asyncio.create_subprocess_exec(sys.executable, "-c", script, str(path))
        assert await dying.wait() == -9
        assert exists(path)
        async with Control(path, voice), connected(path) as client:
            assert (await client.ask({"do": "status"}))["ok"]

    async def test_it_ends_with_clients_in_the_middle_of_everything(
        self, path: Path, voice: SmallVoice
    ) -> None:
        async with contextlib.AsyncExitStack() as stack:
            async with Control(path, voice):
                watcher = await stack.enter_async_context(connected(path))
                await watcher.ask({"do": "watch"})
                idle = await stack.enter_async_context(connected(path))
                await idle.ask({"do": "status"})
            for client in (watcher, idle):
                with contextlib.suppress(ConnectionError):
                    assert await client.receive() is None
        assert not exists(path)
        assert not voice.watchers

    async def test_an_error_of_the_daemon_passes_unchanged(
        self, path: Path, voice: SmallVoice
    ) -> None:
        with pytest.raises(ZeroDivisionError):
            async with Control(path, voice):
                raise ZeroDivisionError
        assert not exists(path)

    async def test_a_directory_that_others_can_enter_is_refused(
        self, path: Path, voice: SmallVoice
    ) -> None:
        path.parent.mkdir(mode=0o755)
        with pytest.raises(TeamvoiceError) as refusal:
            await Control(path, voice).__aenter__()
        assert refusal.value.mend == f"chmod 700 {path.parent}"

    async def test_a_directory_that_is_a_link_is_refused(
        self, path: Path, voice: SmallVoice, tmp_path: Path
    ) -> None:
        path.parent.symlink_to(tmp_path)
        with pytest.raises(TeamvoiceError, match="not a directory of yours"):
            await Control(path, voice).__aenter__()

    async def test_a_path_that_is_too_long_is_told(self, path: Path, voice: SmallVoice) -> None:
        with pytest.raises(TeamvoiceError, match="cannot listen") as refusal:
            await Control(path.with_name("c" * 120), voice).__aenter__()
        assert "shorter path" in refusal.value.mend
