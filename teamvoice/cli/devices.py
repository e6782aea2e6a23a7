"""``teamvoice devices``: what can be written into ``audio.input`` and ``audio.output``."""

from __future__ import annotations

import argparse
import asyncio
import importlib
from typing import Any

from teamvoice.cli.output import console, plain, write_json
from teamvoice.cli.parser import Subparsers, add_command, add_json


def add_parsers(subparsers: Subparsers) -> None:
    """Add the parser of ``devices``."""
    parser = add_command(
        subparsers,
        "devices",
        "List microphones and speakers. A part of a name is enough for audio.input and\n"
        "audio.output in the configuration.",
        "teamvoice devices\nTEAMVOICE_AUDIO_INPUT=headset teamvoice run",
    )
    add_json(parser, "a list of {index, name, kind, default, rate}")


def run(args: argparse.Namespace) -> int:
    """List the devices."""
    # by name: sound libraries are loaded for this command alone
    library = importlib.import_module("teamvoice.audio.portaudio").LIBRARY
    devices = [_described(device) for device in asyncio.run(library.devices())]
    if args.json:
        write_json(devices)
    else:
        _show(devices)
    return 0


def _described(device: Any) -> dict[str, Any]:
    kind = "both" if device.inputs and device.outputs else "input" if device.inputs else "output"
    return {
        "index": device.index,
        "name": device.name,
        "kind": kind,
        "default": device.default_input or device.default_output,
        "rate": device.rate,
    }


def _show(devices: list[dict[str, Any]]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("", "kind", "rate", "name"):
        table.add_column(heading)
    for device in devices:
        mark = "*" if device["default"] else ""
        cells = (mark, device["kind"], f"{device['rate']:g} Hz", device["name"])
        table.add_row(*(Text(plain(cell)) for cell in cells))
    console().print(table)
