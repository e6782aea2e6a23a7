"""Names, titles, options and programs that look like tmux's answers: no pane hides another."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from libtmux import Server

from teamvoice.config import Member
from teamvoice.team.panes import Pane
from teamvoice.team.team import Team
from teamvoice.team.tmux import Tmux
from tests.support.panes import id_of, name_of, open_pane, own_server, team_of
from tests.support.wait import until

pytestmark = pytest.mark.needs("tmux")

OPTIONS = ("@teamvoice", "@role_name")
# As it was written once: a line that describes the first pane as if it were another program's.
LINE = "␞".join(["%0", "1", *"0000", "s", "0", "0", "sh", "1", "80", "24", "dev", "", "dev", "dev"])
TEXTS = [
    "a␞b", "a\nb", "a\rb", "\n", f"x\n{LINE}", f"x\n{LINE}\n", "m<%0m,m>", "a\tb",
    "#{pane_id}#(echo no)", "%1 %s %H", "\x1b]2;a\x07", "a\u2028b\x1eb", "x" * 3000, "é🚀\u202e",
    ";",
]  # fmt: skip
NAMED = "import os,sys; os.execv('/bin/sleep', [sys.argv[1], '100'])"


@pytest.fixture
def server() -> Iterator[Server]:
    with own_server() as own:
        yield own


def hostile(bad: str, text: str) -> list[tuple[str, ...]]:
    """The commands by which a pane, its window and its session say something of themselves."""
    return [
        ("set-option", "-p", "-t", bad, "@teamvoice", text),
        ("set-option", "-p", "-t", bad, "@role_name", text),
        ("select-pane", "-t", bad, "-T", text),
        ("rename-window", "-t", bad, text),
        ("rename-session", text),
        ("respawn-pane", "-k", "-t", bad, "-c", "/", sys.executable, "-c", NAMED, text),
    ]


async def test_no_pane_hides_another_whatever_it_says_of_itself(server: Server) -> None:
    dev, bad = (open_pane(server, name, "exec sleep 100") for name in ("dev", "bad"))
    ids = [id_of(dev), id_of(bad)]
    await until(lambda: programs_of(server) == ["sleep", "sleep"], "each is its program")
    members = [Member(name="dev"), Member(name="bad", target=ids[1])]
    async with (
        Tmux(name_of(server), options=OPTIONS) as tmux,
        Team(team_of(server, *members)) as team,
    ):
        before = (await tmux.panes())[0]
        for text in TEXTS:
            for command in hostile(ids[1], text):
                server.cmd(*command)
                panes, screens = await tmux.snapshot(ids)
                assert [pane.id for pane in panes] == ids, command
                assert list(screens) == ids, command
                assert facts(panes[0]) == facts(before), command
            assert [pane.id for pane in await tmux.panes()] == ids
            looks = [await tmux.look(pane) for pane in ids]
            assert [look and look[0].id for look in looks] == ids, text
            assert [status.pane for status in await team.status()] == ids, text


def programs_of(server: Server) -> list[str]:
    return server.cmd("list-panes", "-a", "-F", "#{pane_current_command}").stdout


def facts(pane: Pane) -> tuple[object, ...]:
    """What another pane has no say in."""
    return (pane.pid, pane.window_name, pane.title, pane.command, pane.size, pane.options)


async def test_an_option_with_a_line_break_at_its_end_still_names_its_member(
    server: Server,
) -> None:
    pane = open_pane(server, "work", "exec sleep 100")
    pane.cmd("set-option", "-p", "@teamvoice", "dev\n")
    async with Team(team_of(server, Member(name="dev"))) as team:
        assert [status.pane for status in await team.status()] == [id_of(pane)]
