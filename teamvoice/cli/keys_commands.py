"""``teamvoice keys``: a key of the desktop's, or of tmux, that runs ``teamvoice ptt``."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import shlex
import shutil
import sys
from pathlib import Path

from teamvoice import config
from teamvoice.cli.output import write
from teamvoice.cli.parser import Subparsers, add_command
from teamvoice.daemon.paths import control_socket
from teamvoice.errors import TeamvoiceError, TmuxFailed, UsageError
from teamvoice.hotkey.bindings import (
    DESKTOPS,
    TMUX_KEY,
    TMUX_POPUP_KEY,
    Binding,
    binding,
    tmux_popup,
)
from teamvoice.team.tmux import Tmux

_OURS = re.compile(r"\bteamvoice\W+(ptt toggle|talk)\b")  # in every binding of tmux's that is
_INSTALLED = ("tmux", "portal")

_DESCRIPTION = """\
Say what to add to a desktop so that its own key runs `teamvoice ptt`: for Wayland sessions whose
portal offers no shortcuts (sway), or for a second key. The first line printed says where it goes.

  hyprland, sway     hold: both edges of the key arrive; to be appended to the file as it is
  i3                 toggle: press to start, press to stop; to be appended likewise
  gnome              toggle; commands to be run in a terminal
  kde                toggle; a whole file
  tmux               toggle, by the prefix and a key, and a second key that shows `teamvoice talk`
                     in a popup; both are bound in the server that runs
  portal             nothing to press: the .desktop file without which newer portals grant no key;
                     is written"""


def add_parsers(subparsers: Subparsers) -> None:
    """Add the parser of ``keys``."""
    parser = add_command(
        subparsers,
        "keys",
        "Bind a key of the desktop's, or of tmux, to teamvoice.",
        "teamvoice keys bind sway >> ~/.config/sway/config\nteamvoice keys bind tmux",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="bind", title="what")
    bind = add_command(
        actions,
        "bind",
        _DESCRIPTION,
        "teamvoice keys bind hyprland --key '<super>+t'\nteamvoice keys bind tmux --key C-t",
    )
    bind.add_argument(
        "desktop", choices=list(DESKTOPS), metavar="|".join(DESKTOPS), help="whose key it is"
    )
    bind.add_argument("--key", help=f"instead of hotkey.key; for tmux, of prefix {TMUX_KEY}")
    bind.add_argument("--popup-key", help=f"tmux's second key, instead of prefix {TMUX_POPUP_KEY}")
    how = bind.add_mutually_exclusive_group()
    how.add_argument("--print", action="store_true", help="change nothing (tmux, portal)")
    how.add_argument("--unbind", action="store_true", help="take it away again (tmux, portal)")


def run(args: argparse.Namespace) -> int:
    """Print the binding, or install it where that is done by us."""
    settings = config.load()
    if args.desktop == "tmux":
        keys = _tmux_keys(args)
        if args.print:
            _print(*keys.values())
        else:
            asyncio.run(_tmux(settings.team.socket, keys, unbind=args.unbind))
        return 0
    if args.popup_key:
        raise UsageError("--popup-key is tmux's")
    found = binding(args.desktop, args.key or settings.hotkey.key, _command())
    if args.unbind and args.desktop not in _INSTALLED:
        raise UsageError(f"what is bound in {found.where} only you can take away")
    if args.print or args.desktop not in _INSTALLED:
        _print(found)
    else:
        _desktop_file(found, unbind=args.unbind)
    return 0


def _tmux_keys(args: argparse.Namespace) -> dict[str, Binding]:
    """What to bind, by its key."""
    talk, popup = args.key or TMUX_KEY, args.popup_key or TMUX_POPUP_KEY
    if talk == popup:
        raise UsageError(f"{talk} cannot be both keys", "--popup-key KEY names another")
    command = f"{_surroundings()} {_command()}"
    return {talk: binding("tmux", talk, command), popup: tmux_popup(popup, command)}


def _surroundings() -> str:
    """What makes a command of tmux's reach the daemon that is reached from here.

    A tmux server that cron, ssh or systemd started has none of it.
    """
    names = ("XDG_RUNTIME_DIR", "TEAMVOICE_SOCKET")
    here = {name: os.environ[name] for name in names if os.environ.get(name)}
    named = here or {"TEAMVOICE_SOCKET": control_socket()}
    return shlex.join(["env", *(f"{name}={value}" for name, value in named.items())])


def _command() -> str:
    """How this command is run from a desktop, whose PATH may be another."""
    python = Path(sys.executable)
    command = shutil.which("teamvoice", path=f"{os.environ.get('PATH', '')}:{python.parent}")
    return shlex.quote(command) if command else f"{shlex.quote(str(python))} -m teamvoice"


def _print(*bindings: Binding) -> None:
    """With what is not to be added as a comment, as all these places read it."""
    where = bindings[0].where
    how = "The whole of" if where.endswith(".desktop") else "Add to"
    write(f"# {'In' if where == 'a terminal' else how} {where}:")
    for found in bindings:
        for line in found.lines:
            write(line)
        write(f"# {found.note}")


async def _tmux(socket: str, keys: dict[str, Binding], *, unbind: bool) -> None:
    async with Tmux(socket) as tmux:
        await tmux.run(("list-sessions",))  # no server: said by what it raises
        bound = {key: await _bound(tmux, key) for key in keys}
        for option, (key, now) in zip(("--key", "--popup-key"), bound.items(), strict=True):
            if now and not _OURS.search(now):
                raise TeamvoiceError(
                    f"the prefix and {key} are bound to something else: {now}",
                    f"name another key: teamvoice keys bind tmux {option} KEY",
                )
        if unbind:
            await _unbind(tmux, [key for key, now in bound.items() if now])
            return
        await tmux.run(*(tuple(shlex.split(found.lines[0])) for found in keys.values()))
    write("Bound in the tmux server that runs:")
    for found in keys.values():
        write(f"  {found.note}")
    write("To keep it, add to ~/.tmux.conf:")
    for found in keys.values():
        write(found.lines[0])


async def _unbind(tmux: Tmux, keys: list[str]) -> None:
    if keys:
        await tmux.run(*(("unbind-key", key) for key in keys))
    for key in keys:
        write(f"The prefix and {key} are free again")
    write("See ~/.tmux.conf too")


async def _bound(tmux: Tmux, key: str) -> str:
    """What the prefix and the key do now; empty for nothing."""
    try:
        lines = await tmux.run(("list-keys", "-T", "prefix", key))
    except TmuxFailed as error:
        if "unknown key" in error.message:
            return ""
        raise
    return " ".join(lines[0].split()[4:]) if lines else ""


def _desktop_file(found: Binding, *, unbind: bool) -> None:
    data = os.environ.get("XDG_DATA_HOME", "") or str(Path.home() / ".local" / "share")
    file = Path(data) / "applications" / Path(found.where).name
    if unbind:
        file.unlink(missing_ok=True)
        write(f"Removed {file}")
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(found.lines) + "\n", encoding="utf-8")
    write(f"Wrote {file}: {found.note}")
