"""What the daemon says of its key and its commands, as a face says it that has keys of its own."""

from __future__ import annotations

import re

from teamvoice.ui.picture import Line

_CONFIRM = "(?:tap the key|run teamvoice ptt confirm)"
_SAID = {  # by the kind of line, and only where the daemon itself says it
    "confirm": (re.compile(f"^{_CONFIRM} to "), "press Y to "),
    "receipt": (
        re.compile(f"^Waiting for the person to {_CONFIRM}, as "),
        "Waiting for the person to press Y, as ",
    ),
    "notice": (
        re.compile("^the microphone is muted; teamvoice ptt mute unmutes it$"),
        "the microphone is muted; M unmutes it",
    ),
}


_ASKS = re.compile(f"^(?:{_CONFIRM}|press Y|type y and Enter) to ")


def settled(line: Line) -> Line:
    """A line that asked for a confirmation, when none is waited for any more."""
    return line if line.kind != "confirm" else Line("settled", _ASKS.sub("", line.text))


def with_keys(line: Line) -> Line:
    """The line as it is where Y confirms and M unmutes."""
    if line.kind not in _SAID:
        return line
    said, here = _SAID[line.kind]
    return Line(line.kind, said.sub(here, line.text))
