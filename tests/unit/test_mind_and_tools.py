"""The offline mind and the tools that the daemon declares mean the same by the same words."""

from __future__ import annotations

import json

import pytest

from teamvoice import config
from teamvoice.conversation.policy import DANGEROUS, Policy
from teamvoice.offline.answers import spoken_result
from teamvoice.offline.mind import understand
from teamvoice.offline.vocabulary import Vocabulary
from teamvoice.team.screen import fence
from teamvoice.team.team import Team
from teamvoice.tools.registry import Toolbox
from teamvoice.tools.saying import say_untold
from teamvoice.tools.team_tools import House, team_tools
from tests.support.commands import TEAM

SAID = {
    "tell the developer to run the tests": ("send_message", {"text": "run the tests"}),
    "tell everyone to commit": ("broadcast", {"text": "commit"}),
    "what is the pm working on": ("read_member", {"member": "pm"}),
    "give me a team status update": ("team_status", {}),
    "who is on the team": ("list_team", {}),
    "stop the developer": ("interrupt", {"member": "developer"}),
    "who needs me": ("who_needs_me", {}),
    "say yes to the pm": ("answer_prompt", {"member": "pm", "choice": "yes"}),
    "answer the developer with two": ("answer_prompt", {"member": "developer", "choice": "2"}),
    "let me know when the developer is done": ("notify_when", {"member": "developer"}),
}


@pytest.fixture(scope="module")
def toolbox() -> Toolbox:
    house = House(notify_when=lambda _member, _state: None)  # with it, the tool is declared
    return Toolbox(team_tools(Team(config.Team()), house))


@pytest.mark.parametrize("said", SAID)
def test_what_is_said_becomes_a_call_that_fits_its_schema(said: str, toolbox: Toolbox) -> None:
    tool, wanted = SAID[said]
    (call,) = understand(said, toolbox.schemas, TEAM).calls
    assert call.name == tool
    assert wanted.items() <= call.arguments.items()
    schema = next(schema for schema in toolbox.schemas if schema["name"] == tool)["parameters"]
    assert set(schema["required"]) <= set(call.arguments) <= set(schema["properties"])
    json.dumps(call.arguments)


def test_what_is_written_for_a_model_is_said_to_the_person() -> None:
    asked = "Run `deploy the person`? yes or no"
    untold = f"{say_untold('pm')}\nThe PM is waiting for your answer:\n{fence('pm', asked)}"
    waiting = Policy(confirm_by="tap the key").say_waiting(DANGEROUS)
    first, second = (spoken_result(output) for output in (untold, waiting))
    assert first == (
        "Did not answer the PM yet: hear this question and say it again. "
        "The PM is waiting for your answer: Run `deploy the person`? yes or no."
    )
    assert second.startswith("Waiting for you to tap the key, as ")


def test_members_are_found_in_the_schemas_alone(toolbox: Toolbox) -> None:
    (call,) = understand("tell the dev to rest", toolbox.schemas, Vocabulary()).calls
    assert call.arguments["member"] == "developer"
