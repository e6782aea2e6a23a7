"""Tools for a speech model, made from plain async functions.

A function's signature is its schema: names and defaults, types (``Literal`` and enums become
choices), descriptions from ``Annotated`` or from the docstring's ``Args``. What a model sends is
decoded strictly against that signature. Whatever is wrong with it comes back as a sentence that
can be spoken, never as an exception.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from typing import Annotated, Any

import msgspec

from teamvoice.errors import NeedsConfirmation, TeamvoiceError

Function = Callable[..., Awaitable[str]]


_confirmed: ContextVar[bool] = ContextVar("confirmed", default=False)


def is_confirmed() -> bool:
    """Whether the person has confirmed the call that runs now; for tools to ask."""
    return _confirmed.get()


class Tool:
    """One function with its schema."""

    def __init__(self, function: Function) -> None:
        self.name = function.__name__
        self._function = function
        self._arguments = _arguments_struct(function)

    @property
    def schema(self) -> dict[str, Any]:
        """As a session's ``tools`` takes it."""
        return {
            "type": "function",
            "name": self.name,
            "description": _summary(self._function),
            "parameters": _parameters(self._arguments),
        }

    async def call(self, arguments: str) -> str:
        """Call the function with arguments as JSON.

        Raises:
            msgspec.ValidationError: They do not fit the signature.
            msgspec.DecodeError: They are not JSON.
        """
        decoded = msgspec.json.decode(arguments.strip() or "{}", type=self._arguments)
        values = {name: getattr(decoded, name) for name in self._arguments.__struct_fields__}
        return await self._function(**values)


class Toolbox:
    """The tools of a session.

    Args:
        functions: Async functions that return what is to be spoken.
    """

    def __init__(self, functions: Sequence[Function]) -> None:
        self._tools = {tool.name: tool for tool in map(Tool, functions)}

    @property
    def schemas(self) -> list[dict[str, Any]]:
        """One ``function`` tool each, in the order given: the same bytes every time."""
        return [tool.schema for tool in self._tools.values()]

    async def call(self, name: str, arguments_json: str, confirmed: bool = False) -> str:
        """Call a tool; a mistake of the caller's or of the world's comes back as a sentence.

        Args:
            name: Which tool.
            arguments_json: As the model gave them.
            confirmed: The person has confirmed this very call.

        Raises:
            NeedsConfirmation: The person must confirm it first.
        """
        tool = self._tools.get(name)
        if tool is None:
            return f"There is no tool called {name}. There are {', '.join(self._tools)}."
        _confirmed.set(confirmed)
        try:
            return await tool.call(arguments_json)
        except NeedsConfirmation:
            raise
        except (msgspec.DecodeError, UnicodeEncodeError) as error:  # ValidationError included
            return f"Nothing was done: the arguments of {name} do not fit: {_readable(error)}."
        except TeamvoiceError as error:
            return _as_sentences(error)


def _arguments_struct(function: Function) -> type[msgspec.Struct]:
    hints = typing.get_type_hints(function, include_extras=True)
    told = _told_arguments(function)
    fields = [
        _field(parameter, _described(hints[name], told.get(name, "")))
        for name, parameter in inspect.signature(function).parameters.items()
    ]
    return msgspec.defstruct(function.__name__, fields, forbid_unknown_fields=True, kw_only=True)


def _field(parameter: inspect.Parameter, hint: Any) -> tuple[str, Any] | tuple[str, Any, Any]:
    if parameter.default is parameter.empty:
        return parameter.name, hint
    return parameter.name, hint, parameter.default


def _described(hint: Any, told: str) -> Any:
    """The type with its description where msgspec finds it."""
    if typing.get_origin(hint) is not Annotated:
        return Annotated[hint, msgspec.Meta(description=told)] if told else hint
    kind, *notes = typing.get_args(hint)
    metas = [msgspec.Meta(description=n) if isinstance(n, str) else n for n in notes]
    for meta in metas:
        kind = Annotated[kind, meta]
    return kind


def _parameters(arguments: type[msgspec.Struct]) -> dict[str, Any]:
    _, parts = msgspec.json.schema_components([arguments], ref_template="#/$defs/{name}")
    schema = parts.pop(arguments.__name__)
    shape = {
        "type": "object",
        "properties": schema["properties"],
        "required": schema.get("required", []),
        "additionalProperties": False,
    }
    return shape | ({"$defs": parts} if parts else {})


def _summary(function: Function) -> str:
    """The docstring up to its sections, as one line."""
    text = inspect.getdoc(function) or ""
    return " ".join(text.partition("\nArgs:")[0].split())


def _told_arguments(function: Function) -> dict[str, str]:
    """What a Google-style docstring tells of each argument."""
    section = (inspect.getdoc(function) or "").partition("\nArgs:\n")[2].partition("\n\n")[0]
    told: dict[str, str] = {}
    name = ""
    for line in section.splitlines():
        head, colon, rest = line.strip().partition(": ")
        if line.startswith("    ") and not line.startswith("     ") and colon:
            name, told[head] = head, rest
        elif name:
            told[name] += f" {line.strip()}"
    return told


def _readable(error: Exception) -> str:
    return str(error).replace("Object ", "").replace("`$.", "`").rstrip(".")


def _as_sentences(error: TeamvoiceError) -> str:
    parts = [part.rstrip(".") for part in (error.message, error.mend) if part]
    return " ".join(f"{part[:1].upper()}{part[1:]}." for part in parts)
