"""Who answers: creates responses, one at a time in the conversation, and sees each to its end.

A response looks at all that the person said since the last answer, for an answer that was cut off
before anything of it was spoken is none. While some of it is still at the ears, it waits. Then the
mind makes a plan of each utterance: tools to call, all in one response, or words. When the calls
were made and their outputs came, the next response says what became of the plans.
"""

from __future__ import annotations

import itertools
from typing import Any

import msgspec
from msgspec import UNSET

from teamvoice.offline import items, requests, usage
from teamvoice.offline.answers import is_screen, spoken_result
from teamvoice.offline.commands import Speak
from teamvoice.offline.configuration import Configuration, check_format, check_voice, unsupported
from teamvoice.offline.history import History
from teamvoice.offline.items import Item
from teamvoice.offline.ports import Call, Mind, Plan
from teamvoice.offline.response import End, Options, Response
from teamvoice.offline.script import Script
from teamvoice.offline.usage import Segment, Tokens
from teamvoice.offline.validate import Refused

MAX_LIVE = 8
_NOTHING_HEARD = "I have not heard anything yet."
_NOTHING_NEW = "I have nothing new to say."
_NO_WORDS = "I have nothing to say to that."
_NO_OUTPUT = "There is no result yet."
_LEFT = "unless they ask again."  # ends a note that says what to leave


class Responder:
    """The responses of one session."""

    def __init__(
        self, configuration: Configuration, history: History, mind: Mind, script: Script
    ) -> None:
        self._configuration = configuration
        self._history = history
        self._mind = mind
        self._script = script
        self._live: dict[str, Response] = {}
        self._before: list[Segment] = []
        self.voice_used = False

    @property
    def active(self) -> Response | None:
        """The response that the conversation has now."""
        return next((r for r in self._live.values() if r.options.in_conversation), None)

    def lives(self, response_id: str) -> bool:
        """Tell whether a response has not ended."""
        return response_id in self._live

    def create(self, asked: requests.ResponseFields) -> None:
        """Begin a response.

        Raises:
            Refused: One is active already, or it asks for what is not there.
        """
        options = self._options(asked)
        if options.in_conversation and (active := self.active):
            message = (
                f"Conversation already has an active response in progress: {active.id}. "
                "Wait until the response is finished before creating a new one."
            )
            raise Refused("conversation_already_has_active_response", message)
        if len(self._live) >= MAX_LIVE:
            raise Refused("too_many_responses", f"{MAX_LIVE} responses are in progress already.")
        response = Response(self._script.names.fresh("resp"), options, self._history, self._script)
        self._live[response.id] = response
        response.begin()
        self._script.send("rate_limits.updated", rate_limits=_RATE_LIMITS)
        self._think(response)

    def cancel(self, response_id: str | None, reason: str) -> None:
        """End a response early: the one of that id, else the active one.

        Raises:
            Refused: There is none.
        """
        response = self.active if response_id is None else self._live.get(response_id)
        if response is None:
            message = "Cancellation failed: no active response found"
            raise Refused("response_cancel_not_active", message)
        self._finish(response, "cancelled", reason)

    def heard(self, item: Item) -> None:
        """An item's words are there (or its ``trouble`` is): go on with who waited for them."""
        for response in [r for r in self._live.values() if r.waits_for is item]:
            response.waits_for = None
            self._think(response)

    def spoke(self, response_id: str, pcm: bytes) -> None:
        """Pass on a piece of a response's sound; late pieces of an ended one are dropped."""
        if (response := self._live.get(response_id)) is None:
            return
        self.voice_used = True
        if not response.sound(pcm):
            self._finish(response, "incomplete", "max_output_tokens")

    def spoken(self, response_id: str, trouble: str = "") -> None:
        """The voice has ended: all was spoken, or it failed and why."""
        if response := self._live.get(response_id):
            self._finish(response, "failed" if trouble else "completed", trouble)

    def _think(self, response: Response) -> None:
        context = response.context
        asked = _unanswered(context)
        persons = [item for item in asked if item.role == "user" and not is_screen(item.words)]
        if waits_for := next((person for person in persons if person.hearing), None):
            response.waits_for = waits_for
            return
        response.given = [*self._preamble(response), *(item.segment() for item in context)]
        if persons and persons[-1].trouble:
            self._finish(response, "failed", persons[-1].trouble)
        elif persons:
            self._carry_out(response, [p for p in persons if not p.trouble], asked)
        elif note := _last_note(asked):
            self._say(response, spoken_result(note))
        else:
            self._say(response, _NOTHING_NEW if context else _NOTHING_HEARD)

    def _carry_out(self, response: Response, persons: list[Item], asked: list[Item]) -> None:
        """Make the calls that are left of what was asked for, or say what came of them all."""
        made = [item for item in asked if item.type == "function_call"]
        plans = [self._plan(response, person, anew=not made) for person in persons]
        calls = [call for plan in plans for call in _declared(plan, response.options.tools)]
        left = calls[len(made) :] if response.options.parallel else calls[len(made) :][:1]
        for call in left:
            response.call(call)
        if left:
            self._finish(response, "completed")
        else:
            self._say(response, self._outcome(response, plans, made, asked))

    def _plan(self, response: Response, person: Item, *, anew: bool) -> Plan:
        """What a person's words ask for; it stays the same once a call of it was made."""
        plan = None if anew else person.plan
        plan = plan or self._mind.understand(person.words, response.options.tools)
        if response.options.in_conversation:
            person.plan = plan
        return plan

    def _outcome(
        self, response: Response, plans: list[Plan], made: list[Item], asked: list[Item]
    ) -> str:
        """What to say of each plan: its words, or what its calls came to, in the mind's words."""
        came = {item.call_id: item.output for item in asked if item.type == "function_call_output"}
        left = iter(made)
        said = []
        for plan in plans:
            calls = list(itertools.islice(left, len(_declared(plan, response.options.tools))))
            outputs = [came.get(call.call_id, _NO_OUTPUT) for call in calls]
            if calls and [call.name for call in plan.calls] == [call.name for call in calls]:
                said.append(self._mind.answer(plan, outputs))
            else:
                said.append(" ".join(map(spoken_result, outputs)) or plan.say)
        others = [came.get(call.call_id, _NO_OUTPUT) for call in left]  # of plans made otherwise
        said += map(spoken_result, others)
        made_here = {call.call_id for call in made}
        said += [spoken_result(came[late]) for late in came if late not in made_here]
        return " ".join(words for words in said if words)

    def _say(self, response: Response, text: str) -> None:
        words = text.strip() or _NO_WORDS
        if response.options.modality == "text":
            end = response.write(words)
            if end == "completed":
                self._finish(response, "completed")
            else:
                self._finish(response, "incomplete", "max_output_tokens")
            return
        response.open_speech(words)
        self._script.do(Speak(response.id, words))

    def _finish(self, response: Response, end: End, reason: str = "") -> None:
        del self._live[response.id]
        response.finish(end, reason, before=self._before)
        self._before = response.given or self._before

    def _preamble(self, response: Response) -> list[Segment]:
        """The input before the items. Its texts are the keys, for any change breaks a cache."""
        tools = msgspec.json.encode(response.options.tools).decode()
        texts = (self._configuration.instructions, tools)
        return [Segment(text, Tokens(text=usage.text_tokens(text))) for text in texts]

    def _options(self, asked: requests.ResponseFields) -> Options:
        set_to = self._configuration
        self._check(asked)
        given = msgspec.to_builtins(asked)
        (modality,) = given.get("output_modalities", [set_to.modality])
        tools = given.get("tools", set_to.tools)
        return Options(
            modality=modality,
            tools=_allowed(tools, given.get("tool_choice", set_to.tool_choice)),
            parallel=given.get("parallel_tool_calls", set_to.parallel),
            voice=given.get("audio", {}).get("output", {}).get("voice", set_to.voice),
            max_output_tokens=given.get("max_output_tokens", set_to.max_output_tokens),
            metadata=asked.metadata,
            in_conversation=asked.conversation == "auto",
            context=None if asked.input is UNSET else self._input(asked.input),
        )

    def _check(self, asked: requests.ResponseFields) -> None:
        if asked.prompt is not UNSET and asked.prompt is not None:
            raise unsupported("response.prompt", "stored prompts")
        if asked.audio is not UNSET and asked.audio.output is not UNSET:
            output, param = asked.audio.output, "response.audio.output"
            check_format(output.format, f"{param}.format")
            now, used = self._configuration.voice, self.voice_used
            check_voice(output.voice, f"{param}.voice", now, used=used)

    def _input(self, given: list[Any]) -> list[Item]:
        return [self._given(shape, f"response.input[{i}]") for i, shape in enumerate(given)]

    def _given(self, shape: Any, param: str) -> Item:
        if isinstance(shape, requests.ItemReference):
            return self._history.get(shape.id, "retrieve")
        names = self._script.names
        item = items.made_by_client(shape, names.fresh("item"), names.fresh("call"), param)
        if item.unheard:
            raise unsupported(param, "ears for audio in 'input'", "text, or an 'item_reference'")
        return item


_RATE_LIMITS = [  # the shape of the service's; nothing is limited here
    {"name": "requests", "limit": 5000, "remaining": 4999, "reset_seconds": 0.012},
    {"name": "tokens", "limit": 400_000, "remaining": 399_000, "reset_seconds": 0.15},
]


def _unanswered(context: list[Item]) -> list[Item]:
    """What came after the last answer of which something was spoken or written.

    Or after a note of the client's that what was before it is to be left.
    """
    for place in range(len(context), 0, -1):
        item = context[place - 1]
        if item.role == "system" and item.words.endswith(_LEFT):
            return context[place:]
        if item.role == "assistant" and any(part.text or part.pcm_bytes for part in item.content):
            return context[place:]
        if item.role == "assistant" and item.status == "completed":
            return context[place:]
    return context


def _last_note(context: list[Item]) -> str:
    """What the client wrote last in the name of the system, with the screens that follow it."""
    notes = [n for n, item in enumerate(context) if item.role == "system"]
    told = context[notes[-1] :] if notes else []
    return "\n".join(item.words for item in told if item.role)


def _allowed(tools: list[dict[str, Any]], choice: Any) -> list[dict[str, Any]]:
    """The tools that a ``tool_choice`` leaves."""
    if choice == "none":
        return []
    if isinstance(choice, dict):
        return [tool for tool in tools if tool["name"] == choice["name"]]
    return tools


def _declared(plan: Plan, tools: list[dict[str, Any]]) -> list[Call]:
    """The calls of a plan that the client can carry out."""
    names = {tool["name"] for tool in tools}
    return [call for call in plan.calls if call.name in names]
