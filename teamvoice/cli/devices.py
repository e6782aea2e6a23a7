"""``teamvoice devices``: what can be written into ``audio.input`` and ``audio.output``."""

from __future__ import annotations

import argparse
import asyncio
import importlib
from collections.abc import Sequence
from typing import Any

from teamvoice import config
from teamvoice.cli.output import console, plain, write, write_json
from teamvoice.cli.parser import Subparsers, add_command, add_json
from teamvoice.errors import AudioUnavailable

KINDS = ("input", "output")


def add_parsers(subparsers: Subparsers) -> None:
    """Add the parser of ``devices``."""
    parser = add_command(
        subparsers,
        "devices",
        "List microphones and speakers; a star marks those that teamvoice would use now. The\n"
        "sound server's own device (pulse) leads to the one that is marked as the default.\n"
        "A part of a name is enough for audio.input and audio.output in the configuration.",
        "teamvoice devices\nTEAMVOICE_AUDIO_INPUT=headset teamvoice run",
    )
    add_json(
        parser, "a list of {index, name, inputs, outputs, rate, default, used: [input, output]}"
    )


def run(args: argparse.Namespace) -> int:
    """List the devices."""
    # by name: the sound library is loaded for this command alone
    library = importlib.import_module("teamvoice.audio.portaudio").LIBRARY
    devices = described(asyncio.run(library.devices()), config.load().audio)
    if args.json:
        write_json(devices)
    elif devices:
        _show(devices)
    else:
        write("there is no microphone and no speaker")
    return 0


def described(devices: Sequence[Any], settings: config.Audio) -> list[dict[str, Any]]:
    """The devices as ``--json`` prints them."""
    used = {kind: _chosen(devices, kind, getattr(settings, kind)) for kind in KINDS}
    return [
        {
            **{key: getattr(device, key) for key in ("index", "name", "inputs", "outputs", "rate")},
            "default": [kind for kind in KINDS if device.is_default(kind)],
            "used": [kind for kind in KINDS if used[kind] is device],
        }
        for device in devices
    ]


def _chosen(devices: Sequence[Any], kind: str, wanted: str) -> Any:
    choose = importlib.import_module("teamvoice.audio.devices").choose
    try:
        return choose(devices, kind, wanted)
    except AudioUnavailable:
        return None  # there is none of that kind, or of that name: no star says so


def _show(devices: list[dict[str, Any]]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("microphone", "speaker", "rate", "name"):
        table.add_column(heading)
    for device in devices:
        cells = (*(_mark(device, kind) for kind in KINDS), f"{device['rate']} Hz", device["name"])
        table.add_row(*(Text(plain(cell)) for cell in cells))
    console().print(table)


def _mark(device: dict[str, Any], kind: str) -> str:
    """``*`` where teamvoice would use it, ``default``, or ``yes`` where it could."""
    if kind in device["used"]:
        return "*"
    if kind in device["default"]:
        return "default"
    return "yes" if device[f"{kind}s"] else ""
