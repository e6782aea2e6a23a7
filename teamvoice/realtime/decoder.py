"""From frames to events.

Lenient, as a client has to be: servers of the same protocol send fields that are not known here,
events that are not known here, and whole numbers as ``3.0``. Only a frame that cannot be what it
says it is raises. Audio is decoded from base64 here, once.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Union, cast

import msgspec

from teamvoice.errors import ProtocolError
from teamvoice.realtime.events import KNOWN, ErrorEvent, ResponseDone, ServerEvent, Unknown
from teamvoice.realtime.parts import ErrorDetail

_TYPES = frozenset(str(kind.__struct_config__.tag) for kind in KNOWN)
_ANY_KNOWN = cast("type[ServerEvent]", Union[KNOWN])  # noqa: UP007  (KNOWN is a value, not a type)


class Decoder:
    """Turns frames into events.

    Args:
        aliases: Names of events in the provider's dialect, each with the name that is known here.
    """

    def __init__(self, aliases: Mapping[str, str] = MappingProxyType({})) -> None:
        self._aliases = aliases
        self._decode = msgspec.json.Decoder(_ANY_KNOWN, strict=False).decode

    def decode(self, frame: str | bytes) -> ServerEvent | Unknown:
        """Read one frame.

        Raises:
            ProtocolError: It is not JSON, not an event, or an event without what it must have.
        """
        try:
            return _settled(self._decode(frame))
        except msgspec.ValidationError as error:
            return self._decode_other(frame, error)
        except (ValueError, RecursionError) as error:
            raise ProtocolError(f"a frame that is not JSON: {error}") from error

    def _decode_other(
        self, frame: str | bytes, error: msgspec.ValidationError
    ) -> ServerEvent | Unknown:
        """Tell a type that is not known from an event that is wrong."""
        try:
            raw = msgspec.json.decode(frame, type=dict[str, Any])
        except (ValueError, RecursionError) as worse:
            raise ProtocolError(f"a frame that is no event: {worse}") from worse
        kind = raw.get("type")
        if not isinstance(kind, str):
            raise ProtocolError(f"an event without a type: {error}") from error
        if kind == "error":
            return ErrorEvent(error=_loose_error(raw))
        if kind in _TYPES:
            raise ProtocolError(f"a malformed {kind}: {error}") from error
        if kind not in self._aliases:
            return Unknown(kind, raw)
        return self._convert(raw, self._aliases[kind])

    @staticmethod
    def _convert(raw: dict[str, Any], kind: str) -> ServerEvent:
        try:
            return _settled(msgspec.convert({**raw, "type": kind}, _ANY_KNOWN, strict=False))
        except msgspec.ValidationError as error:
            raise ProtocolError(f"a malformed {kind}: {error}") from error


def _loose_error(raw: dict[str, Any]) -> ErrorDetail:
    """An error that is words alone, stands at the top level, or has numbers for names."""
    told = raw.get("error") or {name: raw[name] for name in ("message", "code") if name in raw}
    if not isinstance(told, dict):
        return ErrorDetail(message=str(told))
    names = ("message", "type", "code", "param", "event_id")
    known = {name: str(told[name]) for name in names if told.get(name) is not None}
    return ErrorDetail(**known)


def _settled(event: ServerEvent) -> ServerEvent:
    """The event with its usage where everyone looks for it."""
    if not isinstance(event, ResponseDone) or event.usage is None or event.response.usage:
        return event
    response = msgspec.structs.replace(event.response, usage=event.usage)
    return msgspec.structs.replace(event, response=response, usage=None)
