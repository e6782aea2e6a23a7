from __future__ import annotations

import enum
import json
from typing import Annotated, Any, Literal

import msgspec
import pytest
from openai.types.realtime import RealtimeFunctionTool
from pydantic import ConfigDict, TypeAdapter

from teamvoice.errors import TeamError
from teamvoice.tools.registry import Toolbox


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


async def paint(
    wall: str,
    colour: Colour,
    mood: Literal["loud", "calm"] = "calm",
    coats: Annotated[int, msgspec.Meta(ge=1, le=3), "How many coats"] = 1,
) -> str:
    """Paint a wall
    in a colour.

    Args:
        wall: Which wall,
            as one calls it.
        colour: In what.

    Returns:
        What was done.
    """
    return f"{wall} {colour.value} {mood} {coats}"


async def fall() -> str:
    """Fail."""
    raise TeamError("the ladder fell", "get another one")


async def stumble() -> str:
    """Fail by mistake."""
    raise ZeroDivisionError


BOX = Toolbox([paint, fall, stumble])


def properties() -> dict[str, Any]:
    found: dict[str, Any] = BOX.schemas[0]["parameters"]["properties"]
    return found


def test_a_signature_becomes_a_schema() -> None:
    schema = BOX.schemas[0]
    assert (schema["type"], schema["name"]) == ("function", "paint")
    assert schema["description"] == "Paint a wall in a colour."
    assert schema["parameters"]["required"] == ["wall", "colour"]
    assert schema["parameters"]["additionalProperties"] is False
    assert properties()["wall"] == {
        "type": "string",
        "description": "Which wall, as one calls it.",
    }
    assert properties()["mood"] == {"enum": ["calm", "loud"], "default": "calm"}
    assert properties()["coats"]["description"] == "How many coats"
    assert (properties()["coats"]["minimum"], properties()["coats"]["maximum"]) == (1, 3)
    assert "red" in json.dumps(schema)


def test_schemas_are_what_the_protocol_takes() -> None:
    class Strict(RealtimeFunctionTool):
        model_config = ConfigDict(extra="forbid", strict=True)

    for schema in BOX.schemas:
        TypeAdapter(Strict).validate_python(schema)
    assert json.dumps(BOX.schemas) == json.dumps(Toolbox([paint, fall, stumble]).schemas)


async def test_a_call_is_decoded_and_made() -> None:
    arguments = '{"wall": "north", "colour": "blue", "coats": 2}'
    assert await BOX.call("paint", arguments) == "north blue calm 2"


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ("", "missing required field `wall`"),
        ("{}", "wall"),
        ('{"wall": 3, "colour": "red"}', "`wall`"),
        ('{"wall": "n", "colour": "green"}', "green"),
        ('{"wall": "n", "colour": "red", "coats": 9}', "<= 3"),
        ('{"wall": "n", "colour": "red", "coats": "2"}', "coats"),
        ('{"wall": "n", "colour": "red", "size": 2}', "size"),
        ("[1]", "array"),
        ("not json", "malformed"),
        ('{"wall": "\\ud800"', "Nothing was done"),
        ("\ud800", "Nothing was done"),
    ],
)
async def test_bad_arguments_come_back_as_a_sentence(arguments: str, word: str) -> None:
    said = await BOX.call("paint", arguments)
    assert said.startswith("Nothing was done: the arguments of paint do not fit: ")
    assert word in said


async def test_an_unknown_tool_says_which_there_are() -> None:
    said = await BOX.call("sing", "{}")
    assert said == "There is no tool called sing. There are paint, fall, stumble."


async def test_an_error_of_ours_is_spoken_with_its_mend() -> None:
    assert await BOX.call("fall", "{}") == "The ladder fell. Get another one."


async def test_a_mistake_in_a_tool_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        await BOX.call("stumble", "{}")
