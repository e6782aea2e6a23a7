"""``teamvoice init`` on a real tmux server, asked and not asked."""

from __future__ import annotations

import contextlib
import shlex
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from libtmux import Server

from teamvoice import config, envfile
from teamvoice.config import Member
from tests.support import agents
from tests.support.agents import real_agent
from tests.support.cli import Cli
from tests.support.panes import name_of, open_pane, own_server, screen_of, standin
from tests.support.wait import until

KEY = "sk-test-0123456789abcdefghij"

pytestmark = pytest.mark.needs("tmux")


@pytest.fixture
def server() -> Iterator[Server]:
    with own_server() as server:
        yield server


def cli_for(server: Server, directory: Path) -> Cli:
    return Cli(directory, {"TEAMVOICE_TEAM_SOCKET": name_of(server)})


def configured(cli: Cli) -> config.Config:
    return config.load(cli.directory / "config" / "config.toml", {})


@pytest.mark.needs("agent:claude", "agent:codex")
@pytest.mark.timeout(120)
async def test_exactly_the_agents_are_proposed(server: Server, tmp_path: Path) -> None:
    open_pane(server, "tester", standin("tester"))
    for shell in ("one", "two", "three"):
        open_pane(server, shell, "exec sh")
    cli = cli_for(server, tmp_path)
    async with contextlib.AsyncExitStack() as stack:
        for kind in agents.KINDS:
            await stack.enter_async_context(real_agent(kind, tmp_path / kind, beside=server))
        done = await cli("init", "--yes")
        assert done.code == 0, done.err
        again = await cli("init", "--yes", "--json")
    assert [m.name for m in configured(cli).team.members] == ["claude", "codex", "tester"]
    assert configured(cli).team.socket == name_of(server), "it was in the environment alone"
    told = msgspec.json.decode(again.out)
    assert [found["member"] for found in told["found"]] == ["claude", "codex", "tester"]
    assert (told["new"], told["written"]) == ([], False)


class Terminal:
    """``teamvoice init`` in a pane, and who answers its questions."""

    def __init__(self, server: Server, cli: Cli) -> None:
        words = [f"{name}={shlex.quote(value)}" for name, value in cli.variables().items()]
        program = f"env -i TERM=tmux-256color {' '.join(words)} {sys.executable} -m teamvoice init"
        self.pane = open_pane(server, "init", f"{program}; echo ended with $?; exec cat")
        self.pane.window.resize(width=150, height=60)

    async def asked(self, question: str) -> None:
        await until(lambda: self.screen.splitlines()[-1].startswith(question), question, 20)

    async def answer(self, question: str, text: str) -> None:
        await self.asked(question)
        self.pane.send_keys(text)

    async def told(self, *texts: str) -> None:
        await until(lambda: all(text in self.screen for text in texts), " ".join(texts), 20)

    @property
    def screen(self) -> str:
        return screen_of(self.pane).rstrip() or " "


async def test_what_is_asked_is_what_is_written(server: Server, tmp_path: Path) -> None:
    open_pane(server, "front", standin("front"))
    open_pane(server, "back", standin("back"))
    cli = cli_for(server, tmp_path)
    at = Terminal(server, cli)
    await at.answer("What do you call the agent in desk:0.0?", "alice")
    await at.answer("Other names for it", "al, designer")
    await at.answer("What do you call the agent in desk:1.0?", "-")
    await at.answer("Key to hold [<f9>]", "<f99>")
    await at.told('no key called "<f99>"')
    await at.answer("Key to hold [<f9>]", "<f8>")
    await at.answer("Voice (", "cedar")
    await at.answer("OpenAI API key", KEY)
    await at.told("Written:")
    settings = configured(cli)
    alice = Member(name="alice", aliases=("al", "designer"), target="desk:front", agent="standin")
    assert settings.team.members == (alice,)
    assert (settings.hotkey.key, settings.provider.voice) == ("<f8>", "cedar")
    assert envfile.read(tmp_path / "config" / "env") == {"OPENAI_API_KEY": KEY}
    assert KEY not in at.screen
    await at.told("The microphone does not work")


async def test_what_looks_wrong_is_asked_about_and_a_key_can_be_changed(
    server: Server, tmp_path: Path
) -> None:
    open_pane(server, "tester", standin("tester"))
    env = tmp_path / "config" / "env"
    env.parent.mkdir()
    env.write_text("TEAMVOICE_API_KEY=sk-of-yesterday-0123456789\n")
    env.chmod(0o600)
    at = Terminal(server, cli_for(server, tmp_path))
    await at.answer("What do you call the agent", "")
    await at.answer("Other names for it, with commas, or none [standin]", "none")
    await at.answer("Key to hold", "")
    await at.answer("Voice (", "marinn")
    await at.answer('"marinn" does not look like a voice of OpenAI\'s. Did you mean "marin"?', "")
    await at.answer("Voice (", "marinn")
    await at.answer('"marinn" does not look like a voice of OpenAI\'s.', "yes")
    await at.told(f"API key: from {env}")
    await at.answer("A new OpenAI API key", "hello")
    await at.answer("That does not look like a key of OpenAI's, which begin with sk-. Keep it?", "")
    await at.answer("A new OpenAI API key", KEY)
    await at.told("Written:")
    assert envfile.read(env) == {"TEAMVOICE_API_KEY": KEY}
    settings = configured(Cli(tmp_path))
    assert settings.provider.voice == "marinn"
    assert settings.team.members[0].aliases == ()
    assert "hello" not in at.screen


async def test_a_key_that_the_file_cannot_change_is_not_asked_for(
    server: Server, tmp_path: Path
) -> None:
    open_pane(server, "tester", standin("tester"))
    cli = Cli(tmp_path, {"TEAMVOICE_TEAM_SOCKET": name_of(server), "TEAMVOICE_API_KEY": KEY})
    at = Terminal(server, cli)
    for asked in ("What do you call", "Other names", "Key to", "Voice"):
        await at.answer(asked, "")
    await at.told("API key: from the environment, TEAMVOICE_API_KEY; change it there", "Written:")


async def test_an_answer_that_cannot_be_used_is_asked_again_at_once(
    server: Server, tmp_path: Path
) -> None:
    for name in ("all", "front", "sh", "sh"):
        open_pane(server, name, standin(name))
    cli = cli_for(server, tmp_path)
    at = Terminal(server, cli)
    who = "What do you call the agent in desk:"
    for name, reason in (("Everyone", "means all of them"), ("!", "cannot be said")):
        await at.answer(f"{who}0.0? - leaves it out [standin]", name)
        await at.told(reason)
    await at.answer(f"{who}0.0? - leaves it out [standin]", "front")
    await at.answer("Other names for it", "yes")
    await at.told('"yes" is a word')
    await at.answer("Other names for it", "boss")
    await at.answer(f"{who}1.0? - leaves it out [front 2]", "boss")
    await at.told('"boss" is taken')
    await at.answer(f"{who}1.0? - leaves it out [front 2]", "")
    await at.answer("Other names for it", "")
    await at.answer(f"{who}2.0? - leaves it out [standin]", "carol")
    await at.told("tmux may give the number desk:2.0 to another pane")
    await at.answer("Tag the pane? yes or no [yes]", "")
    await at.answer("Other names for it", "")
    await at.answer(f"{who}3.0? - leaves it out [standin]", "")
    await at.answer("Tag the pane? yes or no [yes]", "what")
    await at.answer("Tag the pane? yes or no [yes]", "no")
    await at.told("desk:3.0 is left out")
    (tmp_path / "config").write_text("no directory")
    await at.answer("Key to hold [<f9>]", "")
    await at.answer("Voice (", "")
    await at.answer("OpenAI API key", "")
    await at.told("cannot be read", "ended with 2")
    by_hand = at.screen.partition("To add by hand:")[2].partition("teamvoice:")[0]
    members = tomllib.loads(by_hand)["team"]["members"]
    assert [(m["name"], m["target"]) for m in members] == [
        ("front", "desk:all"),
        ("front 2", "desk:front"),
        ("carol", "@teamvoice=carol"),
    ]


@pytest.mark.parametrize(
    ("question", "key"),
    [("What do you call", "C-d"), ("Other names", "C-c"), ("Key to", "C-d"), ("OpenAI API", "C-d")],
)
async def test_who_leaves_a_question_is_told_that_nothing_was_written(
    server: Server, tmp_path: Path, question: str, key: str
) -> None:
    open_pane(server, "front", standin("front"))
    at = Terminal(server, cli_for(server, tmp_path))
    for asked in ("What do you call", "Other names", "Key to", "Voice", "OpenAI API"):
        await at.asked(asked)
        if asked == question:
            break
        at.pane.send_keys("")
    at.pane.send_keys(key, enter=False)
    await at.told("ended with 1")
    assert at.screen.splitlines()[-2:] == ["Nothing was written.", "ended with 1"]
    assert "Traceback" not in at.screen
    assert not (tmp_path / "config").exists()


async def test_who_leaves_the_last_question_is_told_what_was_written(
    server: Server, tmp_path: Path
) -> None:
    open_pane(server, "front", standin("front"))
    at = Terminal(server, cli_for(server, tmp_path))
    for asked in ("What do you call", "Other names", "Key to", "Voice", "OpenAI API"):
        await at.answer(asked, "")
    await at.asked("Start it at login")
    at.pane.send_keys("C-d", enter=False)
    await at.told("ended with 1")
    assert at.screen.splitlines()[-2] == "The configuration stands; the rest was left out."
    assert "Traceback" not in at.screen


async def test_a_window_that_gets_the_number_of_another_gets_none_of_its_messages(
    server: Server, tmp_path: Path
) -> None:
    panes = [open_pane(server, "sh", standin(name)) for name in ("one", "two", "three")]
    server.cmd("set-option", "-g", "renumber-windows", "on")
    cli = cli_for(server, tmp_path)
    done = await cli("init", "--yes")
    assert done.code == 0, done.err
    assert "desk:1.0, @teamvoice standin 2" in done.out
    members = configured(cli).team.members
    assert [(m.name, m.agent) for m in members] == [
        ("standin", "standin"),
        ("standin 2", "standin"),
        ("standin 3", "standin"),
    ]
    panes[0].window.kill()
    third = await cli("send", "standin 3", "for the third alone")
    assert third.code == 0, third.err
    await until(lambda: "for the third alone" in screen_of(panes[2]), "the third has it", 10)
    first = await cli("send", "standin", "for the first alone")
    assert first.code == 1
    assert not any("the first alone" in screen_of(pane) for pane in panes[1:])
    assert "for the third alone" not in screen_of(panes[1])
    again = await cli("init", "--yes", "--json")
    assert msgspec.json.decode(again.out)["new"] == []


async def test_who_lost_the_tag_with_the_server_is_taken_up_again(
    server: Server, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        open_pane(server, "sh", standin(name))
    cli = cli_for(server, tmp_path)
    done = await cli("init", "--yes")
    assert done.code == 0, done.err
    file = tmp_path / "config" / "config.toml"
    written = file.read_bytes()
    server.kill()
    open_pane(server, "sh", "exec sh")
    for name in ("one", "two"):
        open_pane(server, "sh", standin(name))
    would = await cli("init", "--yes", "--dry-run")
    assert "Would be back: standin, in desk:1.0\n" in would.out
    told = msgspec.json.decode((await cli("init", "--yes", "--json")).out)
    assert list(told["tagged"].values()) == ["standin", "standin 2"]
    assert (told["new"], told["missing"], told["written"]) == ([], [], False)
    assert [found["member"] for found in told["found"]] == ["standin", "standin 2"]
    assert file.read_bytes() == written
    team = msgspec.json.decode((await cli("team", "--json")).out)
    assert [member["place"] for member in team["members"]] == ["desk:1.0", "desk:2.0"]


async def test_a_person_is_asked_who_is_who_again(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "config" / "config.toml"
    file.parent.mkdir()
    blocks = (
        f'[[team.members]]\nname = "{name}"\ntarget = "@teamvoice={name}"\nagent = "standin"\n'
        for name in ("alice", "bob", "carol")
    )
    file.write_text("\n".join(blocks))
    for name in ("one", "two"):
        open_pane(server, "sh", standin(name))
    cli = cli_for(server, tmp_path)
    done = await cli("init", "--yes")
    assert "Left alone: standin in desk:0.0 and desk:1.0, which could be alice and bob" in done.out
    assert "alice is missing: in its pane: tmux set -p @teamvoice alice; or" in done.out
    written = file.read_bytes()
    at = Terminal(server, cli)
    await at.answer("Is standin in desk:0.0 alice? yes or no [yes]", "no")
    await at.answer("Is standin in desk:0.0 bob? yes or no [yes]", "")
    await at.answer("Is standin in desk:1.0 alice? yes or no [yes]", "")
    for asked in ("Key to", "Voice", "OpenAI API"):
        await at.answer(asked, "")
    await at.told("Back: bob, in desk:0.0", "Back: alice, in desk:1.0", "carol is missing: in its")
    assert file.read_bytes() == written
    team = msgspec.json.decode((await cli("team", "--json")).out)
    assert [member["place"] for member in team["members"]] == ["desk:1.0", "desk:0.0", ""]


async def test_two_panes_of_one_tag_are_two_members_and_stay_so(
    server: Server, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        open_pane(server, name, standin(name)).cmd("set-option", "-p", "@teamvoice", "dev")
    cli = cli_for(server, tmp_path)
    first = await cli("init", "--yes", "--json")
    assert [m["name"] for m in msgspec.json.decode(first.out)["new"]] == ["dev", "dev 2"]
    written = (tmp_path / "config" / "config.toml").read_text()
    again = await cli("init", "--yes")
    assert again.code == 0, again.err
    assert (tmp_path / "config" / "config.toml").read_text() == written
    team = msgspec.json.decode((await cli("team", "--json")).out)
    assert len({member["pane"] for member in team["members"]}) == 2, team


async def test_nothing_is_asked_where_nobody_can_answer(tmp_path: Path) -> None:
    done = await Cli(tmp_path)("init")
    assert (done.code, "teamvoice init --yes" in done.err) == (2, True)


async def test_without_tmux_it_says_so_and_writes_nothing(tmp_path: Path) -> None:
    done = await Cli(tmp_path, {"TEAMVOICE_TEAM_SOCKET": "tv-nobody-here"})("init", "--yes")
    assert done.code == 0, done.err
    assert "no tmux server answers" in done.out
    assert not (tmp_path / "config").exists()


async def test_names_that_collide_leave_the_file_as_it_was(server: Server, tmp_path: Path) -> None:
    open_pane(server, "front", standin("front"))
    cli = cli_for(server, tmp_path)
    file = tmp_path / "config" / "config.toml"
    file.parent.mkdir()
    file.write_text('[[team.members]]\nname = "front"\ntarget = "elsewhere:1.0"\n')
    done = await cli("init", "--yes", "--json")
    assert msgspec.json.decode(done.out)["new"][0]["name"] == "front 2", done.err


async def test_another_file_is_made_and_begins_with_nobody(server: Server, tmp_path: Path) -> None:
    open_pane(server, "front", standin("front"))
    cli = cli_for(server, tmp_path)
    usual = tmp_path / "config" / "config.toml"
    usual.parent.mkdir()
    usual.write_text('[[team.members]]\nname = "front"\n')
    other = tmp_path / "a folder" / "other.toml"
    done = await cli("init", "--yes", "--config", str(other))
    assert done.code == 0, done.err
    assert f"teamvoice run --config '{other}'" in done.out
    assert [m.name for m in config.load(other, {}).team.members] == ["front"]
    assert usual.read_text() == '[[team.members]]\nname = "front"\n'


async def test_members_that_stand_in_a_line_get_company(server: Server, tmp_path: Path) -> None:
    open_pane(server, "front", standin("front"))
    cli = cli_for(server, tmp_path)
    file = tmp_path / "config" / "config.toml"
    file.parent.mkdir()
    file.write_text('[team]\nmembers = [{name = "pm", target = "elsewhere:1.0"}]  # mine\n')
    done = await cli("init", "--yes")
    assert done.code == 0, done.err
    assert [m.name for m in configured(cli).team.members] == ["pm", "front"]
    assert "# mine" in file.read_text()
