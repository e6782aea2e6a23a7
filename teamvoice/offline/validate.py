"""A frame to a client event, or to the refusal that the service would answer with."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

import msgspec

from teamvoice.offline import requests

_KINDS = {str(kind.__struct_config__.tag): kind for kind in requests.ALL}


class Refused(Exception):
    """A client event that is not carried out; it becomes an ``error`` event.

    Args:
        code: The protocol's word for it.
        message: What is wrong, for whoever writes the client.
        param: The field at fault, dotted; None when the whole event is.
        event_id: The offender's own ``event_id``, when it had one.
    """

    def __init__(
        self, code: str, message: str, param: str | None = None, event_id: str | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param
        self.event_id = event_id


def decode(frame: str | bytes) -> requests.Request:
    """Read one WebSocket frame.

    Raises:
        Refused: It is not a client event of the protocol.
    """
    raw = _read(frame)
    event_id = raw.get("event_id")
    try:
        return _convert(raw)
    except Refused as refused:
        refused.event_id = event_id if isinstance(event_id, str) else None
        raise


def audio(text: str, param: str) -> bytes:
    """Decode audio that a client sent as base64: whole samples of PCM16.

    Raises:
        Refused: It is not base64, or half a sample is missing.
    """
    try:
        pcm = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refused("invalid_value", f"Invalid '{param}': not base64.", param) from None
    if len(pcm) % 2:
        raise Refused("invalid_value", f"Invalid '{param}': an odd number of bytes.", param)
    return pcm


def _read(frame: str | bytes) -> dict[str, Any]:
    if isinstance(frame, bytes):
        raise Refused("invalid_frame", "Binary frames are not supported: send JSON as text.")
    try:
        raw = msgspec.json.decode(frame)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise Refused("invalid_json", f"The frame is not valid JSON: {error}") from error
    if not isinstance(raw, dict):
        raise Refused("invalid_json", "The frame is not a JSON object.")
    return raw


def _convert(raw: dict[str, Any]) -> requests.Request:
    kind = raw.get("type")
    if kind is None:
        raise Refused("missing_required_parameter", "Missing required parameter: 'type'.", "type")
    if not isinstance(kind, str) or kind not in _KINDS:
        known = ", ".join(f"'{name}'" for name in sorted(_KINDS))
        message = f"Invalid value: '{kind}'. Supported values are: {known}."
        raise Refused("invalid_value", message, "type")
    try:
        return msgspec.convert(raw, _KINDS[kind])
    except msgspec.ValidationError as error:
        raise _explain(str(error)) from error


def _explain(error: str) -> Refused:
    reason, _, at = error.partition(" - at `$")
    path = at.rstrip("`").lstrip(".")
    if found := re.match(r"Object contains unknown field `(.*)`", reason):
        param = _join(path, found[1])
        return Refused("unknown_parameter", f"Unknown parameter: '{param}'.", param)
    if found := re.match(r"Object missing required field `(.*)`", reason):
        param = _join(path, found[1])
        code = "missing_required_parameter"
        return Refused(code, f"Missing required parameter: '{param}'.", param)
    code = "invalid_type" if re.match(r"Expected `[^`]*`, got `", reason) else "invalid_value"
    return Refused(code, f"Invalid value for '{path}': {reason}.", path or None)


def _join(path: str, field: str) -> str:
    return f"{path}.{field}" if path else field
