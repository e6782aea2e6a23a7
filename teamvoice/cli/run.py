"""``teamvoice run``: the daemon in the foreground, under systemd or in a terminal."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

from teamvoice.cli.parser import Subparsers, add_command


def add_parsers(subparsers: Subparsers) -> None:
    """Add the parser of ``run``."""
    parser = add_command(
        subparsers,
        "run",
        "Run the daemon in this terminal until Ctrl-C. Without an API key it talks to the\n"
        "offline server. Every setting can be given in the environment.",
        "teamvoice run\nTEAMVOICE_HOTKEY_KEY='<f8>' TEAMVOICE_LOG_LEVEL=debug teamvoice run",
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="read this file instead")
    parser.add_argument(
        "--with-stdin", action="store_true", help="end when standard input does, for programs"
    )


def run(args: argparse.Namespace) -> int:
    """Read the configuration, set up the log, and be the daemon."""
    from teamvoice import config, logs, preflight
    from teamvoice.errors import ConfigError

    serve = importlib.import_module("teamvoice.daemon.serve")
    settings: config.Config | ConfigError
    try:
        settings = preflight.read(args.config).config
        logs.configure(settings.log, secrets=[config.api_key()])
    except ConfigError as error:
        settings = error
        logs.configure(config.Log(), secrets=[])
    return int(serve.run(settings, args.config, with_stdin=args.with_stdin))
