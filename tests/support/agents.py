"""The real agents, each in a pane, a home and an environment of its own, with a stand-in model.

``scripts/setup.sh test`` installs them into ``.cache/agents``; a test that starts one says so::

    @pytest.mark.needs("tmux", "agent:claude")
    async def test_…(tmp_path: Path) -> None:
        async with real_agent("claude", tmp_path) as agent:
            agent.model.script(Says("Hello."))
            …
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from libtmux import Pane, Server

from teamvoice.config import Member, Team
from tests.support.models import Model
from tests.support.panes import ROOT, name_of, own_server
from tests.support.wait import until

BIN = ROOT / ".cache" / "agents" / "node_modules" / ".bin"
KINDS = ("claude", "codex")
_KEY = "sk-ant-fake"
_PATIENCE_S = 60.0  # for a program of 400 MB to show its prompt on a busy machine
_GRACE_S = 5.0


@dataclass
class Agent:
    """A real agent that runs."""

    kind: str
    server: Server
    pane: Pane
    home: Path
    model: Model

    @property
    def work(self) -> Path:
        """The directory that it works in."""
        return self.home / "work"

    @property
    def pane_id(self) -> str:
        """``%id``."""
        assert self.pane.pane_id
        return self.pane.pane_id

    def settings(self, name: str = "dev") -> Team:
        """A team that has this agent as its one member."""
        member = Member(name=name, target=self.pane_id)
        return Team(socket=name_of(self.server), deadline_s=10.0, members=(member,))

    def screen(self) -> str:
        """Its screen as text."""
        return "\n".join(self.pane.capture_pane())

    def capture(self) -> str:
        """Its screen with colours, as teamvoice gets it."""
        return "\n".join(self.pane.cmd("capture-pane", "-p", "-e").stdout)

    @property
    def title(self) -> str:
        """The title that it gives its pane."""
        return (self.pane.cmd("display-message", "-p", "#{pane_title}").stdout or [""])[0]

    def processes(self) -> list[int]:
        """Everything that runs with its home."""
        return list(_of(self.home))

    async def say(self, text: str) -> None:
        """Type a text and submit it, as a person does: Enter comes once the text is to be seen."""
        self.type(text)
        await self.shows(text[:20])
        self.press("Enter")

    async def press_until(self, key: str, happened: Callable[[], bool], what: str) -> None:
        """Press a key, again if nothing comes of it: Claude drops one that comes too soon."""
        for _ in range(8):
            self.press(key)
            with contextlib.suppress(AssertionError):
                await until(happened, what, 2.0)
                return
        raise AssertionError(f"{key} has no effect: {what}; it shows:\n{self.screen()}")

    def press(self, *keys: str) -> None:
        """Press keys, by tmux's names."""
        self.pane.cmd("send-keys", *keys)

    def type(self, text: str) -> None:
        """Paste a text, as a person would; Enter is not pressed."""
        self.server.cmd("set-buffer", "-b", "person", "--", text)
        self.pane.cmd("paste-buffer", "-p", "-r", "-d", "-b", "person")

    async def shows(self, *signs: str, within: float = _PATIENCE_S) -> None:
        """Wait until its screen shows each of the texts."""

        def all_there() -> bool:
            screen = self.screen()
            return all(sign in screen for sign in signs)

        try:
            await until(all_there, f"{self.kind} shows {signs}", within)
        except AssertionError as error:
            raise AssertionError(f"{error}; it shows:\n{self.screen()}") from None


def is_installed(kind: str) -> bool:
    """Whether set-up has installed it."""
    return (BIN / kind).exists()


@contextlib.asynccontextmanager
async def real_agent(
    kind: str,
    home: Path,
    *,
    columns: int = 100,
    rows: int = 30,
    beside: Server | None = None,
    features: Sequence[str] = (),
    trusted: bool = True,
    stays: bool = False,
) -> AsyncIterator[Agent]:
    """Start an agent and wait for its prompt; whatever it started is ended afterwards.

    Args:
        kind: Which.
        home: A directory that is still empty, for it alone.
        columns: The width of its pane.
        rows: The height.
        beside: A server in which it gets a session beside others; else it gets a server of its own.
        features: Which of Codex's features are on that are off by default.
        stays: Where it has ended, a shell follows, with the prompt ``box:~$``.
        trusted: Its person has said that they trust its directory; else it asks first.
    """
    for folder in ("work", "tmp"):
        (home / folder).mkdir(parents=True)
    with own_server() if beside is None else contextlib.nullcontext(beside) as server:
        async with Model() as model:
            try:
                _AT_HOME[kind](home, model, trusted)
                _enable(home, features)
                then = "PS1='box:~$ ' exec sh -i" if stays else ""
                pane = _open(server, kind, home, columns, rows, then)
                agent = Agent(kind, server, pane, home, model)
                await agent.shows(*(_READY if trusted else _ASKS_FOR_TRUST)[kind])
                yield agent
            finally:
                if beside is None:
                    server.kill()
                await reap(home)


async def reap(home: Path) -> None:
    """End every process that has this home: Codex leaves a server behind, for one."""
    for process in _of(home):
        _signal(process, signal.SIGTERM)
    try:
        await until(lambda: not list(_of(home)), "the agent's processes end", _GRACE_S)
    except AssertionError:
        for process in _of(home):
            _signal(process, signal.SIGKILL)
        await until(lambda: not list(_of(home)), "the agent's processes are killed", _GRACE_S)


def _of(home: Path) -> Iterator[int]:
    mark = f"\0HOME={home}\0".encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):  # not ours to read, or gone
                if mark in b"\0" + (entry / "environ").read_bytes():
                    yield int(entry.name)


def _signal(process: int, what: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, what)


def _open(server: Server, kind: str, home: Path, columns: int, rows: int, then: str = "") -> Pane:
    environment = {
        "HOME": str(home),
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "TERM": "tmux-256color",
        "LANG": "C.UTF-8",
        "SHELL": "/bin/sh",
        "TMPDIR": str(home / "tmp"),
        **_ENVIRONMENT[kind],
    }
    words = [f"{name}={shlex.quote(value)}" for name, value in environment.items()]
    command = f'env -i TMUX="$TMUX" TMUX_PANE="$TMUX_PANE" {" ".join(words)} {kind}'
    command = f"{command}; {then}" if then else f"exec {command}"
    session = server.new_session(
        f"{kind}-desk", x=columns, y=rows, window_name=kind, start_directory=str(home / "work"),
        window_command=command,
    )  # fmt: skip
    server.cmd("set-option", "-g", "remain-on-exit", "on")
    pane = session.active_window.active_pane
    assert pane is not None
    return pane


def _claude_at_home(home: Path, model: Model, trusted: bool) -> None:
    settled = {
        "hasCompletedOnboarding": True,
        "hasSeenAutoDefaultNudge": True,
        "theme": "dark",
        "customApiKeyResponses": {"approved": [_KEY], "rejected": []},
        "projects": {str(home / "work"): {"hasTrustDialogAccepted": trusted}},
    }
    (home / ".claude.json").write_text(json.dumps(settled), "utf-8")
    (home / ".claude").mkdir()
    about = {
        "env": {"ANTHROPIC_BASE_URL": model.url},
        "permissions": {"defaultMode": "default"},  # asks its person, as the rest of them do
    }
    (home / ".claude" / "settings.json").write_text(json.dumps(about), "utf-8")


def _codex_at_home(home: Path, model: Model, trusted: bool) -> None:
    trust = f'[projects."{home / "work"}"]\ntrust_level = "trusted"\n' if trusted else ""
    (home / ".codex").mkdir()
    (home / ".codex" / "config.toml").write_text(
        f"""\
model = "stand-in"
model_provider = "standin"
check_for_update_on_startup = false

[model_providers.standin]
name = "standin"
base_url = "{model.url}/v1"
wire_api = "responses"
env_key = "STANDIN_KEY"

{trust}""",
        "utf-8",
    )
    _install_codex(home)


def _install_codex(home: Path) -> None:
    """As in a home where it ran before: in a new one it copies 400 MB before it listens."""
    packages = home / ".codex" / "packages" / "app-server-daemon"
    packages.mkdir(parents=True)
    (package,) = BIN.parent.glob("@openai/codex-*/vendor/*")
    (packages / "current").symlink_to(package)


def _enable(home: Path, features: Sequence[str]) -> None:
    if features:
        with (home / ".codex" / "config.toml").open("a", encoding="utf-8") as file:
            file.write("\n".join(["[features]", *(f"{name} = true" for name in features), ""]))


_AT_HOME: dict[str, Callable[[Path, Model, bool], None]] = {
    "claude": _claude_at_home,
    "codex": _codex_at_home,
}
_READY = {"claude": ("❯", "for shortcuts"), "codex": ("›", "for shortcuts")}
_ASKS_FOR_TRUST = {"claude": ("Yes, I trust",)}  # Codex 0.169 asks nothing
_ENVIRONMENT = {
    "claude": {
        "ANTHROPIC_API_KEY": _KEY,
        "DISABLE_AUTOUPDATER": "1",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    },
    "codex": {"STANDIN_KEY": "fake"},
}
