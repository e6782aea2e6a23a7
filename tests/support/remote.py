"""Another machine, as far as ssh can tell: a real sshd on loopback, with keys of a test's own."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from libtmux import Server

from teamvoice.team.processes import read_tree
from tests.support.ports import silent_port
from tests.support.processes import wait_for

_PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"

_SSHD = """
ListenAddress 127.0.0.1
Port {port}
HostKey {home}/host_key
AuthorizedKeysFile {home}/user_key.pub
PidFile none
StrictModes no
UsePAM no
PermitRootLogin yes
SetEnv TMUX_TMPDIR={home}
"""

_SSH = """
Host box
    HostName 127.0.0.1
    Port {port}
    IdentityFile {home}/user_key
    IdentitiesOnly yes
    UserKnownHostsFile {home}/known
    StrictHostKeyChecking accept-new
"""


class Machine:
    """The machine; ``host`` is how a member names it.

    Its tmux server has the socket's name ``name``, which one of the test's own machine may have
    too: it is in another directory.
    """

    def __init__(self, home: Path, name: str, port: int, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch
        self._mute: socket.socket | None = None
        self.host = f"{getpass.getuser()}@box"
        self.home = home
        self._sshd: subprocess.Popen[bytes] | None = None
        sockets = home / f"tmux-{os.getuid()}"
        sockets.mkdir(mode=0o700)
        self.server = Server(socket_path=sockets / name, config_file="/dev/null")
        self.port = port

    def start(self) -> None:
        """Let sshd answer."""
        program = shutil.which("sshd", path=_PATH)
        assert program
        words = [program, "-D", "-e", "-f", str(self.home / "sshd_config")]
        with (self.home / "sshd.log").open("ab") as log:
            self._sshd = subprocess.Popen(words, stderr=log)
        wait_for(self._answers, "sshd listens")

    def cut(self) -> None:
        """End sshd and every connection to it."""
        self._signal(signal.SIGKILL)
        if self._sshd:
            self._sshd.wait()
        self._sshd = None
        if self._mute:
            self._mute.close()
        self._mute = None
        wait_for(self._is_free, "the port is free")

    def hang(self) -> None:
        """Connections stay up, and nothing answers any more."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """After :meth:`hang`."""
        self._signal(signal.SIGCONT)

    def fall_silent(self) -> None:
        """Instead of sshd, somebody who accepts every connection and says nothing."""
        self.cut()
        self._mute = socket.create_server(("127.0.0.1", self.port))

    def lengthen_runtime(self) -> None:
        """The runtime directory, in which connections are shared, gets a long path."""
        long = self.home / ("long-" * 12)
        long.mkdir(mode=0o700)
        self._patch.setenv("XDG_RUNTIME_DIR", str(long))

    def calls(self) -> int:
        """How often ssh was run."""
        return len(self.home.joinpath("calls").read_text().splitlines())

    def _signal(self, number: signal.Signals) -> None:
        for process in read_tree(self._sshd.pid).processes if self._sshd else ():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, number)

    def _is_free(self) -> bool:
        """No process of sshd's that was killed has the port any more."""
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", self.port)):
            return True
        return False

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False


@contextlib.contextmanager
def other_machine(name: str) -> Iterator[Machine]:
    """The machine, reached by the ``ssh`` that is now first on the path.

    ssh finds the person's own settings by the account, not by ``$HOME``: a script before it on the
    path gives it those of the test.
    """
    # A short path: that of a Unix socket may have 108 bytes.
    with (
        tempfile.TemporaryDirectory(prefix="tv-") as folder,
        pytest.MonkeyPatch.context() as patch,
        silent_port() as port,
    ):
        home = Path(folder)
        machine = Machine(home, name, port, patch)
        _furnish(home, machine.port)
        patch.setenv("PATH", f"{home / 'bin'}:{os.environ['PATH']}")
        patch.setenv("XDG_RUNTIME_DIR", folder)
        try:
            machine.start()
            yield machine
        finally:
            machine.server.kill()
            machine.cut()


def _furnish(home: Path, port: int) -> None:
    for key in ("host_key", "user_key"):
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(home / key)]
        subprocess.run(words, check=True)
    (home / "sshd_config").write_text(_SSHD.format(home=home, port=port))
    (home / "ssh_config").write_text(_SSH.format(home=home, port=port))
    (home / "bin").mkdir()
    (home / "calls").touch()
    script = home / "bin" / "ssh"
    script.write_text(
        f'#!/bin/sh\necho >>{home}/calls\nexec {shutil.which("ssh")} -F {home}/ssh_config "$@"\n'
    )
    script.chmod(0o700)
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # sshd of root insists on it
