from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from teamvoice.config import Log
from teamvoice.logs import configure, wants_json


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def logged(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_json_lines_say_when_who_how_bad_and_what() -> None:
    stream = io.StringIO()
    configure(Log(format="json"), stream=stream, environ={})
    structlog.get_logger("teamvoice.x").info("link up", provider="öffline")
    (record,) = logged(stream)
    assert record.pop("timestamp").endswith("Z")
    assert record == {
        "event": "link up",
        "level": "info",
        "logger": "teamvoice.x",
        "provider": "öffline",
    }


def test_other_packages_speak_through_the_same_log() -> None:
    stream = io.StringIO()
    configure(Log(format="json"), stream=stream, environ={})
    logging.getLogger("websockets.client").info("> Authorization: %s", "Bearer abc")
    assert [record["event"] for record in logged(stream)] == ["> Authorization: Bearer [hidden]"]


def test_the_level_holds_and_other_packages_never_go_below_info() -> None:
    stream = io.StringIO()
    configure(Log(level="warning", format="json"), stream=stream, environ={})
    structlog.get_logger("a").info("no")
    structlog.get_logger("a").warning("yes")
    configure(Log(level="debug", format="json"), stream=stream, environ={})
    structlog.get_logger("a").debug("this too")
    logging.getLogger("websockets.client").debug("every block of audio")
    assert [record["event"] for record in logged(stream)] == ["yes", "this too"]


def refuse() -> None:
    raise ValueError("refused: sk-abcdefgh hex0123")


@pytest.mark.parametrize("format_", ["json", "console"])
def test_secrets_are_in_no_part_of_a_record(format_: Any) -> None:
    stream = Terminal()
    configure(Log(format=format_), secrets=["hex0123"], stream=stream, environ={})
    log = structlog.get_logger("a").bind(api_key="bound-secret")
    try:
        refuse()
    except ValueError:
        log.exception("cannot connect with hex0123", headers={"Authorization": "hush"})
    text = stream.getvalue()
    assert "Traceback" in text
    assert "refused: [hidden] [hidden]" in text
    for secret in ("sk-abcdefgh", "hex0123", "bound-secret", "hush"):
        assert secret not in text


@pytest.mark.parametrize(
    ("stream", "environ", "coloured"),
    [
        (Terminal(), {}, True),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (io.StringIO(), {}, False),
    ],
)
def test_colour_is_for_terminals(
    stream: io.StringIO, environ: dict[str, str], *, coloured: bool
) -> None:
    configure(Log(format="console"), stream=stream, environ=environ)
    structlog.get_logger("a").info("hello", x=1)
    assert "hello" in stream.getvalue()
    assert ("\x1b" in stream.getvalue()) is coloured


@pytest.mark.parametrize(
    ("format_", "stream", "environ", "expected"),
    [
        ("auto", io.StringIO(), {}, False),
        ("auto", io.StringIO(), {"JOURNAL_STREAM": "8:9"}, True),
        ("auto", io.StringIO(), {"INVOCATION_ID": "x"}, True),
        ("auto", Terminal(), {"INVOCATION_ID": "x"}, False),  # inherited by a shell
        ("json", Terminal(), {}, True),
        ("console", io.StringIO(), {"JOURNAL_STREAM": "8:9"}, False),
    ],
)
def test_json_is_for_systemd(
    format_: Any, stream: io.StringIO, environ: dict[str, str], *, expected: bool
) -> None:
    assert wants_json(Log(format=format_), stream, environ) is expected
