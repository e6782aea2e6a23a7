"""``teamvoice ptt``: the key, for compositors, scripts and tmux bindings.

Standard library only, and little of it: a key press waits for this.
"""

from __future__ import annotations

from teamvoice.cli.client import exchange

TYPE_CHECKING = False
if TYPE_CHECKING:  # argparse is not for the fast way
    import argparse

    from teamvoice.cli.parser import Subparsers

ACTIONS = {
    "press": "the key goes down: listen",
    "release": "the key comes up: the turn is said",
    "toggle": "start to listen, or stop",
    "cancel": "stop speaking, forget what was said and is not answered",
    "confirm": "confirm what waits for a confirmation",
    "mute": "the microphone off, or on again",
    "quiet": "the voice off, or on again; answers are shown instead",
}


def send(action: str, at: float) -> int:
    """Tell the daemon what the key did, and when on the monotonic clock."""
    exchange(f'{{"do": "ptt", "action": "{action}", "at": {at!r}}}\n'.encode())
    return 0


def add_parsers(subparsers: Subparsers) -> None:
    """Add the parser of ``ptt``."""
    from teamvoice.cli.parser import add_command

    parser = add_command(
        subparsers,
        "ptt",
        "Act as the push-to-talk key of the daemon that runs. It starts fast: bind it to a key.\n\n"
        + "\n".join(f"  {action:8} {what}" for action, what in ACTIONS.items()),
        "bindsym --no-repeat F9 exec teamvoice ptt press       # sway\n"
        "bindsym --release F9 exec teamvoice ptt release",
    )
    parser.add_argument("action", choices=list(ACTIONS), metavar="ACTION", help="see above")


def run(args: argparse.Namespace) -> int:
    """Only the slow ways get here (``teamvoice ptt -- press``)."""
    import time

    return send(args.action, time.monotonic())
