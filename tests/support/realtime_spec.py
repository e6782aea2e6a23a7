"""The Realtime protocol as the openai package writes it down, as checks for what is sent."""

from __future__ import annotations

import functools
import operator
import typing
from typing import Annotated, Any

from openai.types import realtime
from pydantic import Field, TypeAdapter


def _members(union: Any) -> tuple[Any, ...]:
    (inner, *_) = typing.get_args(union)
    return typing.get_args(inner)


def _adapter(union: Any) -> TypeAdapter[Any]:
    one_of: Any = functools.reduce(operator.or_, _members(union))
    by_type: Any = Annotated[one_of, Field(discriminator="type")]
    return TypeAdapter(by_type)


_SERVER = _adapter(realtime.RealtimeServerEvent)
_CLIENT = _adapter(realtime.RealtimeClientEvent)


def check_server_event(event: dict[str, Any]) -> None:
    """Raise when the event is not one of the specification's; more fields than it has are fine."""
    _SERVER.validate_python(event)


def check_client_event(event: dict[str, Any]) -> None:
    """Raise when the event is not one of the specification's, or has a field that it has not."""
    _CLIENT.validate_python(event, strict=True, extra="forbid")


def client_event_types() -> set[str]:
    """The ``type`` of every client event that the specification has."""
    models = _members(realtime.RealtimeClientEvent)
    return {typing.get_args(model.model_fields["type"].annotation)[0] for model in models}
