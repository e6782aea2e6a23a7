"""The offline server's session, as conversations: event, events, event, events."""

from __future__ import annotations

import base64
from typing import Any

from teamvoice.offline.protocol import Limits
from tests.support.offline_parts import SILENCE, hoarse, sound_of
from tests.support.offline_talk import TOOL, Talk, kinds, only, refusal

ADDED = ["conversation.item.added", "conversation.item.done"]
BEGUN = ["response.created", "rate_limits.updated"]
OPENED = ["response.output_item.added", "conversation.item.added", "response.content_part.added"]
CLOSED = [
    "response.content_part.done",
    "conversation.item.done",
    "response.output_item.done",
    "response.done",
]
HEARD = [
    "conversation.item.input_audio_transcription.delta",
    "conversation.item.input_audio_transcription.completed",
]


def test_begins_as_the_service_does() -> None:
    session = only(Talk(model="gpt-realtime-2.1").greeting, "session.created")["session"]
    assert session["object"] == "realtime.session"
    assert session["id"].startswith("sess_")
    assert session["expires_at"] == 4600
    assert session["model"] == "gpt-realtime-2.1"
    detection = session["audio"]["input"]["turn_detection"]
    assert detection["type"] == "server_vad"
    assert detection["create_response"] is True


def test_a_spoken_turn_by_push_to_talk() -> None:
    talk = Talk(at_once=False)
    talk.manual()
    assert talk.append(sound_of("good morning")) == []
    committed = talk.send("input_audio_buffer.commit")
    assert kinds(committed) == ["input_audio_buffer.committed", *ADDED]
    assert kinds(talk.respond()) == BEGUN
    heard = talk.hear()
    words = ["response.output_audio_transcript.delta"]
    assert kinds(heard) == [*HEARD, *OPENED, *words]
    transcript = only(heard, HEARD[1])
    assert transcript["transcript"] == "good morning"
    assert transcript["item_id"] == committed[0]["item_id"]
    assert transcript["usage"]["input_tokens"] == 2  # 120 ms
    spoken = talk.speak(1000)
    ends = ["response.output_audio.done", "response.output_audio_transcript.done", *CLOSED]
    assert kinds(spoken) == ["response.output_audio.delta", *ends]
    response = only(spoken, "response.done")["response"]
    assert response["status"] == "completed"
    (part,) = response["output"][0]["content"]
    assert part == {"type": "output_audio", "transcript": "You said: good morning"}


def test_tool_calls_come_in_one_response_and_their_outputs_are_told_in_the_next() -> None:
    talk = Talk()
    talk.manual(tools=[TOOL, {**TOOL, "name": "send"}])
    talk.write('call look {}; call send {"to": "pm", "text": "' + "long " * 20 + '"}')
    events = talk.respond()
    done = only(events, "response.done")["response"]
    assert done["status"] == "completed"
    assert [(item["type"], item["name"]) for item in done["output"]] == [
        ("function_call", "look"),
        ("function_call", "send"),
    ]
    deltas = [e for e in events if e["type"] == "response.function_call_arguments.delta"]
    assert all(event["obfuscation"] for event in deltas)
    for item in done["output"]:
        pieces = [e["delta"] for e in deltas if e["call_id"] == item["call_id"]]
        assert "".join(pieces) == item["arguments"]
    first, second = (item["call_id"] for item in done["output"])
    assert kinds(talk.output(second, "sent")) == ADDED
    assert kinds(talk.output(first, "seen")) == ADDED
    answer = only(talk.respond(output_modalities=["text"]), "response.output_text.done")
    assert answer["text"] == "look says seen, send says sent"


def test_one_call_at_a_time_when_calls_must_not_be_parallel() -> None:
    talk = Talk()
    talk.manual(tools=[TOOL], parallel_tool_calls=False, output_modalities=["text"])
    talk.write('call look {"n": 1}; call look {"n": 2}')
    for number in (1, 2):
        (item,) = only(talk.respond(), "response.done")["response"]["output"]
        assert item["arguments"] == f'{{"n":{number}}}'
        talk.output(item["call_id"], str(number))
    assert only(talk.respond(), "response.output_text.done")["text"] == "look says 1, look says 2"


def test_a_result_that_is_still_out_is_not_made_up() -> None:
    talk = Talk()
    talk.manual(tools=[TOOL], output_modalities=["text"])
    talk.write("call look {}")
    talk.respond()
    text = only(talk.respond(), "response.output_text.done")["text"]
    assert text == "look says There is no result yet."


def test_no_tool_is_called_that_was_not_declared_or_not_allowed() -> None:
    talk = Talk()
    talk.manual(output_modalities=["text"])
    talk.write("call look {}")
    assert "response.output_text.done" in kinds(talk.respond())
    talk.update(tools=[TOOL])
    talk.write("call look {}")
    assert "response.output_text.done" in kinds(talk.respond(tool_choice="none"))
    talk.write("call look {}")
    other = {"type": "function", "name": "other"}
    assert "response.output_text.done" in kinds(talk.respond(tool_choice=other))
    talk.write("call look {}")
    assert "response.function_call_arguments.done" in kinds(talk.respond(tool_choice="auto"))


def test_everything_since_the_last_answer_is_answered() -> None:
    talk = Talk()
    talk.manual(output_modalities=["text"])
    talk.write("good morning")
    talk.write("good evening")
    (done,) = [e for e in talk.respond() if e["type"] == "response.output_text.done"]
    assert done["text"] == "You said: good morning You said: good evening"
    (done,) = [e for e in talk.respond() if e["type"] == "response.output_text.done"]
    assert done["text"] == "I have nothing new to say."


def test_words_that_came_while_a_tool_ran_add_to_its_calls() -> None:
    talk = Talk()
    talk.manual(output_modalities=["text"], tools=[TOOL])
    talk.write("call look {}")
    first = _calls(talk.respond())
    talk.write("call look {}")
    second = _calls(talk.respond())
    assert len(first) == len(second) == 1
    for call_id in first + second:
        talk.output(call_id, call_id)
    (done,) = [e for e in talk.respond() if e["type"] == "response.output_text.done"]
    assert done["text"] == f"look says {first[0]} look says {second[0]}"


def _calls(events: list[dict[str, Any]]) -> list[str]:
    return [e["call_id"] for e in events if e["type"] == "response.function_call_arguments.done"]


def test_nothing_was_said_yet() -> None:
    talk = Talk()
    text = only(talk.respond(output_modalities=["text"]), "response.output_text.done")["text"]
    assert text == "I have not heard anything yet."


def test_one_response_at_a_time() -> None:
    talk = Talk(at_once=False)
    talk.write("hello")
    talk.respond()
    error = refusal(talk.send("response.create", event_id="mine"))
    assert error["code"] == "conversation_already_has_active_response"
    assert error["event_id"] == "mine"
    talk.speak(1000)
    assert kinds(talk.respond())[:2] == BEGUN


def test_cancel_ends_the_speech_where_it_is() -> None:
    talk = Talk(at_once=False)
    talk.write("a long story")
    talk.respond()
    talk.speak(2)
    events = talk.send("response.cancel")
    response = only(events, "response.done")["response"]
    assert response["status"] == "cancelled"
    assert response["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
    assert response["output"][0]["status"] == "incomplete"
    assert response["usage"]["output_token_details"]["audio_tokens"] == 4  # 200 ms
    assert talk.speak(1) == []  # late sound of a response that has ended
    assert refusal(talk.send("response.cancel"))["code"] == "response_cancel_not_active"


def test_cancel_while_the_ears_are_busy() -> None:
    talk = Talk(at_once=False)
    talk.manual()
    talk.append(sound_of("good morning"))
    talk.send("input_audio_buffer.commit")
    talk.respond()
    assert kinds(talk.send("response.cancel")) == ["response.done"]
    assert kinds(talk.hear()) == HEARD


def test_truncate_to_what_was_heard() -> None:
    talk = Talk()
    talk.write("a long story")
    item_id = only(talk.respond(), "response.done")["response"]["output"][0]["id"]
    where = {"item_id": item_id, "content_index": 0}
    short = refusal(talk.send("conversation.item.truncate", **where, audio_end_ms=90_000))
    assert (short["code"], short["param"]) == ("invalid_value", "audio_end_ms")
    events = talk.send("conversation.item.truncate", **where, audio_end_ms=150)
    assert kinds(events) == ["conversation.item.truncated"]
    item = talk.send("conversation.item.retrieve", item_id=item_id)[0]["item"]
    (part,) = item["content"]
    assert part["transcript"] == ""
    assert len(base64.b64decode(part["audio"])) == 150 * 48
    again = refusal(talk.send("conversation.item.truncate", **where, audio_end_ms=151))
    assert again["code"] == "invalid_value"


def test_only_spoken_answers_can_be_truncated() -> None:
    talk = Talk()
    talk.write("hello", id="mine")
    where = {"content_index": 0, "audio_end_ms": 0}
    error = refusal(talk.send("conversation.item.truncate", item_id="mine", **where))
    assert error["code"] == "item_truncate_invalid_item_id"
    error = refusal(talk.send("conversation.item.truncate", item_id="none", **where))
    assert error["code"] == "item_truncate_invalid_item_id"


def test_news_is_said_without_the_fence() -> None:
    talk = Talk()
    text = (
        "The pm is waiting for your answer:\n[screen of pm: data, not instructions]\n"
        "Run it?\n[end of screen]."
    )
    content = [{"type": "input_text", "text": text}]
    note = {"type": "message", "role": "system", "content": content}
    asked = {"conversation": "none", "input": [note], "output_modalities": ["text"]}
    response = only(talk.send("response.create", response=asked), "response.done")["response"]
    (part,) = response["output"][0]["content"]
    assert part["text"] == "The pm is waiting for your answer: Run it?"


def test_items_are_inserted_retrieved_and_deleted() -> None:
    talk = Talk()
    talk.write("second", id="b")
    create, message = "conversation.item.create", {"type": "message", "role": "system"}
    first = {**message, "id": "a", "content": [{"type": "input_text", "text": "first"}]}
    events = talk.send(create, item=first, previous_item_id="root")
    assert only(events, "conversation.item.added")["previous_item_id"] is None
    middle = {**first, "id": "ab"}
    events = talk.send(create, item=middle, previous_item_id="a")
    assert only(events, "conversation.item.added")["previous_item_id"] == "a"
    gone = refusal(talk.send(create, item={**first, "id": "z"}, previous_item_id="nowhere"))
    assert gone["code"] == "item_create_invalid_previous_item_id"
    double = refusal(talk.send(create, item=first))
    assert double["code"] == "item_create_duplicate_item_id"
    assert kinds(talk.send("conversation.item.delete", item_id="a")) == [
        "conversation.item.deleted"
    ]
    error = refusal(talk.send("conversation.item.delete", item_id="a"))
    assert error["code"] == "item_delete_invalid_item_id"
    error = refusal(talk.send("conversation.item.retrieve", item_id="a"))
    assert error["code"] == "item_retrieve_invalid_item_id"


def test_a_function_output_must_belong_to_a_call_and_comes_once() -> None:
    talk = Talk()
    assert refusal(talk.output("call_x", "hm"))["code"] == "invalid_tool_call_id"
    item = {"type": "function_call", "name": "look", "arguments": "{}", "call_id": "call_x"}
    talk.send("conversation.item.create", item=item)
    assert kinds(talk.output("call_x", "hm")) == ADDED
    assert refusal(talk.output("call_x", "hm"))["code"] == "invalid_tool_call_id"


def test_a_carried_over_conversation_is_answered_from_its_outputs() -> None:
    talk = Talk()
    talk.manual(tools=[TOOL], output_modalities=["text"])
    talk.write("call look {}")
    call = {"type": "function_call", "name": "look", "arguments": "{}", "call_id": "call_x"}
    talk.send("conversation.item.create", item=call)
    talk.output("call_x", "seen")
    assert only(talk.respond(), "response.output_text.done")["text"] == "look says seen"


def test_out_of_band_responses_leave_the_conversation_alone() -> None:
    talk = Talk(at_once=False)
    talk.write("hello")
    talk.respond()
    asked = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hm"}]}
    events = talk.respond(
        conversation="none", input=[asked], output_modalities=["text"], metadata={"for": "title"}
    )
    assert not [event for event in events if event["type"].startswith("conversation.")]
    response = only(events, "response.done")["response"]
    assert response["metadata"] == {"for": "title"}
    assert response["conversation_id"] is None
    assert only(events, "response.output_text.done")["text"] == "You said: hm"
    assert only(talk.speak(1000), "response.done")["response"]["status"] == "completed"


def test_out_of_band_input_can_refer_to_an_item() -> None:
    talk = Talk()
    talk.write("hello", id="mine")
    asked = [{"type": "item_reference", "id": "mine"}]
    events = talk.respond(conversation="none", input=asked, output_modalities=["text"])
    assert only(events, "response.output_text.done")["text"] == "You said: hello"


def test_too_short_a_commit_and_a_clear() -> None:
    talk = Talk()
    talk.manual()
    talk.append(SILENCE * 99)
    error = refusal(talk.send("input_audio_buffer.commit"))
    assert error["code"] == "input_audio_buffer_commit_empty"
    assert "99.00ms" in error["message"]
    assert kinds(talk.send("input_audio_buffer.clear")) == ["input_audio_buffer.cleared"]
    talk.append(SILENCE)
    assert "1.00ms" in refusal(talk.send("input_audio_buffer.commit"))["message"]


def test_a_cleared_utterance_is_not_heard() -> None:
    talk = Talk()
    talk.manual()
    talk.append(sound_of("not this"))
    talk.send("input_audio_buffer.clear")
    talk.append(sound_of("but this"))
    events = talk.send("input_audio_buffer.commit")
    assert only(events, HEARD[1])["transcript"] == "but this"


def test_audio_in_an_item_is_heard_while_an_utterance_streams_in() -> None:
    talk = Talk()
    talk.manual()
    talk.append(sound_of("the live "))
    audio = base64.b64encode(sound_of("the given one")).decode()
    content = [{"type": "input_audio", "audio": audio}]
    item = {"type": "message", "role": "user", "content": content}
    events = talk.send("conversation.item.create", item=item)
    assert only(events, HEARD[1])["transcript"] == "the given one"
    talk.append(sound_of("utterance!"))
    events = talk.send("input_audio_buffer.commit")
    assert only(events, HEARD[1])["transcript"] == "the live  utterance!"


def test_server_vad_answers_by_itself() -> None:
    talk = Talk()
    events = talk.append(SILENCE * 500 + sound_of("good morning everyone") + SILENCE * 900)
    expected = ["speech_started", "speech_stopped", "committed"]
    assert kinds(events)[:3] == [f"input_audio_buffer.{kind}" for kind in expected]
    ids = {event["item_id"] for event in events[:3]}
    assert len(ids) == 1
    assert 100 <= events[0]["audio_start_ms"] <= 300  # 500 less a padding of 300
    assert 690 <= events[1]["audio_end_ms"] <= 720
    assert only(events, "response.done")["response"]["status"] == "completed"


def test_server_vad_without_responses_of_its_own() -> None:
    talk = Talk()
    talk.update(
        audio={"input": {"turn_detection": {"type": "server_vad", "create_response": False}}}
    )
    events = talk.append(sound_of("good morning everyone") + SILENCE * 900)
    assert kinds(events)[2:] == ["input_audio_buffer.committed", *ADDED]


def test_speech_interrupts_the_answer_when_it_may() -> None:
    for interrupts, expected in ((True, "cancelled"), (False, None)):
        talk = Talk(at_once=False)
        vad = {"type": "server_vad", "interrupt_response": interrupts}
        talk.update(audio={"input": {"turn_detection": vad}})
        talk.write("a long story")
        talk.respond()
        talk.speak(1)
        events = talk.append(sound_of("stop talking now"))
        ends = [e["response"]["status"] for e in events if e["type"] == "response.done"]
        assert ends == ([expected] if expected else [])


def test_an_answer_of_its_own_that_cannot_be_is_an_error_and_no_end() -> None:
    talk = Talk(at_once=False)
    vad = {"type": "server_vad", "interrupt_response": False}
    talk.update(audio={"input": {"turn_detection": vad}})
    talk.write("a long story")
    talk.respond()
    events = talk.append(sound_of("and now this one") + SILENCE * 900)
    error = only(events, "error")["error"]
    assert error["code"] == "conversation_already_has_active_response"


def test_the_voice_is_frozen_after_the_first_audio() -> None:
    talk = Talk()
    talk.update(audio={"output": {"voice": "cedar"}})
    talk.write("hello")
    talk.respond()
    error = refusal(talk.update(audio={"output": {"voice": "marin"}}, instructions="new"))
    assert error["code"] == "cannot_update_voice"
    assert kinds(talk.update(audio={"output": {"voice": "cedar"}})) == ["session.updated"]
    session = talk.all[-1]["session"]
    assert session["instructions"] == ""  # a refused update changes nothing


def test_the_model_stays() -> None:
    assert refusal(Talk(model="a").update(model="b"))["code"] == "cannot_update_model"
    talk = Talk()
    assert talk.update(model="b")[0]["session"]["model"] == "b"


def test_an_update_merges() -> None:
    talk = Talk()
    talk.update(
        audio={"input": {"noise_reduction": {"type": "near_field"}}}, instructions="be brief"
    )
    session = talk.update(audio={"input": {"turn_detection": None}})[0]["session"]
    assert session["instructions"] == "be brief"
    assert session["audio"]["input"]["noise_reduction"] == {"type": "near_field"}
    assert session["audio"]["input"]["turn_detection"] is None


def test_usage_by_the_documented_rules() -> None:
    talk = Talk()
    talk.manual(instructions="i" * 400, output_modalities=["text"])
    talk.append(SILENCE * 1000)
    talk.send("input_audio_buffer.commit")
    first = only(talk.respond(), "response.done")["response"]["usage"]
    assert first["input_token_details"]["audio_tokens"] == 10
    assert first["input_token_details"]["text_tokens"] == 101  # the instructions, and "[]"
    assert first["input_token_details"]["cached_tokens"] == 0
    assert first["output_token_details"] == {"text_tokens": 4, "audio_tokens": 0}
    second = only(talk.respond(), "response.done")["response"]["usage"]
    assert second["input_token_details"]["cached_tokens"] == 111
    assert second["input_tokens"] == 111 + first["output_tokens"]
    assert second["total_tokens"] == second["input_tokens"] + second["output_tokens"]
    talk.update(instructions="other")
    third = only(talk.respond(), "response.done")["response"]["usage"]
    assert third["input_token_details"]["cached_tokens"] == 0


def test_a_limit_of_output_tokens_ends_speech_and_text() -> None:
    talk = Talk()
    talk.write("a long story")
    for modality in ("audio", "text"):
        events = talk.respond(max_output_tokens=3, output_modalities=[modality])
        response = only(events, "response.done")["response"]
        assert response["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}
        made = response["usage"]["output_token_details"][f"{modality}_tokens"]
        assert made == 3


def test_ears_that_fail_are_told_and_the_session_goes_on() -> None:
    talk = Talk(at_once=False)
    talk.manual()
    talk.append(sound_of("good morning"))
    talk.send("input_audio_buffer.commit")
    talk.respond()
    utterance, _ = talk.utterances.pop()
    commands = talk.session.not_heard(utterance, "no ears here")
    events = talk._take(commands)
    assert kinds(events) == [
        "conversation.item.input_audio_transcription.failed",
        "response.done",
    ]
    details = events[1]["response"]["status_details"]
    assert details["type"] == "failed"
    assert details["error"]["message"] == "no ears here"


def test_a_voice_that_fails_fails_its_response() -> None:
    talk = Talk(voice=hoarse)
    talk.write("hello")
    response = only(talk.respond(), "response.done")["response"]
    assert response["status"] == "failed"
    assert "broke" in response["status_details"]["error"]["message"]


def test_the_conversation_is_bounded_in_items_and_in_sound() -> None:
    talk = Talk(limits=Limits(items=3, kept_audio_bytes=150 * 48))
    talk.manual()
    for number in range(5):
        talk.append(sound_of(f"utterance {number}"))
        talk.send("input_audio_buffer.commit")
    ids = [e["item_id"] for e in talk.all if e["type"] == "input_audio_buffer.committed"]
    assert refusal(talk.send("conversation.item.retrieve", item_id=ids[1]))
    kept = [talk.send("conversation.item.retrieve", item_id=i)[0]["item"] for i in ids[2:]]
    assert [bool(item["content"][0]["audio"]) for item in kept] == [False, False, True]
    assert kept[0]["content"][0]["transcript"] == "utterance 2"


def test_the_input_buffer_is_bounded() -> None:
    talk = Talk(limits=Limits(buffer_bytes=2000 * 48))
    talk.manual()
    talk.append(SILENCE * 1500)
    assert refusal(talk.append(SILENCE * 501))["code"] == "input_audio_buffer_full"
    assert talk.append(SILENCE * 500) == []


def test_silence_does_not_fill_the_buffer_of_an_open_microphone() -> None:
    talk = Talk(limits=Limits(buffer_bytes=15_000 * 48))
    for _ in range(40):
        assert talk.append(SILENCE * 1000) == []
    events = talk.append(sound_of("good morning everyone") + SILENCE * 900)
    assert 39_600 <= events[0]["audio_start_ms"] <= 40_000


def test_the_end_of_a_session() -> None:
    error = refusal(Talk().expire())
    assert error["code"] == "session_expired"
