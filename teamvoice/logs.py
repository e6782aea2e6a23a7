"""The daemon's log: structlog on standard error, with the standard library's loggers in it.

JSON lines under systemd or when asked for, else lines for a person, coloured on a terminal only.
Every record, the tracebacks and those of other packages included, loses its secrets on the way.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from teamvoice.config import Log
from teamvoice.redaction import Redaction

_OTHERS = ("websockets", "libtmux", "asyncio")  # at "debug" these would log every block of audio


def configure(
    settings: Log,
    *,
    secrets: Iterable[str] = (),
    stream: TextIO | None = None,
    environ: Mapping[str, str] | None = None,
) -> None:
    """Set up logging for the process; to be called once, before anything is logged.

    Args:
        settings: The level and the format.
        secrets: Texts that must never be written, whatever they look like.
        stream: Where to; standard error by default.
        environ: Where systemd and ``NO_COLOR`` are looked for.
    """
    target = sys.stderr if stream is None else stream
    variables = os.environ if environ is None else environ
    handler = logging.StreamHandler(target)
    handler.setFormatter(_formatter(settings, Redaction(secrets), target, variables))
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _OTHERS:
        logging.getLogger(name).setLevel(max(level, logging.INFO))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def wants_json(settings: Log, stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether the log is for a program to read.

    A shell inherits systemd's variables from its terminal's service: a terminal is for a person.
    """
    if settings.format != "auto":
        return settings.format == "json"
    under_systemd = "JOURNAL_STREAM" in environ or "INVOCATION_ID" in environ
    return under_systemd and not stream.isatty()


def _formatter(
    settings: Log, redaction: Redaction, stream: TextIO, environ: Mapping[str, str]
) -> logging.Formatter:
    def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        hidden: dict[str, Any] = redaction.value(event)
        return hidden

    colours = stream.isatty() and not environ.get("NO_COLOR")
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if wants_json(settings, stream, environ)
        else structlog.dev.ConsoleRenderer(colors=colours, pad_event_to=0)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared(),
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,  # before redact: a traceback quotes secrets too
            redact,
            renderer,
        ],
    )


def _shared() -> list[Processor]:
    """What every record gets, wherever it comes from."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
