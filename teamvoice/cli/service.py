"""``teamvoice service``: the daemon started at login, by systemd or, on macOS, by launchd."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

from teamvoice import locks
from teamvoice.cli.output import write, write_json
from teamvoice.cli.parser import Subparsers, add_command, add_json
from teamvoice.service import manager_here
from teamvoice.service.manager import Manager, State, plan

_LINES = 50


def add_parsers(subparsers: Subparsers) -> None:
    """Add the parsers of ``service`` and what follows it."""
    parser = add_command(
        subparsers,
        "service",
        "Let the daemon start at login: as a systemd user service, or with launchd on macOS\n"
        "(which is untried).",
        "teamvoice service install\nteamvoice service status\nteamvoice service logs",
    )
    actions = parser.add_subparsers(
        dest="action", required=True, metavar="install|uninstall|status|logs", title="what"
    )
    _add_install(actions)
    add_command(
        actions,
        "uninstall",
        "Stop the service and take it away. The configuration and the journal stay.",
        "teamvoice service uninstall",
    )
    status = add_command(
        actions,
        "status",
        "Say what the service manager says. Exit code 4 when it does not run, 1 when it failed.",
        "teamvoice service status --json | jq .line",
    )
    add_json(status, "one object")
    logs = add_command(
        actions, "logs", "Show the log of the service, and what is added to it, until Ctrl-C.",
        "teamvoice service logs --lines 200 --no-follow",
    )  # fmt: skip
    logs.add_argument(
        "--lines", type=int, default=_LINES, metavar="N", help="how many to begin with"
    )
    logs.add_argument("--no-follow", action="store_true", help="show what there is, and end")


def _add_install(actions: Subparsers) -> None:
    install = add_command(
        actions,
        "install",
        "Install this teamvoice as a service, start it now and at every login. Every TEAMVOICE_\n"
        "setting in the environment goes into the service, but never a key. To do it again\n"
        "changes what has changed, and nothing else.",
        "teamvoice service install\nTEAMVOICE_HOTKEY_KEY='<f8>' teamvoice service install",
    )
    install.add_argument("--config", type=Path, metavar="FILE", help="the service reads this file")
    install.add_argument("--no-start", action="store_true", help="only at the next login")


def run(args: argparse.Namespace) -> int:
    """Install, uninstall, tell the state, or show the log."""
    manager = manager_here(os.environ)
    match args.action:
        case "install":
            return _install(manager, args)
        case "uninstall":
            return _uninstall(manager)
        case "status":
            return _status(manager.state(), as_json=args.json)
        case _:
            return _logs(manager.log_command(args.lines, follow=not args.no_follow))


def _logs(command: list[str]) -> NoReturn:
    sys.stdout.flush()
    os.execvp(command[0], command)  # noqa: S606 - Ctrl-C and the pager are its own business


def _install(manager: Manager, args: argparse.Namespace) -> int:
    _check_usable(args.config)
    return _say(manager.install(plan(args.config, os.environ), start=not args.no_start))


def _uninstall(manager: Manager) -> int:
    _say(manager.uninstall())
    for each in _left_behind():  # by the daemon; another one, in a terminal, keeps its own
        if locks.tidy_away(each):
            with contextlib.suppress(OSError):  # it is not empty
                each.parent.rmdir()
    return 0


def _left_behind() -> tuple[Path, ...]:
    """The files that are of no use without a daemon."""
    from teamvoice import config
    from teamvoice.daemon.paths import control_socket, lock_of
    from teamvoice.team.held import locks_of

    return (lock_of(Path(control_socket())), *locks_of(config.state_dir() / "held.json"))


def _check_usable(file: Path | None) -> None:
    """What could not be used would be told in a log that nobody reads.

    Raises:
        ConfigError: It cannot.
    """
    from teamvoice import preflight

    preflight.read(file)


def _say(done: Iterable[str]) -> int:
    for sentence in done:
        write(sentence)
    return 0


def _status(state: State, *, as_json: bool) -> int:
    if as_json:
        write_json(state.as_json())
    elif not state.installed:
        write("not installed; do it with: teamvoice service install")
    else:
        _say(_in_words(state))
    if state.state == "running":
        return 0
    return 1 if state.reason else 4


def _in_words(state: State) -> Iterable[str]:
    pid = f" (pid {state.pid})" if state.pid else ""
    login = "starts at login" if state.enabled else "does not start at login"
    again = f", started again by itself {state.restarts} times" if state.restarts else ""
    yield f"{state.state}{pid}, {login}{again}"
    if state.line and state.pid:
        yield state.line
    if state.reason:
        yield f"{state.reason}; see: teamvoice service logs"
