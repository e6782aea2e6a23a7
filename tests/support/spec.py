"""The written protocol, as code: the types of the ``openai`` package.

What is sent is held to them strictly, unknown fields forbidden. What is received is held to them
leniently, because real servers send more than the types have. The package takes a second or more to
import: that is done by :func:`load`, or else at the first check.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def check_client_event(event: dict[str, Any]) -> None:
    """Hold an event that a client sends to the specification, strictly.

    Raises:
        pydantic.ValidationError: A field is unknown, missing, or of the wrong type.
    """
    _client().validate_python(event, extra="forbid", strict=True)


def check_server_event(event: dict[str, Any]) -> None:
    """Hold an event that a server sends to the specification, leniently.

    Raises:
        pydantic.ValidationError: A field that is needed is missing or wrong.
    """
    _server().validate_python(event)


def server_event_types() -> frozenset[str]:
    """The names of all events that a server may send."""
    from openai.types.realtime import RealtimeServerEvent

    return frozenset(
        get_args(member.model_fields["type"].annotation)[0]
        for member in _members(RealtimeServerEvent)
    )


def load() -> None:
    """Import what the checks need, so that none of them holds up a conversation."""
    _client()
    _server()


@cache
def _client() -> TypeAdapter[Any]:
    from openai.types.realtime import RealtimeClientEvent

    return _adapter(RealtimeClientEvent)


@cache
def _server() -> TypeAdapter[Any]:
    from openai.types.realtime import RealtimeServerEvent

    return _adapter(RealtimeServerEvent)


def _adapter(union: Any) -> TypeAdapter[Any]:
    """The union with its discriminator said so that it is fast and its errors can be read."""
    from pydantic import Field, TypeAdapter

    members: Any = Union.__getitem__(_members(union))
    return TypeAdapter(Annotated[members, Field(discriminator="type")])


def _members(union: Any) -> tuple[Any, ...]:
    return get_args(get_args(union)[0])
