"""Whatever a client sends, in whatever order, the session's promises hold."""

from __future__ import annotations

import base64
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from teamvoice.offline.protocol import Limits
from tests.support.offline_parts import SILENCE, sound_of
from tests.support.offline_talk import TOOL, Event, Talk, only

NAMES = st.sampled_from(["a", "b", "c", "root", "newest", "spoken", "call"])
SOUNDS = {
    "short": SILENCE * 60,
    "silence": SILENCE * 1000,
    "order": sound_of("call look {}"),
    "chat": sound_of("hi"),
}
MODALITY = st.sampled_from([["text"], ["audio"]])
DETECTION = st.sampled_from(
    [None, {"type": "server_vad"}, {"type": "server_vad", "interrupt_response": False}]
)


def _event(kind: str, **fields: Any) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    return st.tuples(st.just(kind), st.fixed_dictionaries(fields))


def _message(text: str, item_id: str) -> dict[str, Any]:
    content = [{"type": "input_text", "text": text}]
    return {"type": "message", "role": "user", "id": item_id, "content": content}


def _output(call_id: str) -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": call_id, "output": "seen"}


STEPS = st.one_of(
    _event("input_audio_buffer.append", audio=st.sampled_from(sorted(SOUNDS))),
    _event("input_audio_buffer.commit"),
    _event("input_audio_buffer.clear"),
    _event("output_audio_buffer.clear"),
    _event(
        "conversation.item.create",
        item=st.builds(_message, st.sampled_from(["call look {}", "hi"]), NAMES),
    ),
    _event(
        "conversation.item.create",
        item=st.builds(_message, st.just("hi"), NAMES),
        previous_item_id=NAMES,
    ),
    _event("conversation.item.create", item=st.builds(_output, st.just("call"))),
    _event("conversation.item.delete", item_id=NAMES),
    _event("conversation.item.retrieve", item_id=NAMES),
    _event(
        "conversation.item.truncate",
        item_id=NAMES,
        content_index=st.integers(0, 1),
        audio_end_ms=st.integers(0, 300),
    ),
    _event("response.create"),
    _event("response.create", response=st.fixed_dictionaries({"output_modalities": MODALITY})),
    _event(
        "response.create",
        response=st.fixed_dictionaries(
            {"conversation": st.just("none"), "output_modalities": MODALITY}
        ),
    ),
    _event("response.cancel"),
    _event(
        "session.update",
        session=st.fixed_dictionaries(
            {
                "type": st.just("realtime"),
                "tools": st.sampled_from([[], [TOOL]]),
                "audio": st.fixed_dictionaries(
                    {"input": st.fixed_dictionaries({"turn_detection": DETECTION})}
                ),
            }
        ),
    ),
    _event("response.bogus"),
    _event("turn", audio=st.sampled_from(["order", "chat"])),
    _event("hear"),
    _event("speak"),
    _event("result"),
)


def _named(talk: Talk, step: dict[str, Any]) -> dict[str, Any]:
    """The step with names for what the server named itself put in."""
    added = [e["item"] for e in talk.all if e["type"] == "conversation.item.added"]
    known = {name: base64.b64encode(sound).decode() for name, sound in SOUNDS.items()}
    known |= {"newest": "x", "spoken": "x", "call": "x"}
    for item in added:
        known["newest"] = item["id"]
        if item.get("role") == "assistant":
            known["spoken"] = item["id"]
        known["call"] = item.get("call_id", known["call"])

    def put_in(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: put_in(inner) for key, inner in value.items()}
        return known.get(value, value) if isinstance(value, str) else value

    return {key: put_in(value) for key, value in step.items()}


def _run(talk: Talk, kind: str, step: dict[str, Any]) -> None:
    if kind == "turn":
        _run(talk, "input_audio_buffer.append", step)
        _run(talk, "input_audio_buffer.commit", {})
        _run(talk, "response.create", {})
    elif kind == "result":
        _run(talk, "conversation.item.create", {"item": _output("call")})
        _run(talk, "response.create", {})
    elif kind == "hear":
        if talk.utterances:
            talk.hear()
    elif kind == "speak":
        if talk.speeches:
            talk.speak(1)
    else:
        assert talk.send(kind, **_named(talk, step)) or kind == "input_audio_buffer.append"


def _check(events: list[Event]) -> None:
    active: set[str] = set()
    began: list[str] = []
    ended: list[str] = []
    items: list[str] = []
    for event in events:
        match event["type"]:
            case "response.created":
                began.append(event["response"]["id"])
                if event["response"]["conversation_id"]:
                    active.add(event["response"]["id"])
            case "response.done":
                ended.append(event["response"]["id"])
                active.discard(event["response"]["id"])
            case "conversation.item.added":
                items.append(event["item"]["id"])
            case "conversation.item.deleted":
                items.remove(event["item_id"])
            case kind if kind.startswith("response."):
                assert event["response_id"] not in ended, "an event of a response that has ended"
        assert len(active) <= 1
        assert len(items) == len(set(items))
    assert sorted(began) == sorted(ended)
    event_ids = [event["event_id"] for event in events]
    assert len(event_ids) == len(set(event_ids))


@settings(max_examples=200, deadline=None)
@given(steps=st.lists(STEPS, min_size=20, max_size=60), by_key=st.booleans())
def test_the_promises_hold(steps: list[tuple[str, dict[str, Any]]], by_key: bool) -> None:
    talk = Talk(at_once=False, limits=Limits(items=1000))
    if by_key:
        talk.manual(tools=[TOOL])
    for kind, step in steps:
        _run(talk, kind, step)
    while talk.utterances or talk.speeches:
        _run(talk, "hear", {})
        _run(talk, "speak", {})
    _check(talk.all)


def test_what_comes_after_a_response_began_is_for_the_next_one() -> None:
    talk = Talk(at_once=False)
    talk.manual()
    talk.append(sound_of("good morning"))
    talk.send("input_audio_buffer.commit")
    talk.respond(output_modalities=["text"])
    talk.write("good night")
    text = only(talk.hear(), "response.output_text.done")["text"]
    assert text == "You said: good morning"
    text = only(talk.respond(output_modalities=["text"]), "response.output_text.done")["text"]
    assert "good night" in text
