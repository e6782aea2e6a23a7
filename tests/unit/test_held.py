from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from teamvoice.errors import TeamError
from teamvoice.team.held import MOST, Held

_CRASHES = """
import os, signal, sys
from pathlib import Path
from teamvoice.team.held import Held
held = Held(Path(sys.argv[1]))
assert held.open()
held.begin(held.hold("dev", "deploy it").ticket)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "held.json"


def test_what_is_held_survives_and_is_the_users_alone(path: Path) -> None:
    ticket = Held(path).hold("dev", "grüße\n日本").ticket
    (message,) = Held(path).list()
    assert (message.ticket, message.member, message.text) == (ticket, "dev", "grüße\n日本")
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_was_being_typed_at_a_crash_is_doubtful_and_never_begun_again(path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", _CRASHES, str(path)], check=False)
    assert done.returncode == -9
    held = Held(path)
    assert held.list()[0].state == "begun"
    assert held.open()
    (message,) = held.list()
    assert (message.state, "ended while" in message.note) == ("unconfirmed", True)
    assert not held.begin(message.ticket)
    assert held.withdraw(message.ticket)
    assert held.list() == ()


def test_only_one_delivers_and_all_may_hold_and_withdraw(path: Path) -> None:
    daemon, command = Held(path), Held(path, delivers=False)
    assert daemon.open()
    assert not command.open()
    assert not Held(path).open()
    ticket = command.hold("dev", "hello").ticket
    assert [message.ticket for message in daemon.list()] == [ticket]
    assert daemon.begin(ticket)
    assert not daemon.begin(ticket)
    assert not command.withdraw(ticket)
    daemon.finish(ticket)
    assert command.list() == ()
    daemon.close()
    assert Held(path).open()


def test_what_could_not_be_typed_waits_on_and_says_why(path: Path) -> None:
    held = Held(path)
    ticket = held.hold("dev", "hello").ticket
    held.begin(ticket)
    held.put_back(ticket, "there is a half-typed draft in the prompt")
    (message,) = held.list()
    assert (message.state, "draft" in message.note) == ("waiting", True)


def test_not_too_many_are_held() -> None:
    held = Held()
    for number in range(MOST):
        held.hold("dev", str(number))
    with pytest.raises(TeamError, match="held already"):
        held.hold("dev", "one more")


@pytest.mark.parametrize("content", [b"{", b"[1]", b"\xff", b'[{"ticket":"a"}]'])
def test_a_file_that_cannot_be_read_is_left_as_it_is(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(TeamError, match="cannot be read"):
        Held(path).hold("dev", "hello")
    assert path.read_bytes() == content


def test_who_cannot_open_the_file_leaves_the_place_free_and_may_try_again(path: Path) -> None:
    crashed = Held(path)
    assert crashed.open()
    crashed.begin(crashed.hold("dev", "hello").ticket)
    crashed.close()
    content = path.read_bytes()
    path.write_bytes(b"broken")
    held = Held(path)
    for _ in range(2):
        with pytest.raises(TeamError, match="cannot be read"):
            held.open()
        assert not held.is_deliverer
    path.write_bytes(content)
    assert held.open()
    assert [message.state for message in held.list()] == ["unconfirmed"]


class Deliveries(RuleBasedStateMachine):
    """Any order of holding, delivering, withdrawing and crashing."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "held.json"
        self.waiting: list[str] = []  # tickets are random: chosen by their order, never by name
        self.doubtful: list[str] = []
        self.begun = ""
        self.typed: list[str] = []
        self.held = Held(self.path)
        assert self.held.open()

    @rule()
    def crash(self) -> None:
        self.held.close()
        self.doubtful += [self.begun] if self.begun else []
        self.begun = ""
        self.held = Held(self.path)
        assert self.held.open()

    @rule(elsewhere=st.booleans())
    def hold(self, elsewhere: bool) -> None:
        held = Held(self.path, delivers=False) if elsewhere else self.held
        self.waiting.append(held.hold("dev", "hello").ticket)

    @precondition(lambda self: self.waiting and not self.begun)
    @rule()
    def begin(self) -> None:
        self.begun = self.waiting.pop(0)
        assert self.held.begin(self.begun)
        self.typed.append(self.begun)

    @precondition(lambda self: self.begun)
    @rule(end=st.sampled_from(["finish", "doubt"]))
    def end(self, end: str) -> None:
        if end == "finish":
            self.held.finish(self.begun)
        else:
            self.held.doubt(self.begun, "it was not seen")
            self.doubtful.append(self.begun)
        self.begun = ""

    @precondition(lambda self: self.waiting + self.doubtful)
    @rule()
    def withdraw(self) -> None:
        ticket = (self.waiting or self.doubtful).pop()
        assert self.held.withdraw(ticket)
        assert not self.held.withdraw(ticket)

    @invariant()
    def all_is_there_once(self) -> None:
        states = {message.ticket: message.state for message in Held(self.path).list()}
        expected = dict.fromkeys(self.waiting, "waiting")
        expected |= dict.fromkeys(self.doubtful, "unconfirmed")
        expected |= {self.begun: "begun"} if self.begun else {}
        assert states == expected
        assert len(self.typed) == len(set(self.typed))

    def teardown(self) -> None:
        self.held.close()
        self.folder.cleanup()


TestDeliveries = Deliveries.TestCase
TestDeliveries.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
