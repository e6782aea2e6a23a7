from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from libtmux import Pane, Server

from teamvoice.errors import TmuxFailed, TmuxUnavailable
from teamvoice.team.processes import _ask_ps, _below, read_tree
from teamvoice.team.tmux import Tmux
from teamvoice.team.writing import Still, row_pattern
from tests.support.panes import id_of, name_of, open_pane, own_server, pid_of, recorder, screen_of
from tests.support.person import person_at
from tests.support.processes import wait_for
from tests.support.wait import until

pytestmark = pytest.mark.needs("tmux")


@pytest.fixture
def server() -> Iterator[Server]:
    with own_server() as own:
        yield own


async def test_a_key_of_a_persons_is_seen_and_denies_what_was_for_before_it(
    server: Server, tmp_path: Path
) -> None:
    pane = open_pane(server, "typed", recorder(tmp_path / "typed"))
    await until(lambda: "ready" in screen_of(pane), "it reads")

    async def touched(tmux: Tmux) -> tuple[int, int | None]:
        look = await tmux.look(id_of(pane))
        assert look
        return look[0].touched, look[0].untouched_s

    async with Tmux(name_of(server)) as tmux:
        assert (await touched(tmux))[1] is None  # nobody sits there
        async with person_at(server, "desk") as types:

            async def is_quiet() -> bool:
                return bool((await touched(tmux))[1])

            await until(is_quiet, "a second has passed")
            before, where = (await touched(tmux))[0], (id_of(pane), pid_of(pane))
            assert await tmux.press(*where, ["a"], Still(touched=before))
            typed = int(time.time())
            types("b")
            await until(lambda: (tmp_path / "typed").read_bytes() == b"ab", "it is typed")
            after, untouched = await touched(tmux)
            assert after > before
            assert untouched is not None
            assert untouched <= int(time.time()) - typed, (
                "seconds since then, as a clock shows them"
            )
            assert not await tmux.press(*where, ["c"], Still(touched=before))
            assert not await tmux.paste(*where, "d", Still(touched=before))
            assert await tmux.press(*where, ["e"], Still(touched=after))
            open_pane(server, "other", "exec cat").window.select()
            assert (await touched(tmux))[1] is None  # they sit at another window
        await until(lambda: (tmp_path / "typed").read_bytes() == b"abe", "nothing more came")


AWKWARD = [
    "-leading dash",
    "trailing semicolon;",
    "; kill-server",
    "'single' \"double\" `back` $HOME #{pane_id} %H \\n",
    "two\nlines\n\nand a\ttab",
    "grüße 日本語 🚀 é",
    "x" * 100_000,
]


ALIKE = [
    ("rm -rf ./build", "rm -rf /build"),
    ("rm -rf /tmp/x", "rm -rf / tmp/x"),
    ("git log | head", "git log > head"),
    ("echo `rm -rf x`", "echo rm -rf x"),
    ("удали файл", "удали почту"),
    ("❯", "❯ черновик"),
    (
        "a{b}c#{pane_id}: e, f;g%H##[x] ~^$*+?.()\\ \"'",
        'a{b}c#{pane_id}: e, f;g%H##[x] ~^$*+?.()\\ "',
    ),
    ("x #, } y", "x , } y"),
    ("日本 🚀 é", "日本 🌍 é"),
]


@pytest.mark.parametrize(("row", "other"), ALIKE)
async def test_a_row_that_is_only_alike_is_not_the_row(
    server: Server, tmp_path: Path, row: str, other: str
) -> None:
    shown, file = tmp_path / "shown", tmp_path / "record"
    shown.write_text(row + "\r\n", "utf-8")
    pane = open_pane(server, "rows", f"cat {shown}; {recorder(file)}")
    await until(lambda: "ready" in screen_of(pane), "it is ready")
    where = id_of(pane), pid_of(pane)
    async with Tmux(name_of(server)) as tmux:
        assert not await tmux.press(*where, ["x"], Still("", ((1, row_pattern(other)),)))
        assert await tmux.press(*where, ["y"], Still("", ((1, row_pattern(row)),)))
        await until(lambda: file.read_bytes() == b"y", "only that was pressed")


@pytest.mark.parametrize("text", AWKWARD, ids=range(len(AWKWARD)))
async def test_text_arrives_byte_for_byte_and_bracketed(
    server: Server, tmp_path: Path, text: str
) -> None:
    record = tmp_path / "record"
    pane = open_pane(server, "agent", recorder(record))
    await until(lambda: "ready" in screen_of(pane), "the recorder is ready")
    async with Tmux(name_of(server)) as tmux:
        assert await tmux.paste(id_of(pane), pid_of(pane), text)
        expected = f"\x1b[200~{text}\x1b[201~".encode()
        await until(lambda: len(record.read_bytes()) >= len(expected), "the text arrived")
        assert await tmux.run(("list-buffers",)) == []
    assert record.read_bytes() == expected


async def test_a_dead_pane_takes_nothing_and_the_server_lives(server: Server) -> None:
    pane = open_pane(server, "agent", "exec sleep 1000")
    pid = pid_of(pane)
    os.kill(pid, signal.SIGKILL)
    async with Tmux(name_of(server)) as tmux:

        async def is_dead() -> bool:
            return (await tmux.panes())[0].dead

        await until(is_dead, "tmux says that the pane is dead")
        assert not await tmux.paste(id_of(pane), pid, "hello")
        assert not await tmux.press(id_of(pane), pid, ["Enter"])
        assert len(await tmux.panes()) == 1
        assert await tmux.run(("list-buffers",)) == []


@pytest.mark.parametrize(
    "change",
    [("copy-mode",), ("select-pane", "-d"), ("set-option", "-w", "synchronize-panes", "on")],
)
async def test_a_pane_that_takes_no_input_of_its_own_gets_none(
    server: Server, tmp_path: Path, change: tuple[str, ...]
) -> None:
    record = tmp_path / "record"
    pane = open_pane(server, "agent", recorder(record))
    await until(lambda: "ready" in screen_of(pane), "the recorder is ready")
    pane.cmd(*change)
    async with Tmux(name_of(server)) as tmux:
        assert not await tmux.paste(id_of(pane), pid_of(pane), "hello")
        assert not await tmux.press(id_of(pane), pid_of(pane), ["Enter"])
    assert record.read_bytes() == b""


async def test_a_respawned_pane_is_another(server: Server) -> None:
    pane = open_pane(server, "agent", "exec sleep 1000")
    pid = pid_of(pane)
    pane.cmd("respawn-pane", "-k", "exec sleep 1001")
    async with Tmux(name_of(server)) as tmux:
        assert not await tmux.paste(id_of(pane), pid, "hello")


async def test_a_pane_that_is_gone_is_none_and_not_an_empty_screen(server: Server) -> None:
    pane = open_pane(server, "agent", "exec sleep 1000")
    async with Tmux(name_of(server)) as tmux:
        assert await tmux.look("%99") is None
        assert await tmux.scrollback("%99", 10) is None
        assert list(await tmux.screens([id_of(pane), "%99"])) == [id_of(pane)]
        assert not await tmux.paste("%99", 1, "hello")
        assert await tmux.run(("list-buffers",)) == []


async def test_characters_beyond_ascii_are_read_in_a_plain_locale(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    pane = open_pane(server, "agent", "printf 'gr\\303\\274n'; exec sleep 1000")
    await until(lambda: bool(screen_of(pane)), "the text is there")
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.delenv("LANG", raising=False)
    async with Tmux(name_of(server)) as tmux:
        assert (await tmux.screens([id_of(pane)]))[id_of(pane)].strip() == "grün"


async def test_a_failing_command_is_an_error_with_tmuxs_words(server: Server) -> None:
    open_pane(server, "agent", "exec sleep 1000")
    async with Tmux(name_of(server)) as tmux:
        with pytest.raises(TmuxFailed, match="unknown command: no-such-command"):
            await tmux.run(("no-such-command",))


async def test_no_server_is_unavailable(tmp_path: Path) -> None:
    async with Tmux(str(tmp_path / "no.sock")) as tmux:
        with pytest.raises(TmuxUnavailable, match="no tmux server"):
            await tmux.panes()


async def test_no_tmux_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    async with Tmux("x") as tmux:
        with pytest.raises(TmuxUnavailable, match="not installed"):
            await tmux.panes()


async def test_a_socket_is_a_name_or_a_path_or_the_one_of_the_environment(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    pane = open_pane(server, "agent", "exec sleep 1000")
    path = pane.cmd("display-message", "-p", "#{socket_path}").stdout[0]
    monkeypatch.setenv("TMUX", f"{path},1,0")
    for socket in (name_of(server), path, ""):
        async with Tmux(socket) as tmux:
            assert [found.id for found in await tmux.panes()] == [id_of(pane)]


async def refusal_of(tmux: Tmux) -> str:
    with pytest.raises(TmuxFailed) as refused:
        await tmux.panes()
    return refused.value.message


async def test_a_hung_server_blocks_neither_the_loop_nor_the_end(server: Server) -> None:
    pane = open_pane(server, "agent", "exec sleep 1000")
    pid = int(pane.cmd("display-message", "-p", "#{pid}").stdout[0])
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0.01)

    os.kill(pid, signal.SIGSTOP)
    try:
        async with (
            asyncio.timeout(30),
            asyncio.TaskGroup() as group,
            Tmux(name_of(server), 0.3) as tmux,
        ):
            heart = group.create_task(beat())
            call = group.create_task(refusal_of(tmux))
            await asyncio.sleep(0)  # it is under way
            before = beats
            assert "did not answer in 0.3 s" in await call
            assert beats > before
            with pytest.raises(TmuxFailed):
                await tmux.panes()
            os.kill(pid, signal.SIGCONT)

            async def answers() -> bool:
                with contextlib.suppress(TmuxFailed):  # not within 0.3 s on a busy machine
                    return len(await tmux.panes()) == 1
                return False

            await until(answers, "the thread is free again")
            heart.cancel()
    finally:
        os.kill(pid, signal.SIGCONT)


async def test_leaving_while_a_call_hangs_is_bounded(server: Server) -> None:
    pane = open_pane(server, "agent", "exec sleep 1000")
    pid = int(pane.cmd("display-message", "-p", "#{pid}").stdout[0])
    os.kill(pid, signal.SIGSTOP)
    try:
        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            async with Tmux(name_of(server), 300) as tmux:
                call = group.create_task(tmux.panes())
                await asyncio.sleep(0)
            call.cancel()
    finally:
        os.kill(pid, signal.SIGCONT)


def test_the_process_tree_names_who_holds_the_terminal(server: Server) -> None:
    pane = open_pane(server, "agent", "sh -c 'sleep 1000; true'")
    wait_for(lambda: bool(read_tree(pid_of(pane)).foreground), "it has the terminal")
    assert read_tree(pid_of(pane)).processes[0].pid == pid_of(pane)


def is_sleep(pane: Pane) -> bool:
    """What a pane runs is sleep; while it becomes that, it has no arguments."""
    return read_tree(pid_of(pane)).processes[0].arguments[:1] == ("sleep",)


async def test_a_program_that_replaces_itself_is_another_one(server: Server) -> None:
    pane = open_pane(server, "agent", "echo ready; read x; exec sleep 1000")
    await until(lambda: "ready" in screen_of(pane), "it runs")
    (before,), again = read_tree(pid_of(pane)).processes, read_tree(pid_of(pane)).processes[0]
    assert before.started == again.started
    pane.send_keys("")
    await until(lambda: is_sleep(pane), "it is")
    after = read_tree(pid_of(pane)).processes[0]
    assert (after.pid, after.started.split(".")[0]) == (before.pid, before.started.split(".")[0])
    assert after.started != before.started


def test_ps_tells_the_same_as_the_kernel(server: Server) -> None:
    pane = open_pane(server, "agent", "exec sleep 1000")
    wait_for(lambda: is_sleep(pane), "it runs")
    tree = read_tree(pid_of(pane))
    assert tuple(_below(pid_of(pane), _ask_ps())) == tree.processes


async def test_a_deed_is_done_only_while_the_rows_that_were_seen_still_stand(
    server: Server, tmp_path: Path
) -> None:
    file = tmp_path / "record"
    pane = open_pane(
        server, "rows", f"printf '❯ Yes, 1 (a)\\r\\n  2. #{{No}}, %s\\r\\n'; {recorder(file)}"
    )
    await until(lambda: "ready" in screen_of(pane), "it is ready")
    lines = screen_of(pane).split("\n")
    where = id_of(pane), pid_of(pane)
    async with Tmux(name_of(server)) as tmux:
        (program,) = [p.command for p in await tmux.panes() if p.id == id_of(pane)]
        patterns = tuple((number, row_pattern(row)) for number, row in enumerate(lines[:3], 1))
        for wrong in (
            Still(program, (*patterns, (1, row_pattern("❯ No, 1 (a)")))),
            Still(program, ((2, row_pattern("Yes, 1 (a)")),)),
            Still("bash, #{or} another}"),
        ):
            assert not await tmux.press(*where, ["x"], wrong)
            assert not await tmux.paste(*where, "text", wrong)
        assert await tmux.press(*where, ["y", "'", ";"], Still(program, patterns))
        await until(lambda: file.read_bytes() == b"y';", "only that was pressed")
